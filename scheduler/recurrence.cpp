#include "scheduler/recurrence.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace scheduler {

namespace {

base::civil_day months_later(base::civil_day anchor, std::int64_t months) {
  int year = 0;
  unsigned month = 0, day = 0;
  base::split_day(anchor, year, month, day);
  const auto count = static_cast<std::int64_t>(year) * 12 + month - 1 + months;
  const auto to_year = static_cast<int>(count / 12);
  const auto to_month = static_cast<unsigned>(count % 12) + 1;
  return base::make_day(to_year, to_month, std::min(day, base::days_in_month(to_year, to_month)));
}

} // namespace

std::optional<frequency> frequency_from_text(std::string_view text) {
  if (text == "daily") return frequency::daily;
  if (text == "weekly") return frequency::weekly;
  if (text == "biweekly") return frequency::biweekly;
  if (text == "monthly") return frequency::monthly;
  if (text == "yearly") return frequency::yearly;
  return std::nullopt;
}

base::civil_day recurrence::occurrence(std::int32_t k) const {
  const auto n = std::int64_t{k} * interval;
  const auto days = [&](std::int64_t each) {
    return base::civil_day{static_cast<std::int32_t>(anchor.count + n * each)};
  };
  switch (every) {
  case frequency::daily: return days(1);
  case frequency::weekly: return days(7);
  case frequency::biweekly: return days(14);
  case frequency::monthly: return months_later(anchor, n);
  case frequency::yearly: return months_later(anchor, 12 * n);
  }
  UNREACHABLE("a frequency");
}

std::optional<std::int32_t> recurrence::first_not_before(base::civil_day day,
                                                         std::int32_t from) const {
  ENSURE(interval >= 1, "time goes on");
  // A period has at least `shortest` days, so this k is not beyond the one that is looked for.
  const std::int64_t shortest = every == frequency::daily      ? 1
                                : every == frequency::weekly   ? 7
                                : every == frequency::biweekly ? 14
                                : every == frequency::monthly  ? 31
                                                               : 366;
  const auto ahead = (std::int64_t{day.count} - anchor.count) / (shortest * interval);
  auto k = static_cast<std::int32_t>(std::max<std::int64_t>(from, ahead - 1));
  while (occurrence(k) < day) ++k;
  if (last && *last < occurrence(k)) return std::nullopt;
  return k;
}

} // namespace scheduler
