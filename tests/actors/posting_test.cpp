// The life of a posting between actors: reservations, announced credits, settling, refusals, faults
// of a batch.
#include "tests/support/caf_fixture.hpp"

using tests::caf_fixture;
using tests::expense;
using tests::income;
using tests::transfer;

BOOST_AUTO_TEST_SUITE(posting)

namespace {

/// The accounts are loaded, so that what follows is decided without storage.
struct warm_fixture : caf_fixture {
  warm_fixture() {
    const auto warm = send(expense(1));
    settle();
    BOOST_TEST_REQUIRE(word(warm) == "ok");
  }
};

} // namespace

// proves I3, I4
BOOST_FIXTURE_TEST_CASE(an_expense_is_answered_only_after_its_commit, warm_fixture) {
  const auto a = send(expense(300));
  run();
  BOOST_TEST(store.pending());
  BOOST_TEST(word(a) == "-");
  settle();
  BOOST_TEST(word(a) == "ok");
  BOOST_TEST(balance("A") == 9'699);
  BOOST_TEST(balance("C") == 301);
  BOOST_TEST(store.accounts_.at("A").version == 3u);
}

// proves I5, I6
BOOST_FIXTURE_TEST_CASE(
    a_debit_is_reserved_at_once_and_a_credit_cannot_be_spent_before_it_is_durable, warm_fixture) {
  const auto credit = send(income(50'000));
  const auto debit = send(expense(20'000));
  run();
  BOOST_TEST(word(credit) == "-");
  BOOST_TEST(word(debit) == "TX_INSUFFICIENT_BALANCE");
  settle();
  BOOST_TEST(word(credit) == "ok");
  const auto again = send(expense(20'000));
  settle();
  BOOST_TEST(word(again) == "ok");
}

BOOST_FIXTURE_TEST_CASE(two_debits_cannot_spend_the_same_money, warm_fixture) {
  const auto a = send(expense(6'000));
  const auto b = send(expense(6'000));
  settle();
  BOOST_TEST(word(a) == "ok");
  BOOST_TEST(word(b) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(balance("A") == 3'999);
}

BOOST_FIXTURE_TEST_CASE(the_postings_that_arrive_during_a_commit_are_one_batch, warm_fixture) {
  send(expense(1));
  run();
  const auto before = store.batches_seen;
  for (int i = 0; i < 20; ++i) send(expense(1));
  run();
  BOOST_TEST(store.batches_seen == before); // one is in flight
  settle();
  BOOST_TEST(store.batches_seen == before + 1);
  BOOST_TEST(store.committed.back()->items.size() == 20u);
  BOOST_TEST(balance("A") == 9'978);
}

BOOST_FIXTURE_TEST_CASE(the_next_batch_is_sent_before_the_last_one_is_answered, warm_fixture) {
  std::size_t seen = 0;
  auto item = std::make_shared<storage::commit_item>();
  item->user = ledger::user_id{"cid"};
  item->users_new.emplace_back().id = item->user;
  caf::anon_send(
      *routes->journal_of(0),
      actors::hand_over{
          item, 0, {}, base::utc_us{clock.at.count + 1'000'000}, [&](const actors::item_ended& e) {
            BOOST_TEST(bool{e.result});
            seen = store.batches_seen;
          }});
  run();
  const auto before = store.batches_seen;
  const auto next = send(expense(1));
  settle();
  BOOST_TEST(seen == before + 1);
  BOOST_TEST(word(next) == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_transfer_has_both_legs_or_none, warm_fixture) {
  const auto a = send(transfer(2'500, "A", "B"));
  settle();
  BOOST_TEST(word(a) == "ok");
  BOOST_TEST(balance("A") == 7'499);
  BOOST_TEST(balance("B") == 2'500);
  const auto b = send(transfer(9'000, "A", "B"));
  const auto c = send(transfer(1, "A", "nobody"));
  const auto d = send(transfer(1, "A", "A"));
  settle();
  BOOST_TEST(word(b) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(word(c) == "TX_TRANSFER_TO_ACCOUNT");
  BOOST_TEST(word(d) == "TX_TRANSFER_SAME_ACCOUNT");
  BOOST_TEST(balance("A") == 7'499);
}

// proves I7: the origin had reserved, the destination refused; nothing stays reserved
BOOST_FIXTURE_TEST_CASE(a_refusal_by_one_account_releases_the_other, warm_fixture) {
  store.accounts_.at("B").balance = base::centavos{base::amount_minor_max};
  const auto a = send(transfer(100, "A", "B"));
  settle();
  BOOST_TEST(word(a) == "TX_BALANCE_LIMIT");
  const auto b = send(expense(9'999)); // all of A is free again
  settle();
  BOOST_TEST(word(b) == "ok");
}

// proves I13
BOOST_FIXTURE_TEST_CASE(a_poison_posting_is_isolated_and_its_neighbours_commit, warm_fixture) {
  store.add_account("bia", "P");
  store.add_account("bia", "Q", ledger::account_role::category);
  store.poison.insert("P");
  auto poison = expense(10, "P");
  poison.category = ledger::account_id{"Q"};
  send(expense(1));
  run();
  std::vector<std::size_t> good;
  for (int i = 0; i < 5; ++i) good.push_back(send(expense(10)));
  const auto bad = send(poison, {}, "bia");
  for (int i = 0; i < 5; ++i) good.push_back(send(expense(10)));
  settle();
  BOOST_TEST(word(bad) == "DB_BROKEN");
  for (const auto i : good) BOOST_TEST(word(i) == "ok");
  BOOST_TEST(balance("A") == 9'898);
  BOOST_TEST(balance("P") == 0);
}

// proves P3 for both fates
BOOST_FIXTURE_TEST_CASE(an_in_doubt_batch_is_answered_with_the_truth, warm_fixture) {
  store.outcomes = {storage::commit_class::in_doubt};
  const auto applied = send(expense(100));
  settle();
  BOOST_TEST(word(applied) == "ok");
  BOOST_TEST(balance("A") == 9'899);

  store.outcomes = {storage::commit_class::in_doubt};
  store.fates = {{storage::resolution::fate::absent, {}}};
  const auto absent = send(expense(100));
  settle();
  BOOST_TEST(word(absent) == "ok"); // committed again, behind the fence record
  BOOST_TEST(balance("A") == 9'799);
}

BOOST_FIXTURE_TEST_CASE(reservations_stay_held_while_a_batch_is_in_doubt, warm_fixture) {
  store.outcomes = {storage::commit_class::in_doubt};
  const auto first = send(expense(6'000));
  run();
  store.run(); // the commit ends in doubt
  run();
  const auto second = send(expense(6'000));
  run();
  BOOST_TEST(word(first) == "-");
  BOOST_TEST(word(second) == "TX_INSUFFICIENT_BALANCE");
  settle();
  BOOST_TEST(word(first) == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_database_that_is_away_refuses_and_frees_the_money, warm_fixture) {
  store.outcomes = {storage::commit_class::unavailable};
  const auto a = send(expense(9'999));
  settle();
  BOOST_TEST(word(a) == "DB_UNAVAILABLE");
  store.outcomes = {storage::commit_class::read_only};
  const auto b = send(expense(9'999));
  settle();
  BOOST_TEST(word(b) == "DB_READ_ONLY");
  const auto c = send(expense(9'999));
  settle();
  BOOST_TEST(word(c) == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_transient_failure_is_tried_again_by_itself, warm_fixture) {
  store.outcomes = {storage::commit_class::transient, storage::commit_class::transient};
  const auto a = send(expense(100));
  for (int i = 0; i < 2; ++i) {
    settle();
    BOOST_TEST(word(a) == "-");
    pass(std::chrono::milliseconds{100});
  }
  settle();
  BOOST_TEST(word(a) == "ok");
  BOOST_TEST(balance("A") == 9'899);
}

// proves P9
BOOST_FIXTURE_TEST_CASE(a_fenced_journal_steps_down_and_nobody_is_told_success, warm_fixture) {
  const auto before = store.committed.size();
  store.outcomes = {storage::commit_class::fenced};
  const auto a = send(expense(100));
  settle();
  BOOST_TEST(word(a) == "SHARD_STOPPED");
  BOOST_TEST(!routes->shard(0).has_value());
  BOOST_TEST(status.stopped.count() == 1u);
  BOOST_TEST(store.committed.size() == before);
}

BOOST_FIXTURE_TEST_CASE(a_foreign_write_stops_the_shard_before_the_next_commit, warm_fixture) {
  const auto before = store.committed.size();
  store.outcomes = {storage::commit_class::conflict};
  const auto a = send(expense(100));
  settle();
  BOOST_TEST(word(a) == "SHARD_STOPPED");
  const auto b = send(expense(100));
  settle();
  BOOST_TEST(word(b) == "SHARD_STOPPED");
  BOOST_TEST(store.committed.size() == before);
}

BOOST_FIXTURE_TEST_CASE(a_load_that_fails_is_said_and_tried_again_by_the_next_command,
                        warm_fixture) {
  store.load_fails = true;
  const auto a = send(expense(100, "B"));
  settle();
  BOOST_TEST(word(a) == "DB_UNAVAILABLE");
  store.load_fails = false;
  const auto b = send(expense(100, "B"));
  settle();
  BOOST_TEST(word(b) == "ok");
}

// Every 1,024 versions of an account the balances by effective day are brought up to date.
BOOST_FIXTURE_TEST_CASE(a_posting_asks_for_the_projection_when_its_account_has_come_far,
                        caf_fixture) {
  caf_fixture& f = *this;
  f.store.accounts_.at("A").version = 1022;
  for (const std::size_t asked : {0u, 1u, 1u}) { // versions 1023, 1024, 1025
    const auto posted = f.send(expense(1));
    f.settle();
    BOOST_TEST(f.word(posted) == "ok");
    BOOST_TEST(f.store.refreshed.size() == asked);
  }
  BOOST_TEST((f.store.refreshed.front() == ledger::account_id{"A"}));
}

BOOST_AUTO_TEST_SUITE_END()
