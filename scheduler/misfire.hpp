// What   due: which ticks of a schedule have become due, and what becomes of each of them.
// Why    One pure answer for every wake-up, whether it is on time, hours late, or the clock was
//        moved: between the old watermark and the new one each tick of the rule is exactly one of
//        run, skipped and capped. Whoever commits the watermark together with the jobs can neither
//        lose a tick nor run one twice.
// Bounds Late: more than 60 s. Of late ticks the newest 400 of the last 400 days are dealt with one
//        by one; older ones are counted as capped.
// Threads none (pure).
// Source jobs.md §9.
#pragma once

#include "scheduler/schedule.hpp"
#include "scheduler/schedule_rule.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace scheduler {

inline constexpr std::int64_t late_us = 60 * base::us_per_second;
inline constexpr std::int64_t catch_up_us = 400 * base::us_per_day;
inline constexpr std::size_t catch_up_max = 400;
inline constexpr std::size_t overlap_max = 10; ///< unfinished jobs of one schedule, when they queue

/// What is known about a schedule.
struct tick_state {
  base::utc_us watermark; ///< ticks up to it are settled
  rule_end end;           ///< end.count: how many ticks are left
  misfire_policy misfire = misfire_policy::once;
  overlap_policy overlap = overlap_policy::queue;
  std::size_t unfinished = 0; ///< its jobs that have not ended
};

struct capped_ticks {
  std::int64_t count = 0;
  std::optional<base::utc_us> first, last; ///< when there are any

  bool operator==(const capped_ticks&) const = default;
};

struct due_ticks {
  std::vector<base::utc_us> run;     ///< oldest first, each gives a job
  std::vector<base::utc_us> skipped; ///< oldest first; by the misfire or by the overlap policy
  std::size_t overlaps = 0; ///< how many of these, the last, were skipped by the overlap policy
  capped_ticks capped;      ///< more than are caught up: to be recorded and alarmed
  /// Due, but there is no room for their jobs yet (`all` with `queue`): they stay unsettled. Ask
  /// again when a job of the schedule ends.
  std::size_t held = 0;
  base::utc_us watermark; ///< the last tick settled; that of before when there is none
  std::optional<std::int64_t> ticks_left; ///< of end.count; skipped and capped ones count too
  std::optional<base::utc_us> next;       ///< the first unsettled tick; nothing: it has ended

  bool settles_any() const { return !run.empty() || !skipped.empty() || capped.count > 0; }
};

due_ticks due(const schedule_rule& rule, const zone_rules& zone, const tick_state& s,
              base::utc_us now);

} // namespace scheduler
