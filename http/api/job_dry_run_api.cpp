// A job that is only decided: what it would post (jobs.md §16).
#include "http/api/job_api.hpp"

#include "http/api/job_body.hpp"
#include "http/api/render_jobs.hpp"
#include "http/job_dry_run.hpp"
#include "http/problem.hpp"

#include <utility>

namespace http {

response dry_run_job(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  auto body = read_job_body(r, body_rule::required);
  if (auto* refused = std::get_if<response>(&body)) return std::move(*refused);
  faults bad;
  auto wish = read_job(std::get<base::json::value>(body), {"body"}, s.clock.now(), s.zone, bad);
  if (!wish || !bad.empty()) return validation_problem(bad, r.request_id);
  std::vector<scheduler::job> one{std::move(*wish)};
  if (auto refused = give_owner(one, user, r)) return std::move(*refused);
  const auto report = s.jobs->jobs.dry_run({caller_of(user), std::move(one.front()), s.deadline()});
  if (!report) return job_refusal(s, report.error(), r);
  response answer;
  append_dry_run(answer.body, *report);
  return answer;
}

} // namespace http
