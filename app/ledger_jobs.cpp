#include "app/ledger_jobs.hpp"

#include <chrono>
#include <utility>

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t check_result_max = 60'000; // what a job keeps is 64 KiB
constexpr std::int64_t busy_wait_us = 60 * base::us_per_second;

actors::job_verdict look_at_ledger(const actors::job_context& job, http::ledger_checks& checks,
                                   http::check_wish wish) {
  const auto id = checks.start(std::move(wish));
  // Another look goes on, for a minute or for an hour: no failure, and no attempt.
  if (!id && id.error().code == http::check_running)
    return actors::job_snoozed{{job.now.count + busy_wait_us}};
  if (!id) return actors::try_later(id.error().code);
  for (;;) {
    const auto run = checks.look(*id, 500ms);
    if (!run) return actors::try_later("CHECK_FORGOTTEN");
    if (run->ended && run->failed) return actors::try_later(run->failed->code);
    if (run->ended) {
      if (run->result.size() <= check_result_max) return actors::job_done{run->result, {}};
      return actors::job_done{
          std::string{R"({"passed":)"} + (run->passed ? "true" : "false") + R"(,"cut":true})", {}};
    }
    if (job.progress && run->seen > 0) {
      const auto seen = static_cast<std::int64_t>(run->seen);
      job.progress(seen, seen); // nobody knows how many there are
    }
    // The look itself goes on: it ends by itself, or with the server.
    if (job.stop.stop_requested()) return actors::try_later("INTERRUPTED");
  }
}

actors::job_kind check_kind(std::string name, std::shared_ptr<late_node> node,
                            std::function<http::check_wish(const actors::job_context&)> wish) {
  actors::job_kind k;
  k.name = std::move(name);
  k.run = [node = std::move(node), wish = std::move(wish)](const actors::job_context& job) {
    return look_at_ledger(job, *node->checks.load(), wish(job));
  };
  return k;
}

} // namespace

ledger::month snapshot_month(const scheduler::job& job, base::utc_us now,
                             const scheduler::zone_rules& zone) {
  return ledger::month_of(zone.day_of(job.tick.value_or(now))).previous();
}

std::vector<actors::job_kind> ledger_job_kinds(const std::shared_ptr<late_node>& node,
                                               const scheduler::zone_rules& zone) {
  const auto reconcile = [](std::string scope) {
    return [scope = std::move(scope)](const actors::job_context&) {
      http::check_wish w;
      w.what = http::check_kind::reconcile;
      w.scope = scope;
      return w;
    };
  };
  std::vector<actors::job_kind> all;
  all.push_back(
      check_kind("monthly_balance_snapshots", node, [&zone](const actors::job_context& job) {
        http::check_wish w;
        w.what = http::check_kind::snapshots;
        w.month = snapshot_month(job.what, job.now, zone);
        return w;
      }));
  all.push_back(check_kind("reconcile_snapshots", node, reconcile("snapshots")));
  all.push_back(check_kind("reconcile_balances", node, reconcile("balances")));
  all.push_back(check_kind("ledger_audit", node, [](const actors::job_context&) {
    http::check_wish w;
    w.what = http::check_kind::verify;
    return w;
  }));
  return all;
}

} // namespace app
