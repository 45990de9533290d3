// What   What a client may ask of an automation rule, and when a recurring one runs next.
// Why    A rule that no job could run is refused when it is written, not when its time has come.
// Errors Faults of `conditions` and `actions`, all in one list.
// Threads any (pure).
// Source api-contract §10, §10.1
#pragma once

#include "http/api/decode.hpp"
#include "ledger/automation.hpp"
#include "scheduler/recurrence.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace http {

extern const choices automation_types;

/// The two objects as the type wants them; each is there and no larger than
/// ledger::automation_bytes_max, or a fault says so.
void check_rule(std::string_view type, const base::json::value* conditions,
                const base::json::value* actions, const scheduler::zone_rules& zone, faults& bad);

/// Of a recurring_transaction that was checked; nothing for other types. Without start_date the
/// anchor is the day of creation, and the first occurrence one period later.
struct rule_schedule {
  scheduler::recurrence days;
  std::int32_t first = 0; ///< its earliest k
};
std::optional<rule_schedule> schedule_of(const ledger::automation& rule,
                                         const scheduler::zone_rules& zone);

/// At most `count` days from `from` on.
std::vector<base::civil_day> occurrences(const rule_schedule& rule, base::civil_day from,
                                         std::size_t count);

/// Where the next run stands in the row: the first instant of its day. A day that has ended, and
/// those before it, are over: nothing runs on them once more.
std::optional<base::utc_us> next_run(const ledger::automation& rule, base::utc_us now,
                                     const scheduler::zone_rules& zone,
                                     std::optional<base::civil_day> ended = {});

} // namespace http
