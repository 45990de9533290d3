// What   The kind `deliver`: delivery_attempt.hpp with the mail server and the webhooks of the
//        settings. `deliveries`: finds those that nobody delivers.
// Why    Whoever commits a delivery asks for its job afterwards, and may die in between.
// Bounds A run asks for the jobs of the user_rows_max oldest that are open.
// Threads an executor's.
// Source jobs.md §12; docs/OPERATIONS.md
#pragma once

#include "actors/environment.hpp"
#include "app/product_kinds.hpp"

namespace app {

actors::job_kind deliver_kind(const product_surroundings& around);
actors::job_kind deliveries_kind(const product_surroundings& around);

/// Asks for the jobs of what was just committed; `deliveries` finds those for which it failed.
actors::on_deliveries deliver_soon(std::shared_ptr<late_node> node, base::clock& clock,
                                   observability::log& log);

} // namespace app
