// What   idempotency_purge and prune: what is kept no longer goes, a slice at a time.
// Why    Answers of keys end after a day and are many; all else is rare, and goes at night. The
//        history of jobs is not here: their owner removes it by itself when there is little to do
//        (actors/job_owner_retention.cpp).
// Bounds A slice is pruned_rows_max rows; between two slices there is a rest of four times what
//        the last one took. A run ends after prune_slices_max of a kind or after prune_time_max,
//        and the next goes on.
// Errors As storage/pruning.hpp: the attempt fails and is made again; what is gone is gone.
// Threads an executor's.
// Source api-contract §11.2, §14
#pragma once

#include "app/product_kinds.hpp"
#include "storage/pruning.hpp"

#include <chrono>
#include <vector>

namespace app {

inline constexpr int prune_slices_max = 2000;
inline constexpr std::chrono::minutes prune_time_max{20};

struct old_part {
  const char* name; ///< in the counts
  storage::old_rows what;
  base::utc_us before;
};
/// One run over all of them.
actors::job_verdict prune_parts(storage::pruning_port& from, base::clock& clock,
                                observability::metrics& metrics, const actors::job_context& job,
                                const std::vector<old_part>& parts);

actors::job_kind idempotency_purge_kind(const product_surroundings& around);
actors::job_kind prune_kind(const product_surroundings& around);

} // namespace app
