// What   last_success_of: when a run of a schedule last succeeded, as its history says;
//        show_last_success: for whoever looks at metrics.
// Why    A gauge in memory begins anew with each process, and a run that is missing is missing
//        across a restart as well. Succeeded jobs are kept for 7 days and ticks for 400: a tick
//        whose job is not there any more was done, since what is dead stays for longer.
// Bounds The last ticks_looked_at ticks.
// Errors None: what cannot be read is not known, and the schedule's making is the answer.
// Threads One that may block.
// Source metrics.md §5
#pragma once

#include "http/job_backend.hpp"
#include "http/schedule_backend.hpp"
#include "observability/metrics.hpp"

namespace app {

inline constexpr std::int64_t ticks_looked_at = 20;

/// Moves forward only: a run may succeed while its history is being read.
void show_last_success(const observability::gauge& shown, base::utc_us at);

base::utc_us last_success_of(const scheduler::schedule& what, http::schedule_backend& schedules,
                             http::job_backend& jobs);

} // namespace app
