// What   Walks over a ledger in bounded pages, for commands that only look.
// Bounds One page in memory; a page of a read may take `patience`.
// Errors A failure of storage ends a walk; what is wrong with the rows is for the caller.
// Threads main only.
#pragma once

#include "base/slot.hpp"
#include "ledger/audit.hpp"
#include "storage/port.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace app {

inline constexpr std::chrono::seconds patience{600};

template <class T, class Ask> base::result<T> ask_store(Ask question) {
  const auto waiting = std::make_shared<base::slot<base::result<T>>>();
  question([waiting](base::result<T> r) { waiting->put(std::move(r)); });
  auto answer = waiting->wait_for(patience);
  if (!answer) return base::fail(storage::errc::timed_out);
  return std::move(*answer);
}

/// All chains of the audit log.
base::result<ledger::log_auditor> walk_audit_log(storage::store& store);
/// All commit records with their entries, into a partial audit.
base::result<ledger::audit_report> walk_chain(storage::store& store, base::utc_us& last_booked);
base::status walk_states(storage::store& store,
                         const std::function<base::status(const ledger::transaction_state&)>& see);
base::status walk_checks(storage::store& store,
                         const std::function<void(const storage::account_check&)>& see);

} // namespace app
