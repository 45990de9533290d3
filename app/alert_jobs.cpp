#include "app/alert_jobs.hpp"

#include "app/book_walk.hpp"
#include "app/row_pages.hpp"
#include "ledger/alerts.hpp"
#include "ledger/follow_ups.hpp"
#include "ledger/insights.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace app {
namespace {

using ledger::automation;

/// Sends what is to be asked and decided for one rule. False: the walk is over.
using look_at_rule = std::function<bool(const automation&, http::backend&, book_walk&)>;
using share_position = decltype(ledger::shares_visible_to::after);

/// The rule as it is in the book, when it still is to be looked at.
std::optional<automation> active_rule(const std::vector<ledger::user_rows>& found) {
  auto rule = ledger::row_of<automation>(found.at(0));
  if (!rule || !rule->active) return std::nullopt;
  return rule;
}

/// With what webhooks hear of it: `found` ends with the rules that want to.
ledger::row_change writing(ledger::user_rows rows, const std::vector<ledger::user_rows>& found,
                           base::utc_us at, const ledger::id_maker& new_id) {
  ledger::row_change c;
  for (auto& d :
       ledger::alert_webhooks(rows, ledger::rows_of<automation>(found.back()), at, new_id))
    rows.push_back(std::move(d));
  c.writes = std::move(rows);
  return c;
}

std::optional<ledger::change_rows> watch_now(const automation& rule, const product_surroundings& a,
                                             base::utc_us now) {
  const auto w = ledger::watch_rule_of(rule);
  if (!w) return std::nullopt;
  const auto month = ledger::month_of(a.zone.day_of(now));
  ledger::change_rows wish;
  wish.reads = {ledger::automation_by_id{rule.user, rule.id},
                ledger::alert_states_of{rule.user, rule.id.text()}};
  if (w->what == ledger::watched::balance) {
    wish.reads.emplace_back(ledger::balance_of{rule.user, w->subject});
  } else {
    const auto days = ledger::days_of(month);
    wish.reads.emplace_back(ledger::spent_in{rule.user, w->subject, days.first, days.last});
  }
  wish.reads.emplace_back(ledger::watching_rules_of{rule.user});
  wish.decide = [month, asked = *w,
                 new_id = a.new_id](const std::vector<ledger::user_rows>& found,
                                    base::utc_us at) -> base::result<ledger::row_change> {
    const auto current = active_rule(found);
    const auto watched = current ? ledger::watch_rule_of(*current) : std::nullopt;
    const auto value = ledger::row_of<ledger::row_count>(found.at(2));
    if (!watched || !value) return ledger::row_change{};
    // Edited since it was found: what was read is about something else.
    if (watched->what != asked.what || watched->subject != asked.subject)
      return ledger::row_change{};
    return writing(ledger::watch(*watched, month, {value->count},
                                 ledger::rows_of<ledger::alert_state>(found.at(1)), at, new_id),
                   found, at, new_id);
  };
  return wish;
}

ledger::change_rows remind_now(const automation& rule, const product_surroundings& a,
                               const share_position& behind) {
  ledger::change_rows wish;
  wish.reads = {ledger::automation_by_id{rule.user, rule.id},
                ledger::alert_states_of{rule.user, rule.id.text()}};
  const bool payments = rule.type == "payment_reminder";
  if (payments)
    wish.reads.emplace_back(ledger::shares_visible_to{rule.user, behind});
  else
    wish.reads.emplace_back(ledger::goals_of_user{rule.user});
  wish.reads.emplace_back(ledger::watching_rules_of{rule.user});
  wish.decide = [payments, &zone = a.zone,
                 new_id = a.new_id](const std::vector<ledger::user_rows>& found,
                                    base::utc_us at) -> base::result<ledger::row_change> {
    const auto current = active_rule(found);
    if (!current) return ledger::row_change{};
    const auto known = ledger::rows_of<ledger::alert_state>(found.at(1));
    if (payments)
      return writing(ledger::remind_of_payments(*current,
                                                ledger::rows_of<ledger::share_view>(found.at(2)),
                                                known, at, new_id),
                     found, at, new_id);
    return writing(ledger::remind_of_goals(*current, ledger::rows_of<ledger::goal>(found.at(2)),
                                           known, zone.day_of(at), at, new_id),
                   found, at, new_id);
  };
  return wish;
}

/// Where the next page of a user's shares begins; nothing behind the last one.
base::result<share_position> next_page(http::backend& books, const ledger::user_id& user,
                                       const share_position& behind) {
  const ledger::shares_visible_to asked{user, behind};
  const auto rows = books.user_rows(asked);
  if (!rows) return rows.error();
  if (std::ssize(*rows) < asked.limit) return share_position{};
  // The last expense may go on behind the page: the next one begins with it.
  const auto shares = ledger::rows_of<ledger::share_view>(*rows);
  const auto whole = std::find_if(shares.rbegin(), shares.rend(), [&](const ledger::share_view& v) {
    return v.expense.id != shares.back().expense.id;
  });
  if (whole == shares.rend()) return share_position{};
  return share_position{{whole->expense.created_at, whole->expense.id}};
}

bool remind(const automation& rule, const product_surroundings& a, http::backend& books,
            book_walk& walk) {
  for (share_position behind;;) {
    if (!walk.send(rule.user, remind_now(rule, a, behind))) return false;
    if (rule.type != "payment_reminder") return true;
    const auto next = next_page(books, rule.user, behind);
    if (!next) return false;
    if (!*next) return true;
    behind = *next;
  }
}

actors::job_verdict walk_rules(const product_surroundings& a, const actors::job_context& job,
                               const std::vector<std::string>& types, const look_at_rule& look) {
  auto* books = a.node->books.load();
  if (books == nullptr) return actors::try_later("NOT_READY");
  book_walk walk{*books, a.clock, job};
  std::int64_t seen = 0;
  bool goes_on = true;
  for (const auto& type : types) {
    rule_pages pages{*books, {type}};
    while (goes_on && !pages.over()) {
      const auto rules = pages.next();
      if (!rules) return actors::try_later(rules.error().code);
      for (const auto& rule : *rules) {
        if (!goes_on) break;
        ++seen;
        goes_on = look(rule, *books, walk);
      }
      if (job.progress) job.progress(seen, seen);
    }
  }
  const auto counts = walk.finish();
  if (job.stop.stop_requested()) return actors::try_later("INTERRUPTED");
  if (counts.away || !goes_on) return actors::try_later("DB_UNAVAILABLE");
  return actors::job_done{"{\"rules\":" + std::to_string(seen) +
                              ",\"looked_at\":" + std::to_string(counts.sent) +
                              ",\"refused\":" + std::to_string(counts.refused) + '}',
                          {}};
}

} // namespace

std::vector<actors::job_kind> alert_job_kinds(const product_surroundings& around) {
  const auto kind = [&](std::string name, std::vector<std::string> types, bool watches) {
    actors::job_kind k;
    k.name = std::move(name);
    k.run = [around, types = std::move(types), watches](const actors::job_context& job) {
      return walk_rules(around, job, types,
                        [&](const automation& rule, http::backend& books, book_walk& walk) {
                          if (!watches) return remind(rule, around, books, walk);
                          auto wish = watch_now(rule, around, job.now);
                          return !wish || walk.send(rule.user, std::move(*wish));
                        });
    };
    return k;
  };
  return {kind("budget_alerts", {"budget_alert", "category_limit"}, true),
          kind("low_balance_alerts", {"low_balance_alert"}, true),
          kind("payment_reminders", {"payment_reminder", "goal_reminder"}, false)};
}

} // namespace app
