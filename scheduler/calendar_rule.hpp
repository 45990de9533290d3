// What   calendar_rule: each n days, weeks, months or years, at one local time.
// Why    The n-th occurrence is start + n·interval and never "the one before + 1": the 31st comes
//        back after a February (31 → 28 → 31).
// Bounds interval 1…1000; start in whole seconds, 1900 .. 2199.
// Threads none (values).
// Source jobs.md §9.
#pragma once

#include "scheduler/nominal_tick.hpp"

#include <cstdint>
#include <optional>

namespace scheduler {

enum class calendar_freq : std::uint8_t { daily, weekly, monthly, yearly };
/// What becomes of a day that its month lacks: the last one of the month, or nothing.
enum class month_end : std::uint8_t { clamp, skip };

struct calendar_rule {
  calendar_freq freq = calendar_freq::monthly;
  std::int32_t interval = 1;
  local_us start; ///< the first occurrence, where no `days` say otherwise
  /// Weekly: bit 0 Sunday … 6 Saturday, in each week from Monday that counts. Monthly: bit of the
  /// day, 1…31. None: the day of the start. Never before the start.
  std::uint32_t days = 0;
  month_end at_month_end = month_end::clamp;

  /// A time in a gap of the clocks runs at its end, a doubled one at its first pass.
  std::optional<nominal_tick> next_tick(base::utc_us after, const zone_rules& zone) const;
  std::optional<base::utc_us> next_after(base::utc_us after, const zone_rules& zone) const;

  bool operator==(const calendar_rule&) const = default;

private:
  struct occurrence {
    local_us at;
    unsigned clamped_from = 0;
  };
  struct month_number {
    std::int64_t count = 0; ///< months since year 0
    unsigned day = 0;
  };
  static month_number month_of(base::civil_day d);
  base::civil_day start_day() const { return base::day_of({start.count}); }
  base::civil_day period(std::int64_t n) const;    ///< its first day
  std::int64_t period_of(base::civil_day d) const; ///< the one that holds d, or one before it
  std::optional<occurrence> in_period(std::int64_t n, local_us after) const;
};

} // namespace scheduler
