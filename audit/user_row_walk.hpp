// What   walk_user_rows(): goals with their movements, envelopes with theirs, shared expenses with
//        their shares, to the judge.
// Why    Each pair of tables comes in the order of one key: a merge reads each table once.
// Bounds A page of two tables in memory.
// Errors A failure of storage ends it, or of `told`, which hears of each page.
// Threads One that may block.
#pragma once

#include "audit/verification.hpp"
#include "ledger/user_row_audit.hpp"

#include <functional>

namespace audit {

base::status walk_user_rows(storage::bulk& books, ledger::user_row_auditor& judge, verify_counts& n,
                            const std::function<base::status()>& told);

} // namespace audit
