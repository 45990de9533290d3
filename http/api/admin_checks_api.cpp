// Long looks at the ledger for the operator (api-contract §16): verify, reconcile, snapshots.
#include "base/limits.hpp"
#include "http/api/admin_api.hpp"
#include "http/api/correction.hpp"
#include "http/api/keyed_action.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"

#include <array>
#include <fmt/format.h>

namespace http {

namespace {

namespace json = base::json;

constexpr std::int64_t wait_s_max = 8;
constexpr std::int64_t wait_s_default = 2;

std::chrono::milliseconds read_patience(const request& r, faults& bad) {
  query_reader in{r, bad};
  return std::chrono::seconds{in.integer("wait_s", 0, wait_s_max).value_or(wait_s_default)};
}

/// 202 with the id until it has ended; then its result.
response answer_of(const service& s, const request& r, const check_run& run) {
  if (run.failed) return s.refused(*run.failed, r, refusal_context::subject::account);
  response answer;
  if (run.ended) {
    answer.body = run.result;
    return answer;
  }
  answer.status = 202;
  answer.body = json::write(json::object{{"job_id", run.id}});
  return answer;
}

std::optional<base::failure> refusal_to_start(const service& s) {
  if (s.checks == nullptr) return base::failure{"DB_UNAVAILABLE", {}};
  const auto runs = s.checks->recent();
  if (const auto* busy = running_of(runs)) return base::failure{check_running, busy->id};
  return std::nullopt;
}

response start_check(const service& s, const request& r, check_wish wish,
                     std::chrono::milliseconds patience) {
  if (const auto busy = refusal_to_start(s))
    return s.refused(*busy, r, refusal_context::subject::user);
  const auto id = s.checks->start(std::move(wish));
  if (!id) return s.refused(id.error(), r, refusal_context::subject::user);
  const auto run = s.checks->look(*id, patience);
  if (!run)
    return s.refused(base::failure{"CHECK_NOT_FOUND", {}}, r, refusal_context::subject::user);
  return answer_of(s, r, *run);
}

json::object canonical_of(const check_wish& wish) {
  return json::object{{"user_id", wish.user ? wish.user->text() : ""},
                      {"account_id", wish.account ? wish.account->text() : ""},
                      {"scope", wish.scope},
                      {"month", wish.month ? ledger::to_text(*wish.month) : ""}};
}

response start_snapshots(const service& s, const request& r, const ledger::user_record& admin,
                         check_wish wish, const std::string& reason,
                         std::chrono::milliseconds patience) {
  // What will be refused is no action, and leaves no line.
  if (wish.month && s.zone.start_of_month(wish.month->next().year(), wish.month->next().of_year()) >
                        s.clock.now())
    return s.refused(base::failure{"MONTH_NOT_ENDED", {}}, r, refusal_context::subject::user);
  if (const auto busy = refusal_to_start(s))
    return s.refused(*busy, r, refusal_context::subject::user);
  ledger::audit_note note;
  note.action = "snapshots.compute";
  note.target = wish.account ? wish.account->text() : "all";
  note.reason = reason;
  note.request_id = r.request_id;
  if (wish.month) note.after = json::write(json::object{{"month", ledger::to_text(*wish.month)}});
  if (auto noted = note_action(s.books, admin.id, std::move(note), s.deadline()); !noted)
    return s.refused(noted.error(), r, refusal_context::subject::user);
  return start_check(s, r, std::move(wish), patience);
}

void append_run(std::string& out, const check_run& run) {
  const auto state = !run.ended ? "running" : run.failed ? "failed" : "done";
  out += "{\"job_id\":";
  append_text(out, run.id);
  out += fmt::format(",\"kind\":\"{}\",\"whole\":{},\"state\":\"{}\",\"passed\":{}",
                     to_text(run.wish.what), run.wish.whole(), state, run.passed);
  out += ",\"started_at\":";
  append_instant(out, run.started);
  out += ",\"ended_at\":";
  append_instant(out, run.ended);
  out += ",\"progress\":";
  append_text(out, run.progress);
  out += ",\"error\":";
  if (run.failed)
    append_text(out, run.failed->code);
  else
    out += "null";
  out += ",\"result\":" + (run.result.empty() ? std::string{"null"} : run.result) + '}';
}

} // namespace

response admin_verify(const service& s, const request& r, const ledger::user_record& admin) {
  const auto body = read_admin_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  check_wish wish;
  wish.what = check_kind::verify;
  if (auto id = in.id("user_id", {need::optional, null_rule::absent})) wish.user.emplace(*id);
  if (auto id = in.id("account_id", {need::optional, null_rule::absent})) wish.account.emplace(*id);
  const auto patience = read_patience(r, bad);
  action_key key{idempotency_key(r, bad)};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  key.canonical = canonical_of(wish);
  return keyed_action(s, r, admin, std::move(key),
                      [&] { return start_check(s, r, std::move(wish), patience); });
}

response admin_reconcile(const service& s, const request& r, const ledger::user_record& admin) {
  const auto body = read_admin_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  check_wish wish;
  wish.what = check_kind::reconcile;
  constexpr std::array<std::string_view, 3> scopes{"snapshots", "balances", "all"};
  if (auto scope = in.one_of("scope", scopes, {need::optional, null_rule::absent}))
    wish.scope = *scope;
  const auto patience = read_patience(r, bad);
  action_key key{idempotency_key(r, bad)};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  key.canonical = canonical_of(wish);
  return keyed_action(s, r, admin, std::move(key),
                      [&] { return start_check(s, r, std::move(wish), patience); });
}

response admin_snapshots(const service& s, const request& r, const ledger::user_record& admin) {
  auto body = read_admin_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  auto& object = std::get<json::value>(body);
  // A GET has no body: the same members come in the query.
  faults bad;
  query_reader query{r, bad};
  for (const auto* name : {"month", "account_id"})
    if (object.find(name) == nullptr)
      if (auto sent = query.text(name, base::limits::id_bytes_max))
        object.if_object()->emplace_back(name, std::move(*sent));
  object_reader in{object, {"body"}, bad};
  check_wish wish;
  wish.what = check_kind::snapshots;
  if (auto id = in.id("account_id", {need::optional, null_rule::absent})) wish.account.emplace(*id);
  if (auto text = in.text("month", {.presence = need::optional, .null = null_rule::absent})) {
    wish.month = ledger::parse_month(*text);
    if (!wish.month) in.add("month", "value_error", "Value error, month must be YYYY-MM", *text);
  }
  const auto reason = read_reason(r, object, bad);
  const auto patience = read_patience(r, bad);
  action_key key;
  if (r.method != "GET") key.key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  key.canonical = canonical_of(wish);
  key.canonical.emplace_back("reason", *reason);
  return keyed_action(s, r, admin, std::move(key), [&] {
    return start_snapshots(s, r, admin, std::move(wish), *reason, patience);
  });
}

response admin_list_checks(const service& s, const request&, const ledger::user_record&) {
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, s.checks ? s.checks->recent() : std::vector<check_run>{}, append_run);
  answer.body += ",\"next_cursor\":null}";
  return answer;
}

response admin_get_check(const service& s, const request& r, const ledger::user_record&) {
  faults bad;
  const auto patience = read_patience(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto run = s.checks ? s.checks->look(r.path_param("id"), patience) : std::nullopt;
  if (!run)
    return s.refused(base::failure{"CHECK_NOT_FOUND", {}}, r, refusal_context::subject::user);
  response answer;
  append_run(answer.body, *run);
  return answer;
}

} // namespace http
