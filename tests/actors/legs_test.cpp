// Postings of many legs between actors: all or nothing, every account is sent.
#include "tests/support/caf_fixture.hpp"

using tests::caf_fixture;
using tests::expense;

BOOST_AUTO_TEST_SUITE(legs)

namespace {

struct legs_fixture : caf_fixture {
  legs_fixture() {
    store.add_account("ana", "D", ledger::account_role::category);
    store.add_account("bia", "P", ledger::account_role::money, 500);
    const auto warm = send(expense(1));
    settle();
    BOOST_TEST_REQUIRE(word(warm) == "ok");
  }

  static ledger::leg on(const std::string& account, std::int64_t amount) {
    return {ledger::account_id{account}, false, base::centavos{amount}};
  }
  static ledger::leg in(const std::string& category, std::int64_t amount) {
    return {ledger::account_id{category}, true, base::centavos{amount}};
  }
  static ledger::post_legs legs(std::vector<ledger::leg> all) {
    ledger::post_legs p;
    p.description = "mercado";
    p.tags = {"casa"};
    p.legs = std::move(all);
    return p;
  }
  std::string outcome_of(ledger::post_legs p) {
    const auto sent = send(std::move(p));
    settle();
    return word(sent);
  }
};

} // namespace

// proves I1, I2
BOOST_FIXTURE_TEST_CASE(all_legs_are_one_item_and_one_posting_of_the_ledger, legs_fixture) {
  const auto sent = send(legs({on("A", -1'000), on("B", 250), in("C", 600), in("D", 150)}));
  settle();
  const auto reply = answer(sent);
  BOOST_REQUIRE(reply.has_value());
  const auto& rows = std::get<ledger::posted_legs>(*reply->result).transactions;
  BOOST_TEST(rows.size() == 4u); // two expenses, two legs of a transfer
  BOOST_TEST(balance("A") == 8'999);
  BOOST_TEST(balance("B") == 250);
  BOOST_TEST(balance("C") == 601);
  BOOST_TEST(balance("D") == 150);
  const auto& item = *store.committed.back()->items.front();
  BOOST_TEST(item.transactions_new.size() == 4u);
  for (const auto& e : item.entries) BOOST_TEST(e.posting == 0u);
  for (const auto& t : item.transactions_new) BOOST_TEST(t.tags.size() == 1u);
  BOOST_TEST(item.transactions_new[2].description == "mercado → B");
  BOOST_TEST(item.transactions_new[3].description == "mercado ← A");
  BOOST_TEST(item.transactions_new[2].category.text() == "C");
}

// proves I6, I7: one account of several refuses; nothing stays reserved at the others
BOOST_FIXTURE_TEST_CASE(a_refusal_of_one_account_leaves_nothing, legs_fixture) {
  store.add_account("ana", "full", ledger::account_role::money, base::amount_minor_max);
  env.bounds.books_per_shard = 0; // the book reads its accounts anew
  pass(std::chrono::milliseconds{1'000});
  settle();
  const auto before = store.batches_seen;
  BOOST_TEST(outcome_of(legs({on("A", -500), on("full", 400), in("C", 100)})) ==
             "TX_BALANCE_LIMIT");
  BOOST_TEST(outcome_of(legs({on("A", -10'000), in("C", 10'000)})) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(store.batches_seen == before);
  const auto all = send(expense(9'999));
  settle();
  BOOST_TEST(word(all) == "ok");
}

BOOST_FIXTURE_TEST_CASE(two_postings_cannot_spend_the_same_money, legs_fixture) {
  const auto a = send(legs({on("A", -6'000), in("C", 5'000), in("D", 1'000)}));
  const auto b = send(legs({on("A", -6'000), in("C", 5'000), in("D", 1'000)}));
  settle();
  BOOST_TEST(word(a) == "ok");
  BOOST_TEST(word(b) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(balance("A") == 3'999);
}

BOOST_FIXTURE_TEST_CASE(accounts_and_categories_have_to_be_the_users_own, legs_fixture) {
  BOOST_TEST(outcome_of(legs({on("A", -5), on("P", 5)})) == "ACCOUNT_NOT_FOUND");
  BOOST_TEST(outcome_of(legs({on("A", -5), on("none", 5)})) == "ACCOUNT_NOT_FOUND");
  BOOST_TEST(outcome_of(legs({on("C", -5), on("A", 5)})) == "ACCOUNT_NOT_FOUND"); // a category
  BOOST_TEST(outcome_of(legs({on("A", -5), in("none", 5)})) == "TX_CATEGORY_NOT_FOUND");
  BOOST_TEST(outcome_of(legs({on("A", -5), in("B", 5)})) == "TX_CATEGORY_NOT_FOUND");
  auto blank = legs({on("A", -5), in("C", 5)});
  blank.description = " ";
  BOOST_TEST(outcome_of(blank) == "TX_VALIDATION_DESCRIPTION");
  auto closed = send(ledger::close_account{ledger::account_id{"B"}, {}});
  settle();
  BOOST_TEST(word(closed) == "ok");
  BOOST_TEST(outcome_of(legs({on("A", -5), on("B", 5)})) == "TX_ACCOUNT_CLOSED");
  BOOST_TEST(balance("A") == 9'999);
}

BOOST_FIXTURE_TEST_CASE(sums_of_legs_beyond_the_limit_are_refused, legs_fixture) {
  const auto max = base::amount_minor_max;
  BOOST_TEST(outcome_of(legs({on("B", max), on("B", max), in("C", -max), in("C", -max)})) ==
             "TX_BALANCE_LIMIT");
  BOOST_TEST(outcome_of(legs({on("B", -max), on("B", -max), in("C", max), in("D", max)})) ==
             "TX_BALANCE_LIMIT");
  BOOST_TEST(balance("B") == 0);
}

// A wage from which a tax is kept: the account sees the whole wage and the tax.
BOOST_FIXTURE_TEST_CASE(what_a_category_gives_another_goes_through_the_account, legs_fixture) {
  BOOST_TEST(outcome_of(legs({on("B", 900), in("C", -1'000), in("D", 100)})) == "ok");
  BOOST_TEST(balance("B") == 900);
  BOOST_TEST(balance("C") == -999);
  BOOST_TEST(balance("D") == 100);
  const auto& rows = store.committed.back()->items.front()->transactions_new;
  BOOST_TEST_REQUIRE(rows.size() == 2u);
  BOOST_TEST((rows[0].type == ledger::transaction_type::income));
  BOOST_TEST(rows[0].amount.minor == 1'000);
  BOOST_TEST(rows[1].amount.minor == 100);
}

// proves P4, P6
BOOST_FIXTURE_TEST_CASE(its_key_replays_and_pins, legs_fixture) {
  const auto wish = legs({on("A", -300), in("C", 100), in("D", 200)});
  const auto first = send(wish, "k1");
  run();
  const auto second = send(wish, "k1");
  settle();
  BOOST_TEST(word(first) == "ok");
  BOOST_TEST(word(second) == "stored:fine");
  BOOST_TEST(balance("A") == 9'699);
  const auto poor = send(legs({on("A", -99'999), in("C", 99'999)}), "k2");
  settle();
  BOOST_TEST(word(poor) == "TX_INSUFFICIENT_BALANCE");
  const auto again = send(legs({on("A", -99'999), in("C", 99'999)}), "k2");
  settle();
  BOOST_TEST(word(again) == "stored:TX_INSUFFICIENT_BALANCE");
}

// Its transactions are ordinary ones: each may be changed and deleted, and stays balanced.
BOOST_FIXTURE_TEST_CASE(a_part_is_edited_and_deleted_as_any_transaction, legs_fixture) {
  BOOST_TEST(outcome_of(legs({on("A", -300), in("C", 100), in("D", 200)})) == "ok");
  const auto rows = store.committed.back()->items.front()->transactions_new;
  ledger::edit_transaction raise;
  raise.id = rows[0].id;
  raise.edit.amount = base::centavos{150};
  const auto edited = send(raise);
  settle();
  BOOST_TEST(word(edited) == "ok");
  BOOST_TEST(balance("A") == 9'649);
  const auto gone = send(ledger::delete_transaction{rows[1].id, {}});
  settle();
  BOOST_TEST(word(gone) == "ok");
  BOOST_TEST(balance("A") == 9'849);
  BOOST_TEST(balance("D") == 0);
  const auto back = send(ledger::restore_transaction{rows[1].id});
  settle();
  BOOST_TEST(word(back) == "ok");
  BOOST_TEST(balance("A") == 9'649);
}

BOOST_FIXTURE_TEST_CASE(transfers_without_a_category_get_the_one_that_is_named, legs_fixture) {
  auto moves = legs({on("A", -30), on("B", 30)});
  BOOST_TEST(outcome_of(moves) == "ok");
  BOOST_TEST(store.committed.back()->items.front()->transactions_new[0].category.text() ==
             "ana-equity");
  moves.category = ledger::account_id{"D"};
  BOOST_TEST(outcome_of(moves) == "ok");
  BOOST_TEST(store.committed.back()->items.front()->transactions_new[1].category.text() == "D");
  moves.category = ledger::account_id{"none"};
  BOOST_TEST(outcome_of(moves) == "TX_CATEGORY_NOT_FOUND");
}

BOOST_AUTO_TEST_SUITE_END()
