// What   The days that a report is about, as its query says.
// Why    Sums, tables and the export of one question are of the same days.
// Bounds months 1..24, or fewer.
// Errors Faults of the query.
// Threads any (pure).
// Source api-contract.md §12.1
#pragma once

#include "http/api/decode.hpp"
#include "http/api/service.hpp"

namespace http {

/// Both days are included.
struct report_period {
  base::civil_day first, last;
  std::int64_t months = 6;
};

/// The N months up to today; period=calendar: this month and the N-1 before it, whole.
report_period read_period(const service& s, query_reader& in, std::int64_t months_max);

base::civil_day month_end(base::civil_day day);

} // namespace http
