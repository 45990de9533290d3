#include "scheduler/preview.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>

namespace scheduler {

namespace {

unsigned day_of_month(local_us t) {
  int year = 0;
  unsigned month = 0, day = 0;
  base::split_day(base::day_of({t.count}), year, month, day);
  return day;
}

/// "02:30", or with the seconds that it has.
std::string wall_clock(local_us t) {
  const auto of_day = t.count - base::start_of(base::day_of({t.count})).count;
  const auto s = of_day / base::us_per_second;
  auto text = fmt::format("{:02}:{:02}", s / 3600, s / 60 % 60);
  if (s % 60 != 0) text += fmt::format(":{:02}", s % 60);
  return text;
}

std::string note_of_clocks(const nominal_tick& t, const zone_rules& zone) {
  const auto shown = zone.local_of(t.at);
  if (shown != t.wanted) {
    const auto wanted_day = base::day_of({t.wanted.count});
    const bool same_day = wanted_day == base::day_of({shown.count});
    return fmt::format("clock change: {}{} does not exist, it runs at {}",
                       same_day ? "" : base::to_text(wanted_day) + " ", wall_clock(t.wanted),
                       wall_clock(shown));
  }
  if (zone.first_instant_of(shown) < t.at)
    return fmt::format("clock change: {} comes twice, this is the second", wall_clock(shown));
  const auto change = zone.change_after(t.at);
  if (change && shown >= zone.local_of(change->at))
    return fmt::format("clock change: {} comes twice, this is the first", wall_clock(shown));
  return {};
}

std::string note_of(const schedule_rule& rule, const nominal_tick& t, const zone_rules& zone) {
  std::string note;
  if (t.clamped_from != 0)
    note = fmt::format("day {} clamped to {}", t.clamped_from, day_of_month(t.wanted));
  if (std::holds_alternative<interval_rule>(rule)) return note; // it names no local time
  const auto clocks = note_of_clocks(t, zone);
  if (!note.empty() && !clocks.empty()) note += "; ";
  return note + clocks;
}

} // namespace

std::string local_text(base::utc_us t, const zone_rules& zone) {
  const auto minutes = zone.offset_seconds_at(t) / 60;
  auto text = base::to_text(base::utc_us{t.count + minutes * 60 * base::us_per_second});
  text.pop_back(); // Z
  return text + fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                            std::abs(minutes) % 60);
}

preview preview_of(const schedule_rule& rule, const zone_rules& zone, const preview_wish& wish) {
  preview p;
  const auto most = static_cast<std::int64_t>(std::min(wish.most, preview_max));
  const auto left = wish.end.count.value_or(std::numeric_limits<std::int64_t>::max());
  auto next = next_tick(rule, wish.after, zone);
  const auto is_there = [&](std::int64_t n) {
    return next && n < left && (!wish.end.at || next->at <= *wish.end.at);
  };
  std::int64_t n = 0;
  for (; n < most && is_there(n); ++n) {
    p.ticks.push_back({next->at, local_text(next->at, zone), note_of(rule, *next, zone)});
    next = next_tick(rule, next->at, zone);
  }
  p.more = is_there(n);
  return p;
}

} // namespace scheduler
