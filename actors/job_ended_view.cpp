#include "actors/job_ended_view.hpp"

#include "actors/job_edit.hpp"

namespace actors {

http::job_view view_of(const storage::job_details& d) {
  http::job_view v;
  v.what = d.job.what;
  v.attempt = d.job.last_number();
  if (d.job.rest) {
    v.state = d.job.rest->state;
    v.error = d.job.rest->error;
    v.fingerprint = d.job.rest->fingerprint;
  }
  for (const auto& control : d.job.controls) {
    apply(v.what, job_edit_from_text(control.change));
    ++v.version;
  }
  if (d.job.last) v.error = d.job.last->error;
  if (!d.outcome) return v;
  const auto& o = *d.outcome;
  v.state = o.state;
  v.attempt = d.job.last_number() + (o.executor.empty() ? 0 : 1);
  v.started_at = o.started_at;
  v.ended_at = o.ended_at;
  v.executor = o.executor;
  v.result = o.result;
  if (!o.error.message.empty() || !o.error.code.empty()) v.error = o.error;
  return v;
}

} // namespace actors
