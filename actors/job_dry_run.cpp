// A dry run: the handler of the kind on the thread of who asks, its effects decided in the book of
// the user, and nothing handed over.
#include "actors/job_effects_command.hpp"
#include "actors/job_executor.hpp"
#include "actors/job_gateway.hpp"
#include "actors/job_owner.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace actors {
namespace {

constexpr int answers_max = 5; ///< of a kind to refusals, one after the other

void show(http::dry_run_report& report, const storage::commit_item& item) {
  report.posted = item.transactions_new;
  report.changed = item.transactions_changed;
  std::map<ledger::account_id, base::centavos> net;
  for (const auto& t : report.posted) net[t.account]; // not those of categories
  for (const auto& t : report.changed) net[t.account];
  for (const auto& e : item.entries)
    if (const auto at = net.find(e.account); at != net.end()) at->second.minor += e.amount.minor;
  report.effects.assign(net.begin(), net.end());
  for (const auto& r : item.user_rows)
    if (const auto* n = std::get_if<ledger::notification>(&r)) report.notifications.push_back(*n);
}

} // namespace

/// Decided where the real one would be, and shown instead of written.
base::status job_gateway::decide_dry(ledger::command what, const base::user_id& user,
                                     base::utc_us deadline, http::dry_run_report& report) {
  const auto to = routes_->shard(ledger::shard_of(user, routes_->shard_count()));
  if (!to) return base::failure{"SHARD_STOPPED", {}};
  ledger::envelope command;
  command.user = user;
  command.deadline = deadline;
  command.what = std::move(what);
  const auto waiting = std::make_shared<slot<ledger::reply>>();
  const auto seen = std::make_shared<dry_look>();
  submit asked;
  asked.command = std::make_shared<const ledger::envelope>(std::move(command));
  asked.to = promise_for(waiting, ledger::reply{base::failure{"DB_UNAVAILABLE", {}}, {}, false});
  asked.dry = seen;
  caf::anon_send(*to, std::move(asked));
  const auto got = waiting->wait_for(
      std::chrono::microseconds{std::max<std::int64_t>(deadline.count - env_.time.now().count, 0)});
  if (!got) return base::failure{"OUTCOME_UNKNOWN", {}};
  auto s = effects_verdict(*got);
  for (const auto& [account, version] : seen->versions)
    report.versions.insert_or_assign(account, version);
  if (s && seen->item) show(report, *seen->item);
  return s;
}

base::result<http::dry_run_report> job_gateway::dry_run(const http::dry_run_request& asked) {
  auto what = completed(asked.what, asked.caller);
  if (!what) return what.error();
  const auto* kind = kinds_->find(what->kind);
  if (kind == nullptr || !kind->dry || !what->user) return base::failure{"NOT_DRY", what->kind};

  http::dry_run_report report;
  report.what = *what;
  const auto failed = [&report](scheduler::job_error why, bool again) {
    report.end = http::dry_run_end::failed;
    report.error = std::move(why);
    report.retryable = again;
    return report;
  };
  auto verdict = run_guarded(*kind, {*what, 1, std::max(env_.time.now(), what->run_at), {}, {}});
  if (auto* bad = std::get_if<job_failed>(&verdict))
    return failed(std::move(bad->error), bad->retryable);
  if (const auto* later = std::get_if<job_snoozed>(&verdict)) {
    report.end = http::dry_run_end::put_off;
    report.until = later->until;
    return report;
  }
  auto& done = std::get<job_done>(verdict);
  report.result = done.result;
  auto effects = std::move(done.effects);
  for (int round = 0; round < answers_max; ++round) {
    report.followers.clear();
    for (auto& next : effects.jobs) {
      next.user = what->user;
      auto follower = completed(next, {*what->user, true});
      if (!follower) return failed({std::string{follower.error().code}, {}, {}}, false);
      report.followers.push_back(std::move(*follower));
    }
    auto command = effects_command(effects.transactions, effects.rows);
    if (!command) return report;
    const auto s = decide_dry(std::move(*command), *what->user, asked.deadline, report);
    if (s) return report;
    if (is_away(s.error())) return s.error();
    if (!effects.if_refused)
      return failed({std::string{s.error().code}, s.error().detail, {}}, false);
    report.refusals.push_back(s.error());
    effects = effects.if_refused(s.error());
  }
  return failed({"EFFECTS_REFUSED", {}, {}}, false);
}

} // namespace actors
