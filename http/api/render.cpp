#include "http/api/render.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace http {

namespace {

bool stands_for_itself(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

void append_number(std::string& out, std::uint64_t n) {
  const fmt::format_int text{n};
  out.append(text.data(), text.size());
}

void append_optional_money(std::string& out, const std::optional<base::centavos>& amount) {
  if (amount)
    append_money(out, *amount);
  else
    out += "null";
}

template <class Id> void append_ids(std::string& out, const std::vector<Id>& ids) {
  append_list(out, ids, [](std::string& o, const Id& id) { append_text(o, id.text()); });
}

std::string deleted_message(std::size_t count) {
  if (count == 0) return "Nenhuma transação removida.";
  if (count == 1) return "1 transação removida.";
  return fmt::format("{} transações removidas.", count);
}

} // namespace

void append_text(std::string& out, std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), [](char c) { return stands_for_itself(c); })) {
    base::json::write(base::json::value{text}, out);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

void append_instant(std::string& out, base::utc_us at) {
  out += '"';
  out += base::to_text(at);
  out += '"';
}

void append_instant(std::string& out, const std::optional<base::utc_us>& at) {
  if (at)
    append_instant(out, *at);
  else
    out += "null";
}

void append_twins(std::string& out, std::string_view name, base::centavos amount) {
  const auto text = base::decimal_text(amount);
  out += '"';
  out += name;
  out += "\":";
  out += text;
  out += ",\"";
  out += name;
  out += "_str\":\"";
  out += text;
  out += '"';
}

void append_optional_text(std::string& out, const std::optional<std::string>& text) {
  if (text)
    append_text(out, *text);
  else
    out += "null";
}

void append_money(std::string& out, base::centavos amount) { out += base::decimal_text(amount); }

void append_user(std::string& out, const ledger::user_record& u) {
  out += "{\"id\":";
  append_text(out, u.id.text());
  out += ",\"name\":";
  append_text(out, u.name);
  out += ",\"email\":";
  append_text(out, u.email);
  out += u.active ? ",\"is_active\":true" : ",\"is_active\":false";
  out += ",\"created_at\":";
  append_instant(out, u.created_at);
  out += u.admin ? ",\"role\":\"admin\"}" : ",\"role\":\"user\"}";
}

void append_account(std::string& out, const ledger::account_view& a) {
  const auto& r = a.record;
  out += "{\"id\":";
  append_text(out, r.id.text());
  out += ",\"name\":";
  append_text(out, r.name);
  out += ",\"type\":";
  append_text(out, r.type);
  out += ',';
  append_twins(out, "balance", a.balance);
  out += ",\"created_at\":";
  append_instant(out, r.created_at);
  out += ",\"updated_at\":";
  append_instant(out, r.updated_at);
  out += r.active ? ",\"is_active\":true" : ",\"is_active\":false";
  out += ",\"currency\":";
  append_text(out, r.currency);
  out += ",\"kind\":";
  append_text(out, ledger::to_text(r.kind));
  out += ",\"floor\":";
  append_optional_money(out, r.floor);
  out += ",\"ceiling\":";
  append_optional_money(out, r.ceiling);
  // What a card may owe: the other reading of a liability's floor.
  const bool limited = r.kind == ledger::account_kind::liability && r.floor && r.floor->minor <= 0;
  out += ",\"credit_limit\":";
  append_optional_money(out, limited ? std::optional{-*r.floor} : std::nullopt);
  out += ',';
  append_twins(out, "available", a.available);
  out += ",\"version\":";
  append_number(out, a.version);
  out += '}';
}

void append_hold(std::string& out, const ledger::hold_record& h, base::utc_us now) {
  const auto status = h.status_at(now);
  out += "{\"id\":";
  append_text(out, h.id.text());
  out += ",\"account_id\":";
  append_text(out, h.account.text());
  out += ',';
  append_twins(out, "amount", h.amount);
  out += ",\"description\":";
  append_text(out, h.description);
  out += ",\"status\":";
  append_text(out, ledger::to_text(status));
  out += ",\"created_at\":";
  append_instant(out, h.created_at);
  out += ",\"expires_at\":";
  append_instant(out, h.expires_at);
  out += ",\"ended_at\":";
  // Its time ended it, whenever that is written down.
  append_instant(out, status == ledger::hold_status::expired ? h.expires_at : h.ended_at);
  out += ",\"posted_amount\":";
  append_optional_money(out, h.posted);
  out += ",\"transaction_id\":";
  append_optional_text(out, h.transaction ? std::optional{h.transaction->text()} : std::nullopt);
  out += '}';
}

void append_category(std::string& out, const ledger::account_record& c) {
  out += "{\"id\":";
  append_text(out, c.id.text());
  out += ",\"name\":";
  append_text(out, c.name);
  out += ",\"type\":";
  append_text(out, c.type);
  out += ",\"color\":";
  append_text(out, c.color);
  out += ",\"icon\":";
  append_text(out, c.icon);
  out += ",\"created_at\":";
  append_instant(out, c.created_at);
  out += '}';
}

void append_categories(std::string& out, const std::vector<ledger::account_record>& members) {
  std::vector<ledger::account_record> categories;
  for (const auto& m : members)
    if (m.role == ledger::account_role::category) categories.push_back(m);
  append_list(out, categories, [](std::string& o, const ledger::account_record& c) {
    append_category(o, c);
    o.back() = ',';
    o += c.active ? "\"is_active\":true}" : "\"is_active\":false}";
  });
}

void append_transaction(std::string& out, const ledger::transaction_record& t) {
  out += "{\"id\":";
  append_text(out, t.id.text());
  out += ",\"date\":";
  append_instant(out, t.date);
  out += ",\"account_id\":";
  append_text(out, t.account.text());
  out += ",\"category_id\":";
  append_text(out, t.category.text());
  out += ",\"type\":";
  append_text(out, ledger::to_text(t.type));
  out += ',';
  append_twins(out, "amount", t.amount);
  out += ",\"description\":";
  append_text(out, t.description);
  out += ",\"tags\":";
  append_list(out, t.tags, [](std::string& o, const std::string& tag) { append_text(o, tag); });
  out += ",\"created_at\":";
  append_instant(out, t.created_at);
  out += ",\"updated_at\":";
  append_instant(out, t.updated_at);
  out += ",\"shared_expense_id\":";
  append_optional_text(out, t.shared_expense);
  out += ",\"transfer_transaction_id\":";
  if (t.partner)
    append_text(out, t.partner->text());
  else
    out += "null";
  out += ",\"deleted_at\":";
  append_instant(out, t.deleted_at);
  out += '}';
}

void append_entry(std::string& out, const ledger::entry_view& e, bool with_account) {
  const auto& entry = e.what;
  const auto& draft = entry.draft;
  out += "{\"version\":";
  append_number(out, entry.version);
  if (with_account) {
    out += ",\"account_id\":";
    append_text(out, draft.account.text());
  }
  out += ",\"transaction_id\":";
  append_text(out, draft.transaction.text());
  out += draft.amount.minor > 0 ? ",\"entry_type\":\"credit\"," : ",\"entry_type\":\"debit\",";
  append_twins(out, "amount", draft.amount);
  out += ',';
  append_twins(out, "balance_after", entry.balance_after);
  out += ",\"date\":\"";
  out += base::to_text(draft.effective);
  out += "\",\"booked_at\":";
  append_instant(out, entry.booked_at);
  out += draft.reversal ? ",\"reversal\":true" : ",\"reversal\":false";
  out += ",\"description\":";
  append_text(out, e.description);
  out += ",\"commit\":{\"shard\":";
  append_number(out, entry.shard);
  out += ",\"seq\":";
  append_number(out, entry.seq);
  out += "}}";
}

void append_deleted_many(std::string& out, const ledger::deleted_many& d) {
  out += "{\"deleted\":";
  append_number(out, d.deleted.size());
  out += ",\"deleted_ids\":";
  append_ids(out, d.deleted);
  out += ",\"errors\":";
  append_list(out, d.errors, [](std::string& o, const ledger::deleted_many::error& e) {
    o += "{\"id\":";
    append_text(o, e.id);
    o += ",\"reason\":";
    append_text(o, e.reason);
    o += '}';
  });
  out += ",\"message\":";
  append_text(out, deleted_message(d.deleted.size()));
  out += ",\"also_deleted_ids\":";
  append_ids(out, d.also_deleted);
  out += '}';
}

std::string message_body(std::string_view message) {
  std::string out = "{\"message\":";
  append_text(out, message);
  out += '}';
  return out;
}

} // namespace http
