// What   Walks over a ledger in bounded pages, for commands that only look.
// Bounds One page in memory; a page of a read may take walk_patience.
// Errors A failure of storage ends a walk; what is wrong with the rows is for the caller.
// Threads One that may block.
#pragma once

#include "audit/asking.hpp"
#include "ledger/audit.hpp"
#include "storage/bulk.hpp"
#include "storage/port.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <utility>

namespace audit {

inline constexpr std::chrono::seconds walk_patience{600};

template <class T, class Ask> base::result<T> ask_long(Ask question) {
  return ask<T>(std::move(question), walk_patience);
}

/// Where commits are read from: a server's store or one snapshot.
struct commit_source {
  std::uint32_t shards = 0;
  std::function<base::result<std::vector<ledger::commit_record>>(
      ledger::shard_id, std::uint64_t after_seq, std::int64_t limit)>
      commits;
  std::function<base::result<std::vector<ledger::entry>>(ledger::shard_id, std::uint64_t first,
                                                         std::uint64_t last)>
      entries;
  std::function<base::result<std::vector<ledger::audit_record>>(
      ledger::shard_id, std::uint64_t after, std::int64_t limit)>
      audit_records;
};
commit_source source_of(storage::store& store); ///< each read may take walk_patience
commit_source source_of(storage::bulk& books);

/// All chains of the audit log.
base::result<ledger::log_auditor> walk_audit_log(const commit_source& from);
/// What hears of each record and its entries, besides the judge. A failure ends the walk.
using commit_listener =
    std::function<base::status(const ledger::commit_record&, const std::vector<ledger::entry>&)>;
/// All commit records with their entries to the judge; of a shard in `behind` those after this seq.
base::status feed_commits(const commit_source& from, ledger::auditor& judge,
                          const commit_listener& seen,
                          const std::map<ledger::shard_id, std::uint64_t>& behind = {});
/// All commit records with their entries, into a partial audit.
base::result<ledger::audit_report> walk_chain(storage::store& store, base::utc_us& last_booked);
base::status walk_states(storage::store& store,
                         const std::function<base::status(const ledger::transaction_state&)>& see);
base::status walk_checks(storage::store& store,
                         const std::function<void(const storage::account_check&)>& see);

} // namespace audit
