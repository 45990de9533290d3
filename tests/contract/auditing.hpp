// What   What an auditor needs: where the month of scribe's time ends, snapshots, reconciliation.
// Threads the test's.
#pragma once

#include "audit/monthly_snapshots.hpp"
#include "audit/reconciliation.hpp"
#include "ledger/month.hpp"
#include "scheduler/zone_rules.hpp"
#include "tests/contract/scribe.hpp"

#include <map>

namespace contract {

// start is 2025-11-24T16:00Z; months end at three o'clock UTC.
inline const scheduler::zone_rules sao_paulo{"America/Sao_Paulo", -3 * 3600, {}};
inline constexpr ledger::month november{(2025 - 1970) * 12 + 10};
inline constexpr base::utc_us of_november_end{1'764'558'000'000'000}; // 2025-12-01T03:00Z

inline constexpr base::utc_us much_later{start.count + 400 * base::us_per_day};

struct quiet {
  surroundings around;
  audit::snapshot_run snapshots(world& w, ledger::month m,
                                std::optional<ledger::account_id> only = {}) {
    const auto run =
        audit::compute_monthly_snapshots(w.store(), sao_paulo, m, only, much_later, around.log);
    BOOST_REQUIRE_MESSAGE(run.has_value(), (run ? ""s : std::string{run.error().code}));
    return *run;
  }
  audit::reconciliation reconcile(world& w, audit::reconcile_scope scope) {
    const auto found =
        audit::reconcile(w.store(), sao_paulo, scope, much_later, around.log, around.metrics);
    BOOST_REQUIRE_MESSAGE(found.has_value(), (found ? ""s : std::string{found.error().code}));
    return *found;
  }
};

inline std::map<std::string, std::int64_t> snapshots_of(world& w, ledger::month m) {
  std::map<std::string, std::int64_t> found;
  for (const auto& s : value_of<std::vector<ledger::monthly_snapshot>>([&](auto done) {
         w.store().projections().snapshots_after(ledger::account_id{}, {0}, 1000, std::move(done));
       }))
    if (s.month == m) found[s.account.text()] = s.balance.minor;
  return found;
}

} // namespace contract
