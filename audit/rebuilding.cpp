#include "audit/rebuilding.hpp"

#include "audit/asking.hpp"
#include "audit/monthly_snapshots.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace audit {

namespace {

base::result<std::uint64_t> refresh_all(storage::store& store) {
  std::uint64_t accounts = 0;
  for (ledger::account_id after;;) {
    const auto page = ask<std::vector<storage::loaded_account>>([&](auto done) {
      store.audit().accounts_after(after, storage::projection_rows, std::move(done));
    });
    if (!page) return page.error();
    if (page->empty()) return accounts;
    for (const auto& a : *page) {
      if (a.version < storage::effective_step) continue;
      for (std::uint64_t taken = 0; taken < a.version; taken += storage::refresh_step) {
        const auto made = ask<bool>([&](auto done) {
          store.projections().refresh_effective(a.record.id, std::move(done));
        });
        if (!made) return made.error();
      }
      ++accounts;
    }
    after = page->back().record.id;
  }
}

} // namespace

base::result<rebuilt> rebuild_projections(storage::store& store, const scheduler::zone_rules& zone,
                                          std::optional<base::utc_us> first_booked,
                                          base::utc_us now, observability::log& log) {
  rebuilt made;
  const auto accounts = refresh_all(store);
  if (!accounts) return accounts.error();
  made.accounts = *accounts;
  if (!first_booked) return made;
  const auto last = last_ended_month(zone, now);
  auto month = std::max(ledger::month_of(zone.day_of(*first_booked)),
                        ledger::month{last.count - snapshot_months_max + 1});
  for (; month <= last; month = month.next()) {
    const auto run = compute_monthly_snapshots(store, zone, month, {}, now, log);
    if (!run) return run.error();
    ++made.months;
    made.snapshots += run->written;
  }
  return made;
}

} // namespace audit
