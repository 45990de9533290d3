// What   The body of POST /api/transactions: decoded, as canonical JSON for fingerprints, and what
//        its refusals quote.
// Why    The single POST and the items of a batch are the same thing; a key may move between them.
// Threads any (pure).
// Source api-contract.md §2.4, §3, §7
#pragma once

#include "http/api/decode.hpp"
#include "http/api/refusal.hpp"
#include "ledger/command.hpp"

#include <optional>

namespace http {

/// Nothing when there are faults, which are in the reader's list.
std::optional<ledger::create_transaction> read_transaction(object_reader& in,
                                                           const scheduler::zone_rules& zone);

base::json::object canonical(const ledger::create_transaction& t);

refusal_context context_of(const ledger::create_transaction& t);

} // namespace http
