// What   Walks over a ledger in bounded pages, for commands that only look.
// Bounds One page in memory; a page of a read may take walk_patience.
// Errors A failure of storage ends a walk; what is wrong with the rows is for the caller.
// Threads main only.
#pragma once

#include "audit/asking.hpp"
#include "ledger/audit.hpp"
#include "storage/port.hpp"

#include <chrono>
#include <functional>
#include <utility>

namespace app {

inline constexpr std::chrono::seconds walk_patience{600};

template <class T, class Ask> base::result<T> ask_long(Ask question) {
  return audit::ask<T>(std::move(question), walk_patience);
}

/// All chains of the audit log.
base::result<ledger::log_auditor> walk_audit_log(storage::store& store);
/// All commit records with their entries to the judge; `seen` hears of each record, and how many
/// entries it has.
base::status
feed_commits(storage::store& store, ledger::auditor& judge, std::chrono::seconds longest,
             const std::function<void(const ledger::commit_record&, std::size_t entries)>& seen);
/// All commit records with their entries, into a partial audit.
base::result<ledger::audit_report> walk_chain(storage::store& store, base::utc_us& last_booked);
base::status walk_states(storage::store& store,
                         const std::function<base::status(const ledger::transaction_state&)>& see);
base::status walk_checks(storage::store& store,
                         const std::function<void(const storage::account_check&)>& see);

} // namespace app
