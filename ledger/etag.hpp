// What   The opaque version of a transaction that If-Match is compared with.
// Why    http/ shows it and the book compares it; one function, so that they cannot differ.
// Threads any (pure).
// Source api-contract.md §1.4
#pragma once

#include "ledger/transaction.hpp"

#include <string>

namespace ledger {

/// Changes with every edit, delete and restore. Without quotes.
std::string transaction_etag(const transaction_record& t);

} // namespace ledger
