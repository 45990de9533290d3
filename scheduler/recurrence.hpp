// What   recurrence: the days on which something happens again and again.
// Why    Counted from the anchor, and never from the occurrence before: the 31st comes back after a
//        February (31 → 28 → 31).
// Bounds interval 1..1000; days 1900..2199.
// Threads any (pure).
// Source api-contract §1.3, §10.1
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace scheduler {

enum class frequency : std::uint8_t { daily, weekly, biweekly, monthly, yearly };

std::optional<frequency> frequency_from_text(std::string_view text);

struct recurrence {
  frequency every = frequency::monthly;
  std::int32_t interval = 1;
  base::civil_day anchor;
  std::optional<base::civil_day> last; ///< inclusive

  /// anchor + k periods; a day that the month lacks is its last one.
  base::civil_day occurrence(std::int32_t k) const;
  /// The first k >= `from` whose day is not before `day`; nothing when it lies behind `last`.
  std::optional<std::int32_t> first_not_before(base::civil_day day, std::int32_t from = 0) const;
};

} // namespace scheduler
