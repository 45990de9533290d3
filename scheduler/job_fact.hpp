// What   job_fact: one change of the state of one job, told once, when it is true.
// Why    Metrics, the log and the stream of events read the same fact, so no way out of a state is
//        silent (J10).
// Threads none (values).
// Source jobs.md §1 (J10).
#pragma once

#include "scheduler/job.hpp"

namespace scheduler {

struct job_fact {
  std::uint64_t number = 0; ///< of the node, in the order of telling; given by who keeps them
  job_id job;
  std::string kind, queue;
  std::optional<base::user_id> user;
  std::optional<std::string> lane;
  std::optional<job_state> from; ///< nothing: it was taken in
  job_state to = job_state::ready;
  base::utc_us at;
  std::int32_t attempt = 0;           ///< attempts that have begun
  std::string error_code;             ///< of an attempt that failed
  std::optional<attempt_end> ended;   ///< it ended an attempt, so
  base::utc_us due;                   ///< when this attempt, or this wait, was due
  std::optional<base::utc_us> run_at; ///< when its attempt began
  bool muted = false;                 ///< it died of an error that alarms nobody
};

} // namespace scheduler
