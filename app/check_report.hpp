// What   What a look at the whole ledger found, as the JSON of api-contract §16.
// Why    The command line and the operator's routes show the same.
// Threads none (pure).
#pragma once

#include "audit/monthly_snapshots.hpp"
#include "audit/reconciliation.hpp"
#include "audit/verification.hpp"
#include "base/json.hpp"

#include <string>

namespace app {

base::json::object report_of(const audit::verification& found);
base::json::object report_of(const audit::reconciliation& found);
base::json::object report_of(const audit::snapshot_run& run);
/// "12 commits, 34 entries, …"
std::string text_of(const audit::verify_counts& n);

} // namespace app
