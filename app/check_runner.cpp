#include "app/check_runner.hpp"

#include "app/check_report.hpp"
#include "base/random.hpp"
#include "ledger/errc.hpp"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

namespace app {
namespace {

constexpr std::size_t runs_max = 20;

/// The gauges of a check of the ledger, from a verify of all of it.
void tell(const audit::verification& found, base::utc_us now, observability::metrics& metrics) {
  using ledger::invariant;
  using observability::ledger_check;
  const std::pair<ledger_check, std::vector<invariant>> parts[]{
      {ledger_check::chain, {invariant::ledger_append_only}},
      {ledger_check::entries,
       {invariant::balanced, invariant::has_entries, invariant::soft_delete_reversal,
        invariant::transfer_net_zero, invariant::same_owner, invariant::stored_answers}},
      {ledger_check::balances,
       {invariant::ledger_balance, invariant::within_limits, invariant::goal, invariant::envelope,
        invariant::shares_exact}},
      {ledger_check::snapshots, {invariant::snapshot}}};
  for (const auto& [check, invariants] : parts) {
    std::uint64_t checked = 0, faults = 0;
    for (const auto i : invariants) {
      checked += found.ledger[i].checked;
      faults += found.ledger[i].faults;
    }
    metrics.ledger_checked(check).add(static_cast<double>(checked));
    metrics.ledger_findings(check).set(static_cast<double>(faults));
    metrics.ledger_check_timestamp(check).set(static_cast<double>(now.count) / 1e6);
  }
}

/// WithinLimits and StoredAnswers have no series: the first is no fault, the second is a finding
/// among the entries.
void count_violations(const ledger::audit_report& found, observability::metrics& metrics) {
  using label = observability::invariant;
  const auto& names = observability::label_values<label>::values;
  for (std::size_t i = 0; i < ledger::invariant_count; ++i) {
    const auto at =
        std::find(names.begin(), names.end(), ledger::to_text(static_cast<ledger::invariant>(i)));
    if (at == names.end()) continue;
    const auto which = static_cast<label>(at - names.begin());
    metrics.ledger_invariant_violations(which).add(static_cast<double>(found.findings[i].faults));
  }
}

} // namespace

base::result<std::string> check_runner::start(http::check_wish wish) {
  const std::lock_guard hold(mutex_);
  if (stopping_) return base::fail(storage::errc::shutting_down);
  if (const auto* busy = http::running_of(runs_))
    return base::failure{http::check_running, busy->id};
  if (thread_.joinable()) thread_.join(); // has ended
  auto id = around_.new_id();
  runs_.push_front({id, wish, around_.clock.now()});
  try {
    thread_ = std::thread([this, id, wish = std::move(wish)] { run(id, wish); });
  } catch (const std::system_error&) {
    runs_.pop_front();
    return base::fail(storage::errc::overloaded);
  }
  forget_old();
  return id;
}

void check_runner::forget_old() {
  while (runs_.size() > runs_max && runs_.back().ended) runs_.pop_back();
}

void check_runner::backfilled(const http::backfill_page& page) {
  const std::lock_guard hold(mutex_);
  auto whole = backfill_.add(page);
  if (!whole) return;
  whole->id = around_.new_id();
  whole->ended = around_.clock.now();
  runs_.push_front(std::move(*whole));
  forget_old();
}

std::optional<http::check_run> check_runner::look(const std::string& id,
                                                  std::chrono::milliseconds patience) {
  std::unique_lock hold(mutex_);
  ended_.wait_for(hold, patience, [&] {
    const auto* run = find(id);
    return stopping_ || run == nullptr || run->ended;
  });
  const auto* run = find(id);
  return run == nullptr ? std::nullopt : std::optional{*run};
}

std::vector<http::check_run> check_runner::recent() {
  const std::lock_guard hold(mutex_);
  return {runs_.begin(), runs_.end()};
}

void check_runner::begin_stop() {
  const std::lock_guard hold(mutex_);
  stopping_ = true;
  ended_.notify_all();
}

void check_runner::stop() {
  begin_stop();
  if (thread_.joinable()) thread_.join();
}

http::check_run* check_runner::find(const std::string& id) {
  const auto at = std::find_if(runs_.begin(), runs_.end(), [&](auto& run) { return run.id == id; });
  return at == runs_.end() ? nullptr : &*at;
}

void check_runner::run(const std::string& id, const http::check_wish& wish) {
  base::result<ending> end = base::failure{"INTERNAL_ERROR", {}};
  try {
    end = walk(id, wish);
  } catch (const std::exception& e) {
    end = base::failure{"INTERNAL_ERROR", e.what()};
  }
  // What an operator mistyped is told to them, and wakes nobody.
  const auto mistyped = ledger::code_text(ledger::errc::account_not_found);
  if (!end && end.error().code != storage::code_text(storage::errc::shutting_down) &&
      end.error().code != mistyped)
    around_.log.error("vai_de_pix.audit", "Verificação não terminou",
                      {{"event", "check.failed"},
                       {"kind", observability::code{to_text(wish.what)}},
                       {"error_code", end.error()}});
  const std::lock_guard hold(mutex_);
  if (auto* mine = find(id)) {
    mine->ended = around_.clock.now();
    if (end) {
      mine->result = std::move(end->result);
      mine->passed = end->passed;
    } else {
      mine->failed = end.error();
    }
  }
  ended_.notify_all();
}

base::result<check_runner::ending> check_runner::walk(const std::string& id,
                                                      const http::check_wish& wish) {
  switch (wish.what) {
  case http::check_kind::verify: return verify(id, wish);
  case http::check_kind::reconcile: return reconcile(id, wish);
  case http::check_kind::snapshots: return snapshots(id, wish);
  case http::check_kind::backfill: break; // its pages are worked through elsewhere
  }
  return base::failure{"INTERNAL_ERROR", {}};
}

base::result<check_runner::ending> check_runner::verify(const std::string& id,
                                                        const http::check_wish& wish) {
  auto& a = around_;
  const auto books =
      storage::open_bulk(a.database, storage::transaction_use::read, a.clock, a.log, a.metrics);
  if (!books) return books.error();
  const audit::verify_scope scope{wish.user, wish.account};
  const auto found = audit::verify(**books, a.zone, scope, a.clock.now(), base::system_seed(),
                                   [&](const audit::verify_counts& n) {
                                     const std::lock_guard hold(mutex_);
                                     if (auto* mine = find(id)) {
                                       mine->progress = text_of(n);
                                       mine->seen = n.commits + n.entries + n.transactions;
                                     }
                                     return !stopping_;
                                   });
  if (!found) return found.error();
  if (scope.whole()) tell(*found, a.clock.now(), a.metrics);
  count_violations(found->ledger, a.metrics);
  const auto say = [&](std::string_view invariant, std::uint64_t faults) {
    if (faults == 0) return;
    a.log.error("vai_de_pix.audit", "Invariante do ledger violada",
                {{"event", "ledger.invariant_violated"},
                 {"invariant", observability::code{invariant}},
                 {"violations", faults}});
  };
  for (std::size_t i = 0; i < ledger::invariant_count; ++i)
    say(to_text(static_cast<ledger::invariant>(i)), found->ledger.findings[i].faults);
  say("AuditLog", found->log.faults());
  return ending{base::json::write(report_of(*found)), found->sound()};
}

/// Each page of the walk tells how far it is, and asks whether it goes on.
bool check_runner::goes_on(const std::string& id, std::string_view of, std::uint64_t seen) {
  const std::lock_guard hold(mutex_);
  if (auto* mine = find(id)) {
    mine->seen = seen;
    mine->progress = fmt::format("{} {}", seen, of);
  }
  return !stopping_;
}

base::result<check_runner::ending> check_runner::reconcile(const std::string& id,
                                                           const http::check_wish& wish) {
  auto& a = around_;
  const auto scope = audit::parse_scope(wish.scope);
  if (!scope) return base::failure{"INTERNAL_ERROR", "no such scope"};
  const auto found = audit::reconcile(a.store, a.zone, *scope, a.clock.now(), a.log, a.metrics,
                                      [&](std::uint64_t n) { return goes_on(id, "balances", n); });
  if (!found) return found.error();
  return ending{base::json::write(report_of(*found)), found->divergences == 0};
}

base::result<check_runner::ending> check_runner::snapshots(const std::string& id,
                                                           const http::check_wish& wish) {
  auto& a = around_;
  const auto now = a.clock.now();
  const auto month = wish.month.value_or(audit::last_ended_month(a.zone, now));
  const auto run =
      audit::compute_monthly_snapshots(a.store, a.zone, month, wish.account, now, a.log,
                                       [&](std::uint64_t n) { return goes_on(id, "accounts", n); });
  if (!run) return run.error();
  return ending{base::json::write(report_of(*run)), true};
}

} // namespace app
