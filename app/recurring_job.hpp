// What   The jobs of recurring rules: an occurrence (recurring_transaction), a rule's schedule made
//        to follow it (follow_rule), and the hourly look whether all of them do, and which
//        occurrences have died (recurring_transactions).
// Why    A change of a rule commits by itself, and its schedule follows a moment later. A crash in
//        between leaves a schedule that is old: it can post nothing that the rule does not want,
//        and the hourly look finds what is missing.
// Bounds Pages of 1,000 rules; one schedule after the other. Pages of 500 dead jobs.
// Errors While the node or its database is away they fail and are tried again.
// Threads an executor's.
// Source api-contract §10.1, §14
#pragma once

#include "app/product_kinds.hpp"

#include <vector>

namespace app {

std::vector<actors::job_kind> recurring_job_kinds(const product_surroundings& around);

/// Enqueues follow_rule; a failure is left to the hourly look.
void follow_soon(late_node& node, base::clock& clock, const ledger::user_id& user,
                 const ledger::automation_id& rule);

} // namespace app
