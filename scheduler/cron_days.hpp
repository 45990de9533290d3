// What   cron_days: the days on which a cron expression fires, as bits.
// Why    The days of a month are one word: the next one is found by counting zeros, also months
//        away.
// Bounds days 1…31, months 1…12, weekdays 0 Sunday … 6 Saturday: the bit of that number.
// Threads none (values).
// Source jobs.md §9.
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstdint>

namespace scheduler {

constexpr unsigned weekday_of(base::civil_day d) { // 1970-01-01 was a Thursday
  return static_cast<unsigned>((d.count % 7 + 11) % 7);
}

struct cron_days {
  std::uint16_t months = 0;
  // day of month; `any_day`: the field lets all days through, and then it says nothing
  bool any_day = false;
  std::uint32_t days = 0;
  std::uint32_t from_end = 0;  ///< bit n: n days before the last, 0…30
  std::uint32_t nearest = 0;   ///< bit d: the Monday to Friday nearest to day d, in its month
  bool nearest_to_end = false; ///< the last Monday to Friday
  // weekday; as above
  bool any_weekday = false;
  std::uint8_t weekdays = 0;
  std::uint8_t last_of = 0;                ///< the last one in the month
  std::array<std::uint8_t, 5> nth_of = {}; ///< [n - 1]: the n-th one in the month

  /// Bit d: day d of that month fires. Where both fields are restricted, either is enough.
  std::uint32_t in_month(int year, unsigned month) const;
  /// Nobody ever waits longer than 8 years for the next day.
  bool comes_within_8_years() const;

  bool operator==(const cron_days&) const = default;

private:
  std::uint32_t by_day(unsigned first, unsigned length) const;
  std::uint32_t by_weekday(unsigned first, unsigned length) const;
};

} // namespace scheduler
