// What   Reconciliation: monthly snapshots and live balances against the entries, to the centavo.
// Why    Finds what a restore, a foreign hand or a fault of ours left behind. It repairs nothing.
// Bounds Memory: one page, and at most items_max divergences; all are counted and logged. Tolerance
//        zero.
// Errors Failures of storage.
// Threads One that may block.
// Source api-contract §14.1 (job reconcile_snapshots), §16; playbook §5, §6, §9.
#pragma once

#include "audit/asking.hpp"
#include "ledger/month.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "scheduler/zone_rules.hpp"
#include "storage/projection.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace audit {

inline constexpr std::size_t items_max = 1000;

struct divergence {
  ledger::account_id account;
  std::optional<ledger::month> month; ///< absent: the live balance
  base::centavos difference;          ///< absolute; 0: version or running balance only
};

struct reconciliation {
  std::uint64_t checked = 0;
  std::uint64_t divergences = 0;
  std::vector<divergence> items; ///< the first items_max
};

enum class reconcile_scope : std::uint8_t { snapshots, balances, all };
std::optional<reconcile_scope> parse_scope(std::string_view text);

base::result<reconciliation> reconcile(storage::store& store, const scheduler::zone_rules& zone,
                                       reconcile_scope scope, base::utc_us now,
                                       observability::log& log, observability::metrics& metrics,
                                       const may_go_on& go_on = {});

} // namespace audit
