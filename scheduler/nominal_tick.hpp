// What   nominal_tick: one tick of a rule: its instant, and the local time that the rule names.
// Why    (schedule, instant) is the identity of a tick; the local time is what a person reads, and
//        the two differ where clocks change.
// Bounds Instants 1900 .. 2199: a rule has no tick behind them.
// Threads none (values).
// Source jobs.md §9.
#pragma once

#include "scheduler/zone_rules.hpp"

#include <algorithm>
#include <optional>

namespace scheduler {

struct nominal_tick {
  base::utc_us at;
  local_us wanted;           ///< in a gap the clocks never show it
  unsigned clamped_from = 0; ///< the day that the rule names, when its month lacks it; else 0

  bool operator==(const nominal_tick&) const = default;
};

inline constexpr base::civil_day ticks_begin{-25'567}; ///< 1900-01-01
inline constexpr base::civil_day ticks_end{84'006};    ///< 2200-01-01: nothing from here on

constexpr bool is_within_time(base::utc_us at) {
  return at.count < ticks_end.count * base::us_per_day;
}

/// Where to look from; who asks for what lies before all ticks asks for the first.
constexpr base::utc_us not_before_time(base::utc_us after) {
  return std::max(after, base::utc_us{ticks_begin.count * base::us_per_day});
}

/// The tick, when time has not ended before.
inline std::optional<nominal_tick> tick_within_time(nominal_tick t) {
  if (!is_within_time(t.at)) return std::nullopt;
  return t;
}

} // namespace scheduler
