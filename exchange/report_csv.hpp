// What   The transactions of a report as CSV, with the columns of the former backend.
// Why    People open it in a spreadsheet: names instead of ids, amounts as the API shows them. What
//        keeps every column is csv_row.
// Threads any (pure).
// Source api-contract §12.1; RFC 4180; exchange/safe_text for texts.
#pragma once

#include "exchange/csv_row.hpp"

#include <string>

namespace exchange {

std::string report_csv_head();
/// The day is the effective one; tags are joined by ", ".
std::string report_csv_row(const ledger::transaction_record& t, const csv_names& names);

} // namespace exchange
