// What   The two corrections as runs over pages: backfill of entries, synchronisation of balances.
// Why    The operator's routes and the command line do the same work in the same steps.
// Bounds One page in memory; a run ends with its deadline and says where the next one goes on.
// Errors A failure of the backend ends the run. What was done before stays done and is recorded;
//        the same run again does the rest.
// Threads blocks its thread for the answers; any.
// Source api-contract.md §16; incident-playbook §8, §9, §13
#pragma once

#include "base/time.hpp"
#include "http/backend.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace http {

struct correction_wish {
  bool dry_run = true;
  ledger::audit_note note; ///< actor, reason, request_id
  base::utc_us deadline;   ///< of the run; each command in it has the same
};

struct backfill_report {
  std::uint64_t processed = 0;                ///< transactions looked at
  std::uint64_t created = 0;                  ///< entries; in a dry run: that would be created
  std::uint64_t skipped = 0;                  ///< transactions that lack nothing
  std::uint64_t errors = 0;                   ///< transactions that cannot be mended this way
  std::vector<ledger::repair::lost> samples;  ///< of the errors, at most errors_shown
  std::optional<ledger::transaction_id> next; ///< the run is not at the end: go on after this id

  void add(const backfill_report& more);
};

struct sync_report {
  std::uint64_t checked = 0;
  std::uint64_t changed = 0;        ///< in a dry run: that would change
  std::vector<balance_check> items; ///< those that differed, at most errors_shown
  std::optional<ledger::account_id> next;

  void add(const sync_report& more);
};

inline constexpr std::size_t errors_shown = 100;

base::result<backfill_report> backfill(backend& books, base::clock& clock,
                                       const correction_wish& wish,
                                       const ledger::transaction_id& after);

base::result<sync_report> sync_all(backend& books, base::clock& clock, const correction_wish& wish,
                                   const ledger::account_id& after);

/// A line of the audit log alone, for what an administrator does besides corrections; `admin`
/// signs.
base::status note_action(backend& books, const ledger::user_id& admin, ledger::audit_note note,
                         base::utc_us deadline);

/// The same; no thread waits for it.
void note_action(backend& books, const ledger::user_id& admin, ledger::audit_note note,
                 base::utc_us deadline, std::function<void(const base::status&)> done);

/// As it was before. Nothing: there is no such account.
base::result<std::optional<balance_check>> sync_one(backend& books, const correction_wish& wish,
                                                    const ledger::account_id& id);

} // namespace http
