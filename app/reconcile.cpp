// `vaidepix reconcile`: snapshots and balances against the entries.
#include "app/commands.hpp"

#include "app/console.hpp"
#include "audit/reconciliation.hpp"
#include "base/json.hpp"

#include <fmt/core.h>

namespace app {

namespace {

audit::reconcile_scope scope_of(std::string_view text) {
  if (text == "snapshots") return audit::reconcile_scope::snapshots;
  if (text == "balances") return audit::reconcile_scope::balances;
  return audit::reconcile_scope::all;
}

void print_json(const audit::reconciliation& found) {
  base::json::array items;
  for (const auto& d : found.items)
    items.push_back(base::json::object{
        {"account_id", d.account.value},
        {"snapshot_date", d.month ? base::json::value{ledger::to_text(*d.month)} : nullptr},
        {"diff_abs", base::decimal_text(d.difference)}});
  const base::json::object whole{{"checked", static_cast<std::int64_t>(found.checked)},
                                 {"divergences", static_cast<std::int64_t>(found.divergences)},
                                 {"items", std::move(items)}};
  fmt::print("{}\n", base::json::write(whole));
}

void print(const audit::reconciliation& found) {
  for (const auto& d : found.items)
    fmt::print("account {} {}: differs by {}\n", d.account.value,
               d.month ? ledger::to_text(*d.month) : "balance", base::decimal_text(d.difference));
  fmt::print("{} checked, {} divergences\n", found.checked, found.divergences);
}

} // namespace

int reconcile(const config::loaded& loaded, const config::reconcile& command) {
  console c;
  const auto store = storage::open_store(storage_settings_of(loaded.values),
                                         storage::migrate_mode::refuse, c.clock, c.log, c.metrics);
  if (!store) return report(store.error());
  const auto found = audit::reconcile(**store, loaded.zone, scope_of(command.scope), c.clock.now(),
                                      c.log, c.metrics);
  (*store)->stop();
  if (!found) return report(found.error());
  command.json ? print_json(*found) : print(*found);
  return found->divergences == 0 ? 0 : 1;
}

} // namespace app
