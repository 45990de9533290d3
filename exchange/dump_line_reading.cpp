// Lines of a dump read back. Writing: dump_line.cpp.
#include "exchange/dump_line.hpp"

#include "exchange/line_members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace exchange {

namespace {

using base::json::object;
using base::json::value;
using integer = std::int64_t;

ledger::row_counts read_counts(members& m) {
  members inner{m.inner("counts")};
  ledger::row_counts n;
  const auto get = [&](std::string_view name) {
    return inner.number(name, 0, std::numeric_limits<integer>::max());
  };
  n.users = get("users");
  n.accounts = get("accounts");
  n.commits = get("commits");
  n.entries = get("entries");
  n.transactions = get("transactions");
  n.holds = get("holds");
  n.rows = get("rows");
  n.answers = get("answers");
  if (const auto why = inner.fault(); !why.empty()) m.wrong("counts:", why);
  return n;
}

dump_header read_header(members& m) {
  dump_header h;
  if (m.text("format") != format_name) m.wrong("format", "is not ours");
  h.version = m.number("version", 1);
  if (h.version != dump_version) return h; // what else another one says is not for us to judge
  const auto scope = m.text("scope");
  if (scope != scope_database && scope != scope_user) m.wrong("scope", "is an unknown word");
  h.scope = scope == scope_user ? dump_scope::user : dump_scope::database;
  h.program = m.text("program");
  h.shards = m.small("shards");
  h.counts = read_counts(m);
  return h;
}

ledger::user_record read_user(members& m) {
  ledger::user_record u;
  u.id = m.id<ledger::user_id>("id");
  u.name = m.text("name");
  u.email = m.text("email");
  u.password_hash = m.text("password_hash");
  u.active = m.flag("active");
  u.admin = m.flag("admin");
  u.created_at = {m.number("created_at_us")};
  u.updated_at = m.time_or_null("updated_at_us");
  return u;
}

dump_account read_account(members& m) {
  dump_account a;
  auto& r = a.record;
  r.id = m.id<ledger::account_id>("id");
  r.owner = m.id<ledger::user_id>("user_id");
  r.role = m.named("role", &ledger::role_from_text);
  r.kind = m.named("account_kind", &ledger::kind_from_text);
  r.type = m.text("type");
  r.name = m.text("name");
  r.color = m.text("color");
  r.icon = m.text("icon");
  r.currency = m.text("currency");
  const auto money = [&](std::string_view n) { return base::centavos{m.number(n)}; };
  r.floor = m.optional("floor_cents", money);
  r.ceiling = m.optional("ceiling_cents", money);
  r.active = m.flag("active");
  r.created_at = {m.number("created_at_us")};
  r.updated_at = m.time_or_null("updated_at_us");
  a.balance = {m.number("balance_cents")};
  a.version = m.count("version");
  return a;
}

ledger::commit_record read_commit(members& m) {
  ledger::commit_record c;
  c.shard = m.small("shard");
  c.seq = m.count("seq", 1);
  c.epoch = m.count("epoch");
  c.node = m.text("node");
  c.prev_hash = m.digest("prev_hash");
  c.hash = m.digest("hash");
  c.entries = m.small("entries");
  c.booked_at = {m.number("booked_at_us")};
  return c;
}

ledger::entry read_entry(members& m) {
  ledger::entry e;
  e.draft.account = m.id<ledger::account_id>("account_id");
  e.version = m.count("version", 1);
  e.draft.amount = {m.number("amount_cents")};
  e.balance_after = {m.number("balance_after_cents")};
  e.draft.transaction = m.id<ledger::transaction_id>("transaction_id");
  e.draft.posting = m.small("posting");
  e.draft.reversal = m.flag("reversal");
  e.draft.effective = m.day("effective_day");
  e.shard = m.small("shard");
  e.seq = m.count("seq", 1);
  e.position = m.small("position");
  e.booked_at = {m.number("booked_at_us")};
  return e;
}

ledger::transaction_record read_transaction(members& m) {
  ledger::transaction_record t;
  t.id = m.id<ledger::transaction_id>("id");
  t.owner = m.id<ledger::user_id>("user_id");
  t.account = m.id<ledger::account_id>("account_id");
  t.category = m.id<ledger::account_id>("category_id");
  t.type = m.named("type", &ledger::type_from_text);
  t.direction = static_cast<int>(m.number("direction", -1, 1));
  if (t.direction == 0) m.wrong("direction", "is neither 1 nor -1");
  t.amount = {m.number("amount_cents", 1)};
  t.description = m.text("description");
  t.tags = m.texts("tags");
  t.date = {m.number("date_us")};
  t.effective = m.day("effective_day");
  t.partner =
      m.optional("partner_id", [&](std::string_view n) { return m.id<ledger::transaction_id>(n); });
  t.shared_expense = m.optional("shared_expense_id", [&](std::string_view n) { return m.text(n); });
  t.created_at = {m.number("created_at_us")};
  t.updated_at = m.time_or_null("updated_at_us");
  t.deleted_at = m.time_or_null("deleted_at_us");
  return t;
}

ledger::hold_record read_hold(members& m) {
  ledger::hold_record h;
  h.id = m.id<ledger::hold_id>("id");
  h.owner = m.id<ledger::user_id>("user_id");
  h.account = m.id<ledger::account_id>("account_id");
  h.amount = {m.number("amount_cents", 1)};
  h.description = m.text("description");
  h.status = m.named("status", &ledger::hold_status_from_text);
  h.created_at = {m.number("created_at_us")};
  h.expires_at = m.time_or_null("expires_at_us");
  h.ended_at = m.time_or_null("ended_at_us");
  const auto money = [&](std::string_view n) { return base::centavos{m.number(n, 1)}; };
  const auto id = [&](std::string_view n) { return m.id<ledger::transaction_id>(n); };
  h.posted = m.optional("posted_cents", money);
  h.transaction = m.optional("transaction_id", id);
  return h;
}

ledger::idempotency_record read_answer(members& m) {
  ledger::idempotency_record i;
  i.user = m.id<ledger::user_id>("user_id");
  i.scope.endpoint = m.text("endpoint");
  i.scope.key = m.text("key");
  i.fingerprint = m.digest("fingerprint");
  i.answer.status = static_cast<int>(m.number("status", 0, 65'535));
  i.answer.body = m.text("body");
  i.created_at = {m.number("created_at_us")};
  i.expires_at = {m.number("expires_at_us")};
  return i;
}

dump_trailer read_trailer(members& m) {
  dump_trailer t;
  t.counts = read_counts(m);
  t.hash = m.digest("sha256");
  return t;
}

std::optional<dump_line> read_kind(std::string_view kind, members& m) {
  if (kind == "entry") return read_entry(m);
  if (kind == "transaction") return read_transaction(m);
  if (kind == "commit") return read_commit(m);
  if (kind == "hold") return read_hold(m);
  if (kind == "answer") return read_answer(m);
  if (kind == "account") return read_account(m);
  if (kind == "user") return read_user(m);
  if (auto row = read_row(kind, m)) return std::move(*row);
  if (kind == "schedule") return read_schedule(m);
  if (kind == "header") return read_header(m);
  if (kind == "trailer") return read_trailer(m);
  return std::nullopt;
}

} // namespace

base::result<dump_line> read_line(std::string_view line) {
  const auto read = base::json::read(line);
  const auto* whole = std::get_if<value>(&read);
  const auto* o = whole ? whole->if_object() : nullptr;
  if (o == nullptr) return base::fail(errc::damaged, "it is no JSON object");
  members m{*o};
  const auto kind = m.text("kind");
  auto made = read_kind(kind, m);
  if (!made) return base::fail(errc::damaged, "kind is missing or an unknown word");
  if (const auto* h = std::get_if<dump_header>(&*made); h && h->version > dump_version)
    return base::fail(errc::newer,
                      fmt::format("it has version {} of the format, this program knows up to {}: "
                                  "use a newer program",
                                  h->version, dump_version));
  if (const auto* h = std::get_if<dump_header>(&*made); h && h->version < dump_version)
    return base::fail(errc::damaged,
                      fmt::format("it has version {} of the format, this program reads {}: export "
                                  "it again with this one",
                                  h->version, dump_version));
  if (const auto why = m.fault(); !why.empty())
    return base::fail(errc::damaged, fmt::format("{}: {}", kind, why));
  return std::move(*made);
}

} // namespace exchange
