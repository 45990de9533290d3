// What somebody wants of one job: cancel, park, redrive …, or a change of it (jobs.md §3, §18).
#include "http/api/admin_api.hpp"
#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/render_jobs.hpp"
#include "http/problem.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace http {
namespace {

namespace json = base::json;

void perform(const service& s, request r, reply to, const ledger::user_record& user,
             job_act asked) {
  asked.caller = caller_of(user);
  asked.job = job_of_path(r);
  asked.deadline = s.deadline();
  r.body = {};
  const auto what = asked.what;
  const auto reason = asked.reason;
  s.jobs->jobs.act(std::move(asked), [&s, what, reason, user, r = std::move(r),
                                      to = std::move(to)](base::result<job_view> done) {
    response answer;
    if (!done) {
      answer = job_refusal(s, done.error(), r);
    } else {
      if (done->what.user != user.id)
        note_job_action(s, user, fmt::format("jobs.{}", scheduler::to_text(what)),
                        done->what.id.text(), reason, r);
      // Told to stop, which is not to have stopped.
      answer.status = done->state == scheduler::job_state::cancelling ? 202 : 200;
      append_job(answer.body, *done);
      put_etag(answer, std::to_string(done->version));
    }
    answer.user_id = user.id.text();
    to(std::move(answer));
  });
}

} // namespace

void act_on_job(scheduler::control_action what, const service& s, request r, reply to) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return to(std::move(*refused));
  const auto& user = std::get<ledger::user_record>(asked);
  auto body = read_admin_body(r);
  if (auto* refused = std::get_if<response>(&body)) return to(std::move(*refused));
  faults bad;
  const auto& sent = std::get<json::value>(body);
  refuse_others(sent, {"body"}, {"reason"}, bad);
  const auto reason = act_reason(r, sent, user.admin, bad);
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  job_act act;
  act.what = what;
  act.reason = *reason;
  perform(s, std::move(r), std::move(to), user, std::move(act));
}

void patch_job(const service& s, request r, reply to) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return to(std::move(*refused));
  const auto& user = std::get<ledger::user_record>(asked);
  auto body = read_body(r);
  if (auto* refused = std::get_if<response>(&body)) return to(std::move(*refused));
  const auto& sent = std::get<json::value>(body);
  faults bad;
  refuse_others(sent, {"body"}, {"priority", "run_at", "payload", "tags", "expires_at", "reason"},
                bad);
  object_reader in{sent, {"body"}, bad};
  job_act act;
  act.what = scheduler::control_action::edit;
  if (const auto n = read_whole(in, "priority", 0, 9)) act.priority = static_cast<std::int32_t>(*n);
  if (const auto at = in.date("run_at", s.zone, may_be_null)) {
    act.run_at = at->at;
    act.what = scheduler::control_action::reschedule;
  }
  if (const auto at = in.date("expires_at", s.zone, may_be_null)) act.expires_at = at->at;
  act.payload = read_payload(in, "payload");
  act.tags = read_job_tags(in);
  const auto reason = act_reason(r, sent, user.admin, bad);
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
  perform(s, std::move(r), std::move(to), user, std::move(act));
}

} // namespace http
