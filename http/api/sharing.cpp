#include "http/api/sharing.hpp"

#include "http/api/render.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace http {

namespace {

void append_money_twice(std::string& out, base::centavos amount) {
  out += ",\"amount\":";
  append_money(out, amount);
  out += ",\"amount_str\":";
  append_text(out, base::decimal_text(amount));
}

void member(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"";
  out += name;
  out += "\":";
  append_text(out, text);
}

} // namespace

void append_shared_expense(std::string& out, const ledger::shared_expense& e) {
  out += "{\"id\":";
  append_text(out, e.id.text());
  member(out, "created_by", e.user.text());
  append_money_twice(out, e.total);
  member(out, "description", e.description);
  member(out, "status", e.cancelled ? "cancelled" : "active");
  member(out, "split_type", e.split);
  out += ",\"created_at\":";
  append_instant(out, e.created_at);
  out += ",\"updated_at\":";
  append_instant(out, e.updated_at);
  out += '}';
}

void append_percentage(std::string& out, const std::optional<std::int64_t>& hundredths) {
  if (hundredths)
    out += fmt::format("{}.{:02}", *hundredths / 100, *hundredths % 100);
  else
    out += "null";
}

void append_share(std::string& out, const ledger::share_view& v) {
  const auto& s = v.share;
  out += "{\"id\":";
  append_text(out, s.id.text());
  member(out, "expense_id", s.expense.text());
  member(out, "user_id", s.user.text());
  member(out, "status", s.status);
  out += ",\"percentage\":";
  append_percentage(out, s.basis);
  append_money_twice(out, s.amount);
  out += ",\"responded_at\":";
  append_instant(out, s.responded_at);
  out += ",\"created_at\":";
  append_instant(out, s.created_at);
  member(out, "description", v.expense.description);
  member(out, "creator_name", v.creator_name);
  out += '}';
}

void append_share_event(std::string& out, const ledger::share_event& e) {
  out += "{\"id\":";
  append_text(out, e.id.text());
  member(out, "share_id", e.share.text());
  member(out, "action", e.action);
  member(out, "performed_by", e.performed_by.text());
  out += ",\"created_at\":";
  append_instant(out, e.at);
  out += '}';
}

void append_feed_item(std::string& out, const ledger::feed_item& f) {
  out += "{\"id\":";
  append_text(out, f.id.text());
  member(out, "type", f.type);
  member(out, "title", f.title);
  member(out, "description", f.description);
  member(out, "entity_type", f.entity_type);
  member(out, "entity_id", f.entity_id);
  out += ",\"metadata\":" + f.metadata;
  out += f.read_at ? ",\"is_read\":true" : ",\"is_read\":false";
  out += ",\"created_at\":";
  append_instant(out, f.created_at);
  out += '}';
}

ledger::feed_item item_about(const service& s, const share_news& news,
                             const ledger::expense_share& share, const ledger::user_id& reader,
                             const std::string& description) {
  ledger::feed_item f;
  f.id = ledger::feed_item_id{s.new_id()};
  f.user = reader;
  f.type = news.type;
  f.title = news.title;
  f.description = description;
  f.entity_type = "expense_share";
  f.entity_id = share.id.text();
  f.metadata = "{\"expense_id\":";
  append_text(f.metadata, share.expense.text());
  member(f.metadata, "share_id", share.id.text());
  f.metadata += fmt::format(",\"amount_cents\":{}}}", share.amount.minor);
  return f;
}

bool takes_part(const std::vector<ledger::share_view>& shares, const ledger::user_id& user) {
  return std::any_of(shares.begin(), shares.end(),
                     [&](const auto& v) { return v.share.user == user || v.expense.user == user; });
}

} // namespace http
