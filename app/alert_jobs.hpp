// What   The daily looks of rules that watch or remind: budget_alerts (category_limit too),
//        low_balance_alerts, payment_reminders (goal_reminder too).
// Why    Postings fire alerts in their own commit; what crosses without one, because a rule is new
//        or a day has passed, is found here, by the same words.
// Bounds book_walk's. Rules of inactive users are left alone.
// Errors An outage ends the run, which is tried again; what was told is not told twice.
// Threads an executor's.
// Source api-contract §10.2, §14
#pragma once

#include "app/product_kinds.hpp"

#include <vector>

namespace app {

std::vector<actors::job_kind> alert_job_kinds(const product_surroundings& around);

} // namespace app
