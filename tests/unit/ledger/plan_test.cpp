// proves I1, I8: which rows, entries and effects each wish has.
#include "base/assert.hpp"
#include "ledger/errc.hpp"
#include "ledger/plan.hpp"
#include "tests/unit/ledger/rows.hpp"

#include <boost/test/unit_test.hpp>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(plan_of)

namespace {

constexpr base::utc_us now{77};
constexpr base::centavos cents(std::int64_t amount) { return base::centavos{amount}; }

/// "W -100 of t1 p0 day 10, food +100 of t1 p0 day 10 back"
std::string entries(const plan& p) {
  std::string text;
  for (const auto& e : p.entries) {
    if (!text.empty()) text += ", ";
    text += e.account.text() + (e.amount.minor > 0 ? " +" : " ") + std::to_string(e.amount.minor) +
            " of " + e.transaction.text() + " p" + std::to_string(e.posting) + " day " +
            std::to_string(e.effective.count) + (e.reversal ? " back" : "");
  }
  return text;
}

/// "W -100 plain, P 0 plain"
std::string effects(const plan& p) {
  std::string text;
  for (const auto& e : p.effects) {
    if (!text.empty()) text += ", ";
    text += e.account.text() + " " + std::to_string(e.net.minor) +
            (e.rule == leg_rule::transfer ? " transfer" : " plain");
  }
  return text;
}

std::string code(const base::result<plan>& r) {
  return r ? "planned" : std::string(r.error().code);
}

plan edit_of(const transaction_record& current, const transaction_edit& edit,
             const transaction_record* partner = nullptr) {
  const auto r = plan_edit(current, partner, edit, now);
  BOOST_REQUIRE_MESSAGE(r, "the edit is refused: " + code(r));
  return *r;
}

transaction_record deleted(transaction_record r) {
  r.deleted_at = base::utc_us{50};
  return r;
}

} // namespace

// -- new ------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(income_raises_the_account_and_the_category_carries_the_other_sign) {
  const auto row = rows::income("t1", "W", 250);
  const auto p = plan_single(row);
  BOOST_TEST(entries(p) == "W +250 of t1 p0 day 10, salary -250 of t1 p0 day 10");
  BOOST_TEST(effects(p) == "W 250 plain");
  BOOST_TEST((p.inserts == std::vector{row}));
  BOOST_TEST(p.updates.empty());
}

BOOST_AUTO_TEST_CASE(an_expense_lowers_the_account) {
  const auto p = plan_single(rows::expense("t1", "W", 250));
  BOOST_TEST(entries(p) == "W -250 of t1 p0 day 10, food +250 of t1 p0 day 10");
  BOOST_TEST(effects(p) == "W -250 plain");
}

BOOST_AUTO_TEST_CASE(opening_and_adjustment_go_either_way_against_equity) {
  auto row = rows::base_row("t1", transaction_type::opening, -1, "W", "equity", 9);
  BOOST_TEST(entries(plan_single(row)) == "W -9 of t1 p0 day 10, equity +9 of t1 p0 day 10");
  row.type = transaction_type::adjustment;
  row.direction = 1;
  BOOST_TEST(entries(plan_single(row)) == "W +9 of t1 p0 day 10, equity -9 of t1 p0 day 10");
  BOOST_TEST(effects(plan_single(row)) == "W 9 plain");
}

BOOST_AUTO_TEST_CASE(a_transfer_has_two_rows_and_no_entry_on_the_category) {
  const auto t = rows::transfer("W", "P", 40);
  const auto p = plan_transfer(t.origin, t.destination);
  BOOST_TEST(entries(p) == "W -40 of out p0 day 10, P +40 of in p0 day 10");
  BOOST_TEST(effects(p) == "W -40 transfer, P 40 plain");
  BOOST_TEST((p.inserts == std::vector{t.origin, t.destination}));
}

BOOST_AUTO_TEST_CASE(rows_that_contradict_themselves_are_faults_of_ours) {
  auto zero = rows::expense("t", "W", 1);
  zero.amount = cents(0);
  BOOST_CHECK_THROW(plan_single(zero), base::broken_invariant);
  auto large = rows::expense("t", "W", base::amount_minor_max);
  BOOST_CHECK_NO_THROW(plan_single(large));
  large.amount = cents(base::amount_minor_max + 1);
  BOOST_CHECK_THROW(plan_single(large), base::broken_invariant);
  auto wrong_way = rows::income("t", "W", 1);
  wrong_way.direction = -1;
  BOOST_CHECK_THROW(plan_single(wrong_way), base::broken_invariant);
  BOOST_CHECK_THROW(plan_single(rows::transfer("W", "P", 1).origin), base::broken_invariant);

  auto t = rows::transfer("W", "P", 40);
  BOOST_CHECK_THROW(plan_transfer(t.destination, t.origin), base::broken_invariant);
  t.destination.amount = cents(41);
  BOOST_CHECK_THROW(plan_transfer(t.origin, t.destination), base::broken_invariant);
  t = rows::transfer("W", "W", 40);
  BOOST_CHECK_THROW(plan_transfer(t.origin, t.destination), base::broken_invariant);
  t = rows::transfer("W", "P", 40);
  t.destination.partner = transaction_id{"other"};
  BOOST_CHECK_THROW(plan_transfer(t.origin, t.destination), base::broken_invariant);
  t = rows::transfer("W", "P", 40);
  t.destination.effective = base::civil_day{11};
  BOOST_CHECK_THROW(plan_transfer(t.origin, t.destination), base::broken_invariant);
  t = rows::transfer("W", "P", 40);
  t.destination.owner = user_id{"bob"};
  BOOST_CHECK_THROW(plan_transfer(t.origin, t.destination), base::broken_invariant);
  auto own_category = rows::expense("t", "W", 1);
  own_category.category = own_category.account;
  BOOST_CHECK_THROW(plan_single(own_category), base::broken_invariant);
}

// -- edit -----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_larger_expense_takes_only_the_difference_and_the_credit_comes_first) {
  const auto row = rows::expense("t1", "W", 100);
  transaction_edit edit;
  edit.amount = cents(130);
  const auto p = edit_of(row, edit);
  BOOST_TEST(entries(p) == "W +100 of t1 p0 day 10 back, food +130 of t1 p1 day 10, "
                           "W -130 of t1 p1 day 10, food -100 of t1 p0 day 10 back");
  BOOST_TEST(effects(p) == "W -30 plain");
  auto expected = row;
  expected.amount = cents(130);
  expected.updated_at = now;
  BOOST_TEST((p.updates == std::vector{expected}));
  BOOST_TEST(p.inserts.empty());
}

BOOST_AUTO_TEST_CASE(a_larger_income_is_posted_before_the_old_one_is_taken_back) {
  transaction_edit edit;
  edit.amount = cents(130);
  const auto p = edit_of(rows::income("t1", "W", 100), edit);
  BOOST_TEST(entries(p) == "W +130 of t1 p1 day 10, salary +100 of t1 p0 day 10 back, "
                           "W -100 of t1 p0 day 10 back, salary -130 of t1 p1 day 10");
  BOOST_TEST(effects(p) == "W 30 plain");
}

BOOST_AUTO_TEST_CASE(another_account_is_asked_and_the_old_one_gets_its_money_back) {
  transaction_edit edit;
  edit.account = account_id{"P"};
  const auto p = edit_of(rows::expense("t1", "W", 100), edit);
  BOOST_TEST(entries(p) == "W +100 of t1 p0 day 10 back, food +100 of t1 p1 day 10, "
                           "P -100 of t1 p1 day 10, food -100 of t1 p0 day 10 back");
  BOOST_TEST(effects(p) == "W 100 plain, P -100 plain");
}

BOOST_AUTO_TEST_CASE(another_category_moves_nothing_on_the_account_but_it_has_to_agree) {
  transaction_edit edit;
  edit.category = account_id{"rent"};
  const auto p = edit_of(rows::expense("t1", "W", 100), edit);
  BOOST_TEST(entries(p) == "W +100 of t1 p0 day 10 back, food -100 of t1 p0 day 10 back, "
                           "W -100 of t1 p1 day 10, rent +100 of t1 p1 day 10");
  BOOST_TEST(effects(p) == "W 0 plain");
}

BOOST_AUTO_TEST_CASE(another_type_turns_the_effect_round) {
  transaction_edit edit;
  edit.type = transaction_type::income;
  const auto p = edit_of(rows::expense("t1", "W", 100), edit);
  BOOST_TEST(effects(p) == "W 200 plain");
  BOOST_TEST((p.updates.at(0).type == transaction_type::income));
  BOOST_TEST(p.updates.at(0).direction == 1);
  transaction_edit back;
  back.type = transaction_type::expense;
  BOOST_TEST(effects(edit_of(rows::income("t1", "W", 100), back)) == "W -200 plain");
}

BOOST_AUTO_TEST_CASE(another_date_keeps_the_old_day_on_the_reversal) {
  transaction_edit edit;
  edit.date = base::utc_us{9};
  edit.effective = base::civil_day{11};
  const auto p = edit_of(rows::expense("t1", "W", 100), edit);
  BOOST_TEST(entries(p) == "W +100 of t1 p0 day 10 back, food +100 of t1 p1 day 11, "
                           "W -100 of t1 p1 day 11, food -100 of t1 p0 day 10 back");
  BOOST_TEST((p.updates.at(0).effective == base::civil_day{11}));
  BOOST_TEST((p.updates.at(0).date == base::utc_us{9}));
}

// The same instant, written once with and once without a zone, may lie on two days.
BOOST_AUTO_TEST_CASE(another_effective_day_alone_is_a_change_of_date) {
  const auto row = rows::expense("t1", "W", 100);
  transaction_edit edit;
  edit.date = row.date;
  edit.effective = base::civil_day{9};
  BOOST_TEST(entries(edit_of(row, edit)) ==
             "W +100 of t1 p0 day 10 back, food +100 of t1 p1 day 9, "
             "W -100 of t1 p1 day 9, food -100 of t1 p0 day 10 back");
}

BOOST_AUTO_TEST_CASE(description_and_tags_append_no_entry) {
  const auto row = rows::expense("t1", "W", 100);
  transaction_edit edit;
  edit.description = "mercado";
  edit.tags = std::vector<std::string>{};
  const auto p = edit_of(row, edit);
  BOOST_TEST(entries(p) == "");
  BOOST_TEST(effects(p) == "");
  auto expected = row;
  expected.description = "mercado";
  expected.tags = {};
  expected.updated_at = now;
  BOOST_TEST((p.updates == std::vector{expected}));
}

BOOST_AUTO_TEST_CASE(a_field_set_to_its_value_is_no_change) {
  const auto row = rows::expense("t1", "W", 100);
  transaction_edit same{row.type, row.account,   row.category,    row.amount,
                        row.date, row.effective, row.description, row.tags};
  const auto p = edit_of(row, same);
  BOOST_TEST(entries(p) == "");
  auto expected = row;
  expected.updated_at = now;
  BOOST_TEST((p.updates == std::vector{expected}));

  const auto t = rows::transfer("W", "P", 40);
  transaction_edit still;
  still.type = transaction_type::transfer;
  still.amount = cents(40);
  BOOST_TEST(entries(edit_of(t.origin, still, &t.destination)) == "");
  BOOST_TEST(edit_of(t.origin, still, &t.destination).updates.size() == 1u);
}

BOOST_AUTO_TEST_CASE(amount_of_a_transfer_changes_both_legs_whichever_was_edited) {
  const auto t = rows::transfer("W", "P", 40);
  transaction_edit edit;
  edit.amount = cents(50);
  const auto outgoing = edit_of(t.origin, edit, &t.destination);
  const auto incoming = edit_of(t.destination, edit, &t.origin);
  BOOST_TEST(entries(outgoing) == "W +40 of out p0 day 10 back, P +50 of in p1 day 10, "
                                  "W -50 of out p1 day 10, P -40 of in p0 day 10 back");
  BOOST_TEST(entries(incoming) == entries(outgoing));
  BOOST_TEST(effects(outgoing) == "W -10 transfer, P 10 plain");
  BOOST_TEST(effects(incoming) == effects(outgoing));
  BOOST_TEST(outgoing.updates.size() == 2u);
  BOOST_TEST(outgoing.updates.at(0).id.text() == "out");
  BOOST_TEST(incoming.updates.at(0).id.text() == "in");
  for (const auto& row : incoming.updates) BOOST_TEST((row.amount == cents(50)));
}

BOOST_AUTO_TEST_CASE(a_smaller_transfer_takes_back_from_the_destination_under_the_plain_rule) {
  const auto t = rows::transfer("W", "P", 40);
  transaction_edit edit;
  edit.amount = cents(30);
  BOOST_TEST(effects(edit_of(t.origin, edit, &t.destination)) == "W 10 plain, P -10 plain");
}

BOOST_AUTO_TEST_CASE(account_of_a_transfer_leg_moves_that_leg_only) {
  const auto t = rows::transfer("W", "P", 40);
  transaction_edit edit;
  edit.account = account_id{"X"};
  const auto origin = edit_of(t.origin, edit, &t.destination);
  BOOST_TEST(effects(origin) == "W 40 plain, P 0 plain, X -40 transfer");
  BOOST_TEST(entries(origin) == "W +40 of out p0 day 10 back, P +40 of in p1 day 10, "
                                "X -40 of out p1 day 10, P -40 of in p0 day 10 back");
  BOOST_TEST(origin.updates.size() == 1u);
  BOOST_TEST(origin.updates.at(0).account.text() == "X");
  const auto destination = edit_of(t.destination, edit, &t.origin);
  BOOST_TEST(effects(destination) == "W 0 plain, P -40 plain, X 40 plain");
  BOOST_TEST(destination.updates.size() == 1u);
}

BOOST_AUTO_TEST_CASE(category_and_date_of_a_transfer_belong_to_both_legs_texts_to_one) {
  const auto t = rows::transfer("W", "P", 40);
  transaction_edit edit;
  edit.category = account_id{"gifts"};
  edit.date = base::utc_us{3};
  edit.effective = base::civil_day{12};
  edit.description = "presente";
  edit.tags = std::vector<std::string>{"natal"};
  const auto p = edit_of(t.destination, edit, &t.origin);
  BOOST_TEST(p.updates.size() == 2u);
  for (const auto& row : p.updates) {
    BOOST_TEST(row.category.text() == "gifts");
    BOOST_TEST((row.date == base::utc_us{3}));
    BOOST_TEST((row.effective == base::civil_day{12}));
  }
  BOOST_TEST(p.updates.at(0).description == "presente");
  BOOST_TEST(p.updates.at(1).description == "padaria");
  BOOST_TEST((p.updates.at(1).tags == t.origin.tags));
  BOOST_TEST(effects(p) == "W 0 plain, P 0 plain");
}

BOOST_AUTO_TEST_CASE(refusals_of_an_edit_in_their_order) {
  const auto t = rows::transfer("W", "P", 40);
  const auto single = rows::expense("t1", "W", 100);
  transaction_edit all_wrong;
  all_wrong.type = transaction_type::expense;
  all_wrong.account = account_id{"P"};
  BOOST_TEST(code(plan_edit(deleted(t.origin), &t.destination, all_wrong, now)) ==
             "TRANSACTION_NOT_FOUND");
  BOOST_TEST(code(plan_edit(t.origin, &t.destination, all_wrong, now)) ==
             "TX_VALIDATION_INVALID_TYPE");
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}, base::amount_minor_max + 1}) {
    all_wrong.amount = base::centavos{bad};
    all_wrong.type = transaction_type::transfer;
    BOOST_TEST(code(plan_edit(t.origin, &t.destination, all_wrong, now)) == "TX_VALIDATION_AMOUNT");
  }
  transaction_edit onto_partner;
  onto_partner.account = account_id{"P"};
  BOOST_TEST(code(plan_edit(t.origin, &t.destination, onto_partner, now)) ==
             "TX_TRANSFER_SAME_ACCOUNT");
  onto_partner.account = account_id{"W"};
  BOOST_TEST(code(plan_edit(t.destination, &t.origin, onto_partner, now)) ==
             "TX_TRANSFER_SAME_ACCOUNT");
  for (const auto type :
       {transaction_type::transfer, transaction_type::opening, transaction_type::adjustment}) {
    transaction_edit edit;
    edit.type = type;
    BOOST_TEST(code(plan_edit(single, nullptr, edit, now)) == "TX_VALIDATION_INVALID_TYPE");
  }
}

BOOST_AUTO_TEST_CASE(the_partner_is_needed_and_it_must_be_the_partner) {
  const auto t = rows::transfer("W", "P", 40);
  auto stranger = t.destination;
  stranger.id = transaction_id{"stranger"};
  BOOST_CHECK_THROW(plan_edit(t.origin, nullptr, {}, now), base::broken_invariant);
  BOOST_CHECK_THROW(plan_edit(t.origin, &stranger, {}, now), base::broken_invariant);
  BOOST_CHECK_THROW(plan_delete(t.origin, nullptr, now), base::broken_invariant);
  const auto half = deleted(t.destination);
  BOOST_CHECK_THROW(plan_delete(t.origin, &half, now), base::broken_invariant);
  transaction_edit no_day;
  no_day.date = base::utc_us{1};
  BOOST_CHECK_THROW(plan_edit(rows::expense("t", "W", 1), nullptr, no_day, now),
                    base::broken_invariant);
}

// -- delete, restore ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(delete_reverses_on_the_original_day_and_keeps_the_row) {
  const auto row = rows::income("t1", "W", 100);
  const auto p = *plan_delete(row, nullptr, now);
  BOOST_TEST(entries(p) == "W -100 of t1 p0 day 10 back, salary +100 of t1 p0 day 10 back");
  BOOST_TEST(effects(p) == "W -100 plain");
  auto expected = row;
  expected.deleted_at = now;
  expected.updated_at = now;
  BOOST_TEST((p.updates == std::vector{expected}));
  BOOST_TEST(p.inserts.empty());
  BOOST_TEST(code(plan_delete(deleted(row), nullptr, now)) == "TRANSACTION_NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(both_legs_of_a_transfer_are_deleted_under_the_plain_rule) {
  const auto t = rows::transfer("W", "P", 40);
  const auto p = *plan_delete(t.destination, &t.origin, now);
  BOOST_TEST(entries(p) == "W +40 of out p0 day 10 back, P -40 of in p0 day 10 back");
  BOOST_TEST(effects(p) == "W 40 plain, P -40 plain");
  BOOST_TEST(p.updates.size() == 2u);
  BOOST_TEST(p.updates.at(0).id.text() == "in");
  for (const auto& row : p.updates) BOOST_TEST((row.deleted_at == now));
}

BOOST_AUTO_TEST_CASE(restore_is_a_new_posting_under_the_rules_of_one) {
  const auto row = rows::expense("t1", "W", 100);
  const auto p = *plan_restore(deleted(row), nullptr, now);
  BOOST_TEST(entries(p) == entries(plan_single(row)));
  BOOST_TEST(effects(p) == "W -100 plain");
  auto expected = row;
  expected.updated_at = now;
  BOOST_TEST((p.updates == std::vector{expected}));

  const auto t = rows::transfer("W", "P", 40);
  const auto origin = deleted(t.origin), destination = deleted(t.destination);
  const auto both = *plan_restore(destination, &origin, now);
  BOOST_TEST(entries(both) == entries(plan_transfer(t.origin, t.destination)));
  BOOST_TEST(effects(both) == "W -40 transfer, P 40 plain");
  for (const auto& r : both.updates) BOOST_TEST(!r.deleted_at.has_value());

  BOOST_TEST(code(plan_restore(row, nullptr, now)) == "TRANSACTION_NOT_DELETED");
}

BOOST_AUTO_TEST_CASE(system_rows_are_no_transactions_of_the_api) {
  for (const auto type : {transaction_type::opening, transaction_type::adjustment}) {
    const auto row = rows::base_row("t1", type, 1, "W", "equity", 9);
    transaction_edit edit;
    edit.description = "x";
    BOOST_TEST(code(plan_edit(row, nullptr, edit, now)) == "TRANSACTION_NOT_FOUND");
    BOOST_TEST(code(plan_delete(row, nullptr, now)) == "TRANSACTION_NOT_FOUND");
    BOOST_TEST(code(plan_restore(deleted(row), nullptr, now)) == "TRANSACTION_NOT_FOUND");
  }
}

// -- two in one item ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(joined_plans_ask_each_account_once_and_the_credits_come_first) {
  const auto old = rows::expense("t1", "W", 100), next = rows::expense("t2", "W", 70);
  const auto both = join(*plan_delete(old, nullptr, now), plan_single(next));
  BOOST_TEST(effects(both) == "W 30 plain");
  BOOST_TEST(entries(both) == "W +100 of t1 p0 day 10 back, food +70 of t2 p1 day 10, "
                              "W -70 of t2 p1 day 10, food -100 of t1 p0 day 10 back");
  BOOST_TEST(both.inserts.size() == 1u);
  BOOST_TEST(both.updates.size() == 1u);

  const auto moved = rows::transfer("P", "W", 40);
  const auto apart =
      join(*plan_delete(old, nullptr, now), plan_transfer(moved.origin, moved.destination));
  BOOST_TEST(effects(apart) == "W 140 plain, P -40 transfer");
}

BOOST_AUTO_TEST_SUITE_END()
