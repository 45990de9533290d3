#include "ledger/insights.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace ledger;
using base::centavos;

BOOST_AUTO_TEST_SUITE(insights)

namespace {

constexpr std::int64_t largest = base::amount_minor_max;
constexpr std::int64_t edge = std::numeric_limits<std::int64_t>::max();
const month november{682}; // of 2026

monthly_sums sums(std::vector<std::pair<std::string, std::int64_t>> expenses) {
  monthly_sums s;
  for (const auto& [id, minor] : expenses)
    s.categories.push_back({account_id{id}, {5}, {minor}, "Nome de " + id, 1, 1});
  return s;
}

category_variation variation(std::int64_t previous, std::int64_t current) {
  const auto all = category_variations({november, sums({{"c", current}}), sums({{"c", previous}})});
  BOOST_REQUIRE(all.size() == 1u);
  return all.front();
}

std::string percent(std::int64_t previous, std::int64_t current) {
  return percent_text(variation(previous, current).variation.value());
}

/// In São Paulo.
base::civil_day local_day(base::utc_us at) {
  return base::day_of({at.count - 3 * 3600 * base::us_per_second});
}

const auto today = base::make_day(2026, 11, 24);

/// Made at local noon, `age` days ago; due in `days_left` days.
goal goal_of(std::int64_t current, std::int64_t target, std::int32_t days_left,
             std::int32_t age = 0) {
  goal g;
  g.id = goal_id{"g"};
  g.user = user_id{"ana"};
  g.name = "Viagem";
  g.target = {target};
  g.current = {current};
  g.due_day = {today.count + days_left};
  g.status = "active";
  g.created_at = {base::start_of({today.count - age}).count + 15 * 3600 * base::us_per_second};
  return g;
}

std::vector<goal_outlook> outlooks(const std::vector<goal>& goals) {
  return goal_outlooks(goals, today, local_day);
}

goal_outlook outlook(const goal& g) {
  const auto all = outlooks({g});
  BOOST_REQUIRE(all.size() == 1u);
  return all.front();
}

bool at_risk(std::int64_t current, std::int64_t target, std::int32_t days_left,
             std::int32_t age = 0) {
  return outlook(goal_of(current, target, days_left, age)).at_risk;
}

std::int64_t needed(std::int64_t gap, std::int32_t days_left) {
  return outlook(goal_of(0, gap, days_left)).needed.minor;
}

template <class Insight> std::string hashes(const std::vector<Insight>& all) {
  std::string text;
  for (const auto& i : all) text += i.hash + ' ';
  return text;
}

insight_feedback said(const std::string& hash, std::string_view status, base::utc_us at) {
  return {user_id{"ana"}, hash, "goal_at_risk", std::string{status}, at};
}

} // namespace

// -- categories -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_was_not_spent_before_has_no_variation) {
  for (const auto& before : {sums({{"c", 0}}), sums({}), sums({{"other", 9}})}) {
    const auto all = category_variations({november, sums({{"c", 1007}}), before});
    BOOST_REQUIRE(all.size() == 1u);
    const auto& v = all.front();
    BOOST_TEST(!v.variation.has_value());
    BOOST_TEST(v.explanation == "Novo gasto neste mês: R$ 10.07");
    BOOST_TEST(v.name == "Nome de c");
    BOOST_TEST(v.current.minor == 1007);
    BOOST_TEST(v.previous.minor == 0);
    BOOST_TEST(v.impact.minor == 1007);
    BOOST_TEST(v.hash == "category_variation:c:2026-11");
  }
}

BOOST_AUTO_TEST_CASE(a_variation_has_one_decimal_rounded_half_up_by_its_size) {
  BOOST_TEST(percent(8000, 10'000) == "25.0");
  BOOST_TEST(percent(10'000, 8000) == "-20.0");
  BOOST_TEST(percent(10'000, 11'224) == "12.2");
  BOOST_TEST(percent(10'000, 11'225) == "12.3"); // 12.25
  BOOST_TEST(percent(10'000, 11'235) == "12.4"); // 12.35
  BOOST_TEST(percent(10'000, 8775) == "-12.3");
  BOOST_TEST(percent(10'000, 8776) == "-12.2");
  BOOST_TEST(percent(3, 4) == "33.3");
  BOOST_TEST(percent(3, 5) == "66.7");
  BOOST_TEST(percent(2000, 2001) == "0.1"); // 0.05
  BOOST_TEST(percent(2000, 1999) == "-0.1");
  BOOST_TEST(percent(10'000, 10'004) == "0.0");
  BOOST_TEST(percent(10'000, 9996) == "0.0"); // no minus before nothing
  BOOST_TEST(percent(7, 7) == "0.0");
}

BOOST_AUTO_TEST_CASE(a_variation_does_not_wrap) {
  BOOST_TEST(percent(1, largest) == "99999999999999800.0");
  BOOST_TEST(percent(largest, 1) == "-100.0");
  BOOST_TEST(percent(largest, largest) == "0.0");
  // A month of a category is a sum: it may be as large as the integers are.
  BOOST_TEST(percent(1, edge) == "922337203685477580600.0");
  BOOST_TEST(percent(edge, 1) == "-100.0");
  BOOST_TEST(variation(1, edge).impact.minor == edge - 1);
  BOOST_TEST(variation(edge, 1).impact.minor == edge - 1);
}

BOOST_AUTO_TEST_CASE(the_text_says_whether_it_rose_and_names_both_amounts) {
  BOOST_TEST(variation(8000, 10'007).explanation ==
             "Gasto subiu 25.1% em relação ao mês anterior: de R$ 80.00 para R$ 100.07");
  BOOST_TEST(variation(10'007, 5).explanation ==
             "Gasto caiu 100.0% em relação ao mês anterior: de R$ 100.07 para R$ 0.05");
  BOOST_TEST(variation(10'000, 9999).explanation ==
             "Gasto caiu 0.0% em relação ao mês anterior: de R$ 100.00 para R$ 99.99");
  BOOST_TEST(variation(700, 700).explanation ==
             "Gasto subiu 0.0% em relação ao mês anterior: de R$ 7.00 para R$ 7.00");
  BOOST_TEST(variation(8000, 10'007).impact.minor == 2007);
  BOOST_TEST(variation(10'007, 8000).impact.minor == 2007);
}

BOOST_AUTO_TEST_CASE(only_what_cost_something_this_month_largest_difference_first) {
  const auto all = category_variations(
      {november, sums({{"a", 100}, {"b", 0}, {"c", 900}, {"d", 1000}, {"e", 50}}),
       sums({{"a", 0}, {"b", 5000}, {"c", 1000}, {"d", 995}, {"e", 2000}, {"f", 7}})});
  BOOST_TEST(hashes(all) == "category_variation:e:2026-11 category_variation:a:2026-11 "
                            "category_variation:c:2026-11 category_variation:d:2026-11 ");
  const auto equal =
      category_variations({november, sums({{"b", 3}, {"a", 5}, {"c", 3}}), sums({{"a", 8}})});
  BOOST_TEST(hashes(equal) == "category_variation:a:2026-11 category_variation:b:2026-11 "
                              "category_variation:c:2026-11 ");
  BOOST_TEST(category_variations({november, sums({}), sums({{"a", 8}})}).empty());
}

BOOST_AUTO_TEST_CASE(a_month_ends_with_its_last_day) {
  const auto text = [](const char* m) {
    const auto days = days_of(parse_month(m).value());
    return base::to_text(days.first) + ' ' + base::to_text(days.last);
  };
  BOOST_TEST(text("2026-11") == "2026-11-01 2026-11-30");
  BOOST_TEST(text("2026-12") == "2026-12-01 2026-12-31");
  BOOST_TEST(text("2026-02") == "2026-02-01 2026-02-28");
  BOOST_TEST(text("2028-02") == "2028-02-01 2028-02-29");
  BOOST_TEST(text("2100-02") == "2100-02-01 2100-02-28");
  BOOST_TEST(base::to_text(days_of(parse_month("2027-01")->previous()).last) == "2026-12-31");
}

// -- goals ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_goal_that_is_neither_reached_nor_due_is_listed) {
  const auto o = outlook(goal_of(2500, 10'007, 45, 90));
  BOOST_TEST(o.goal.text() == "g");
  BOOST_TEST(o.name == "Viagem");
  BOOST_TEST(o.target.minor == 10'007);
  BOOST_TEST(o.current.minor == 2500);
  BOOST_TEST(base::to_text(o.due) == "2027-01-08");
  BOOST_TEST(o.gap.minor == 7507);
  BOOST_TEST(o.days_left == 45);
  BOOST_TEST(o.needed.minor == 5005); // 5004.67
  BOOST_TEST(o.risk_reason ==
             "Faltam R$ 75.07 em 45 dias. Necessário ~R$ 50.05/mês para atingir no prazo.");
  BOOST_TEST(o.hash == "goal_at_risk:g");
  BOOST_TEST(outlooks({goal_of(100, 100, 10)}).empty());
  BOOST_TEST(outlooks({goal_of(99, 100, 10)}).size() == 1u);
  BOOST_TEST(outlooks({goal_of(0, 100, 0)}).empty());
  BOOST_TEST(outlooks({goal_of(0, 100, -1)}).empty());
  BOOST_TEST(outlooks({goal_of(0, 100, 1)}).size() == 1u);
  // What a client called it does not count.
  for (const char* status : {"achieved", "overdue", "on_track", "at_risk"}) {
    auto g = goal_of(0, 100, 1);
    g.status = status;
    BOOST_TEST(outlooks({g}).size() == 1u, status);
  }
}

BOOST_AUTO_TEST_CASE(what_is_needed_a_month_is_rounded_half_up) {
  BOOST_TEST(needed(1000, 1) == 4000); // a quarter of a month at least
  BOOST_TEST(needed(1000, 7) == 4000);
  BOOST_TEST(needed(1000, 8) == 3750);
  BOOST_TEST(needed(1000, 30) == 1000);
  BOOST_TEST(needed(1000, 60) == 500);
  BOOST_TEST(needed(1000, 31) == 968);  // 967.74
  BOOST_TEST(needed(1000, 29) == 1034); // 1034.48
  BOOST_TEST(needed(1, 61) == 0);
  BOOST_TEST(needed(1, 60) == 1); // 0.5
  BOOST_TEST(needed(3, 60) == 2); // 1.5
  BOOST_TEST(needed(5, 60) == 3); // 2.5
  BOOST_TEST(needed(largest, 1) == 4 * largest);
  BOOST_TEST(needed(largest, 60'000) == 500'000'000'000); // 499999999999.9995
}

BOOST_AUTO_TEST_CASE(more_than_one_fifth_above_the_pace_is_a_risk) {
  BOOST_TEST(!at_risk(1000, 2200, 30, 30)); // 12.00 against 10.00: exactly
  BOOST_TEST(at_risk(1000, 2201, 30, 30));
  BOOST_TEST(!at_risk(1000, 2199, 30, 30));
  BOOST_TEST(!at_risk(1000, 5800, 30, 7)); // 48.00 against 40.00
  BOOST_TEST(!at_risk(1000, 5800, 30, 0)); // as good as a week old
  BOOST_TEST(at_risk(1000, 5801, 30, 0));
  BOOST_TEST(at_risk(1000, 5800, 30, 8));
  BOOST_TEST(!at_risk(1000, 5800, 30, -400)); // made by a clock that was ahead
  BOOST_TEST(at_risk(1, largest, 1));
  BOOST_TEST(!at_risk(largest - 1, largest, 1, 90'000));
}

BOOST_AUTO_TEST_CASE(both_paces_are_rounded_before_they_are_compared) {
  // 967.74 a month so far: 968. 5 * 1162 > 6 * 968 > 5 * 1161.
  BOOST_TEST(at_risk(1000, 2162, 30, 31));
  BOOST_TEST(!at_risk(1000, 2161, 30, 31)); // 1161 > 1161.29 is not so either
  // 0.5 is 1: 1.2 against 1 needed. Not rounded it would be 0.6.
  BOOST_TEST(!at_risk(1, 2, 30, 60));
}

BOOST_AUTO_TEST_CASE(without_a_pace_less_than_sixty_days_are_a_risk) {
  BOOST_TEST(at_risk(0, 100, 1, 500));
  BOOST_TEST(at_risk(0, 100, 59, 500));
  BOOST_TEST(!at_risk(0, 100, 60, 500));
  BOOST_TEST(!at_risk(0, largest, 61));
  // A centavo in 61 days is none a month; in 60 days it is one.
  BOOST_TEST(!at_risk(1, largest, 60, 61));
  BOOST_TEST(at_risk(1, largest, 59, 61));
  BOOST_TEST(at_risk(1, largest, 60, 60));
}

BOOST_AUTO_TEST_CASE(the_age_counts_in_days_of_the_zone) {
  auto g = goal_of(1000, 2162, 30);
  g.created_at = base::parse_instant("2026-10-25T03:00:00Z")->at; // midnight: 30 days
  BOOST_TEST(!outlook(g).at_risk);
  g.created_at.count -= 1; // the day before: 31
  BOOST_TEST(outlook(g).at_risk);
}

BOOST_AUTO_TEST_CASE(the_largest_gap_comes_first) {
  std::vector<goal> goals;
  for (const auto& [id, gap] : {std::pair{"d", 5}, {"b", 7}, {"c", 9}, {"a", 7}}) {
    goals.push_back(goal_of(100, 100 + gap, 1000, 1000));
    goals.back().id = goal_id{id};
  }
  BOOST_TEST(hashes(outlooks(goals)) ==
             "goal_at_risk:c goal_at_risk:a goal_at_risk:b goal_at_risk:d ");
  for (const auto& o : outlooks(goals)) BOOST_TEST(!o.at_risk); // listed all the same
}

// -- what a user wants to see ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_ignored_one_is_hidden_for_thirty_days) {
  const auto then = base::parse_instant("2026-10-25T10:00:00Z")->at;
  const std::vector<insight_feedback> feedback{said("goal_at_risk:a", "ignored", then),
                                               said("goal_at_risk:b", "seen", then)};
  const auto shown_after = [&](std::int64_t us) {
    std::vector<goal_outlook> all(3);
    all[0].hash = "goal_at_risk:a";
    all[1].hash = "goal_at_risk:b";
    all[2].hash = "goal_at_risk:c";
    drop(all, hidden(feedback, {then.count + us}));
    return hashes(all);
  };
  const auto month = 30 * base::us_per_day;
  BOOST_TEST(shown_after(0) == "goal_at_risk:b goal_at_risk:c ");
  BOOST_TEST(shown_after(month - 1) == "goal_at_risk:b goal_at_risk:c ");
  BOOST_TEST(shown_after(month) == "goal_at_risk:a goal_at_risk:b goal_at_risk:c ");
  BOOST_TEST(shown_after(-1) == "goal_at_risk:b goal_at_risk:c "); // another node's clock
}

BOOST_AUTO_TEST_SUITE_END()
