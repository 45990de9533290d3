// What   zone_rules: a time zone as a value, and the days and months that it makes.
// Why    Pure code asks a value, never the system. Days and months are half-open intervals of
//        instants, also where local time jumps over midnight, repeats it or skips a whole day.
// Bounds Offsets within ±26 h; a local day is looked for within that distance.
// Threads any (immutable).
// Source api-contract §1.3; jobs.md §9 (gaps and overlaps).
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scheduler {

/// From `at` on, local time = UTC + offset.
struct offset_change {
  base::utc_us at;
  std::int32_t offset_seconds = 0;
  bool operator==(const offset_change&) const = default;
};

/// Microseconds since 1970-01-01T00:00:00 on the clocks of the zone.
struct local_us {
  std::int64_t count = 0;
  auto operator<=>(const local_us&) const = default;
};

class zone_rules {
public:
  /// `changes` ascending by `at`; `first_offset_seconds` holds before the first of them.
  zone_rules(std::string name, std::int32_t first_offset_seconds,
             std::vector<offset_change> changes);

  const std::string& name() const { return name_; }
  std::int32_t offset_seconds_at(base::utc_us t) const;
  local_us local_of(base::utc_us t) const;

  /// The first instant whose local time is `wanted` or later: of a doubled time the first pass, of
  /// a time in a gap the end of the gap.
  base::utc_us first_instant_of(local_us wanted) const;
  /// The latest local time that clocks have shown up to `t`; after they went back it is not the
  /// present one. first_instant_of(x) > t exactly when x > latest_local(t).
  local_us latest_local(base::utc_us t) const;
  /// The first change behind `t`.
  std::optional<offset_change> change_after(base::utc_us t) const;

  base::utc_us start_of_day(base::civil_day d) const;
  base::utc_us start_of_month(int year, unsigned month) const;
  /// The day d with start_of_day(d) <= t < start_of_day(d + 1).
  base::civil_day day_of(base::utc_us t) const;

private:
  std::size_t span_at(base::utc_us t) const; ///< index into spans_

  std::string name_;
  std::vector<offset_change> spans_; ///< spans_[0] begins before all time
};

} // namespace scheduler
