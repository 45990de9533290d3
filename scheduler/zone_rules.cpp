#include "scheduler/zone_rules.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace scheduler {

namespace {

constexpr std::int64_t offset_max_us = 26 * 3600 * base::us_per_second;
constexpr std::int64_t before_all_time = std::numeric_limits<std::int64_t>::min();

std::int64_t offset_us(const offset_change& span) {
  return span.offset_seconds * base::us_per_second;
}

} // namespace

zone_rules::zone_rules(std::string name, std::int32_t first_offset_seconds,
                       std::vector<offset_change> changes)
    : name_(std::move(name)) {
  spans_.reserve(changes.size() + 1);
  spans_.push_back({base::utc_us{before_all_time}, first_offset_seconds});
  for (const offset_change& c : changes) {
    ENSURE(spans_.back().at < c.at, "changes of a zone do not ascend");
    spans_.push_back(c);
  }
  for (const offset_change& s : spans_)
    ENSURE(offset_us(s) >= -offset_max_us && offset_us(s) <= offset_max_us,
           "offset of a zone beyond 26 h");
}

std::size_t zone_rules::span_at(base::utc_us t) const {
  const auto after =
      std::upper_bound(spans_.begin(), spans_.end(), t,
                       [](base::utc_us instant, const offset_change& s) { return instant < s.at; });
  return static_cast<std::size_t>(after - spans_.begin()) - 1;
}

std::int32_t zone_rules::offset_seconds_at(base::utc_us t) const {
  return spans_[span_at(t)].offset_seconds;
}

local_us zone_rules::local_of(base::utc_us t) const {
  return {t.count + offset_us(spans_[span_at(t)])};
}

base::utc_us zone_rules::first_instant_of(local_us wanted) const {
  // Earlier spans cannot reach `wanted`: their local time ends more than 26 h before it.
  for (std::size_t i = span_at({wanted.count - offset_max_us});; ++i) {
    const base::utc_us found{std::max(spans_[i].at.count, wanted.count - offset_us(spans_[i]))};
    if (i + 1 == spans_.size() || found < spans_[i + 1].at) return found;
  }
}

local_us zone_rules::latest_local(base::utc_us t) const {
  const auto now = span_at(t);
  local_us latest{t.count + offset_us(spans_[now])};
  // What ended earlier cannot have shown more: its last time is less than 26 h ahead of UTC, and
  // the present one at most 26 h behind.
  for (auto i = now; i > 0 && t.count - spans_[i].at.count <= 2 * offset_max_us; --i)
    latest.count = std::max(latest.count, spans_[i].at.count - 1 + offset_us(spans_[i - 1]));
  return latest;
}

std::optional<offset_change> zone_rules::change_after(base::utc_us t) const {
  const auto next = span_at(t) + 1;
  if (next == spans_.size()) return std::nullopt;
  return spans_[next];
}

base::utc_us zone_rules::start_of_day(base::civil_day d) const {
  return first_instant_of({base::start_of(d).count});
}

base::utc_us zone_rules::start_of_month(int year, unsigned month) const {
  return start_of_day(base::make_day(year, month, 1));
}

base::civil_day zone_rules::day_of(base::utc_us t) const {
  base::civil_day d = base::day_of({local_of(t).count});
  // Clocks that go back over midnight show the old date again; the day has begun all the same.
  for (base::civil_day next{d.count + 1}; start_of_day(next) <= t; ++next.count) d = next;
  return d;
}

} // namespace scheduler
