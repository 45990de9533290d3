// What   A user's entries in the order of the commits, and the postings that they are, read page by
//        page from whoever has them.
// Why    The command line reads a snapshot of the database, the server asks its own port: what they
//        write is the same, so the way from accounts to postings stands once.
// Bounds Memory: a page of entries for each account (entries_held_max in all, at least 10 each) and
//        the postings that wait for their transactions.
// Errors Those of the source and of `take`.
// Threads the caller's.
#pragma once

#include "base/result.hpp"
#include "exchange/journal.hpp"
#include "ledger/query.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace exchange {

/// Where the rows come from. All accounts are of one user, so their entries are of one shard.
struct book_source {
  std::vector<ledger::account_id> accounts; ///< of all roles; those without entries may be left out
  std::optional<std::uint64_t> last_seq;    ///< later commits are left out
  std::function<base::result<ledger::entry_page>(const ledger::entry_filter&)> entries;
  /// Deleted ones too, in any order; unknown ones are left out. For postings only.
  std::function<base::result<std::vector<ledger::transaction_record>>(
      const std::vector<ledger::transaction_id>&)>
      transactions;
  /// The day of a commit in the zone of the books. For postings only.
  std::function<base::civil_day(base::utc_us)> day_of;
};

base::status each_entry(const book_source& from,
                        const std::function<base::status(const ledger::entry_view&)>& take);

base::status each_posting(const book_source& from,
                          const std::function<base::status(const journal_posting&)>& take);

} // namespace exchange
