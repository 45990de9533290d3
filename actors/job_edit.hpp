// What   job_edit: what somebody changed of a job that has not started, and its form in a control.
// Why    The row of a job never changes: an edit is a row of its own, applied again at a start.
// Errors A text that is none of ours changes nothing.
// Threads any (pure).
// Source jobs.md §2 (job_controls), §3 (edit, reschedule)
#pragma once

#include "scheduler/job.hpp"

#include <optional>
#include <string>
#include <vector>

namespace actors {

struct job_edit {
  std::optional<std::int32_t> priority;
  std::optional<base::utc_us> run_at, expires_at;
  std::optional<std::string> payload;
  std::optional<std::vector<std::string>> tags;
};

std::string to_text(const job_edit& e);
job_edit job_edit_from_text(const std::string& text);
/// run_at is the owner's: it moves the job.
void apply(scheduler::job& j, const job_edit& e);

} // namespace actors
