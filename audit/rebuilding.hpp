// What   rebuild_projections: what is kept beside the entries, made from them: balances by
//        effective day, and the snapshots of all months that have ended.
// Why    A dump carries the truth only, so an import leaves these tables empty. Answers are right
//        without them, but slow for accounts of many entries, and reconcile has nothing to compare.
// Bounds Memory: one page of accounts. Accounts of fewer than effective_step entries are left to
//        the journal; snapshots at most of the last snapshot_months_max months.
// Errors Failures of storage. What was made before stays; made again, it says the same.
// Threads One that may block.
// Source docs/decisions/0009, 0011.
#pragma once

#include "observability/log.hpp"
#include "scheduler/zone_rules.hpp"
#include "storage/projection.hpp"

#include <cstdint>
#include <optional>

namespace audit {

inline constexpr int snapshot_months_max = 1200;

struct rebuilt {
  std::uint64_t accounts = 0; ///< with balances by effective day
  std::uint64_t months = 0;
  std::uint64_t snapshots = 0;
};

/// first_booked: of the oldest entry; absent: there is none.
base::result<rebuilt> rebuild_projections(storage::store& store, const scheduler::zone_rules& zone,
                                          std::optional<base::utc_us> first_booked,
                                          base::utc_us now, observability::log& log);

} // namespace audit
