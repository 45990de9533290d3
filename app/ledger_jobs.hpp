// What   The jobs that look at the whole ledger: snapshots of a month, snapshots and balances
//        against the entries, all invariants.
// Why    They are the checks that an administrator starts by hand, started by a schedule: one run
//        at a time, one way to log, count and show what was found. What they find is told by log
//        and metrics; the job has succeeded when it has looked.
// Bounds One check at a time: while another one runs it is put off by a minute, again and again.
// Errors As http/ledger_checks.hpp, as failures that are tried again.
// Threads an executor's.
// Source api-contract §14, §14.1
#pragma once

#include "actors/job_kinds.hpp"
#include "app/late_node.hpp"
#include "ledger/month.hpp"
#include "scheduler/zone_rules.hpp"

#include <memory>
#include <vector>

namespace app {

/// monthly_balance_snapshots, reconcile_snapshots, reconcile_balances, ledger_audit.
/// The zone outlives them.
std::vector<actors::job_kind> ledger_job_kinds(const std::shared_ptr<late_node>& node,
                                               const scheduler::zone_rules& zone);

/// Of a tick: the month before the one that it stands in. Nothing: the last one that has ended.
ledger::month snapshot_month(const scheduler::job& job, base::utc_us now,
                             const scheduler::zone_rules& zone);

} // namespace app
