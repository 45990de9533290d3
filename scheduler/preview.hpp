// What   preview: the next ticks of a rule as a person reads them: instant, local time, and a note
//        where a day was clamped or the clocks change.
// Why    Who makes a schedule sees the odd days before they come; also for a rule that is not saved
//        yet.
// Bounds 1…100 ticks.
// Threads none (pure).
// Source jobs.md §9, §18.
#pragma once

#include "scheduler/schedule_rule.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace scheduler {

inline constexpr std::size_t preview_max = 100;

struct preview_wish {
  base::utc_us after;
  std::size_t most = 12; ///< more than preview_max are not given
  rule_end end;          ///< end.count: how many ticks are left
};

struct preview_tick {
  base::utc_us at;
  std::string local; ///< RFC 3339 with the offset of the zone
  std::string note;  ///< empty: nothing to say

  bool operator==(const preview_tick&) const = default;
};

struct preview {
  std::vector<preview_tick> ticks;
  bool more = false;
};

preview preview_of(const schedule_rule& rule, const zone_rules& zone, const preview_wish& wish);

/// "2026-02-28T09:00:00-03:00"; seconds of an old offset are left out of it and of the time.
std::string local_text(base::utc_us t, const zone_rules& zone);

} // namespace scheduler
