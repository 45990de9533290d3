// What   A schedule as JSON: decoded with all its bounds, all faults at once; its rule, end and
//        zone checked, also by themselves.
// Why    The same reading serves what is saved and the preview of what is not.
// Bounds As jobs.md §2, §9. A rule that never fires is refused; of users no two ticks within 60 s.
// Errors 422 VALIDATION_ERROR, or BAD_RULE with the place and a hint when only the rule is wrong.
// Threads any (pure, but for reading a zone).
// Source jobs.md §9, §18, §19
#pragma once

#include "http/api/decode.hpp"
#include "http/job_service.hpp"
#include "http/schedule_backend.hpp"
#include "scheduler/schedule_rule.hpp"

#include <memory>
#include <string_view>
#include <variant>

namespace http {

struct read_times {
  scheduler::schedule_rule rule;
  scheduler::rule_end end;
  std::shared_ptr<const scheduler::zone_rules> zone;
};

/// {rule, zone?, end?} among other members. Nothing: `bad` or `wrong` has grown.
std::optional<read_times> read_rule_members(object_reader& in, const base::json::value& sent,
                                            const zone_source& zones, std::string_view usual_zone,
                                            faults& bad, scheduler::rule_faults& wrong);

struct read_schedule {
  scheduler::schedule what;
  bool usual_misfire = false;
};

struct schedule_reading {
  base::utc_us now;
  std::string_view usual_zone;
  bool close_ticks = false; ///< an administrator's: seconds may lie between ticks
};

std::variant<read_schedule, response> read_schedule_body(const request& r,
                                                         const base::json::value& sent,
                                                         const zone_source& zones,
                                                         const schedule_reading& how, faults bad);

/// 422 BAD_RULE: the first fault in words, all of them as a list.
response bad_rule(const scheduler::rule_faults& wrong, const request& r);

} // namespace http
