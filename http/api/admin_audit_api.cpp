// The audit log, as administrators read it (api-contract §16).
#include "http/api/admin_api.hpp"
#include "http/api/render.hpp"

#include <charconv>
#include <fmt/format.h>

namespace http {

namespace {

using position = ledger::audit_filter::position;

std::string cursor_of(const ledger::audit_record& r) {
  return fmt::format("{}-{}-{}", r.at.count, r.shard, r.number);
}

std::optional<position> read_cursor(std::string_view text) {
  position p;
  const auto number = [&text](auto& into, bool last) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), into);
    if (read.ec != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (last) return text.empty();
    if (text.empty() || text.front() != '-') return false;
    text.remove_prefix(1);
    return true;
  };
  if (!number(p.at.count, false) || !number(p.shard, false) || !number(p.number, true))
    return std::nullopt;
  return p;
}

void append_record(std::string& out, const ledger::audit_record& r) {
  out += fmt::format("{{\"id\":\"{}-{}\",\"at\":", r.shard, r.number);
  append_instant(out, r.at);
  for (const auto& [name, text] :
       {std::pair{"actor", &r.note.actor}, std::pair{"action", &r.note.action},
        std::pair{"target", &r.note.target}, std::pair{"reason", &r.note.reason},
        std::pair{"request_id", &r.note.request_id}}) {
    out += fmt::format(",\"{}\":", name);
    append_text(out, *text);
  }
  // Both are JSON that we wrote ourselves.
  out += fmt::format(",\"before\":{},\"after\":{},\"shard\":{},\"seq\":{},\"hash\":\"{}\"}}",
                     r.note.before, r.note.after, r.shard, r.seq, base::hex(r.hash));
}

} // namespace

response admin_list_audit(const service& s, const request& r, const ledger::user_record&) {
  faults bad;
  query_reader in{r, bad};
  ledger::audit_filter filter;
  filter.action = in.text("action", 40);
  filter.target = in.text("target", 64);
  filter.limit = in.integer("limit", 1, 100).value_or(50);
  if (const auto* sent = in.raw("cursor")) {
    filter.after = read_cursor(*sent);
    if (!filter.after) in.add("cursor", "value_error", "Value error, cursor inválido", *sent);
  }
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto page = s.books.audit_log(filter);
  if (!page) return s.refused(page.error(), r, refusal_context::subject::user);
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, page->items, append_record);
  answer.body += ",\"next_cursor\":";
  if (page->more && !page->items.empty())
    append_text(answer.body, cursor_of(page->items.back()));
  else
    answer.body += "null";
  answer.body += '}';
  return answer;
}

} // namespace http
