// `vaidepix snapshots`: what every account held at the end of a month.
#include "app/commands.hpp"

#include "app/check_report.hpp"
#include "app/console.hpp"
#include "app/server_call.hpp"

#include <fmt/core.h>

namespace app {

namespace {

int through_server(const config::snapshots& command) {
  base::json::object body{{"reason", command.reason}};
  if (command.month) body.emplace_back("month", *command.month);
  if (command.account_id) body.emplace_back("account_id", *command.account_id);
  const auto answer = run_check(command.server, "/api/admin/snapshots", body);
  if (const auto* status = std::get_if<int>(&answer)) return *status;
  fmt::print("{}\n", base::json::write(std::get<base::json::value>(answer)));
  return 0;
}

} // namespace

int snapshots(const config::loaded& loaded, const config::snapshots& command) {
  if (!command.server.url.empty()) return through_server(command);
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
    fmt::print("{}\n", base::json::write(report_of(*run)));
  } else {
    fmt::print("{}: {} snapshots created or updated\n", ledger::to_text(run->month), run->written);
  }
  return 0;
}

} // namespace app
