#include "app/alert_jobs.hpp"

#include "app/book_walk.hpp"
#include "app/row_pages.hpp"
#include "app/told_before.hpp"
#include "ledger/alerts.hpp"
#include "ledger/follow_ups.hpp"
#include "ledger/insights.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace app {
namespace {

using ledger::automation;

/// Sends what is to be asked and decided for one rule. False: the walk is over.
using look_at_rule = std::function<bool(const automation&, http::backend&, book_walk&)>;
using share_position = decltype(ledger::shares_visible_to::after);

/// Subjects of one change: each is a question of its own.
constexpr std::size_t told_at_once = 100;

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
                ledger::alert_states_of{rule.user, rule.id.text(), ledger::subject_of(*w, month)}};
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

/// What a reminder looks at: a page of shares, or all goals.
ledger::row_question seen_by(const automation& rule, const share_position& behind) {
  if (rule.type == "payment_reminder") return ledger::shares_visible_to{rule.user, behind};
  return ledger::goals_of_user{rule.user};
}

ledger::user_rows remind_of(const automation& rule, const ledger::user_rows& seen,
                            const std::vector<ledger::alert_state>& known, base::utc_us now,
                            const product_surroundings& a) {
  if (rule.type == "payment_reminder")
    return ledger::remind_of_payments(rule, ledger::rows_of<ledger::share_view>(seen), known, now,
                                      a.new_id);
  return ledger::remind_of_goals(rule, ledger::rows_of<ledger::goal>(seen), known,
                                 a.zone.day_of(now), now, a.new_id);
}

/// Only what is about these subjects.
ledger::user_rows about(const std::set<std::string>& subjects, const ledger::user_rows& seen) {
  ledger::user_rows kept;
  for (const auto& r : seen) {
    const auto* share = std::get_if<ledger::share_view>(&r);
    const auto* goal = std::get_if<ledger::goal>(&r);
    if ((share != nullptr && subjects.contains(ledger::subject_of(share->expense))) ||
        (goal != nullptr && subjects.contains(ledger::subject_of(*goal))))
      kept.push_back(r);
  }
  return kept;
}

/// Decided anew in the book, with the states of these subjects and no others.
ledger::change_rows remind_now(const automation& rule, const product_surroundings& a,
                               const share_position& behind, std::set<std::string> subjects) {
  ledger::change_rows wish;
  wish.reads = {ledger::automation_by_id{rule.user, rule.id}, seen_by(rule, behind)};
  for (const auto& s : subjects)
    wish.reads.emplace_back(ledger::alert_states_of{rule.user, rule.id.text(), s});
  wish.reads.emplace_back(ledger::watching_rules_of{rule.user});
  wish.decide = [asked = rule.type, subjects = std::move(subjects),
                 a](const std::vector<ledger::user_rows>& found,
                    base::utc_us at) -> base::result<ledger::row_change> {
    const auto current = active_rule(found);
    if (!current || current->type != asked) return ledger::row_change{};
    return writing(remind_of(*current, about(subjects, found.at(1)), states_in(found), at, a),
                   found, at, a.new_id);
  };
  return wish;
}

/// Where the next page of a user's shares begins; nothing behind the last one.
share_position behind_page(const ledger::user_rows& page) {
  if (std::ssize(page) < ledger::user_rows_max) return {};
  // The last expense may go on behind the page: the next one begins with it.
  const auto shares = ledger::rows_of<ledger::share_view>(page);
  const auto whole = std::find_if(shares.rbegin(), shares.rend(), [&](const ledger::share_view& v) {
    return v.expense.id != shares.back().expense.id;
  });
  if (whole == shares.rend()) return {};
  return {{whole->expense.created_at, whole->expense.id}};
}

bool remind(const automation& rule, const product_surroundings& a, base::utc_us now,
            http::backend& books, book_walk& walk) {
  const auto before = told_before_by(books, rule.user, rule.id.text());
  if (!before) return false;
  for (share_position behind;;) {
    const auto seen = books.user_rows(seen_by(rule, behind));
    if (!seen) return false;
    std::set<std::string> subjects;
    const auto send = [&] {
      return walk.send(rule.user, remind_now(rule, a, behind, std::exchange(subjects, {})));
    };
    for (const auto& s :
         ledger::rows_of<ledger::alert_state>(remind_of(rule, *seen, before->states, now, a))) {
      subjects.insert(s.subject);
      if (subjects.size() == told_at_once && !send()) return false;
    }
    if (!subjects.empty() && !send()) return false;
    if (rule.type != "payment_reminder") return true;
    behind = behind_page(*seen);
    if (!behind) return true;
  }
}

actors::job_verdict walk_rules(const product_surroundings& a, const actors::job_context& job,
                               const std::vector<std::string>& types, const look_at_rule& look) {
  auto* books = a.node->books.load();
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
                          if (!watches) return remind(rule, around, job.now, books, walk);
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
