// What   compute_monthly_snapshots: what every client's account held at the end of a month.
// Why    Idempotent: it says what the entries say, so repeating it after a restore is harmless.
// Bounds Memory: one page of accounts. Closed accounts have a snapshot too, accounts that were made
//        later have none.
// Errors month_not_ended, account_not_found, failures of storage. What was written before a failure
//        stays; the next run writes it again.
// Threads One that may block.
// Source api-contract §14.1 (job monthly_balance_snapshots).
#pragma once

#include "audit/asking.hpp"
#include "ledger/month.hpp"
#include "observability/log.hpp"
#include "scheduler/zone_rules.hpp"
#include "storage/projection.hpp"

#include <cstdint>
#include <optional>

namespace audit {

inline constexpr std::string_view month_not_ended = "MONTH_NOT_ENDED";
inline constexpr std::string_view account_not_found = "ACCOUNT_NOT_FOUND";

struct snapshot_run {
  ledger::month month;
  std::uint64_t written = 0; ///< created or updated
};

/// The month before the current one of the zone.
ledger::month last_ended_month(const scheduler::zone_rules& zone, base::utc_us now);
/// Half-open: the first instant that is not in the month any more.
base::utc_us end_of(const scheduler::zone_rules& zone, ledger::month m);

base::result<snapshot_run>
compute_monthly_snapshots(storage::store& store, const scheduler::zone_rules& zone,
                          ledger::month month, const std::optional<ledger::account_id>& only,
                          base::utc_us now, observability::log& log, const may_go_on& go_on = {});

} // namespace audit
