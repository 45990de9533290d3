#include "app/insights_job.hpp"

#include "app/book_walk.hpp"
#include "app/row_pages.hpp"
#include "app/told_before.hpp"
#include "base/json.hpp"
#include "http/api/insight_reading.hpp"
#include "ledger/insight_events.hpp"
#include "ledger/webhook_event.hpp"

#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace app {
namespace {

using ledger::alert_state;
using observability::code;

/// After as many users in a row whose reads fail on the database it is the database, and no user.
constexpr int outage_users = 3;

/// One of the two runs: what has to be known of a user, and what is to be written for it then.
struct telling_of {
  std::function<std::vector<std::string>(const http::all_insights&)> rules; ///< whose states
  std::function<ledger::user_rows(const ledger::insight_view&, const std::vector<alert_state>&,
                                  base::utc_us, const ledger::id_maker&)>
      tell;
  bool measured; ///< the daily run is what dashboards know
};

std::vector<std::string> rules_of_the_day(const http::all_insights& found) {
  std::vector<std::string> rules;
  if (found.choice.goals_at_risk) rules.emplace_back(ledger::goals_rule);
  if (!found.all.categories.empty()) rules.push_back(ledger::spikes_rule_of(found.of));
  return rules;
}

std::vector<std::string> rules_of_the_week(const http::all_insights& found) {
  if (found.all.categories.empty() && found.all.goals.empty()) return {};
  return {std::string{ledger::summary_rule}};
}

ledger::insight_view view_of(const http::all_insights& found, const ledger::user_id& user) {
  return {user,         found.all.categories,       found.all.goals,
          found.hidden, found.choice.goals_at_risk, found.of};
}

/// What a webhook may want of it, with the id of what it is about.
std::optional<ledger::webhook_event> event_of(const ledger::notification& n) {
  const bool risk = n.type == "insight_goal_risk", spike = n.type == "insight_spending_spike";
  if (!risk && !spike) return {};
  const std::string_view id = risk ? "goal_id" : "category_id";
  ledger::webhook_event e{risk ? "goal_entered_risk_state" : "spending_spike_detected",
                          {{"notification_id", n.id.text()}}};
  const auto read = base::json::read(n.metadata);
  if (const auto* all = std::get_if<base::json::value>(&read))
    if (const auto* about = all->find(id))
      if (const auto* text = about->if_string()) e.ids.emplace_back(id, *text);
  return e;
}

/// Decided anew in the book: a run that is repeated finds that all was told.
ledger::change_rows change_for(std::shared_ptr<const http::all_insights> found,
                               const ledger::user_id& user, const told_before& before,
                               const telling_of& run, const product_surroundings& a) {
  ledger::change_rows wish;
  wish.reads = {ledger::watching_rules_of{user}};
  for (const auto& page : before.pages) wish.reads.emplace_back(page);
  wish.decide = [found = std::move(found), user, tell = run.tell,
                 new_id = a.new_id](const std::vector<ledger::user_rows>& rows,
                                    base::utc_us now) -> base::result<ledger::row_change> {
    ledger::row_change c;
    c.writes = tell(view_of(*found, user), states_in(rows), now, new_id);
    const auto rules = ledger::rows_of<ledger::automation>(rows.at(0));
    ledger::user_rows deliveries;
    for (const auto& r : c.writes) {
      const auto* n = std::get_if<ledger::notification>(&r);
      const auto event = n == nullptr ? std::nullopt : event_of(*n);
      if (!event) continue;
      for (auto& d :
           ledger::webhooks_of(*event, rules, now, [&] { return ledger::delivery_id{new_id()}; }))
        deliveries.emplace_back(std::move(d));
    }
    for (auto& d : deliveries) c.writes.push_back(std::move(d));
    return c;
  };
  return wish;
}

struct insight_run {
  const product_surroundings& around;
  http::backend& books;
  const telling_of& what;
  std::int64_t users = 0, told = 0, failed = 0;
  int away_in_a_row = 0;

  base::result<told_before> before_of(const http::all_insights& found,
                                      const ledger::user_id& user) {
    told_before known;
    for (const auto& rule : what.rules(found)) {
      auto of_rule = told_before_by(books, user, rule);
      if (!of_rule) return of_rule.error();
      std::move(of_rule->pages.begin(), of_rule->pages.end(), std::back_inserter(known.pages));
      std::move(of_rule->states.begin(), of_rule->states.end(), std::back_inserter(known.states));
    }
    return known;
  }

  /// False: it is not this user that keeps the run from going on.
  bool failed_for(const ledger::user_id& user, const base::failure& why) {
    ++failed;
    around.metrics.insights_errors(observability::insights_caller::job).add();
    around.log.warning("vai_de_pix.insights", "Erro ao calcular insights do usuário",
                       {{"event", "insights.failed"}, {"user_id", user}, {"error_code", why}});
    away_in_a_row = why.code.starts_with("DB_") ? away_in_a_row + 1 : 0;
    return away_in_a_row < outage_users;
  }

  /// False: the run ends.
  bool one(book_walk& walk, const ledger::user_record& user, base::utc_us now) {
    ++users;
    const auto begun = around.clock.steady_ns();
    auto found = http::all_insights_for(books, around.zone, now, user.id);
    if (!found) return failed_for(user.id, found.error());
    const auto known = before_of(*found, user.id);
    if (!known) return failed_for(user.id, known.error());
    away_in_a_row = 0;
    if (what.measured) told_computed(user.id, around.clock.steady_ns() - begun);
    // Most users have nothing new: nobody is troubled for them.
    if (what.tell(view_of(*found, user.id), known->states, now, around.new_id).empty()) return true;
    ++told;
    return walk.send(user.id,
                     change_for(std::make_shared<const http::all_insights>(std::move(*found)),
                                user.id, *known, what, around));
  }

  void told_computed(const ledger::user_id& user, std::int64_t took_ns) {
    const std::chrono::nanoseconds took{took_ns};
    around.metrics.insights_compute_duration(observability::insights_source::job).observe(took);
    around.log.info("vai_de_pix.insights", "Insights recalculados (job)",
                    {{"event", "insights_computed"},
                     {"user_id", user},
                     {"duration_ms", took},
                     {"source", code{"job"}}});
  }
};

actors::job_verdict run_over_users(const product_surroundings& a, const actors::job_context& job,
                                   const telling_of& what) {
  if (!a.settings.insights.enabled) return actors::job_done{R"({"enabled":false})", {}};
  auto* books = a.node->books.load();
  book_walk walk{*books, a.clock, job};
  insight_run run{a, *books, what};
  bool goes_on = true;
  user_pages pages{*books, {}};
  while (goes_on && !pages.over()) {
    const auto users = pages.next();
    if (!users) return actors::try_later(users.error().code);
    for (const auto& u : *users) {
      goes_on = !job.stop.stop_requested() && run.one(walk, u, job.now);
      if (!goes_on) break;
    }
    if (job.progress) job.progress(run.users, run.users);
  }
  const auto counts = walk.finish();
  if (job.stop.stop_requested()) return actors::try_later("INTERRUPTED");
  if (!goes_on || counts.away) return actors::try_later("DB_UNAVAILABLE");
  return actors::job_done{"{\"users\":" + std::to_string(run.users) +
                              ",\"told\":" + std::to_string(run.told) +
                              ",\"failed\":" + std::to_string(run.failed + counts.refused) + '}',
                          {}};
}

} // namespace

std::vector<actors::job_kind> insight_job_kinds(const product_surroundings& around) {
  std::vector<actors::job_kind> all(2);
  all[0].name = "insights";
  all[0].lock = "insights_job";
  all[0].run = [around, what = telling_of{rules_of_the_day, ledger::insight_events, true}](
                   const actors::job_context& job) { return run_over_users(around, job, what); };
  all[1].name = "insights_weekly_notifications";
  all[1].run = [around, what = telling_of{rules_of_the_week, ledger::weekly_summary, false}](
                   const actors::job_context& job) { return run_over_users(around, job, what); };
  return all;
}

} // namespace app
