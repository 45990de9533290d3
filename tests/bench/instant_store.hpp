// What   instant_store: a store that answers at once and keeps only balances: every user and pair
//        of a ledger_bed is there from the start.
// Why    What the actors and the HTTP front cost by themselves is measured without a database.
// Bounds 16 bytes per account; nothing else is kept, so lists answer nothing.
// Errors what the bench does not ask fails loudly.
// Threads any: callbacks run on the caller's thread, they only hand over.
#pragma once

#include "storage/port.hpp"

#include <cstddef>
#include <memory>

namespace bench {

std::unique_ptr<storage::store> make_instant_store(std::size_t users, std::size_t pairs_per_user);

} // namespace bench
