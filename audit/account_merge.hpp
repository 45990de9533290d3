// What   walk_accounts(): every account row with its snapshots and its entries, and the entries of
//        accounts without a row, in one ordered walk.
// Why    Rows, snapshots and entries all come in the order of the keys of accounts: one merge reads
//        each table once.
// Bounds A page of each in memory, and the snapshots of one account.
// Errors A failure of storage ends it.
// Threads One that may block.
#pragma once

#include "storage/bulk.hpp"

#include <functional>
#include <vector>

namespace audit {

struct account_listener {
  std::function<void(const storage::loaded_account&, const std::vector<ledger::monthly_snapshot>&)>
      account;
  std::function<void(const ledger::entry&)> entry; ///< of the last account, or of one without a row
  std::function<base::status()> page; ///< of any kind was read; a failure ends the walk
};

base::status walk_accounts(storage::bulk& books, const account_listener& to);

} // namespace audit
