// Lanes, dead letters and queues, for whoever operates them (jobs.md §7, §8, §18).
#include "http/api/admin_api.hpp"
#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/render.hpp"
#include "http/api/render_jobs.hpp"
#include "http/problem.hpp"

#include <fmt/format.h>

#include <utility>

namespace http {
namespace {

namespace json = base::json;

/// What an operation is about, once its request is read.
struct operation_wish {
  ledger::user_record user;
  std::string reason;
  std::optional<base::utc_us> until;
  json::value body;
};

std::variant<operation_wish, response>
read_operation(const service& s, const request& r, bool admin_only,
               std::initializer_list<std::string_view> more) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return std::move(*refused);
  operation_wish w;
  w.user = std::move(std::get<ledger::user_record>(asked));
  if (admin_only && !w.user.admin)
    return problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id);
  auto body = read_admin_body(r);
  if (auto* refused = std::get_if<response>(&body)) return std::move(*refused);
  w.body = std::move(std::get<json::value>(body));
  faults bad;
  if (const auto* members = w.body.if_object())
    for (const auto& [name, value] : *members)
      if (name != "reason" && std::find(more.begin(), more.end(), name) == more.end())
        refuse_others(json::value{json::object{{name, value}}}, {"body"}, {}, bad);
  const auto reason = read_reason(r, w.body, bad);
  if (std::find(more.begin(), more.end(), "until") != more.end()) {
    object_reader in{w.body, {"body"}, bad};
    if (const auto at = in.date("until", s.zone, may_be_null)) w.until = at->at;
  }
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  w.reason = *reason;
  return w;
}

response no_queue(const request& r) {
  return problem(404, "NOT_FOUND", "Fila não encontrada", r.request_id);
}

response forbidden(const request& r) {
  return problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id);
}

template <class Items, class Append> response listed(const Items& items, Append append) {
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, items, append);
  answer.body += ",\"next_cursor\":null}";
  return answer;
}

} // namespace

response list_lanes(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  static constexpr std::string_view states[] = {"shut"};
  faults bad;
  query_reader in{r, bad};
  (void)in.one_of("state", states);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = s.jobs->jobs.shut_lanes(caller_of(user));
  if (!found) return job_refusal(s, found.error(), r);
  return listed(*found, append_lane);
}

void act_on_lane(lane_action what, const service& s, request r, reply to) {
  auto read = read_operation(s, r, false, {"until"});
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  auto& w = std::get<operation_wish>(read);
  const auto lane = r.path_param("lane");
  s.jobs->jobs.act_on_lane(
      caller_of(w.user), lane, what, w.reason, w.until, s.deadline(),
      [&s, lane, user = w.user, reason = w.reason, r, to](base::result<bool> done) {
        if (!done) return to(job_refusal(s, done.error(), r));
        note_job_action(s, user, "lanes.act", lane, reason, r);
        response answer;
        answer.body = json::write(json::object{{"lane", lane}, {"done", true}});
        to(std::move(answer));
      });
}

response list_dead_letters(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return forbidden(r);
  const auto found = s.jobs->jobs.dead_groups();
  if (!found) return job_refusal(s, found.error(), r);
  return listed(*found, append_dead_group);
}

void act_on_dead_letters(scheduler::control_action what, const service& s, request r, reply to) {
  auto read = read_operation(s, r, true, {"limit"});
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  auto& w = std::get<operation_wish>(read);
  faults bad;
  object_reader in{w.body, {"body"}, bad};
  const auto limit = read_whole(in, "limit", 1, 1000).value_or(1000);
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  const auto group = r.path_param("fingerprint");
  s.jobs->jobs.act_on_dead(
      caller_of(w.user), group, what, limit, w.reason, s.deadline(),
      [&s, what, group, user = w.user, reason = w.reason, r, to](base::result<std::int64_t> done) {
        if (!done) return to(job_refusal(s, done.error(), r));
        note_job_action(s, user, fmt::format("dead_letters.{}", scheduler::to_text(what)), group,
                        reason, r);
        response answer;
        answer.body = json::write(json::object{{"fingerprint", group}, {"changed", *done}});
        to(std::move(answer));
      });
}

response list_queues(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return forbidden(r);
  const auto found = s.jobs->jobs.queues();
  if (!found) return job_refusal(s, found.error(), r);
  return listed(*found, append_queue);
}

response get_queue(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return forbidden(r);
  const auto found = s.jobs->jobs.queues();
  if (!found) return job_refusal(s, found.error(), r);
  for (const auto& q : *found)
    if (q.limits.queue == r.path_param("queue")) {
      response answer;
      append_queue(answer.body, q);
      return answer;
    }
  return no_queue(r);
}

void put_queue(const service& s, request r, reply to) {
  auto read = read_operation(s, r, true, {"concurrency", "depth_max"});
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  if (!is_kind_name(r.path_param("queue"))) return to(no_queue(r));
  auto& w = std::get<operation_wish>(read);
  faults bad;
  object_reader in{w.body, {"body"}, bad};
  scheduler::queue_limits limits;
  limits.queue = r.path_param("queue");
  if (const auto n = read_whole(in, "concurrency", 0, 1000, {}))
    limits.concurrency = static_cast<std::int32_t>(*n);
  if (const auto n = read_whole(in, "depth_max", 1, 500'000)) limits.depth_max = *n;
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  s.jobs->jobs.set_queue(
      caller_of(w.user), limits, w.reason, s.deadline(),
      [&s, user = w.user, reason = w.reason, r, to](base::result<queue_view> done) {
        if (!done) return to(job_refusal(s, done.error(), r));
        note_job_action(s, user, "queues.set", done->limits.queue, reason, r);
        response answer;
        append_queue(answer.body, *done);
        to(std::move(answer));
      });
}

void pause_queue(bool over, const service& s, request r, reply to) {
  auto read = over ? read_operation(s, r, true, {}) : read_operation(s, r, true, {"until"});
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  if (!is_kind_name(r.path_param("queue"))) return to(no_queue(r));
  auto& w = std::get<operation_wish>(read);
  scheduler::pause p;
  p.target = "queue:" + r.path_param("queue");
  p.reason = w.reason;
  p.by = w.user.id.text();
  p.since = s.clock.now();
  p.until = w.until;
  p.over = over;
  s.jobs->jobs.set_pause(p, s.deadline(),
                         [&s, user = w.user, over, r, to](base::result<scheduler::pause> done) {
                           if (!done) return to(job_refusal(s, done.error(), r));
                           note_job_action(s, user, over ? "queues.resume" : "queues.pause",
                                           done->target, done->reason, r);
                           response answer;
                           append_pause(answer.body, *done);
                           to(std::move(answer));
                         });
}

} // namespace http
