// Workers as operators see them: who is there, and who is to go (jobs.md §14, §18).
#include "http/api/admin_api.hpp"
#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/render.hpp"
#include "http/api/render_jobs.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"

namespace http {
namespace {

response for_operators_only(const request& r) {
  return problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id);
}

} // namespace

response list_workers(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return for_operators_only(r);
  faults bad;
  query_reader in{r, bad};
  const auto wish = read_list_wish(in);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = s.jobs->workers.workers();
  if (!found) return job_refusal(s, found.error(), r);
  return list_page(
      *found, wish, [](const worker_view& w) { return w.id.text(); }, append_worker);
}

response get_worker(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return for_operators_only(r);
  const auto found = s.jobs->workers.workers();
  if (!found) return job_refusal(s, found.error(), r);
  for (const auto& w : *found)
    if (w.id.text() == r.path_param("worker")) {
      response answer;
      append_worker(answer.body, w);
      return answer;
    }
  return job_refusal(s, {"UNKNOWN_WORKER", {}}, r);
}

void set_worker_state(const service& s, request r, reply to) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return to(std::move(*refused));
  const auto& user = std::get<ledger::user_record>(asked);
  if (!user.admin) return to(for_operators_only(r));
  auto body = read_job_body(r, body_rule::may_be_empty);
  if (auto* refused = std::get_if<response>(&body)) return to(std::move(*refused));
  const auto& sent = std::get<base::json::value>(body);
  static constexpr std::string_view states[] = {"run", "quiet", "terminate"};
  faults bad;
  refuse_others(sent, {"body"}, {"state", "reason"}, bad);
  object_reader in{sent, {"body"}, bad};
  const auto wanted = in.one_of("state", states);
  const auto reason = read_reason(r, sent, bad);
  action_key key{idempotency_key(r, bad), *sent.if_object()};
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  const auto state = *wanted == "run"     ? worker_state::active
                     : *wanted == "quiet" ? worker_state::quiet
                                          : worker_state::terminating;
  const auto act = [&s, state, reason = *reason](const request& of, const auto& done) {
    const auto worker = of.path_param("worker");
    const auto made = s.jobs->workers.set_state(worker_id{worker}, state, reason);
    if (!made) return done(job_refusal(s, made.error(), of), std::nullopt);
    response answer;
    append_worker(answer.body, *made);
    done(std::move(answer), job_note{"workers.set_state", worker, reason});
  };
  do_job_action(s, std::move(r), std::move(to), user, std::move(key), act);
}

} // namespace http
