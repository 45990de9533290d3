#include "scheduler/calendar_rule.hpp"

#include "base/assert.hpp"
#include "scheduler/cron_days.hpp"

#include <algorithm>

namespace scheduler {

namespace {

constexpr std::int32_t calendar_week = 7;

base::civil_day monday_of(base::civil_day d) {
  return {d.count - static_cast<std::int32_t>((weekday_of(d) + 6) % 7)};
}

constexpr bool has_bit(std::uint32_t bits, unsigned n) { return (bits >> n & 1u) != 0; }

} // namespace

calendar_rule::month_number calendar_rule::month_of(base::civil_day d) {
  int year = 0;
  unsigned month = 0, day = 0;
  base::split_day(d, year, month, day);
  return {std::int64_t{year} * 12 + month - 1, day};
}

base::civil_day calendar_rule::period(std::int64_t n) const {
  const auto days_later = [&](base::civil_day from, std::int64_t each) {
    // Far periods lie behind all ticks, wherever exactly.
    const auto ahead = std::min<std::int64_t>(n * interval * each, ticks_end.count * 2);
    return base::civil_day{from.count + static_cast<std::int32_t>(ahead)};
  };
  const auto months_on = [&](std::int64_t each) {
    const auto month = month_of(start_day()).count + n * interval * each;
    const auto year = static_cast<int>(std::min<std::int64_t>(month / 12, 2200));
    return base::make_day(year, static_cast<unsigned>(month % 12) + 1, 1);
  };
  switch (freq) {
  case calendar_freq::daily: return days_later(start_day(), 1);
  case calendar_freq::weekly: return days_later(monday_of(start_day()), calendar_week);
  case calendar_freq::monthly: return months_on(1);
  case calendar_freq::yearly: return months_on(12);
  }
  UNREACHABLE("a frequency of the calendar");
}

std::int64_t calendar_rule::period_of(base::civil_day d) const {
  std::int64_t passed = 0;
  switch (freq) {
  case calendar_freq::daily: passed = d.count - start_day().count; break;
  case calendar_freq::weekly: passed = (d.count - start_day().count) / calendar_week; break;
  case calendar_freq::monthly: passed = month_of(d).count - month_of(start_day()).count; break;
  case calendar_freq::yearly:
    passed = (month_of(d).count - month_of(start_day()).count) / 12;
    break;
  }
  return std::max<std::int64_t>(0, passed / interval);
}

std::optional<calendar_rule::occurrence> calendar_rule::in_period(std::int64_t n,
                                                                  local_us after) const {
  const auto first = period(n);
  const auto time = start.count - base::start_of(start_day()).count;
  const auto later = [&](std::int32_t ahead, unsigned clamped_from) -> std::optional<occurrence> {
    const local_us at{base::start_of({first.count + ahead}).count + time};
    if (at <= after) return std::nullopt;
    return occurrence{at, clamped_from};
  };
  if (freq == calendar_freq::daily) return later(0, 0);
  if (freq == calendar_freq::weekly) {
    const auto wanted = days != 0 ? days : 1u << weekday_of(start_day());
    for (unsigned d = 0; d < 7; ++d)
      if (has_bit(wanted, (d + 1) % 7))
        if (const auto found = later(static_cast<std::int32_t>(d), 0)) return found;
    return std::nullopt;
  }
  const auto month = month_of(first).count;
  const auto length =
      base::days_in_month(static_cast<int>(month / 12), static_cast<unsigned>(month % 12) + 1);
  const auto wanted = days != 0 ? days : 1u << month_of(start_day()).day;
  for (unsigned d = 1; d <= 31; ++d) {
    if (!has_bit(wanted, d) || (d > length && at_month_end == month_end::skip)) continue;
    const auto day = std::min(d, length);
    if (const auto found = later(static_cast<std::int32_t>(day) - 1, d > day ? d : 0)) return found;
  }
  return std::nullopt;
}

std::optional<nominal_tick> calendar_rule::next_tick(base::utc_us after,
                                                     const zone_rules& zone) const {
  ENSURE(interval >= 1, "time goes on");
  after = not_before_time(after);
  if (!is_within_time(after)) return std::nullopt;
  const auto shown = std::max(zone.latest_local(after), local_us{start.count - 1});
  for (auto n = period_of(base::day_of({shown.count})); period(n) < ticks_end; ++n)
    if (const auto found = in_period(n, shown))
      return tick_within_time({zone.first_instant_of(found->at), found->at, found->clamped_from});
  return std::nullopt;
}

std::optional<base::utc_us> calendar_rule::next_after(base::utc_us after,
                                                      const zone_rules& zone) const {
  const auto next = next_tick(after, zone);
  if (!next) return std::nullopt;
  return next->at;
}

} // namespace scheduler
