// What   job_row: whatever is written about jobs, as rows of one commit.
// Why    One variant, as the user's rows have: an outcome, follow-up jobs and the postings that
//        belong to it stand in one item of the journal, whoever made them.
// Threads none (values).
// Source jobs.md §2, §12
#pragma once

#include "scheduler/dead_letter.hpp"
#include "scheduler/job.hpp"
#include "scheduler/schedule.hpp"

#include <variant>
#include <vector>

namespace scheduler {

/// Jobs of the shard before this one are final or rest: a start reads from here.
struct job_watermark {
  std::uint32_t shard = 0;
  job_id from;

  bool operator==(const job_watermark&) const = default;
};

using job_row = std::variant<job, job_attempt, job_outcome, job_control, job_rest, job_watermark,
                             schedule, schedule_tick, pause, queue_limits, dead_letter_note>;
using job_rows = std::vector<job_row>;

} // namespace scheduler
