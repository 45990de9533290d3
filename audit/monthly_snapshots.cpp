#include "audit/monthly_snapshots.hpp"

#include "audit/asking.hpp"

#include <utility>
#include <vector>

namespace audit {

namespace {

/// Those of the accounts that existed in the month and are a client's.
base::result<std::uint64_t> write_page(storage::projection_port& port,
                                       const std::vector<ledger::account_id>& accounts,
                                       ledger::month month, base::utc_us end, base::utc_us now) {
  std::vector<storage::past_question> wanted;
  for (const auto& id : accounts) wanted.push_back({id, end});
  const auto found = ask<std::vector<storage::past_balance>>(
      [&](auto done) { port.booked_before(std::move(wanted), std::move(done)); });
  if (!found) return found.error();
  std::vector<ledger::monthly_snapshot> rows;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const auto& b = found->at(i);
    if (!b.known || b.role != ledger::account_role::money || b.created_at >= end) continue;
    rows.push_back({accounts[i], month, b.balance, b.version, now});
  }
  const auto count = rows.size();
  if (rows.empty()) return std::uint64_t{0};
  const auto written =
      ask<bool>([&](auto done) { port.write_snapshots(std::move(rows), std::move(done)); });
  if (!written) return written.error();
  return std::uint64_t{count};
}

} // namespace

ledger::month last_ended_month(const scheduler::zone_rules& zone, base::utc_us now) {
  return ledger::month_of(zone.day_of(now)).previous();
}

base::utc_us end_of(const scheduler::zone_rules& zone, ledger::month m) {
  return zone.start_of_month(m.next().year(), m.next().of_year());
}

base::result<snapshot_run>
compute_monthly_snapshots(storage::store& store, const scheduler::zone_rules& zone,
                          ledger::month month, const std::optional<ledger::account_id>& only,
                          base::utc_us now, observability::log& log, const may_go_on& go_on) {
  const auto end = end_of(zone, month);
  if (end > now) return base::failure{month_not_ended, {}};
  auto& port = store.projections();
  snapshot_run run{month, 0};
  if (only) {
    const auto there = ask<std::vector<storage::past_balance>>([&](auto done) {
      port.booked_before({{*only, end}}, std::move(done));
    });
    if (!there) return there.error();
    const auto& account = there->front();
    if (!account.known || account.role != ledger::account_role::money)
      return base::failure{account_not_found, {}};
    const auto written = write_page(port, {*only}, month, end, now);
    if (!written) return written.error();
    run.written = *written;
  } else {
    ledger::account_id after;
    std::uint64_t seen = 0;
    for (;;) {
      if (auto s = gone_on(go_on, seen); !s) return s.error();
      const auto page = ask<std::vector<storage::loaded_account>>([&](auto done) {
        store.audit().accounts_after(after, storage::projection_rows, std::move(done));
      });
      if (!page) return page.error();
      if (page->empty()) break;
      std::vector<ledger::account_id> ids;
      for (const auto& a : *page) ids.push_back(a.record.id);
      after = ids.back();
      seen += ids.size();
      const auto written = write_page(port, ids, month, end, now);
      if (!written) return written.error();
      run.written += *written;
    }
  }
  log.info("vai_de_pix.audit", "Job de snapshots mensais concluído",
           {{"snapshots_created_or_updated", run.written}});
  return run;
}

} // namespace audit
