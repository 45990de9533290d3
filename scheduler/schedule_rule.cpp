#include "scheduler/schedule_rule.hpp"

#include "base/assert.hpp"

#include <bit>

namespace scheduler {

std::optional<nominal_tick> interval_rule::next_tick(base::utc_us after,
                                                     const zone_rules& zone) const {
  ENSURE(every_s >= 1, "time goes on");
  after = not_before_time(after);
  if (!is_within_time(after)) return std::nullopt;
  const auto each = every_s * base::us_per_second;
  base::utc_us next = anchor;
  if (anchor <= after) next.count += ((after.count - anchor.count) / each + 1) * each;
  return tick_within_time({next, zone.local_of(next)});
}

std::optional<nominal_tick> next_tick(const schedule_rule& rule, base::utc_us after,
                                      const zone_rules& zone) {
  const auto found = std::visit([&](const auto& r) { return r.next_tick(after, zone); }, rule);
  ENSURE(!found || found->at > after, "a tick lies behind the instant that was asked for");
  return found;
}

std::optional<base::utc_us> next_after(const schedule_rule& rule, base::utc_us after,
                                       const zone_rules& zone) {
  const auto found = next_tick(rule, after, zone);
  if (!found) return std::nullopt;
  return found->at;
}

void refuse_close_ticks(const schedule_rule& rule, rule_faults& bad) {
  constexpr std::int64_t least_s = 60;
  if (const auto* i = std::get_if<interval_rule>(&rule); i != nullptr && i->every_s < least_s)
    bad.push_back({"every_s", "ticks are less than 60 s apart", "at least 60", {}});
  // One second of a minute is at least a minute from the next one, two of them are not.
  if (const auto* c = std::get_if<cron>(&rule); c != nullptr && std::popcount(c->seconds) > 1)
    bad.push_back({"cron", "ticks are less than 60 s apart", "name one second, or none", 0});
}

} // namespace scheduler
