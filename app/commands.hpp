// What   The commands of `vaidepix`, one function each; the answer is the exit status.
// Errors 0 fine, 1 problems found, 2 usage (config/load), 3 database unreachable, 4 refused.
// Threads main only.
// Source api-contract §17.
#pragma once

#include "base/result.hpp"
#include "config/load.hpp"
#include "storage/open.hpp"

#include <string_view>

namespace app {

inline constexpr std::string_view version = "1.0.0";

int serve(const config::loaded& loaded);
int migrate(const config::loaded& loaded, const config::migrate& command);
int verify(const config::loaded& loaded, const config::verify& command);
int snapshots(const config::loaded& loaded, const config::snapshots& command);
int reconcile(const config::loaded& loaded, const config::reconcile& command);
int export_books(const config::loaded& loaded, const config::export_books& command);
int import_books(const config::loaded& loaded, const config::import_books& command);
int backfill_ledger(const config::loaded& loaded, const config::backfill_ledger& command);
int sync_balance(const config::loaded& loaded, const config::sync_balance& command);
int doctor(const config::loaded& loaded, const config::doctor& command);
int jobs(const config::loaded& loaded, const config::jobs& command);
int schedules(const config::loaded& loaded, const config::schedules& command);
int locks(const config::loaded& loaded, const config::locks& command);
int demo(const config::loaded& loaded, const config::demo& command);
int grant_admin(const config::loaded& loaded, const config::grant_admin& command);

/// What storage needs of the settings.
storage::open_settings storage_settings_of(const config::settings& s);
/// Prints the failure for the operator and answers the exit status that belongs to it.
int report(const base::failure& why);

} // namespace app
