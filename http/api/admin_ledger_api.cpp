// Corrections of the ledger (api-contract §16): backfill of entries, balances from entries.
#include "http/api/admin_api.hpp"
#include "http/api/correction.hpp"
#include "http/api/keyed_action.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "ledger/errc.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace http {

namespace {

namespace json = base::json;

constexpr std::int64_t run_us = 5'000'000; ///< of a call: then it answers how far it came

struct sent_wish {
  correction_wish what;
  std::string cursor;
  action_key key;
};

std::variant<sent_wish, response> read_wish(const service& s, const request& r,
                                            const ledger::user_record& admin, bool dry_by_default) {
  const auto body = read_admin_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  const auto& object = std::get<json::value>(body);
  faults bad;
  object_reader in{object, {"body"}, bad};
  sent_wish wish;
  wish.what.dry_run =
      in.boolean("dry_run", {need::optional, null_rule::absent}).value_or(dry_by_default);
  wish.cursor = in.id("cursor", {need::optional, null_rule::absent}).value_or("");
  const auto reason = read_reason(r, object, bad);
  wish.key.key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  wish.key.canonical =
      json::object{{"dry_run", wish.what.dry_run}, {"cursor", wish.cursor}, {"reason", *reason}};
  wish.what.note.actor = admin.id.text();
  wish.what.note.reason = *reason;
  wish.what.note.request_id = r.request_id;
  wish.what.deadline = std::min(s.deadline(), base::utc_us{s.clock.now().count + run_us});
  return wish;
}

void append_money_pair(std::string& out, std::string_view name, base::centavos amount) {
  out += fmt::format("\"{}\":", name);
  append_money(out, amount);
  out += fmt::format(",\"{}_str\":", name);
  append_text(out, base::decimal_text(amount));
}

/// A row that is gone counts as zero.
void append_check(std::string& out, const balance_check& c) {
  const auto stored = c.stored.value_or(balance_check::position{});
  out += "{\"account_id\":";
  append_text(out, c.account.text());
  out += ',';
  append_money_pair(out, "stored", stored.balance);
  out += ',';
  append_money_pair(out, "from_ledger", c.from_ledger.balance);
  out += ',';
  append_money_pair(out, "diff", {stored.balance.minor - c.from_ledger.balance.minor});
  out += fmt::format(",\"stored_version\":{},\"ledger_version\":{},\"changed\":{}}}",
                     stored.version, c.from_ledger.version, !c.same());
}

using correcting = response (*)(const service&, const request&, const sent_wish&);

/// Read, and done once per key.
response correct(const service& s, const request& r, const ledger::user_record& admin,
                 bool dry_by_default, correcting act) {
  const auto read = read_wish(s, r, admin, dry_by_default);
  if (const auto* refused = std::get_if<response>(&read)) return *refused;
  const auto& wish = std::get<sent_wish>(read);
  return keyed_action(s, r, admin, wish.key, [&] { return act(s, r, wish); });
}

template <class Id> void append_next(std::string& out, const std::optional<Id>& next) {
  out += ",\"next_cursor\":";
  if (next)
    append_text(out, next->text());
  else
    out += "null";
}

response run_backfill(const service& s, const request& r, const sent_wish& wish) {
  const auto began = s.clock.now();
  const auto done = backfill(s.books, s.clock, wish.what, ledger::transaction_id{wish.cursor});
  if (!done) return s.refused(done.error(), r, about_account);
  if (s.checks != nullptr) {
    backfill_page page{began, wish.cursor, {}, wish.what.dry_run};
    if (done->next) page.next = done->next->text();
    page.processed = done->processed;
    page.created = done->created;
    page.skipped = done->skipped;
    page.errors = done->errors;
    s.checks->backfilled(page);
  }
  response answer;
  auto& out = answer.body;
  out = fmt::format("{{\"processed\":{},\"created\":{},\"skipped\":{},\"errors\":{},\"dry_run\":{}",
                    done->processed, done->created, done->skipped, done->errors, wish.what.dry_run);
  out += ",\"samples\":";
  append_list(out, done->samples, [](std::string& o, const ledger::repair::lost& l) {
    o += "{\"transaction_id\":";
    append_text(o, l.transaction.text());
    o += fmt::format(",\"why\":\"{}\"}}", ledger::to_text(l.why));
  });
  append_next(out, done->next);
  out += '}';
  return answer;
}

response run_sync_of_one(const service& s, const request& r, const sent_wish& wish) {
  const auto done = sync_one(s.books, wish.what, ledger::account_id{r.path_param("id")});
  if (!done) return s.refused(done.error(), r, about_account);
  if (!*done) return s.refused(base::fail(ledger::errc::account_not_found), r, about_account);
  response answer;
  append_check(answer.body, **done);
  return answer;
}

response run_sync_of_all(const service& s, const request& r, const sent_wish& wish) {
  const auto done = sync_all(s.books, s.clock, wish.what, ledger::account_id{wish.cursor});
  if (!done) return s.refused(done.error(), r, about_account);
  response answer;
  auto& out = answer.body;
  out = fmt::format("{{\"checked\":{},\"changed\":{},\"dry_run\":{},\"items\":", done->checked,
                    done->changed, wish.what.dry_run);
  append_list(out, done->items, append_check);
  append_next(out, done->next);
  out += '}';
  return answer;
}

} // namespace

response admin_backfill(const service& s, const request& r, const ledger::user_record& admin) {
  return correct(s, r, admin, true, run_backfill);
}

response admin_sync_account(const service& s, const request& r, const ledger::user_record& admin) {
  return correct(s, r, admin, false, run_sync_of_one);
}

response admin_sync_accounts(const service& s, const request& r, const ledger::user_record& admin) {
  return correct(s, r, admin, true, run_sync_of_all);
}

} // namespace http
