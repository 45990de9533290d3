// What   A user's transactions as CSV: RFC 4180, a header, one row for each transaction.
// Why    For spreadsheets. `amount` is the signed effect on the account, so the amounts of the rows
//        that are not deleted sum up to its balance.
// Threads any (pure).
// Source RFC 4180; exchange/safe_text for texts.
#pragma once

#include "ledger/transaction.hpp"

#include <string>
#include <string_view>

namespace exchange {

std::string csv_head();

struct csv_names {
  std::string_view account;
  std::string_view category;
};
std::string csv_row(const ledger::transaction_record& t, const csv_names& names);

} // namespace exchange
