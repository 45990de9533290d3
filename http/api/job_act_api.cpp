// What somebody wants of one job: cancel, park, redrive …, or a change of it (jobs.md §3, §18).
#include "http/api/admin_api.hpp"
#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/render_jobs.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace http {
namespace {

namespace json = base::json;

void perform(const service& s, request r, reply to, const ledger::user_record& user, action_key key,
             job_act asked) {
  asked.caller = caller_of(user);
  asked.job = job_of_path(r);
  asked.deadline = s.deadline();
  do_job_action(s, std::move(r), std::move(to), user, std::move(key),
                [&s, asked = std::move(asked)](const request& sent, const auto& done) {
                  s.jobs->jobs.act(asked, [&s, sent, done, what = asked.what,
                                           reason = asked.reason](base::result<job_view> made) {
                    if (!made) return done(job_refusal(s, made.error(), sent), std::nullopt);
                    response answer;
                    // Told to stop, which is not to have stopped.
                    answer.status = made->state == scheduler::job_state::cancelling ? 202 : 200;
                    append_job(answer.body, *made);
                    put_etag(answer, std::to_string(made->version));
                    done(std::move(answer),
                         job_note{fmt::format("jobs.{}", scheduler::to_text(what)),
                                  made->what.id.text(), reason});
                  });
                });
}

/// Who asks, for what reason, and under which key.
struct act_wish {
  ledger::user_record user;
  std::string reason;
  action_key key;
};

std::variant<act_wish, response> read_act(const service& s, const request& r) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return std::move(*refused);
  act_wish w;
  w.user = std::move(std::get<ledger::user_record>(asked));
  auto body = read_job_body(r, body_rule::may_be_empty);
  if (auto* refused = std::get_if<response>(&body)) return std::move(*refused);
  faults bad;
  const auto& sent = std::get<json::value>(body);
  refuse_others(sent, {"body"}, {"reason"}, bad);
  const auto reason = act_reason(r, sent, w.user.admin, bad);
  w.key = {idempotency_key(r, bad), *sent.if_object()};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  w.reason = *reason;
  return w;
}

/// What is wished again: all but what belongs to the first run.
scheduler::job wish_of(const job_view& former, const ledger::user_record& user, const request& r) {
  scheduler::job j = former.what;
  j.id = {};
  j.run_at = {};
  j.created_at = {};
  j.expires_at.reset();
  j.retry_until.reset();
  j.schedule.reset();
  j.tick.reset();
  j.parent.reset();
  j.rerun_of = former.what.id;
  j.created_by = user.id.text();
  j.request_id = r.request_id;
  return j;
}

} // namespace

void act_on_job(scheduler::control_action what, const service& s, request r, reply to) {
  auto read = read_act(s, r);
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  auto& w = std::get<act_wish>(read);
  job_act act;
  act.what = what;
  act.reason = w.reason;
  perform(s, std::move(r), std::move(to), w.user, std::move(w.key), std::move(act));
}

void rerun_job(const service& s, request r, reply to) {
  auto read = read_act(s, r);
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  auto& w = std::get<act_wish>(read);
  const auto found = s.jobs->jobs.job(caller_of(w.user), job_of_path(r));
  if (!found) return to(job_refusal(s, found.error(), r));
  if (!*found) return to(job_refusal(s, {"NOT_FOUND", {}}, r));
  if (!scheduler::is_final((**found).state))
    return to(job_refusal(
        s, {"ILLEGAL_TRANSITION", "rerun " + std::string{scheduler::to_text((**found).state)}}, r));
  enqueue_request again;
  again.caller = caller_of(w.user);
  again.request_id = r.request_id;
  again.deadline = s.deadline();
  again.jobs.push_back(wish_of(**found, w.user, r));
  const auto start = [&s, again = std::move(again), reason = w.reason,
                      former = job_of_path(r).text()](const request& sent, const auto& done) {
    s.jobs->jobs.enqueue(again,
                         [&s, sent, done, reason, former](base::result<enqueue_answer> made) {
                           if (!made) return done(job_refusal(s, made.error(), sent), std::nullopt);
                           response answer;
                           answer.status = made->jobs.front().duplicate ? 200 : 201;
                           append_job(answer.body, made->jobs.front());
                           done(std::move(answer), job_note{"jobs.rerun", former, reason});
                         });
  };
  do_job_action(s, std::move(r), std::move(to), w.user, std::move(w.key), start);
}

void patch_job(const service& s, request r, reply to) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return to(std::move(*refused));
  const auto& user = std::get<ledger::user_record>(asked);
  auto body = read_job_body(r, body_rule::required);
  if (auto* refused = std::get_if<response>(&body)) return to(std::move(*refused));
  const auto& sent = std::get<json::value>(body);
  faults bad;
  refuse_others(sent, {"body"}, {"priority", "run_at", "payload", "tags", "expires_at", "reason"},
                bad);
  object_reader in{sent, {"body"}, bad};
  const auto now = s.clock.now();
  job_act act;
  act.what = scheduler::control_action::edit;
  if (const auto n = read_whole(in, "priority", 0, 9)) act.priority = static_cast<std::int32_t>(*n);
  act.run_at = read_near_instant(in, "run_at", now, s.zone);
  if (act.run_at) act.what = scheduler::control_action::reschedule;
  act.expires_at = read_near_instant(in, "expires_at", now, s.zone);
  act.payload = read_payload(in, "payload");
  act.tags = read_job_tags(in);
  const auto reason = act_reason(r, sent, user.admin, bad);
  action_key key{idempotency_key(r, bad), *sent.if_object()};
  if (const auto match = if_match(r)) {
    std::uint64_t version = 0;
    const auto [end, fault] =
        std::from_chars(match->data(), match->data() + match->size(), version);
    act.if_version = fault == std::errc{} && end == match->data() + match->size()
                         ? version
                         : std::numeric_limits<std::uint64_t>::max();
  }
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  act.reason = *reason;
  perform(s, std::move(r), std::move(to), user, std::move(key), std::move(act));
}

} // namespace http
