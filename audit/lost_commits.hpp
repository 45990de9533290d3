// What   lost_commits(): compares the heads that a node remembers with the database.
// Why    The only way to see that a database is older than what was acknowledged.
// Bounds two questions for each shard.
// Errors Those of the store.
// Threads Any but one of storage: it blocks.
// Source api-contract.md §15.4.
#pragma once

#include "ledger/lost_commits.hpp"
#include "storage/head_memory.hpp"
#include "storage/port.hpp"

#include <vector>

namespace audit {

base::result<std::vector<ledger::lost_commits>>
find_lost_commits(storage::store& store, const storage::head_memory& memory);

} // namespace audit
