// Lanes, dead letters and queues, for whoever operates them (jobs.md §7, §8, §18).
#include "http/api/admin_api.hpp"
#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/render.hpp"
#include "http/api/render_jobs.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"
#include "scheduler/kind_name.hpp"

#include <fmt/format.h>

#include <limits>
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
  action_key key;
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
  auto body = read_job_body(r, body_rule::may_be_empty);
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
    w.until = read_near_instant(in, "until", s.clock.now(), s.zone);
  }
  w.key = {idempotency_key(r, bad), *w.body.if_object()};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  w.reason = *reason;
  return w;
}

/// Without a burst it is what one second brings, and one at least.
scheduler::start_rate read_rate(const json::value& sent, faults& bad) {
  const json::array loc{"body", "rate"};
  refuse_others(sent, loc, {"starts", "per_s", "burst"}, bad);
  object_reader in{sent, loc, bad};
  const auto starts = read_whole(in, "starts", 1, scheduler::rate_starts_max, {}).value_or(1);
  const auto per_s = read_whole(in, "per_s", 1, scheduler::rate_seconds_max).value_or(1);
  const auto burst =
      read_whole(in, "burst", 1, scheduler::rate_starts_max).value_or((starts + per_s - 1) / per_s);
  return {static_cast<std::int32_t>(starts), static_cast<std::int32_t>(per_s),
          static_cast<std::int32_t>(burst)};
}

response no_queue(const request& r) {
  return problem(404, "NOT_FOUND", "Fila não encontrada", r.request_id);
}

response no_group(const request& r) {
  return problem(404, "NOT_FOUND", "Nenhum job morto com este erro", r.request_id);
}

std::string lane_action_name(lane_action what) {
  switch (what) {
  case lane_action::pause: return "lanes.pause";
  case lane_action::resume: return "lanes.resume";
  case lane_action::skip_head: return "lanes.skip_head";
  case lane_action::retry_head: return "lanes.retry_head";
  }
  return "lanes.act";
}

response forbidden(const request& r) {
  return problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id);
}

} // namespace

response list_lanes(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  static constexpr std::string_view states[] = {"shut"};
  faults bad;
  query_reader in{r, bad};
  (void)in.one_of("state", states);
  const auto wish = read_list_wish(in);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = s.jobs->jobs.shut_lanes(caller_of(user));
  if (!found) return job_refusal(s, found.error(), r);
  const auto key = [](const lane_view& l) {
    return l.lane + '\n' + (l.user ? l.user->text() : std::string{});
  };
  return list_page(*found, wish, key, append_lane);
}

void act_on_lane(lane_action what, const service& s, request r, reply to) {
  auto read = read_operation(s, r, false, {"until", "user"});
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  auto& w = std::get<operation_wish>(read);
  faults bad;
  object_reader in{w.body, {"body"}, bad};
  // Null is the system: only an administrator reaches what is not the own.
  auto owner = in.is_null("user") && w.user.admin ? ledger::user_id{} : w.user.id;
  if (auto named = in.id("user", may_be_null)) owner = ledger::user_id{*named};
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  const auto act = [&s, what, caller = caller_of(w.user), owner, lane = r.path_param("lane"),
                    reason = w.reason, until = w.until](const request& sent, const auto& done) {
    s.jobs->jobs.act_on_lane(
        caller, owner, lane, what, reason, until, s.deadline(),
        [&s, sent, done, what, lane, reason](base::result<bool> made) {
          if (!made) return done(job_refusal(s, made.error(), sent), std::nullopt);
          response answer;
          answer.body = json::write(json::object{{"lane", lane}, {"done", true}});
          done(std::move(answer), job_note{lane_action_name(what), lane, reason});
        });
  };
  do_job_action(s, std::move(r), std::move(to), w.user, std::move(w.key), act);
}

response list_queues(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return forbidden(r);
  faults bad;
  query_reader in{r, bad};
  const auto wish = read_list_wish(in);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = s.jobs->jobs.queues();
  if (!found) return job_refusal(s, found.error(), r);
  return list_page(
      *found, wish, [](const queue_view& q) { return q.limits.queue; }, append_queue);
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
  auto read = read_operation(s, r, true, {"concurrency", "depth_max", "rate"});
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  if (!scheduler::is_kind_name(r.path_param("queue"))) return to(no_queue(r));
  auto& w = std::get<operation_wish>(read);
  faults bad;
  object_reader in{w.body, {"body"}, bad};
  scheduler::queue_limits limits;
  limits.queue = r.path_param("queue");
  if (const auto n = read_whole(in, "concurrency", 0, 1000, {}))
    limits.concurrency = static_cast<std::int32_t>(*n);
  if (const auto n = read_whole(in, "depth_max", 1, 500'000)) limits.depth_max = *n;
  if (const auto* rate = object_member(in, "rate")) limits.rate = read_rate(*rate, bad);
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  const auto act = [&s, limits, caller = caller_of(w.user), reason = w.reason](const request& sent,
                                                                               const auto& done) {
    s.jobs->jobs.set_queue(
        caller, limits, reason, s.deadline(),
        [&s, sent, done, reason](base::result<queue_view> made) {
          if (!made) return done(job_refusal(s, made.error(), sent), std::nullopt);
          response answer;
          append_queue(answer.body, *made);
          done(std::move(answer), job_note{"queues.set", made->limits.queue, reason});
        });
  };
  do_job_action(s, std::move(r), std::move(to), w.user, std::move(w.key), act);
}

void pause_queue(bool over, const service& s, request r, reply to) {
  auto read = over ? read_operation(s, r, true, {}) : read_operation(s, r, true, {"until"});
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  if (!scheduler::is_kind_name(r.path_param("queue"))) return to(no_queue(r));
  auto& w = std::get<operation_wish>(read);
  scheduler::pause p;
  p.target = "queue:" + r.path_param("queue");
  p.reason = w.reason;
  p.by = w.user.id.text();
  p.since = s.clock.now();
  p.until = w.until;
  p.over = over;
  const auto act = [&s, p](const request& sent, const auto& done) {
    s.jobs->jobs.set_pause(p, s.deadline(), [&s, sent, done](base::result<scheduler::pause> made) {
      if (!made) return done(job_refusal(s, made.error(), sent), std::nullopt);
      response answer;
      append_pause(answer.body, *made);
      done(std::move(answer),
           job_note{made->over ? "queues.resume" : "queues.pause", made->target, made->reason});
    });
  };
  do_job_action(s, std::move(r), std::move(to), w.user, std::move(w.key), act);
}

// -- dead letters ---------------------------------------------------------------------------------

response list_dead_letters(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return forbidden(r);
  faults bad;
  query_reader in{r, bad};
  const auto wish = read_list_wish(in);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = s.jobs->jobs.dead_groups();
  if (!found) return job_refusal(s, found.error(), r);
  // The largest first: that is the order of what is to be done.
  const auto key = [](const dead_group_view& g) {
    return fmt::format("{:020}", std::numeric_limits<std::int64_t>::max() - g.count) +
           g.fingerprint;
  };
  return list_page(*found, wish, key, append_dead_group);
}

response get_dead_letter(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return forbidden(r);
  const auto found = s.jobs->jobs.dead_group(r.path_param("fingerprint"));
  if (!found) return job_refusal(s, found.error(), r);
  if (!*found) return no_group(r);
  response answer;
  append_dead_group(answer.body, **found);
  answer.body.pop_back();
  answer.body += fmt::format(",\"users\":{},\"lanes\":{}}}", (**found).users, (**found).lanes);
  return answer;
}

void act_on_dead_letters(scheduler::control_action what, const service& s, request r, reply to) {
  auto read = read_operation(s, r, true, {"limit", "per_second"});
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  auto& w = std::get<operation_wish>(read);
  faults bad;
  object_reader in{w.body, {"body"}, bad};
  const auto rate = read_whole(in, "per_second", 1, 1000);
  const auto limit =
      read_whole(in, "limit", 1, rate ? bulk_jobs_max : 1000).value_or(rate ? bulk_jobs_max : 1000);
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  const auto group = r.path_param("fingerprint");
  if (rate) {
    bulk_wish wish;
    wish.what = what;
    wish.which.fingerprint = group;
    wish.which.state = scheduler::job_state::dead;
    wish.limit = limit;
    wish.per_second = rate;
    wish.reason = w.reason;
    return start_bulk(s, std::move(r), std::move(to), w.user, std::move(w.key), wish);
  }
  const auto act = [&s, what, group, limit, caller = caller_of(w.user),
                    reason = w.reason](const request& sent, const auto& done) {
    s.jobs->jobs.act_on_dead(
        caller, group, what, limit, reason, s.deadline(),
        [&s, sent, done, what, group, reason](base::result<std::int64_t> made) {
          if (!made) return done(job_refusal(s, made.error(), sent), std::nullopt);
          response answer;
          answer.body = json::write(json::object{{"fingerprint", group}, {"changed", *made}});
          done(std::move(answer),
               job_note{fmt::format("dead_letters.{}", scheduler::to_text(what)), group, reason});
        });
  };
  do_job_action(s, std::move(r), std::move(to), w.user, std::move(w.key), act);
}

void note_dead_letters(bool mute, const service& s, request r, reply to) {
  auto read = mute ? read_operation(s, r, true, {"until"}) : read_operation(s, r, true, {"note"});
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  auto& w = std::get<operation_wish>(read);
  faults bad;
  object_reader in{w.body, {"body"}, bad};
  std::optional<std::string> text;
  if (!mute) text = in.text("note", {.min = 0, .max = 200, .trim = true});
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  const auto act = [&s, mute, text, until = w.until, by = w.user.id.text(),
                    reason = w.reason](const request& sent, const auto& done) {
    const auto group = sent.path_param("fingerprint");
    const auto there = s.jobs->jobs.dead_group(group);
    if (!there) return done(job_refusal(s, there.error(), sent), std::nullopt);
    if (!*there) return done(no_group(sent), std::nullopt);
    auto next = (**there).note.value_or(scheduler::dead_letter_note{});
    next.fingerprint = group;
    next.by = by;
    next.at = s.clock.now();
    if (mute)
      next.muted_until = until; // without it: muted no more
    else
      next.note = *text;
    s.jobs->jobs.set_dead_note(
        next, s.deadline(),
        [&s, sent, done, mute, reason](base::result<scheduler::dead_letter_note> made) {
          if (!made) return done(job_refusal(s, made.error(), sent), std::nullopt);
          response answer;
          append_dead_note(answer.body, *made);
          done(std::move(answer), job_note{mute ? "dead_letters.mute" : "dead_letters.note",
                                           made->fingerprint, reason});
        });
  };
  do_job_action(s, std::move(r), std::move(to), w.user, std::move(w.key), act);
}

} // namespace http
