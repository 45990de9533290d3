// What   schedule_rule: what makes the ticks of a schedule: a cron expression, a calendar rule or
//        an interval; and where it ends. Their JSON.
// Why    One question for all of them: the next tick behind an instant. The rule is read at the
//        edge with all its faults, and what was read writes the same rule again.
// Bounds every_s 1 … 8 years; end.count 1…1 000 000. Of users: no two ticks within 60 s.
// Errors rule_fault, each with the path of the member, a message, a hint and for cron the byte.
// Threads none (values).
// Source jobs.md §9.
#pragma once

#include "base/json.hpp"
#include "scheduler/calendar_rule.hpp"
#include "scheduler/cron.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace scheduler {

/// anchor + n·every_s, n >= 0. It knows no daylight saving.
struct interval_rule {
  std::int64_t every_s = 60;
  base::utc_us anchor; ///< the first tick

  std::optional<nominal_tick> next_tick(base::utc_us after, const zone_rules& zone) const;

  bool operator==(const interval_rule&) const = default;
};

using schedule_rule = std::variant<cron, calendar_rule, interval_rule>;

/// The first tick behind `after`; nothing when none comes before 2200.
std::optional<nominal_tick> next_tick(const schedule_rule& rule, base::utc_us after,
                                      const zone_rules& zone);
std::optional<base::utc_us> next_after(const schedule_rule& rule, base::utc_us after,
                                       const zone_rules& zone);

/// At most one of the two.
struct rule_end {
  std::optional<base::utc_us> at;    ///< the last instant at which it may tick
  std::optional<std::int64_t> count; ///< so many ticks, whatever became of them

  bool operator==(const rule_end&) const = default;
};

struct rule_fault {
  std::string path; ///< "calendar.days.2": of the member inside the rule; "" is the rule itself
  std::string message, hint;
  std::optional<std::size_t> position; ///< of a cron expression: the byte

  bool operator==(const rule_fault&) const = default;
};
using rule_faults = std::vector<rule_fault>;

/// {"cron": …} | {"calendar": …} | {"every_s": …, "anchor": …}. Nothing: `bad` has grown.
std::optional<schedule_rule> read_rule(const base::json::value& sent, rule_faults& bad);
base::json::value write_rule(const schedule_rule& rule);

/// {"at": …} | {"count": …}; null or {}: it does not end.
std::optional<rule_end> read_end(const base::json::value& sent, rule_faults& bad);
base::json::value write_end(const rule_end& end);

/// For rules of users: a fault when ticks may come within less than 60 s. (Where clocks jump
/// ahead, a time from the gap may come closer to the one before it.)
void refuse_close_ticks(const schedule_rule& rule, rule_faults& bad);

} // namespace scheduler
