// `vaidepix reconcile`: snapshots and balances against the entries.
#include "app/commands.hpp"

#include "app/check_report.hpp"
#include "app/console.hpp"
#include "app/server_call.hpp"

#include <fmt/core.h>

namespace app {

namespace {

void print(const audit::reconciliation& found) {
  for (const auto& d : found.items)
    fmt::print("account {} {}: differs by {}\n", d.account.text(),
               d.month ? ledger::to_text(*d.month) : "balance", base::decimal_text(d.difference));
  fmt::print("{} checked, {} divergences\n", found.checked, found.divergences);
}

int through_server(const config::reconcile& command) {
  const auto answer = run_check(command.server, "/api/admin/reconcile", {{"scope", command.scope}});
  if (const auto* status = std::get_if<int>(&answer)) return *status;
  const auto& found = std::get<base::json::value>(answer);
  fmt::print("{}\n", base::json::write(found));
  const auto* divergences = found.find("divergences");
  return divergences != nullptr && divergences->as_int64() == 0 ? 0 : 1;
}

} // namespace

int reconcile(const config::loaded& loaded, const config::reconcile& command) {
  if (!command.server.url.empty()) return through_server(command);
  console c;
  const auto store = storage::open_store(storage_settings_of(loaded.values),
                                         storage::migrate_mode::refuse, c.clock, c.log, c.metrics);
  if (!store) return report(store.error());
  const auto found = audit::reconcile(**store, loaded.zone, *audit::parse_scope(command.scope),
                                      c.clock.now(), c.log, c.metrics);
  (*store)->stop();
  if (!found) return report(found.error());
  if (command.json)
    fmt::print("{}\n", base::json::write(report_of(*found)));
  else
    print(*found);
  return found->divergences == 0 ? 0 : 1;
}

} // namespace app
