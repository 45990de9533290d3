// Recovery mode for the operator (api-contract §15.4, §16).
#include "http/api/admin_api.hpp"

#include "base/json.hpp"
#include "http/api/correction.hpp"
#include "http/api/keyed_action.hpp"
#include "http/api/request_key.hpp"

#include <algorithm>
#include <iterator>

namespace http {

namespace {

namespace json = base::json;

response shown(const recovery_view& now) {
  json::array lost;
  for (const auto& l : now.lost)
    lost.emplace_back(json::object{{"shard", std::int64_t{l.shard}},
                                   {"remembered_seq", static_cast<std::int64_t>(l.remembered)},
                                   {"found_seq", static_cast<std::int64_t>(l.found)},
                                   {"other_history", l.other}});
  response answer;
  answer.body = json::write(json::object{{"active", now.on}, {"lost", std::move(lost)}});
  return answer;
}

/// Why the mode may not end, or nothing. Each step has a sound run that began after the one of the
/// step before it had ended, and after the last run of its own that was not sound.
std::optional<base::failure> objection(const service& s, const recovery_view& mode) {
  auto runs = s.checks ? s.checks->recent() : std::vector<check_run>{};
  std::erase_if(
      runs, [&](const check_run& run) { return !run.wish.whole() || run.started < mode.since; });
  std::reverse(runs.begin(), runs.end());
  auto from = runs.begin(); // behind the step before
  auto not_before = mode.since;
  for (const auto kind : recovery_steps) {
    const check_run* newest = nullptr;
    auto sound = runs.end();
    for (auto at = runs.begin(); at != runs.end(); ++at) {
      if (at->wish.what != kind) continue;
      newest = &*at;
      if (!at->ended || !at->passed)
        sound = runs.end();
      else if (sound == runs.end() && at >= from && at->started >= not_before)
        sound = at;
    }
    const std::string step{to_text(kind)};
    if (newest && newest->ended && !newest->failed && !newest->passed)
      return base::failure{"RECOVERY_CHECK_FAILED", step};
    if (sound == runs.end()) return base::failure{"RECOVERY_CHECK_MISSING", step};
    not_before = *sound->ended;
    from = std::next(sound);
  }
  return std::nullopt;
}

response finish(const service& s, const request& r, const ledger::user_record& admin, bool force,
                const std::string& reason) {
  const auto about = refusal_context::subject::user;
  const auto mode = s.books.recovery();
  if (!mode.on) return shown(mode);
  const auto why_not = objection(s, mode);
  if (why_not && !force) return s.refused(*why_not, r, about);
  if (s.books.health().shards_stopped > 0) // it would end only for some
    return s.refused(base::failure{"SHARD_STOPPED", {}}, r, about);
  std::int64_t lost = 0;
  for (const auto& l : mode.lost)
    lost += static_cast<std::int64_t>(l.remembered - std::min(l.remembered, l.found));
  ledger::audit_note note;
  note.action = "recovery.finish";
  note.target = "all";
  note.reason = reason;
  note.before = json::write(json::object{{"shards", std::ssize(mode.lost)}, {"commits", lost}});
  note.after = json::write(json::object{{"forced", why_not.has_value()}});
  note.request_id = r.request_id;
  if (auto noted = note_action(s.books, admin.id, std::move(note), s.deadline()); !noted)
    return s.refused(noted.error(), r, about);
  if (auto done = s.books.finish_recovery(r.request_id); !done)
    return s.refused(done.error(), r, about);
  return shown(s.books.recovery());
}

} // namespace

response admin_recovery(const service& s, const request&, const ledger::user_record&) {
  return shown(s.books.recovery());
}

response admin_finish_recovery(const service& s, const request& r,
                               const ledger::user_record& admin) {
  const auto body = read_admin_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  const auto& object = std::get<json::value>(body);
  faults bad;
  object_reader in{object, {"body"}, bad};
  const auto force = in.boolean("force", {need::optional, null_rule::absent}).value_or(false);
  const auto reason = read_reason(r, object, bad);
  action_key key{idempotency_key(r, bad)};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  key.canonical = json::object{{"force", force}, {"reason", *reason}};
  return keyed_action(s, r, admin, std::move(key),
                      [&] { return finish(s, r, admin, force, *reason); });
}

} // namespace http
