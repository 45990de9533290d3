// What   The opaque tag of a transaction's present form, for ETag and If-Match.
// Threads none (pure).
// Source api-contract §1.4.
#pragma once

#include "ledger/transaction.hpp"

#include <string>

namespace ledger {

std::string transaction_etag(const transaction_record& t);

} // namespace ledger
