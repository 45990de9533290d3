// What   The runs over all users that tell of insights: insights (daily) and
//        insights_weekly_notifications.
// Why    Each user is read by itself and written by a commit of its own, only when there is
//        something new to say: no connection and no lock is held for the run.
// Bounds One user is computed at a time; book_walk's changes at once.
// Errors A user whose insights cannot be computed is logged and counted, and the run goes on; an
//        outage ends it, and it is tried again.
// Threads an executor's.
// Source api-contract §11.1, §14
#pragma once

#include "app/product_kinds.hpp"

#include <vector>

namespace app {

std::vector<actors::job_kind> insight_job_kinds(const product_surroundings& around);

} // namespace app
