// What   month: a calendar month as a number, and its text.
// Why    Snapshots and reports are by month; whose days a month has is said by a zone elsewhere.
// Bounds 1900-01 .. 2199-12 as text.
// Threads any (values).
// Source api-contract §14.1.
#pragma once

#include "base/time.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ledger {

/// Months since January 1970.
struct month {
  std::int32_t count = 0;
  auto operator<=>(const month&) const = default;

  int year() const;
  unsigned of_year() const; ///< 1..12
  month next() const { return {count + 1}; }
  month previous() const { return {count - 1}; }
};

month month_of(base::civil_day day);
/// "2026-11"
std::string to_text(month m);
std::optional<month> parse_month(std::string_view text);

} // namespace ledger
