#include "scheduler/cron.hpp"

#include "base/assert.hpp"

#include <bit>

namespace scheduler {

namespace {

constexpr std::int64_t seconds_per_day = 86'400;

std::optional<unsigned> bit_from(std::uint64_t bits, unsigned from) {
  if (from >= 64 || bits >> from == 0) return std::nullopt;
  return from + static_cast<unsigned>(std::countr_zero(bits >> from));
}

/// The first time of a day that is not before `from`, in seconds.
std::optional<std::int64_t> time_of_day(const cron& c, std::int64_t from) {
  const auto first_of = [](std::uint64_t bits) { return *bit_from(bits, 0); };
  const auto at = [](unsigned h, unsigned m, unsigned s) {
    return std::int64_t{h} * 3600 + std::int64_t{m} * 60 + s;
  };
  const auto h = static_cast<unsigned>(from / 3600);
  const auto m = static_cast<unsigned>(from / 60 % 60);
  const auto s = static_cast<unsigned>(from % 60);
  auto hour = bit_from(c.hours, h);
  if (hour == h) {
    auto minute = bit_from(c.minutes, m);
    if (minute == m) {
      if (const auto second = bit_from(c.seconds, s)) return at(h, m, *second);
      minute = bit_from(c.minutes, m + 1);
    }
    if (minute) return at(h, *minute, first_of(c.seconds));
    hour = bit_from(c.hours, h + 1);
  }
  if (!hour) return std::nullopt;
  return at(*hour, first_of(c.minutes), first_of(c.seconds));
}

/// The first day from `from` on that fires.
std::optional<base::civil_day> day_from(const cron_days& days, base::civil_day from) {
  int year = 0;
  unsigned month = 0, day = 0;
  base::split_day(from, year, month, day);
  for (constexpr int year_end = 2200; year < year_end; ++year, month = 1)
    for (; month <= 12; ++month, day = 0)
      if (const auto found = bit_from(days.in_month(year, month), day))
        return base::make_day(year, month, *found);
  return std::nullopt;
}

} // namespace

std::optional<local_us> cron::next_local(local_us after) const {
  ENSURE(minutes != 0 && hours != 0 && seconds != 0, "a cron expression was read");
  const auto floor = base::day_of({after.count});
  const auto second = (after.count - base::start_of(floor).count) / base::us_per_second + 1;
  const auto local = [](base::civil_day d, std::int64_t s) {
    return local_us{base::start_of(d).count + s * base::us_per_second};
  };
  auto day = day_from(days, floor);
  if (day == floor) {
    if (second < seconds_per_day)
      if (const auto s = time_of_day(*this, second)) return local(*day, *s);
    day = day_from(days, {floor.count + 1});
  }
  if (!day) return std::nullopt;
  return local(*day, *time_of_day(*this, 0));
}

std::optional<nominal_tick> cron::next_tick(base::utc_us after, const zone_rules& zone) const {
  after = not_before_time(after);
  if (!is_within_time(after)) return std::nullopt;
  if (fixed_hours) {
    const auto wanted = next_local(zone.latest_local(after));
    if (!wanted) return std::nullopt;
    return tick_within_time({zone.first_instant_of(*wanted), *wanted});
  }
  auto from = zone.local_of(after);
  auto offset_us = from.count - after.count;
  for (;;) {
    const auto wanted = next_local(from);
    if (!wanted) return std::nullopt;
    const base::utc_us found{wanted->count - offset_us};
    const auto change = zone.change_after(after);
    if (!change || found < change->at) return tick_within_time({found, *wanted});
    // The clocks change before they show that time: look on from what they show then.
    after = change->at;
    offset_us = change->offset_seconds * base::us_per_second;
    from = {after.count + offset_us - 1};
  }
}

std::optional<base::utc_us> cron::next_after(base::utc_us after, const zone_rules& zone) const {
  const auto next = next_tick(after, zone);
  if (!next) return std::nullopt;
  return next->at;
}

} // namespace scheduler
