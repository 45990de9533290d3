// proves I1: how a posting of many legs comes apart, and that it comes together again.
#include "base/assert.hpp"
#include "base/random.hpp"
#include "ledger/plan.hpp"
#include "ledger/split.hpp"
#include "tests/unit/ledger/rows.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(split_of)

namespace {

leg on(const std::string& account, std::int64_t amount) {
  return {account_id{account}, false, base::centavos{amount}};
}
leg in(const std::string& category, std::int64_t amount) {
  return {account_id{category}, true, base::centavos{amount}};
}

/// "expense A food 60, transfer A B 40"
std::string shares(const std::vector<leg>& legs) {
  std::string text;
  for (const auto& s : split(legs)) {
    if (!text.empty()) text += ", ";
    text += std::string{to_text(s.type)} + ' ' + s.account.text() + ' ' + s.other.text() + ' ' +
            std::to_string(s.amount.minor);
  }
  return text;
}

std::map<std::string, std::int64_t> sums_of(const std::vector<leg>& legs) {
  std::map<std::string, std::int64_t> sums;
  for (const auto& l : legs) sums[l.account.text()] += l.amount.minor;
  std::erase_if(sums, [](const auto& s) { return s.second == 0; });
  return sums;
}

} // namespace

BOOST_AUTO_TEST_CASE(one_bill_of_two_categories_is_two_expenses) {
  BOOST_TEST(shares({on("A", -100), in("food", 60), in("house", 40)}) ==
             "expense A food 60, expense A house 40");
}

BOOST_AUTO_TEST_CASE(one_bill_that_two_accounts_pay_is_two_expenses) {
  BOOST_TEST(shares({on("A", -70), on("B", -30), in("food", 100)}) ==
             "expense A food 70, expense B food 30");
}

BOOST_AUTO_TEST_CASE(accounts_pay_categories_before_each_other) {
  BOOST_TEST(shares({on("A", -100), on("B", 40), in("food", 60)}) ==
             "expense A food 60, transfer A B 40");
}

BOOST_AUTO_TEST_CASE(what_is_kept_from_a_wage_is_income_and_expense) {
  BOOST_TEST(shares({on("A", 900), in("wage", -1000), in("tax", 100)}) ==
             "income A wage 1000, expense A tax 100");
}

BOOST_AUTO_TEST_CASE(legs_on_the_same_account_add_up) {
  BOOST_TEST(shares({on("A", -60), in("food", 100), on("A", -50), on("A", 10)}) ==
             "expense A food 100");
  BOOST_TEST(net_of({on("A", -5), in("A", 5), on("A", 5)}).size() == 1u); // an account, a category
}

BOOST_AUTO_TEST_CASE(legs_that_do_not_balance_are_our_fault) {
  BOOST_CHECK_THROW(split({on("A", -5), in("food", 4)}), base::broken_invariant);
  BOOST_CHECK_THROW(split({in("fun", -5), in("food", 5)}), base::broken_invariant);
}

// Any legs: the shares move exactly what the legs say, each amount is in its bounds, and as one
// posting they are a plan whose effects are the legs of the accounts.
BOOST_AUTO_TEST_CASE(the_shares_come_together_to_the_legs) {
  base::random chance{2026};
  int checked = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<leg> legs;
    std::int64_t sum = 0;
    const auto count = chance.between(2, 20);
    for (std::int64_t i = 1; i < count; ++i) {
      const bool category = chance.between(0, 1) == 1;
      const auto name = (category ? "c" : "a") + std::to_string(chance.between(0, 9));
      auto amount = chance.between(-1000, 1000);
      if (round % 10 == 0) amount *= 49'999'999'999; // two of them pass no limit, ten do not either
      if (amount == 0) amount = 1;
      legs.push_back(category ? in(name, amount) : on(name, amount));
      sum += amount;
    }
    if (sum == 0) continue;
    legs.push_back(on("last", -sum));
    ++checked;

    std::map<std::string, std::int64_t> moved;
    std::vector<transaction_record> rows;
    for (const auto& s : split(legs)) {
      BOOST_TEST_REQUIRE(s.amount.minor > 0);
      const bool in_flow = s.type == transaction_type::income;
      moved[s.account.text()] += in_flow ? s.amount.minor : -s.amount.minor;
      moved[s.other.text()] += in_flow ? -s.amount.minor : s.amount.minor;
      if (s.amount.minor > base::amount_minor_max) continue;
      const auto id = std::to_string(rows.size());
      if (s.type != transaction_type::transfer) {
        rows.push_back(rows::base_row(id, s.type, in_flow ? 1 : -1, s.account.text(),
                                      s.other.text(), s.amount.minor));
        continue;
      }
      auto p = rows::transfer(s.account.text(), s.other.text(), s.amount.minor);
      p.origin.id = p.destination.partner.emplace("o" + id);
      p.destination.id = p.origin.partner.emplace("d" + id);
      rows.push_back(p.origin);
      rows.push_back(p.destination);
    }
    std::erase_if(moved, [](const auto& m) { return m.second == 0; });
    BOOST_TEST_REQUIRE((moved == sums_of(legs)));
    BOOST_TEST_REQUIRE(rows.size() <= 2 * legs.size() - 2);

    const auto p = plan_together(rows);
    std::map<std::string, std::int64_t> entries, debits;
    for (const auto& e : p.entries) {
      BOOST_TEST_REQUIRE(e.posting == 0u);
      entries[e.account.text()] += e.amount.minor;
      if (e.amount.minor < 0) debits[e.account.text()] = 1;
      // Credits first: no version in between is below both ends.
      if (e.amount.minor > 0) BOOST_TEST_REQUIRE(!debits.contains(e.account.text()));
    }
    for (const auto& e : p.effects) BOOST_TEST_REQUIRE(entries[e.account.text()] == e.net.minor);
  }
  BOOST_TEST(checked > 1900);
}

BOOST_AUTO_TEST_CASE(a_transfer_needs_the_money_also_among_others) {
  auto p = rows::transfer("A", "B", 40);
  const auto plan = plan_together({rows::expense("e", "A", 60), p.origin, p.destination});
  BOOST_TEST_REQUIRE(plan.effects.size() == 2u);
  BOOST_TEST(plan.effects[0].net.minor == -100);
  BOOST_TEST((plan.effects[0].rule == leg_rule::transfer));
}

BOOST_AUTO_TEST_SUITE_END()
