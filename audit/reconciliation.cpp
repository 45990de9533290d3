#include "audit/reconciliation.hpp"

#include "audit/monthly_snapshots.hpp"

#include <utility>

namespace audit {

namespace {

using observability::ledger_check;

base::centavos distance(base::centavos a, base::centavos b) {
  const auto between = base::subtract(a, b);
  // Beyond int64 the two are as far apart as can be said.
  if (!between || between->minor == std::numeric_limits<std::int64_t>::min())
    return {std::numeric_limits<std::int64_t>::max()};
  return between->minor < 0 ? -*between : *between;
}

void add(reconciliation& found, divergence d) {
  ++found.divergences;
  if (found.items.size() < items_max) found.items.push_back(std::move(d));
}

void merge(reconciliation& into, reconciliation&& part) {
  into.checked += part.checked;
  into.divergences += part.divergences;
  for (auto& d : part.items)
    if (into.items.size() < items_max) into.items.push_back(std::move(d));
}

/// The sum over an account grows from month to month, so each entry is added once.
struct running_sum {
  ledger::account_id account;
  std::uint64_t version = 0;
  base::centavos sum;
};

base::result<reconciliation> snapshots(storage::projection_port& port,
                                       const scheduler::zone_rules& zone, observability::log& log,
                                       const may_go_on& go_on) {
  reconciliation found;
  running_sum at;
  ledger::account_id account;
  ledger::month month;
  for (;;) {
    if (auto s = gone_on(go_on, found.checked); !s) return s.error();
    const auto page = ask<std::vector<ledger::monthly_snapshot>>([&](auto done) {
      port.snapshots_after(account, month, storage::projection_rows, std::move(done));
    });
    if (!page) return page.error();
    if (page->empty()) return found;
    std::vector<storage::past_question> wanted;
    for (const auto& s : *page) wanted.push_back({s.account, end_of(zone, s.month)});
    const auto ends = ask<std::vector<storage::past_balance>>(
        [&](auto done) { port.booked_before(std::move(wanted), std::move(done)); });
    if (!ends) return ends.error();
    std::vector<storage::version_range> ranges;
    auto last = std::pair{at.account, at.version};
    for (std::size_t i = 0; i < page->size(); ++i) {
      const auto& s = page->at(i);
      const auto above = last.first == s.account ? last.second : 0;
      ranges.push_back({s.account, above, ends->at(i).version});
      last = {s.account, ends->at(i).version};
    }
    const auto sums = ask<std::vector<base::centavos>>(
        [&](auto done) { port.sums(std::move(ranges), std::move(done)); });
    if (!sums) return sums.error();
    for (std::size_t i = 0; i < page->size(); ++i) {
      const auto& s = page->at(i);
      if (at.account != s.account) at = {s.account, 0, {}};
      const auto sum = base::add(at.sum, sums->at(i));
      if (!sum) return base::fail(storage::errc::broken, "the sum of an account overflows");
      at.sum = *sum;
      at.version = ends->at(i).version;
      ++found.checked;
      if (s.balance == at.sum) continue;
      const auto difference = distance(s.balance, at.sum);
      log.error("vai_de_pix.audit", "Divergência de snapshot na conciliação",
                {{"account_id", s.account},
                 {"snapshot_date", observability::code{ledger::to_text(s.month)}},
                 {"diff_abs", observability::divergence_text{base::decimal_text(difference)}}});
      add(found, {s.account, s.month, difference});
    }
    account = page->back().account;
    month = page->back().month;
  }
}

base::result<reconciliation> balances(storage::projection_port& port, observability::log& log,
                                      const may_go_on& go_on) {
  reconciliation found;
  ledger::account_id after;
  for (;;) {
    if (auto s = gone_on(go_on, found.checked); !s) return s.error();
    const auto page = ask<std::vector<ledger::balance_check>>(
        [&](auto done) { port.balance_checks(after, storage::projection_rows, std::move(done)); });
    if (!page) return page.error();
    if (page->empty()) return found;
    for (const auto& c : *page) {
      ++found.checked;
      if (c.agrees()) continue;
      const auto difference = distance(c.stored, c.sum);
      log.error("vai_de_pix.audit", "Divergência de saldo na conciliação",
                {{"account_id", c.account},
                 {"diff_abs", observability::divergence_text{base::decimal_text(difference)}}});
      add(found, {c.account, std::nullopt, difference});
    }
    after = page->back().account;
  }
}

void tell(const reconciliation& part, ledger_check what, base::utc_us now,
          observability::metrics& metrics) {
  metrics.ledger_checked(what).add(static_cast<double>(part.checked));
  metrics.ledger_findings(what).set(static_cast<double>(part.divergences));
  metrics.ledger_check_timestamp(what).set(static_cast<double>(now.count) / 1e6);
}

} // namespace

std::optional<reconcile_scope> parse_scope(std::string_view text) {
  if (text == "snapshots") return reconcile_scope::snapshots;
  if (text == "balances") return reconcile_scope::balances;
  if (text == "all") return reconcile_scope::all;
  return std::nullopt;
}

base::result<reconciliation> reconcile(storage::store& store, const scheduler::zone_rules& zone,
                                       reconcile_scope scope, base::utc_us now,
                                       observability::log& log, observability::metrics& metrics,
                                       const may_go_on& go_on) {
  reconciliation whole;
  auto& port = store.projections();
  if (scope != reconcile_scope::balances) {
    auto part = snapshots(port, zone, log, go_on);
    if (!part) return part.error();
    tell(*part, ledger_check::snapshots, now, metrics);
    if (part->divergences > 0) {
      log.error("vai_de_pix.audit", "Divergências encontradas na conciliação de snapshots",
                {{"checked", part->checked}, {"divergences", part->divergences}});
    } else {
      log.info("vai_de_pix.audit", "Job de conciliação de snapshots concluído",
               {{"checked", part->checked}, {"divergences", part->divergences}});
    }
    merge(whole, std::move(*part));
  }
  if (scope != reconcile_scope::snapshots) {
    auto part = balances(port, log, go_on);
    if (!part) return part.error();
    tell(*part, ledger_check::balances, now, metrics);
    merge(whole, std::move(*part));
  }
  return whole;
}

} // namespace audit
