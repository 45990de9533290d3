// What   utc_us: an instant in UTC microseconds; day: a civil day; texts of both; the clock port.
// Why    One form of time everywhere inside. Zones are applied at the edges (config/tz_source fills
//        scheduler::zone_rules; nothing here knows a zone).
// Bounds Instants 1900-01-01 .. 2199-12-31 are accepted from outside.
// Threads any (values); a clock may be called from any thread.
// Source Civil arithmetic: <chrono> calendars. Texts: api-contract §1.3.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// Microseconds since 1970-01-01T00:00:00Z.
struct utc_us {
  std::int64_t count = 0;
  auto operator<=>(const utc_us&) const = default;
};

/// Days since 1970-01-01.
struct civil_day {
  std::int32_t count = 0;
  auto operator<=>(const civil_day&) const = default;
};

struct clock {
  virtual ~clock() = default;
  virtual utc_us now() = 0;
  /// Nanoseconds of a clock that never falls, for durations. A simulation brings its own.
  virtual std::int64_t steady_ns();
};

/// The wall clock of the machine.
struct system_clock final : clock {
  utc_us now() override;
};

inline constexpr std::int64_t us_per_second = 1'000'000;
inline constexpr std::int64_t us_per_day = 86'400 * us_per_second;

civil_day day_of(utc_us t); ///< the UTC day of an instant (floor)
utc_us start_of(civil_day d);
civil_day make_day(int year, unsigned month, unsigned day_of_month); ///< valid dates only
void split_day(civil_day d, int& year, unsigned& month, unsigned& day_of_month);
unsigned days_in_month(int year, unsigned month);

/// "2026-11-24T18:54:44.000123Z"; the fraction has six digits and is left out when it is zero.
std::string to_text(utc_us t);
/// "2026-11-24"
std::string to_text(civil_day d);

/// How a date or instant was written, because the effective day depends on it (api-contract §1.3).
struct parsed_instant {
  utc_us at;
  bool date_only = false;
  bool has_offset = false;
};

/// ISO-8601: "Z", an offset, no offset (taken as UTC) or a date alone; 'T' or one space between;
/// 0..9 digits of fraction (truncated to microseconds). Nothing for anything else and outside
/// 1900..2199.
std::optional<parsed_instant> parse_instant(std::string_view text);
std::optional<civil_day> parse_day(std::string_view text);

} // namespace base
