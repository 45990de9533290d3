#include "scheduler/cron_days.hpp"

#include "base/assert.hpp"

#include <bit>

namespace scheduler {

namespace {

/// Bits 1 … length.
constexpr std::uint32_t days_up_to(unsigned length) { return ((1u << length) - 1) << 1; }
static_assert(days_up_to(31) == 0xffff'fffe);

/// `first` is the weekday of day 1.
unsigned nearest_workday(unsigned day, unsigned first, unsigned length) {
  constexpr unsigned sunday = 0, saturday = 6;
  const unsigned weekday = (first + day - 1) % 7;
  if (weekday == saturday) return day > 1 ? day - 1 : day + 2;
  if (weekday == sunday) return day < length ? day + 1 : day - 2;
  return day;
}

template <class Act> void each_bit(std::uint32_t bits, Act act) {
  for (; bits != 0; bits &= bits - 1) act(static_cast<unsigned>(std::countr_zero(bits)));
}

} // namespace

std::uint32_t cron_days::by_day(unsigned first, unsigned length) const {
  auto found = days;
  each_bit(from_end & ((1u << length) - 1), [&](unsigned n) { found |= 1u << (length - n); });
  each_bit(nearest & days_up_to(length),
           [&](unsigned d) { found |= 1u << nearest_workday(d, first, length); });
  if (nearest_to_end) found |= 1u << nearest_workday(length, first, length);
  return found;
}

std::uint32_t cron_days::by_weekday(unsigned first, unsigned length) const {
  std::uint64_t found = 0; // a fifth one may lie behind the month
  const auto first_of = [&](unsigned weekday) { return 1 + (weekday + 7 - first) % 7; };
  constexpr std::uint64_t weekly = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28;
  each_bit(weekdays, [&](unsigned w) { found |= weekly << first_of(w); });
  each_bit(last_of, [&](unsigned w) {
    const auto d = first_of(w);
    found |= std::uint64_t{1} << (d + (d + 28 <= length ? 28 : 21));
  });
  for (unsigned n = 0; n < nth_of.size(); ++n)
    each_bit(nth_of[n], [&](unsigned w) { found |= std::uint64_t{1} << (first_of(w) + 7 * n); });
  return static_cast<std::uint32_t>(found & days_up_to(length));
}

std::uint32_t cron_days::in_month(int year, unsigned month) const {
  ENSURE(month >= 1 && month <= 12, "a month that the calendar does not have");
  if ((months >> month & 1u) == 0) return 0;
  const auto length = base::days_in_month(year, month);
  const auto all = days_up_to(length);
  if (any_day && any_weekday) return all;
  const auto first = weekday_of(base::make_day(year, month, 1));
  std::uint32_t found = 0;
  if (!any_day) found |= by_day(first, length);
  if (!any_weekday) found |= by_weekday(first, length);
  return found & all;
}

bool cron_days::comes_within_8_years() const {
  if (any_day && any_weekday) return months != 0;
  // Nearly every expression has a day that each year has.
  const bool each_month =
      !any_weekday && (weekdays | last_of | nth_of[0] | nth_of[1] | nth_of[2] | nth_of[3]) != 0;
  for (unsigned m = 1; m <= 12; ++m) {
    if ((months >> m & 1u) == 0) continue;
    const auto length = base::days_in_month(2001, m);
    if (each_month) return true;
    if (!any_day && ((days | nearest) & days_up_to(length)) != 0) return true;
    if (!any_day && (nearest_to_end || (from_end & ((1u << length) - 1)) != 0)) return true;
  }
  // The others are asked for all of the calendar's cycle and what crosses its end. Behind a wait
  // that is too long `last` stays where it is.
  constexpr int cycle_begin = 2000, cycle = 400, wait_years = 8;
  constexpr std::int32_t wait_days = wait_years * 365 + 2;
  std::int32_t last = base::make_day(cycle_begin, 1, 1).count;
  for (int year = cycle_begin; year < cycle_begin + cycle + wait_years; ++year)
    for (unsigned m = 1; m <= 12; ++m)
      each_bit(in_month(year, m), [&](unsigned d) {
        const auto day = base::make_day(year, m, d).count;
        if (day - last <= wait_days) last = day;
      });
  return last >= base::make_day(cycle_begin + cycle, 1, 1).count;
}

} // namespace scheduler
