// What   answered_transactions(): the transactions that the body of a stored answer names.
// Why    A replayed answer that names what does not exist sends a client into the void.
// Bounds As base::json. A text that is no JSON names nothing.
// Threads none (pure).
// Source api-contract §2.2 (shapes), §3.
#pragma once

#include "base/id.hpp"
#include "ledger/transaction.hpp"

#include <string_view>
#include <vector>

namespace audit {

/// Values of the members transaction_id and transfer_transaction_id, and the id of every object
/// that has a category_id beside it, at any depth. Each once.
std::vector<ledger::transaction_id> answered_transactions(std::string_view body);

} // namespace audit
