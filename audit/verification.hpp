// What   verify(): every invariant of the ledger over one snapshot of the database, whole, of one
//        user or account, or of what was committed since it was last sound.
// Why    One judgement for the command line, the server and the tests.
// Bounds Whole: pages, one owner per account, the open holds. Since: besides one number for each
//        account and transaction that was touched; of limits it knows the balance and no holds,
//        and nothing of snapshots, stored answers, goals, envelopes, shares and round-ups.
// Errors A failure of storage ends it, account_not_found when nobody was asked for. What is wrong
//        with the ledger is a finding. A part finds the entries of a transaction by the commit that
//        its row names, so it calls an entry missing that the whole finds by itself.
// Threads One that may block.
// Source api-contract §2.3, §16; testing.md §7.
#pragma once

#include "ledger/audit.hpp"
#include "ledger/audit_log.hpp"
#include "scheduler/zone_rules.hpp"
#include "storage/bulk.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace audit {

struct verify_scope {
  std::optional<ledger::user_id> user;
  std::optional<ledger::account_id> account;

  bool whole() const { return !user && !account; }
};

struct verify_counts {
  std::uint64_t commits = 0, entries = 0, accounts = 0, transactions = 0, answers = 0;
  std::uint64_t earmarks = 0, movements = 0, expenses = 0, round_ups = 0;
};

struct verification {
  ledger::audit_report ledger;
  ledger::log_auditor log;
  verify_counts read;
  std::vector<ledger::shard_head> heads; ///< the last commit of each shard that has one

  bool sound() const { return ledger.clean() && log.faults() == 0; }
};

/// Hears how far it is, once for each page. False: give up, with errc::shutting_down.
using verify_listener = std::function<bool(const verify_counts&)>;

/// `seed`: of the sketch; nobody who writes the ledger may know it. `now` says which holds and
/// stored answers are over.
base::result<verification> verify(storage::bulk& books, const scheduler::zone_rules& zone,
                                  const verify_scope& only, base::utc_us now, std::uint64_t seed,
                                  const verify_listener& tell);

/// The ledger was sound up to these commits. A shard without one is looked at from its beginning.
base::result<verification> verify_since(storage::bulk& books,
                                        const std::vector<ledger::shard_head>& sound,
                                        const verify_listener& tell);

} // namespace audit
