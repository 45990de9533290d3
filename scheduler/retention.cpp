#include "scheduler/retention.hpp"

#include <algorithm>

namespace scheduler {
namespace {

base::utc_us kept_until(const finished_job& j) {
  const auto by_state = j.state == job_state::succeeded   ? succeeded_kept_us
                        : j.state == job_state::cancelled ? cancelled_kept_us
                                                          : discarded_kept_us;
  base::utc_us until{j.ended_at.count + by_state};
  // While its window is open, whoever comes with the same key is given this job.
  if (j.unique && j.unique->until == unique_rule::period::window)
    until = std::max(until, base::utc_us{j.made_at.count + j.unique->window_us});
  return until;
}

} // namespace

what_goes goes_now(const finished_job& j, bool money, base::utc_us now) {
  if (now >= kept_until(j)) {
    if (!money && !j.posted) return what_goes::all;
    if (j.whole) return what_goes::body;
  }
  const bool old = now.count - j.ended_at.count >= attempts_kept_us;
  return old && j.attempts > 0 ? what_goes::attempts : what_goes::nothing;
}

} // namespace scheduler
