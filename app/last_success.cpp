#include "app/last_success.hpp"

namespace app {

void show_last_success(const observability::gauge& shown, base::utc_us at) {
  const auto seconds = static_cast<double>(at.count) / static_cast<double>(base::us_per_second);
  if (shown.value() < seconds) shown.set(seconds);
}

base::utc_us last_success_of(const scheduler::schedule& what, http::schedule_backend& schedules,
                             http::job_backend& jobs) {
  const http::job_caller keeper{base::user_id{http::kept_by}, true};
  const auto ticks = schedules.ticks(keeper, what.id, {}, ticks_looked_at);
  if (!ticks || !*ticks) return what.created_at;
  for (const auto& tick : **ticks) {
    if (!tick.job) continue;
    const auto job = jobs.job(keeper, *tick.job);
    if (!job) return what.created_at;
    if (!*job) return tick.at;
    if ((**job).state == scheduler::job_state::succeeded) return (**job).ended_at.value_or(tick.at);
  }
  return what.created_at;
}

} // namespace app
