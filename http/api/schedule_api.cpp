// Schedules looked at: lists, ticks, previews (jobs.md §9, §18).
#include "http/api/schedule_api.hpp"

#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/render.hpp"
#include "http/api/render_schedules.hpp"
#include "http/api/schedule_body.hpp"
#include "http/problem.hpp"

#include <charconv>

namespace http {
namespace {

scheduler::schedule_id schedule_of_path(const request& r) {
  return scheduler::schedule_id{r.path_param("id")};
}

template <class Items, class Append>
response page_of(const Items& items, const std::optional<std::string>& next, Append append) {
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, items, append);
  answer.body += ",\"next_cursor\":";
  append_optional_text(answer.body, next);
  answer.body += '}';
  return answer;
}

std::size_t wanted_ticks(const std::optional<std::int64_t>& n) {
  return static_cast<std::size_t>(n.value_or(12));
}

} // namespace

response list_schedules(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  faults bad;
  query_reader in{r, bad};
  const auto limit = in.integer("limit", 1, 100).value_or(20);
  std::optional<scheduler::schedule_id> before;
  if (const auto cursor = in.text("cursor", 64)) before = scheduler::schedule_id{*cursor};
  std::optional<base::user_id> whose = user.id;
  const auto other = in.text("user", 64);
  const bool system = in.flag("system");
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if ((other || system) && !user.admin)
    return problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id);
  if (other) whose = base::user_id{*other};
  if (system) whose.reset();
  const auto found = s.jobs->schedules.schedules(whose, before, limit);
  if (!found) return schedule_refusal(s, found.error(), r);
  std::optional<std::string> next;
  if (std::ssize(*found) == limit) next = found->back().what.id.text();
  return page_of(*found, next, append_schedule);
}

response get_schedule(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  const auto found = s.jobs->schedules.schedule(caller_of(user), schedule_of_path(r));
  if (!found) return schedule_refusal(s, found.error(), r);
  if (!*found) return schedule_refusal(s, {"NOT_FOUND", {}}, r);
  response answer;
  append_schedule(answer.body, **found);
  put_etag(answer, std::to_string(scheduler::edition_of((**found).what)));
  return answer;
}

response list_ticks(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  faults bad;
  query_reader in{r, bad};
  const auto limit = in.integer("limit", 1, 100).value_or(20);
  std::optional<base::utc_us> before;
  if (const auto cursor = in.text("cursor", 20)) {
    std::int64_t at = 0;
    const auto* end = cursor->data() + cursor->size();
    const auto read = std::from_chars(cursor->data(), end, at);
    if (read.ec != std::errc{} || read.ptr != end)
      return problem(422, "BAD_CURSOR", "Este cursor não é desta lista", r.request_id);
    before = base::utc_us{at};
  }
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = s.jobs->schedules.ticks(caller_of(user), schedule_of_path(r), before, limit);
  if (!found) return schedule_refusal(s, found.error(), r);
  if (!*found) return schedule_refusal(s, {"NOT_FOUND", {}}, r);
  std::optional<std::string> next;
  if (std::ssize(**found) == limit) next = std::to_string((**found).back().at.count);
  return page_of(**found, next, append_tick);
}

response preview_schedule(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  faults bad;
  query_reader in{r, bad};
  const auto n = in.integer("n", 1, scheduler::preview_max);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = s.jobs->schedules.schedule(caller_of(user), schedule_of_path(r));
  if (!found) return schedule_refusal(s, found.error(), r);
  if (!*found) return schedule_refusal(s, {"NOT_FOUND", {}}, r);
  const auto& what = (**found).what;
  const auto read = base::json::read(what.rule);
  scheduler::rule_faults wrong;
  const auto* sent = std::get_if<base::json::value>(&read);
  const auto rule = sent == nullptr ? std::nullopt : scheduler::read_rule(*sent, wrong);
  const auto zone = s.jobs->zones(what.zone);
  if (!rule || !zone) return schedule_refusal(s, {"BAD_RULE", (**found).fault}, r);
  response answer;
  append_preview(answer.body, scheduler::preview_of(*rule, **zone,
                                                    {std::max(what.watermark, s.clock.now()),
                                                     wanted_ticks(n),
                                                     {what.ends_at, what.ticks_left}}));
  return answer;
}

response preview_rule(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  auto body = read_job_body(r, body_rule::required);
  if (auto* refused = std::get_if<response>(&body)) return std::move(*refused);
  const auto& sent = std::get<base::json::value>(body);
  faults bad;
  refuse_others(sent, {"body"}, {"rule", "zone", "end", "n"}, bad);
  object_reader in{sent, {"body"}, bad};
  const auto n = read_whole(in, "n", 1, scheduler::preview_max);
  scheduler::rule_faults wrong;
  const auto times = read_rule_members(in, sent, s.jobs->zones, s.zone.name(), bad, wrong);
  if (times && !user.admin) scheduler::refuse_close_ticks(times->rule, wrong);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (!wrong.empty()) return bad_rule(wrong, r);
  response answer;
  append_preview(answer.body, scheduler::preview_of(times->rule, *times->zone,
                                                    {s.clock.now(), wanted_ticks(n), times->end}));
  return answer;
}

} // namespace http
