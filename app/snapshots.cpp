// `vaidepix snapshots`: what every account held at the end of a month.
#include "app/commands.hpp"

#include "app/console.hpp"
#include "audit/monthly_snapshots.hpp"
#include "base/json.hpp"

#include <fmt/core.h>

namespace app {

int snapshots(const config::loaded& loaded, const config::snapshots& command) {
  console c;
  const auto now = c.clock.now();
  auto month = audit::last_ended_month(loaded.zone, now);
  if (command.month) {
    const auto wanted = ledger::parse_month(*command.month);
    if (!wanted) {
      fmt::print(stderr, "vaidepix: --month \"{}\" is no month (YYYY-MM)\n", *command.month);
      return 2;
    }
    month = *wanted;
  }
  std::optional<ledger::account_id> only;
  if (command.account_id) only = ledger::account_id{*command.account_id};
  const auto store = storage::open_store(storage_settings_of(loaded.values),
                                         storage::migrate_mode::refuse, c.clock, c.log, c.metrics);
  if (!store) return report(store.error());
  const auto run = audit::compute_monthly_snapshots(**store, loaded.zone, month, only, now, c.log);
  (*store)->stop();
  if (!run) return report(run.error());
  if (command.json) {
    const base::json::object whole{
        {"month", ledger::to_text(run->month)},
        {"snapshots_created_or_updated", static_cast<std::int64_t>(run->written)}};
    fmt::print("{}\n", base::json::write(whole));
  } else {
    fmt::print("{}: {} snapshots created or updated\n", ledger::to_text(run->month), run->written);
  }
  return 0;
}

} // namespace app
