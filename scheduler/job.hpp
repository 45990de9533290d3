// What   job: what is to be done, and the facts that are written about it: attempt, outcome,
//        control, rest. All facts are rows; the state of a job is derived from them.
// Why    The hot path inserts and never updates: one row when a job is taken in, one when it ends,
//        in the commit of its effects. Only what rests (asleep, parked, dead) has a row that
//        changes.
// Bounds As each member says; limits in base/limits.hpp. Texts are cut where the row is made.
// Threads none (values).
// Source jobs.md §2, §6, §7.
#pragma once

#include "base/time.hpp"
#include "base/user_id.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scheduler {

using job_id = base::strong_id<struct job_tag>; ///< always ours: the order of ids is that of making
using schedule_id = base::strong_id<struct schedule_tag>;

enum class job_state : std::uint8_t {
  scheduled, ///< its time has not come
  waiting,   ///< for other jobs
  ready,     ///< due; some gate is shut
  running,
  cancelling, ///< running, and told to stop
  committing, ///< its effects are in the journal
  retrying,   ///< an attempt failed, the next one waits for its time
  parked,     ///< rests until somebody releases it
  dead,       ///< attempts used up; waits for a person
  succeeded,
  cancelled,
  discarded,
};
inline constexpr std::size_t job_state_count = 12;
std::string_view to_text(job_state s); ///< "scheduled", …
std::optional<job_state> job_state_from_text(std::string_view text);
constexpr bool is_final(job_state s) { return s >= job_state::succeeded; }
/// An attempt of it is under way, or its outcome is.
constexpr bool in_attempt(job_state s) {
  return s == job_state::running || s == job_state::cancelling || s == job_state::committing;
}

/// What happens to a lane when the job at its head fails.
enum class lane_policy : std::uint8_t {
  block,     ///< it is tried again in place; once dead it shuts the lane
  park_head, ///< as block while attempts last; once dead it leaves the lane
  park_lane, ///< the first failure parks it and shuts the lane
  of_kind,   ///< only of a wish: as its kind has it
};

enum class backoff_curve : std::uint8_t {
  exponential,
  linear,
  fixed,
  list,
  of_kind, ///< only of a wish: the whole backoff is as its kind has it
};
enum class jitter : std::uint8_t { full, equal, none };
inline constexpr std::array<std::string_view, 4> backoff_curve_names{"exponential", "linear",
                                                                     "fixed", "list"};
inline constexpr std::array<std::string_view, 3> jitter_names{"full", "equal", "none"};

/// When the attempt after the a-th failure may start: retry_policy.hpp has the formula.
struct backoff {
  backoff_curve curve = backoff_curve::exponential;
  std::int64_t base_us = 2'000'000;
  std::int64_t factor = 2;
  std::int64_t cap_us = 3'600'000'000;
  jitter spread = jitter::full;
  std::vector<std::int64_t> list_us; ///< of the curve `list`, at most 32

  bool operator==(const backoff&) const = default;
};

/// What jobs of a kind get that do not say it themselves.
struct attempt_policy {
  std::int32_t max_attempts = 10;
  std::int32_t timeout_s = 60;
  backoff retry;

  bool operator==(const attempt_policy&) const = default;
};

/// At most one live job under a key of a user and kind.
struct unique_rule {
  enum class period : std::uint8_t { until_started, until_finished, window };
  enum class conflict : std::uint8_t { give_back, refuse, replace, debounce };
  std::string key; ///< as given, or the text that `by` made; at most 200 bytes
  period until = period::until_finished;
  std::int64_t window_us = 0; ///< of period::window, from the first job
  conflict on_conflict = conflict::give_back;
  std::int64_t delay_us = 0;    ///< of debounce
  std::int64_t max_wait_us = 0; ///< of debounce, from the first job

  bool operator==(const unique_rule&) const = default;
};

/// Never changed once written.
struct job {
  job_id id;
  std::uint32_t shard = 0;
  std::optional<base::user_id> user; ///< nothing: a job of the system
  std::string kind;                  ///< [a-z][a-z0-9_.]{0,63}
  std::string queue;                 ///< as kind
  std::optional<std::string> lane;   ///< at most 120 bytes; strict order within (user, lane)
  std::string payload = "{}";        ///< a JSON object, at most 64 KiB
  std::int32_t payload_version = 1;
  std::int32_t priority = 5; ///< 0 first … 9 last
  base::utc_us run_at;
  std::optional<base::utc_us> expires_at; ///< not started after
  std::int32_t max_attempts = 10;         ///< 1…100; 0 only of a wish: as its kind has it
  std::optional<base::utc_us> retry_until;
  std::int32_t timeout_s = 60; ///< of one attempt, 1…86 400; 0 as above
  backoff retry;
  lane_policy on_failure = lane_policy::park_head;
  std::optional<unique_rule> unique;
  std::vector<std::string> tags; ///< at most 8 of 40 characters
  base::utc_us created_at;
  // provenance
  std::string request_id;
  std::string created_by; ///< id of the user or "system"
  std::optional<schedule_id> schedule;
  std::optional<base::utc_us> tick; ///< of the schedule, nominal
  std::optional<job_id> parent;
  std::optional<job_id> rerun_of;

  bool operator==(const job&) const = default;
};

/// How an attempt ended.
enum class attempt_end : std::uint8_t {
  succeeded,
  transient, ///< may be tried again
  permanent, ///< may not
  timed_out,
  lost,        ///< the executor is gone
  snoozed,     ///< asked to be run later: no attempt
  handed_back, ///< by a worker that leaves: no attempt
  cancelled,
  refused, ///< the ledger refused its effects
};
std::string_view to_text(attempt_end e);
std::optional<attempt_end> attempt_end_from_text(std::string_view text);
constexpr bool counts(attempt_end e) {
  return e != attempt_end::snoozed && e != attempt_end::handed_back;
}

struct job_error {
  std::string code;    ///< at most 64 bytes
  std::string message; ///< at most 500
  std::string stack;   ///< at most 8 KiB

  bool operator==(const job_error&) const = default;
};

/// An attempt that ended and was not the last word.
struct job_attempt {
  job_id job;
  std::int32_t number = 1; ///< counts all, also those that do not count
  attempt_end end = attempt_end::transient;
  base::utc_us started_at, ended_at;
  std::optional<base::utc_us> next_at; ///< not before, when it is to be run again
  std::string executor;                ///< node or worker
  job_error error;
  std::string log; ///< lines, at most 200 of 500 bytes

  bool operator==(const job_attempt&) const = default;
};

/// The last word, once: its key is the job.
struct job_outcome {
  job_id job;
  std::uint32_t shard = 0;
  job_state state = job_state::succeeded; ///< a final one
  std::int32_t attempts = 0;              ///< that counted, this one too
  base::utc_us started_at, ended_at;      ///< of the last attempt; equal when there was none
  std::string executor;
  std::string result = "null"; ///< JSON, at most 64 KiB
  job_error error;             ///< of what was cancelled or discarded: why
  std::string log;
  std::string by; ///< who cancelled or discarded it

  bool operator==(const job_outcome&) const = default;
};

/// What a person or a client wanted of a job.
enum class control_action : std::uint8_t {
  cancel,
  edit,
  run_now,
  reschedule,
  park,
  release,
  redrive,
  discard,
};
std::string_view to_text(control_action a);

struct job_control {
  job_id job;
  std::int64_t number = 0; ///< key of the row, in the order of making
  control_action action = control_action::cancel;
  std::string by, reason;
  base::utc_us at;
  std::string change = "{}"; ///< JSON: the members that were changed

  bool operator==(const job_control&) const = default;
};

/// Why a live job is not in the tail of the table that a start reads: it sleeps long, is parked or
/// dead. Written whole; a job that wakes up keeps its row until the commit of its outcome, which
/// deletes it.
struct job_rest {
  job_id job;
  std::uint32_t shard = 0;
  job_state state = job_state::scheduled; ///< scheduled, retrying, ready: awake again; parked, dead
  base::utc_us since;
  base::utc_us wake_at; ///< of scheduled and retrying
  std::int32_t attempts = 0;
  std::string fingerprint; ///< of dead ones, 16 hex digits
  job_error error;         ///< the last one

  bool operator==(const job_rest&) const = default;
};

} // namespace scheduler
