// What   schedule: a rule that makes jobs, its ticks, and pauses of anything that starts jobs.
// Why    A tick is (schedule, nominal instant): its row, its job and the schedule's watermark are
//        one commit, so a tick gives one job, whatever is killed.
// Bounds name 1…100 characters, rule and payload as their texts; at most 10 overlapping jobs.
// Threads none (values).
// Source jobs.md §8, §9.
#pragma once

#include "scheduler/job.hpp"
#include "scheduler/token_bucket.hpp"

namespace scheduler {

/// What becomes of ticks that are late by more than 60 s.
enum class misfire_policy : std::uint8_t { skip, once, all };
/// What a tick does while a job of an earlier one is not finished.
enum class overlap_policy : std::uint8_t { skip, queue, allow };

/// Written whole. Each is newer by one version than the one that it replaces, and its watermark
/// does not go back: anything else is refused as a duplicate key. Id, user, shard and the time of
/// making stay.
struct schedule {
  schedule_id id;
  std::uint32_t shard = 0;
  std::optional<base::user_id> user; ///< nothing: of the system
  std::string name;
  std::string kind, queue;
  std::optional<std::string> lane;
  std::string payload = "{}";
  std::int32_t priority = 5;
  std::int32_t max_attempts = 10; ///< 0 only of a wish: as its kind has it
  std::int32_t timeout_s = 60;    ///< the same
  std::string rule;               ///< JSON, see schedule_rule.hpp
  std::string zone;               ///< IANA name
  misfire_policy misfire = misfire_policy::once;
  overlap_policy overlap = overlap_policy::queue;
  std::optional<base::utc_us> ends_at;
  std::optional<std::int64_t> ticks_left; ///< of end.count
  bool paused = false;
  std::optional<base::utc_us> paused_until;
  std::string pause_reason, paused_by;
  base::utc_us watermark;              ///< ticks up to it are settled; never moves back
  std::optional<base::utc_us> next_at; ///< nothing: it will not fire again
  std::int64_t version = 1;
  base::utc_us created_at;
  std::optional<base::utc_us> updated_at, deleted_at;

  bool operator==(const schedule&) const = default;
};

/// What somebody who has read it may rely on when changing it: grows with each edit, pause and
/// resumption, and not with ticks.
inline std::int64_t edition_of(const schedule& s) {
  return s.updated_at.value_or(s.created_at).count;
}

enum class tick_end : std::uint8_t {
  ran,       ///< gave a job
  skipped,   ///< by the misfire or the overlap policy
  capped,    ///< more were missed than are caught up
  contended, ///< another process held the lock of the job
  manual,    ///< run by hand: gave a job, is no tick of the rule
};

struct schedule_tick {
  schedule_id schedule;
  base::utc_us at; ///< nominal; of a manual one the instant of the wish
  tick_end end = tick_end::ran;
  std::optional<job_id> job;
  base::utc_us settled_at;

  bool operator==(const schedule_tick&) const = default;
};

/// Nothing of the target starts. Written whole; ended: `until` lies behind.
struct pause {
  std::string target; ///< "queue:<name>", "kind:<name>", "user:<id>", "lane:<user>/<lane>"
  std::string reason, by;
  base::utc_us since;
  std::optional<base::utc_us> until; ///< nothing: until somebody resumes it
  bool over = false;

  bool operator==(const pause&) const = default;
};

/// How many jobs of a queue run at once on a node, wait in it, and start in a time.
struct queue_limits {
  std::string queue;
  std::int32_t concurrency = 16; ///< 0…1 000
  std::int64_t depth_max = 500'000;
  std::int64_t version = 1;
  std::optional<start_rate> rate = {};

  bool operator==(const queue_limits&) const = default;
};

} // namespace scheduler
