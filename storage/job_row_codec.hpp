// What   job_row to cells and back: jobs, what is written about them, schedules.
// Why    A new kind of row is added here, in *_statements.cpp and in scheduler/job_row.hpp, and
//        nowhere between.
// Errors As row_codec.hpp.
// Threads any (pure). Columns borrow the texts of the rows, and those in text_store.
#pragma once

#include "scheduler/job_row.hpp"
#include "storage/job_port.hpp"
#include "storage/row_codec.hpp"

#include <string>
#include <vector>

namespace storage {

/// One batch for each kind that occurs, in the order of the variant, and last the end of rest of
/// the jobs that have an outcome.
std::vector<step> puts_of(const std::vector<const scheduler::job_row*>& written_rows,
                          text_store& texts);

/// `last` holds the number of the attempt, and nothing else of it.
live_job live_job_from(const row& r);
job_details job_details_from(const row& r);
scheduler::job_attempt attempt_from(const row& r);
scheduler::job_control control_from(const row& r);
scheduler::schedule schedule_from(const row& r);
scheduler::schedule_tick tick_from(const row& r);
scheduler::pause pause_from(const row& r);
scheduler::queue_limits limits_from(const row& r);
scheduler::dead_letter_note dead_note_from(const row& r);

// -- values that stand in one text ----------------------------------------------------------------

/// [curve, base, factor, cap, spread, delay, …]
std::string retry_text(const scheduler::backoff& b);
scheduler::backoff retry_from(const std::string& text);
/// [key, until, window, on_conflict, delay, max_wait]
std::string unique_text(const scheduler::unique_rule& u);
scheduler::unique_rule unique_from(const std::string& text);

} // namespace storage
