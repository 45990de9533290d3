// What users have beside their books, judged: each fault is found under its name.
#include "ledger/user_row_audit.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(user_row_audit)

namespace {

struct rows_beside {
  goal savings;
  std::vector<earmark_movement> into_savings;
  budget_envelope reserve;
  std::vector<earmark_movement> into_reserve;
  ledger::shared_expense pizza; // a suite has the short name
  std::vector<expense_share> shares;

  audit_report judged(std::optional<user_id> only = {}) const {
    user_row_auditor judge{std::move(only)};
    if (!savings.id.empty()) judge.row(savings);
    for (const auto& m : into_savings) judge.row(m);
    if (!reserve.id.empty()) judge.row(reserve);
    for (const auto& m : into_reserve) judge.row(m);
    if (!pizza.id.empty()) judge.row(pizza);
    for (const auto& s : shares) judge.row(s);
    return judge.finish();
  }
};

/// Goal and envelope have the same id.
rows_beside sound_rows() {
  const user_id ana{"ana"};
  rows_beside r;
  r.savings.id = goal_id{"x"};
  r.savings.user = ana;
  r.savings.target = {1000};
  for (const std::int64_t amount : {300, 50}) {
    auto made = add_to(r.savings, {amount}, {1});
    r.into_savings.push_back(*made.movement);
    r.savings = made.now;
  }
  r.reserve.id = envelope_id{"x"};
  r.reserve.user = ana;
  for (const std::int64_t amount : {90, -60, 5}) {
    auto made = move(r.reserve, {amount}, {1});
    r.into_reserve.push_back(*made->movement);
    r.reserve = made->now;
  }
  r.pizza.id = shared_expense_id{"p"};
  r.pizza.user = ana;
  r.pizza.total = {101};
  for (const auto& [id, who, amount] :
       {std::tuple{"1", "ana", 51L}, std::tuple{"2", "ben", 50L}, std::tuple{"3", "cid", 0L}}) {
    expense_share s;
    s.id = share_id{id};
    s.expense = r.pizza.id;
    s.user = user_id{who};
    s.amount = {amount};
    r.shares.push_back(s);
  }
  return r;
}

struct planted_fault {
  invariant found;
  std::uint64_t faults;
  std::string first;
  std::function<void(rows_beside&)> plant;
};

const std::string goal_text = "goal x", envelope_text = "envelope x",
                  expense_text = "shared expense p";

} // namespace

BOOST_AUTO_TEST_CASE(what_is_sound_is_clean_and_was_looked_at) {
  const auto report = sound_rows().judged();
  BOOST_TEST(report.clean());
  BOOST_TEST(report[invariant::goal].checked == 1u);
  BOOST_TEST(report[invariant::envelope].checked == 1u);
  BOOST_TEST(report[invariant::shares_exact].checked == 1u);
  BOOST_TEST(user_row_auditor{}.finish().clean());
}

BOOST_AUTO_TEST_CASE(the_names_of_rows_beside_are_those_of_the_contract) {
  BOOST_TEST(to_text(invariant::goal) == "Goal");
  BOOST_TEST(to_text(invariant::envelope) == "Envelope");
  BOOST_TEST(to_text(invariant::shares_exact) == "SharesExact");
}

BOOST_AUTO_TEST_CASE(each_planted_fault_beside_the_books_is_found_under_its_name) {
  using enum invariant;
  const std::vector<planted_fault> all{
      {goal, 1, goal_text + ": its amount is not the sum of its movements",
       [](auto& r) { ++r.savings.current.minor; }},
      {goal, 1, goal_text + ": its version is not that of its last movement",
       [](auto& r) { ++r.savings.version; }},
      {goal, 1, goal_text + ": its version is not that of its last movement",
       [](auto& r) { r.into_savings.pop_back(); }},
      {goal, 1, goal_text + ": its amount is not between zero and its target",
       [](auto& r) { r.savings.target = {349}; }},
      {goal, 1, goal_text + ": its amount is not between zero and its target",
       [](auto& r) {
         r.savings = {};
         r.savings.id = goal_id{"x"};
         r.into_savings.clear();
       }},
      {goal, 3, goal_text + " version 2: the versions of its movements are not 1..n",
       [](auto& r) { r.into_savings.erase(r.into_savings.begin()); }},
      {goal, 1, goal_text + " version 1: is a movement of another user",
       [](auto& r) { r.into_savings[0].user = user_id{"ben"}; }},
      {goal, 2,
       goal_text + " version 1: the amount after it is not the one before plus the movement",
       [](auto& r) { ++r.into_savings[0].after.minor; }},
      {goal, 1, "goal " + base::id_of(key_of(goal_id{"x"})) + ": has movements and no row",
       [](auto& r) { r.savings.id = {}; }},
      {envelope, 1, envelope_text + ": its amount is not the sum of its movements",
       [](auto& r) { --r.reserve.balance.minor; }},
      {envelope, 1, envelope_text + ": its version is not that of its last movement",
       [](auto& r) { r.into_reserve.clear(); }},
      {envelope, 2, envelope_text + ": its balance is below zero",
       [](auto& r) { r.reserve.balance = {-1}; }},
      {envelope, 3, envelope_text + " version 2: the versions of its movements are not 1..n",
       [](auto& r) {
         r.into_reserve[0].version = 2;
         r.into_reserve[1].version = 1;
       }},
      {envelope, 1,
       "envelope " + base::id_of(key_of(envelope_id{"x"})) + ": has movements and no row",
       [](auto& r) { r.reserve.id = {}; }},
      {shares_exact, 1, expense_text + ": its shares do not sum to its total",
       [](auto& r) { ++r.shares[2].amount.minor; }},
      {shares_exact, 1, expense_text + ": its shares do not sum to its total",
       [](auto& r) { r.shares.erase(r.shares.begin()); }},
      {shares_exact, 1, expense_text + ": its shares do not sum to its total",
       [](auto& r) { r.shares.clear(); }},
      {shares_exact, 1, expense_text + ": has shares and no row", [](auto& r) { r.pizza.id = {}; }},
      {shares_exact, 2, expense_text + ": its shares do not sum to its total",
       [](auto& r) { r.shares.back().expense = shared_expense_id{"q"}, ++r.pizza.total.minor; }},
  };
  for (const auto& one : all) {
    auto r = sound_rows();
    one.plant(r);
    const auto report = r.judged();
    for (std::size_t i = 0; i < invariant_count; ++i) {
      const auto which = static_cast<invariant>(i);
      BOOST_TEST(report[which].faults == (which == one.found ? one.faults : 0u),
                 to_text(which) << ' ' << one.first);
    }
    BOOST_TEST(report[one.found].first == one.first);
    BOOST_TEST(!report.clean());
  }
}

BOOST_AUTO_TEST_CASE(a_round_up_that_is_wrong_is_found_under_the_name_of_envelopes) {
  transaction_record spent;
  spent.owner = user_id{"ana"};
  round_up added;
  added.transaction = transaction_id{"t"};
  added.rule = automation_id{"r"};
  added.user = user_id{"ana"};
  const auto found = [&](std::optional<user_id> only, bool there, round_up_verdict verdict) {
    user_row_auditor judge{std::move(only)};
    judge.row(added, there ? &spent : nullptr, verdict);
    return judge.finish()[invariant::envelope];
  };
  using enum round_up_verdict;
  BOOST_TEST(found({}, true, sound).faults == 0u);
  BOOST_TEST(found({}, true, too_little).first ==
             "round-up of transaction t by rule r: its amount is not what the transaction adds");
  BOOST_TEST(found({}, true, wrong).faults == 1u);
  BOOST_TEST(found({}, false, sound).first ==
             "round-up of transaction t by rule r: there is no such transaction");
  BOOST_TEST(found(user_id{"ana"}, true, wrong).faults == 1u);
  BOOST_TEST(found(user_id{"ben"}, true, wrong).faults == 0u);
  added.user = user_id{"ben"}; // both are concerned
  BOOST_TEST(found(user_id{"ben"}, true, wrong).faults == 1u);
  BOOST_TEST(found(user_id{"ana"}, true, wrong).faults == 1u);
}

BOOST_AUTO_TEST_CASE(of_one_user_what_they_have_and_what_they_share) {
  auto r = sound_rows();
  ++r.savings.current.minor;
  --r.reserve.balance.minor;
  ++r.pizza.total.minor;
  const auto faults = [&](const char* who) {
    const auto report = r.judged(user_id{who});
    return std::vector{report[invariant::goal].faults, report[invariant::envelope].faults,
                       report[invariant::shares_exact].faults};
  };
  using seen = std::vector<std::uint64_t>;
  BOOST_TEST(faults("ana") == (seen{1, 1, 1}), boost::test_tools::per_element());
  BOOST_TEST(faults("cid") == (seen{0, 0, 1}), boost::test_tools::per_element());
  BOOST_TEST(faults("dea") == (seen{0, 0, 0}), boost::test_tools::per_element());
  BOOST_TEST(r.judged(user_id{"dea"})[invariant::shares_exact].checked == 0u);
}

BOOST_AUTO_TEST_CASE(reports_of_two_judges_are_added) {
  audit_report one, two;
  one.findings[0] = {2, 1, "first"};
  two.findings[0] = {3, 4, "second"};
  two.findings[1] = {1, 1, "only"};
  one.add(two);
  BOOST_TEST((one.findings[0] == finding{5, 5, "first"}));
  BOOST_TEST((one.findings[1] == finding{1, 1, "only"}));
}

BOOST_AUTO_TEST_SUITE_END()
