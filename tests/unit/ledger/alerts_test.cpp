// Goal: each crossing is told once, in the words of the contract; what cannot be read tells
// nothing.
#include "ledger/alerts.hpp"
#include "ledger/insight_events.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(alert_rules)

namespace {

using ledger::alert_state;
using ledger::automation;
using ledger::notification;

const ledger::user_id ana{"ana"};
constexpr base::utc_us now{1'764'000'000'000'000};
const ledger::month november = *ledger::parse_month("2026-11");

std::string next_id() {
  static int n = 0;
  return "id-" + std::to_string(++n);
}

automation rule(const std::string& type, const std::string& conditions) {
  automation a;
  a.id = ledger::automation_id{"r"};
  a.user = ana;
  a.type = type;
  a.conditions = conditions;
  a.actions = "{}";
  return a;
}
std::vector<notification> told(const ledger::user_rows& rows) {
  return ledger::rows_of<notification>(rows);
}
std::vector<alert_state> states(const ledger::user_rows& rows) {
  return ledger::rows_of<alert_state>(rows);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_rule_is_read_in_both_spellings) {
  const auto subject_and_limit = [](const std::string& type, const std::string& conditions) {
    const auto w = ledger::watch_rule_of(rule(type, conditions));
    return w ? w->subject.text() + ' ' + std::to_string(w->limit.minor) : std::string{"-"};
  };
  BOOST_TEST(subject_and_limit("budget_alert", R"({"category":"c","amount":10.07})") == "c 1007");
  BOOST_TEST(subject_and_limit("budget_alert",
                               R"({"category_id":"d","category":"c","amount":"5"})") == "d 500");
  BOOST_TEST(subject_and_limit("category_limit",
                               R"({"category_id":"c","amount_cents":7,"amount":9})") == "c 7");
  BOOST_TEST(subject_and_limit("low_balance_alert", R"({"account_id":"a","amount_cents":0})") ==
             "a 0");
  BOOST_TEST(subject_and_limit("low_balance_alert", R"({"category_id":"a","amount_cents":0})") ==
             "-");
  BOOST_TEST(subject_and_limit("budget_alert", R"({"category":"c"})") == "-");
  BOOST_TEST(subject_and_limit("budget_alert", R"({"category":7,"amount":1})") == "-");
  BOOST_TEST(subject_and_limit("budget_alert", "no JSON") == "-");
  BOOST_TEST(subject_and_limit("round_up", R"({"account_id":"a","amount_cents":0})") == "-");
  auto sleeps = rule("low_balance_alert", R"({"account_id":"a","amount_cents":0})");
  sleeps.active = false;
  BOOST_TEST(!ledger::watch_rule_of(sleeps));
}

BOOST_AUTO_TEST_CASE(it_fires_once_and_is_armed_again) {
  const auto w =
      *ledger::watch_rule_of(rule("budget_alert", R"({"category":"c","amount_cents":1000})"));
  const auto see = [&](std::int64_t spent, const std::vector<alert_state>& known) {
    return ledger::watch(w, november, {spent}, known, now, next_id);
  };
  BOOST_TEST(see(1'000, {}).empty()); // not more than the limit
  const auto fired = see(1'001, {});
  BOOST_TEST_REQUIRE(told(fired).size() == 1u);
  BOOST_TEST(told(fired)[0].metadata ==
             R"({"automation_rule_id":"r","category_id":"c","limit":10.00,"spent":10.01})");
  const auto known = states(fired);
  BOOST_TEST((known == std::vector<alert_state>{{ana, "r", "c:2026-11", true, now}}));
  BOOST_TEST(see(5'000, known).empty());
  const auto armed = see(900, known);
  BOOST_TEST(told(armed).empty());
  BOOST_TEST((states(armed) == std::vector<alert_state>{{ana, "r", "c:2026-11", false, now}}));
  BOOST_TEST(see(900, states(armed)).empty());
  BOOST_TEST(told(see(1'001, states(armed))).size() == 1u);
  // Another month is another subject.
  BOOST_TEST(told(ledger::watch(w, november.next(), {1'001}, known, now, next_id)).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_balance_is_low_below_the_limit) {
  const auto w =
      *ledger::watch_rule_of(rule("low_balance_alert", R"({"account_id":"a","amount_cents":500})"));
  const auto see = [&](std::int64_t held) {
    return told(ledger::watch(w, november, {held}, {}, now, next_id)).size();
  };
  BOOST_TEST(see(500) == 0u);
  BOOST_TEST(see(499) == 1u);
  BOOST_TEST(see(-1) == 1u);
  BOOST_TEST(ledger::subject_of(w, november) == "a");
}

BOOST_AUTO_TEST_CASE(debts_are_reminded_of_once) {
  const auto share = [](const std::string& expense, const std::string& status,
                        std::int64_t days_ago, const ledger::user_id& by = ana) {
    ledger::share_view v;
    v.expense.id = ledger::shared_expense_id{expense};
    v.expense.user = by;
    v.expense.created_at = {now.count - days_ago * base::us_per_day};
    v.share.status = status;
    return v;
  };
  auto cancelled = share("e9", "pending", 30);
  cancelled.expense.cancelled = true;
  const std::vector shares{share("e1", "pending", 7),
                           share("e1", "pending", 7),
                           share("e2", "pending", 6),
                           share("e3", "accepted", 30),
                           share("e4", "rejected", 30),
                           share("e5", "pending", 30, ledger::user_id{"bia"}),
                           cancelled};
  const auto see = [&](const std::string& conditions, const std::vector<alert_state>& known) {
    std::vector<std::string> about;
    for (const auto& s : states(ledger::remind_of_payments(rule("payment_reminder", conditions),
                                                           shares, known, now, next_id)))
      about.push_back(s.subject);
    return about;
  };
  using texts = std::vector<std::string>;
  BOOST_TEST((see("{}", {}) == texts{"e1"}));
  BOOST_TEST((see(R"({"days_after_creation":6})", {}) == texts{"e1", "e2"}));
  BOOST_TEST((see("{}", {{ana, "r", "e1", true, now}}) == texts{}));
}

BOOST_AUTO_TEST_CASE(goals_are_reminded_of_once_for_each_date) {
  constexpr base::civil_day today{20'000};
  const auto goal = [&](const std::string& id, std::int32_t in_days, std::int64_t current = 0) {
    ledger::goal g;
    g.id = ledger::goal_id{id};
    g.name = id;
    g.target = {100};
    g.current = {current};
    g.due_day = {today.count + in_days};
    return g;
  };
  const std::vector goals{goal("a", 0), goal("b", 7), goal("c", 8), goal("d", 3, 100),
                          goal("e", -1)};
  const auto see = [&](const std::string& conditions, const std::vector<alert_state>& known) {
    std::vector<std::string> about;
    for (const auto& s : states(ledger::remind_of_goals(rule("goal_reminder", conditions), goals,
                                                        known, today, now, next_id)))
      about.push_back(s.subject.substr(0, 1));
    return about;
  };
  using texts = std::vector<std::string>;
  BOOST_TEST((see("{}", {}) == texts{"a", "b"}));
  BOOST_TEST((see(R"({"days_before":8})", {}) == texts{"a", "b", "c"}));
  BOOST_TEST((see(R"({"goal_id":"b"})", {}) == texts{"b"}));
  const auto first = states(ledger::remind_of_goals(rule("goal_reminder", R"({"goal_id":"b"})"),
                                                    goals, {}, today, now, next_id));
  BOOST_TEST((see(R"({"goal_id":"b"})", first) == texts{}));
}

// -- insights -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_spike_is_told_once_and_what_is_hidden_is_not) {
  ledger::category_variation c;
  c.category = ledger::account_id{"c"};
  c.name = "mercado";
  c.current = {1'300};
  c.previous = {1'000};
  c.variation = ledger::permille{300};
  c.hash = "category_variation:c:2026-11";
  auto below = c;
  below.variation = ledger::permille{299};
  below.hash = "below";
  auto fresh = c;
  fresh.variation.reset();
  fresh.hash = "new";
  const std::vector categories{c, below, fresh};
  const std::vector<ledger::goal_outlook> none;
  const std::set<std::string> all_shown, hides{c.hash};
  const auto see = [&](const std::set<std::string>& hidden, const std::vector<alert_state>& known) {
    return ledger::insight_events({ana, categories, none, hidden}, known, now, next_id);
  };
  const auto first = see(all_shown, {});
  BOOST_TEST_REQUIRE(told(first).size() == 1u);
  BOOST_TEST(told(first)[0].title == "Pico de gasto: mercado");
  BOOST_TEST(told(first)[0].metadata ==
             R"({"rule_id":"category_monthly_variation_v1","category_id":"c",)"
             R"("category_name":"mercado","variation_pct":30.0,"current_amount":13.00,)"
             R"("previous_amount":10.00})");
  BOOST_TEST(see(all_shown, states(first)).empty());
  BOOST_TEST(see(hides, {}).empty());
}

BOOST_AUTO_TEST_CASE(a_goal_is_told_when_it_comes_at_risk) {
  ledger::goal_outlook g;
  g.goal = ledger::goal_id{"g"};
  g.name = "casa";
  g.gap = {500};
  g.days_left = 9;
  g.risk_reason = "Faltam";
  g.at_risk = true;
  g.hash = "goal_at_risk:g";
  const std::vector<ledger::category_variation> none;
  const std::set<std::string> shown;
  const auto see = [&](bool at_risk, const std::vector<alert_state>& known, bool asked = true) {
    g.at_risk = at_risk;
    const std::vector goals{g};
    return ledger::insight_events({ana, none, goals, shown, asked}, known, now, next_id);
  };
  BOOST_TEST(see(false, {}).empty());
  const auto first = see(true, {});
  BOOST_TEST(told(first).size() == 1u);
  BOOST_TEST(see(true, states(first)).empty());
  BOOST_TEST(see(false, states(first), false).empty()); // nobody asked for goals
  const auto safe = see(false, states(first));
  BOOST_TEST(told(safe).empty());
  BOOST_TEST(told(see(true, states(safe))).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_summary_comes_once_a_week) {
  ledger::category_variation c;
  c.hash = "h";
  const std::vector categories{c};
  const std::vector<ledger::category_variation> nothing;
  const std::vector<ledger::goal_outlook> goals;
  const std::set<std::string> shown, hides{"h"};
  const auto see = [&](const auto& of, const std::set<std::string>& hidden, base::utc_us at,
                       const std::vector<alert_state>& known) {
    return ledger::weekly_summary({ana, of, goals, hidden}, known, at, next_id);
  };
  BOOST_TEST(see(nothing, shown, now, {}).empty());
  BOOST_TEST(see(categories, hides, now, {}).empty());
  const auto first = see(categories, shown, now, {});
  BOOST_TEST_REQUIRE(told(first).size() == 1u);
  BOOST_TEST(told(first)[0].metadata ==
             R"({"rule_id":"insight_weekly_summary_v1","n_goals_at_risk":0,"n_categories":1})");
  const base::utc_us day_six{now.count + 6 * base::us_per_day};
  const base::utc_us day_seven{now.count + 7 * base::us_per_day};
  BOOST_TEST(see(categories, shown, day_six, states(first)).empty());
  BOOST_TEST(told(see(categories, shown, day_seven, states(first))).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
