// What   written_date: an instant as a client wrote it, with the effective day that follows from
//        the writing.
// Why    "2026-11-24" means that day wherever the client is; an instant means the day in the zone.
// Errors Nothing for what is no date between 1900 and 2199.
// Threads any (pure).
// Source api-contract.md §1.3
#pragma once

#include "base/time.hpp"
#include "scheduler/zone_rules.hpp"

#include <optional>
#include <string_view>

namespace http {

struct written_date {
  base::utc_us at;
  base::civil_day effective;
  bool date_only = false;
};

/// A date alone, a time without offset, or exactly 00:00:00 UTC: the day as written; any other
/// instant: its day in the zone.
std::optional<written_date> read_date(std::string_view text, const scheduler::zone_rules& zone);

} // namespace http
