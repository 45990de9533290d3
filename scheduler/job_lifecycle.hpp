// What   advance: the life of a job as one table: state x event -> what becomes of it.
// Why    Whoever changes a job asks here, so no exit path is silent and every cell has a test.
// Bounds None: any state and event may be asked.
// Errors `impossible` is a fault of ours; `refused` is the caller's, and nothing changes.
// Threads any (pure).
// Source jobs.md §3; docs/JOB-STATES.md shows the same table, and a test compares the two.
#pragma once

#include "scheduler/job.hpp"

#include <cstdint>
#include <string_view>

namespace scheduler {

enum class job_event : std::uint8_t {
  due,
  deps_done,
  deps_failed,
  dispatch,
  returned,
  failed_transient,
  failed_permanent,
  snoozed,
  handed_back,
  timed_out,
  executor_lost,
  committed,
  commit_refused,
  commit_absent,
  recovered,
  expired,
  run_now,
  reschedule,
  edit,
  cancel,
  park,
  release,
  redrive,
  discard,
};
inline constexpr std::size_t job_event_count = 24;
std::string_view to_text(job_event e);

/// What decides between two states in one cell.
struct circumstances {
  bool due = true;         ///< its time has come
  bool may_retry = false;  ///< attempts and time allow another one
  bool parks_lane = false; ///< its lane parks the head at the first failure
  enum class parent_failure : std::uint8_t { cancel, park, run } on_parent = parent_failure::cancel;
  bool outcome_there = false;     ///< recovered: its outcome was written
  bool lease_lives = false;       ///< recovered: a worker still has it
  bool crash_suspect = false;     ///< recovered: its process died three times under it
  bool waits_for_others = false;  ///< released: it still has parents
  std::int32_t commits_tried = 0; ///< commit_absent: so far
};

struct verdict {
  enum kind : std::uint8_t {
    moved,      ///< to `state`, which may be the one that it was in
    unchanged,  ///< the caller gets the present state
    refused,    ///< 409
    impossible, ///< ENSURE
  } what = unchanged;
  job_state state = job_state::scheduled;

  bool operator==(const verdict&) const = default;
};

verdict advance(job_state state, job_event event, const circumstances& around);

} // namespace scheduler
