// Goal: what insights tell by themselves: the exact words, each crossing once, and the states of a
//       month apart from those of another.
#include "ledger/insight_events.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(insight_events)

namespace {

using ledger::alert_state;
using ledger::month;
using ledger::notification;
using titles = std::vector<std::string>;

const ledger::user_id ana{"ana"};
constexpr base::utc_us now{1'764'000'000'000'000};
const month november = *ledger::parse_month("2026-11");

ledger::category_variation spending(const std::string& id, std::int64_t permille,
                                    month of = november) {
  ledger::category_variation c;
  c.category = ledger::account_id{id};
  c.name = "cat " + id;
  c.current = {1000 + permille};
  c.previous = {1000};
  c.variation = ledger::permille{permille};
  c.explanation = "Gasto subiu";
  c.hash = "category_variation:" + id + ':' + to_text(of);
  return c;
}

ledger::goal_outlook outlook(const std::string& id, bool at_risk) {
  ledger::goal_outlook g;
  g.goal = ledger::goal_id{id};
  g.name = "meta " + id;
  g.gap = {123'456};
  g.days_left = 20;
  g.risk_reason = "Faltam R$ 1234.56 em 20 dias.";
  g.at_risk = at_risk;
  g.hash = "goal_at_risk:" + id;
  return g;
}

/// A user whose states are kept, as a book does it.
struct told_user {
  std::vector<ledger::category_variation> categories;
  std::vector<ledger::goal_outlook> goals;
  std::set<std::string> hidden;
  bool knows_goals = true;
  month of = november;
  std::vector<alert_state> known;
  int ids = 0;

  std::vector<notification> take(const ledger::user_rows& rows) {
    for (const auto& s : ledger::rows_of<alert_state>(rows)) {
      std::erase_if(known,
                    [&](const auto& k) { return k.rule == s.rule && k.subject == s.subject; });
      known.push_back(s);
    }
    return ledger::rows_of<notification>(rows);
  }
  std::string next_id() { return "n" + std::to_string(++ids); }
  std::vector<notification> run(base::utc_us at = now) {
    return take(ledger::insight_events({ana, categories, goals, hidden, knows_goals, of}, known, at,
                                       [&] { return next_id(); }));
  }
  titles told() {
    titles t;
    for (const auto& n : run()) t.push_back(n.title);
    return t;
  }
  std::vector<notification> summary(base::utc_us at) {
    return take(ledger::weekly_summary({ana, categories, goals, hidden, knows_goals, of}, known, at,
                                       [&] { return next_id(); }));
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_goal_at_risk_is_told_in_the_words_of_the_contract, told_user) {
  goals = {outlook("g", true)};
  const auto told = run();
  BOOST_TEST_REQUIRE(told.size() == 1u);
  BOOST_TEST((told[0].user == ana));
  BOOST_TEST(told[0].type == "insight_goal_risk");
  BOOST_TEST(told[0].title == "Meta em risco: meta g");
  BOOST_TEST(told[0].body == "Faltam R$ 1234.56 em 20 dias.");
  BOOST_TEST(told[0].metadata ==
             R"({"rule_id":"goals_at_risk_v1","goal_id":"g","goal_name":"meta g","gap":1234.56,)"
             R"("days_left":20,"risk_reason":"Faltam R$ 1234.56 em 20 dias."})");
  BOOST_TEST((told[0].created_at == now));
  BOOST_TEST(!told[0].read_at);
}

BOOST_FIXTURE_TEST_CASE(each_goal_has_a_crossing_of_its_own, told_user) {
  goals = {outlook("g", true), outlook("h", false)};
  BOOST_TEST((told() == titles{"Meta em risco: meta g"}));
  goals = {outlook("g", true), outlook("h", true)};
  BOOST_TEST((told() == titles{"Meta em risco: meta h"}));
  goals = {outlook("h", true)}; // reached, due, or gone: armed again
  BOOST_TEST((told() == titles{}));
  goals = {outlook("g", true), outlook("h", true)};
  BOOST_TEST((told() == titles{"Meta em risco: meta g"}));
  BOOST_TEST((told() == titles{}));
}

BOOST_FIXTURE_TEST_CASE(a_list_that_is_switched_off_tells_nothing_and_forgets_nothing, told_user) {
  goals = {outlook("g", true)};
  BOOST_TEST(run().size() == 1u);
  knows_goals = false;
  goals.clear();
  BOOST_TEST(run().empty());
  knows_goals = true;
  goals = {outlook("g", true)};
  BOOST_TEST((told() == titles{})); // it never was out of risk
}

BOOST_FIXTURE_TEST_CASE(what_is_hidden_is_told_when_it_shows_again, told_user) {
  goals = {outlook("g", true)};
  categories = {spending("c", 300)};
  hidden = {goals[0].hash, categories[0].hash};
  BOOST_TEST((told() == titles{}));
  BOOST_TEST(known.empty());
  hidden.clear();
  BOOST_TEST((told() == titles{"Meta em risco: meta g", "Pico de gasto: cat c"}));
}

BOOST_FIXTURE_TEST_CASE(a_spike_begins_at_thirty_percent, told_user) {
  auto fresh = spending("n", 9'999);
  fresh.variation.reset();
  categories = {spending("a", 299), spending("b", 300), spending("d", -300), fresh};
  BOOST_TEST((told() == titles{"Pico de gasto: cat b"}));
  categories[0].variation = ledger::permille{301};
  BOOST_TEST((told() == titles{"Pico de gasto: cat a"}));
}

BOOST_FIXTURE_TEST_CASE(a_spike_is_told_once_for_its_month, told_user) {
  categories = {spending("c", 300)};
  BOOST_TEST((told() == titles{"Pico de gasto: cat c"}));
  categories = {spending("c", 100)};
  BOOST_TEST((told() == titles{}));
  categories = {spending("c", 900)}; // once per hash: falling does not arm it
  BOOST_TEST((told() == titles{}));
  of = november.next();
  categories = {spending("c", 300, of)};
  BOOST_TEST((told() == titles{"Pico de gasto: cat c"}));
}

// What is asked for of a user is one month's states: those of years are more than an answer holds.
BOOST_FIXTURE_TEST_CASE(the_states_of_a_month_stand_under_a_rule_of_their_own, told_user) {
  categories = {spending("c", 300)};
  const auto told = run();
  BOOST_TEST_REQUIRE(known.size() == 1u);
  BOOST_TEST(known[0].rule == "category_monthly_variation_v1/2026-11");
  BOOST_TEST(known[0].rule == ledger::spikes_rule_of(november));
  BOOST_TEST(known[0].subject == "category_variation:c:2026-11");
  BOOST_TEST(told[0].metadata.find(R"("rule_id":"category_monthly_variation_v1",)") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_summary_counts_what_is_shown, told_user) {
  goals = {outlook("g", true), outlook("h", false), outlook("i", true)};
  categories = {spending("c", 10), spending("d", 10), spending("e", 10)};
  hidden = {goals[2].hash, categories[1].hash};
  const auto told = summary(now);
  BOOST_TEST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0].type == "insight_weekly_summary");
  BOOST_TEST(told[0].metadata ==
             R"({"rule_id":"insight_weekly_summary_v1","n_goals_at_risk":1,"n_categories":2})");
  BOOST_TEST(summary({now.count + 6 * base::us_per_day}).empty());
  BOOST_TEST(summary({now.count + 7 * base::us_per_day}).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(goals_that_are_on_their_way_are_nothing_to_say, told_user) {
  goals = {outlook("g", false)};
  BOOST_TEST(summary(now).empty());
  BOOST_TEST(known.empty());
}

BOOST_AUTO_TEST_SUITE_END()
