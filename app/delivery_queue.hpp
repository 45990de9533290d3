// What   delivery_job: the job that delivers a row. enqueue_deliveries: puts such jobs in.
// Why    Whoever has committed deliveries, and the repair, ask for the same job under the same key:
//        there is one for each delivery, however often it is asked for.
// Bounds A job waits ever longer between attempts, up to half an hour; how many there are says
//        ledger/delivery_acts.hpp.
// Threads any; it does not block.
// Source jobs.md §5, §12
#pragma once

#include "http/job_backend.hpp"
#include "ledger/delivery.hpp"

#include <string_view>
#include <vector>

namespace app {

inline constexpr std::string_view delivery_kind_name = "deliver";

scheduler::job delivery_job(const ledger::user_id& user, const ledger::delivery_id& id);

/// All of one user. `done` hears how many jobs there are now for them, or why not.
void enqueue_deliveries(http::job_backend& jobs, const ledger::user_id& user,
                        const std::vector<ledger::delivery_id>& ids, base::utc_us deadline,
                        http::on_result<std::size_t> done);

} // namespace app
