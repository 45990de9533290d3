// Keys between actors: the duplicate that waits, the replay, the reused key, the pinned refusal.
#include "tests/support/caf_fixture.hpp"

using tests::caf_fixture;
using tests::expense;
using tests::income;

BOOST_FIXTURE_TEST_SUITE(idempotency, caf_fixture)

// proves P4
BOOST_AUTO_TEST_CASE(a_duplicate_in_flight_waits_and_gets_the_first_ones_answer) {
  const auto first = send(expense(100), "k1");
  run();
  const auto second = send(expense(100), "k1");
  run();
  BOOST_TEST(word(second) == "-");
  settle();
  BOOST_TEST(word(first) == "ok");
  BOOST_TEST(word(second) == "stored:fine");
  const auto late = send(expense(100), "k1");
  settle();
  BOOST_TEST(word(late) == "stored:fine");
  BOOST_TEST(balance("A") == 9'900);
}

// proves P5
BOOST_AUTO_TEST_CASE(another_body_under_the_key_is_refused_in_flight_and_later) {
  const auto first = send(expense(100), "k1");
  run();
  const auto other = send(expense(200), "k1", "ana", 2);
  settle();
  BOOST_TEST(word(other) == "IDEMPOTENCY_KEY_REUSED");
  BOOST_TEST(word(first) == "ok");
  const auto late = send(expense(200), "k1", "ana", 2);
  settle();
  BOOST_TEST(word(late) == "IDEMPOTENCY_KEY_REUSED");
  BOOST_TEST(balance("A") == 9'900);
}

// proves P6
BOOST_AUTO_TEST_CASE(a_refusal_of_the_ledger_is_pinned_and_others_are_not) {
  const auto poor = send(expense(99'999), "k1");
  settle();
  BOOST_TEST(word(poor) == "TX_INSUFFICIENT_BALANCE");
  const auto rich = send(income(1'000'000));
  settle();
  BOOST_TEST(word(rich) == "ok");
  const auto again = send(expense(99'999), "k1");
  settle();
  BOOST_TEST(word(again) == "stored:TX_INSUFFICIENT_BALANCE");

  auto wrong = expense(5);
  wrong.category = ledger::account_id{"nothing"};
  const auto missing = send(wrong, "k2");
  settle();
  BOOST_TEST(word(missing) == "TX_CATEGORY_NOT_FOUND");
  const auto mended = send(expense(5), "k2", "ana", 2);
  settle();
  BOOST_TEST(word(mended) == "ok");
}

// What a category may hold the journal alone knows: its refusal is one of the ledger, too.
BOOST_AUTO_TEST_CASE(a_refusal_of_the_journal_is_pinned) {
  store.add_account("ana", "N", ledger::account_role::category, base::amount_minor_max - 100);
  auto beyond = expense(101);
  beyond.category = ledger::account_id{"N"};
  const auto first = send(beyond, "k1");
  run();
  const auto waiting = send(beyond, "k1");
  const auto bare = send(beyond);
  settle();
  BOOST_TEST(word(first) == "TX_BALANCE_LIMIT");
  BOOST_TEST(word(waiting) == "stored:TX_BALANCE_LIMIT");
  BOOST_TEST(word(bare) == "TX_BALANCE_LIMIT");
  BOOST_TEST(metrics.ledger_refusals(observability::refusal_code::balance_limit).value() == 2);

  auto room = income(1);
  room.category = beyond.category;
  const auto made = send(room);
  settle();
  BOOST_TEST(word(made) == "ok");
  const auto again = send(beyond, "k1");
  const auto another = send(beyond, "k2");
  settle();
  BOOST_TEST(word(again) == "stored:TX_BALANCE_LIMIT");
  BOOST_TEST(word(another) == "ok");
  BOOST_TEST(balance("N") == base::amount_minor_max);
  BOOST_TEST(balance("A") == 10'000 + 1 - 101);
  const auto all = send(expense(9'900)); // nothing of A stayed reserved
  settle();
  BOOST_TEST(word(all) == "ok");
}

// The queue of amendments goes on behind it.
BOOST_AUTO_TEST_CASE(a_refused_edit_is_pinned_and_the_next_one_runs) {
  store.add_account("ana", "N", ledger::account_role::category, base::amount_minor_max - 100);
  const auto posted = send(expense(101));
  settle();
  ledger::edit_transaction move, rename;
  move.id = rename.id = std::get<ledger::transaction_record>(*answer(posted)->result).id;
  move.edit.category = ledger::account_id{"N"};
  rename.edit.description = "feira";
  const auto refused = send(move, "k1");
  const auto next = send(rename, "k2");
  settle();
  BOOST_TEST(word(refused) == "TX_BALANCE_LIMIT");
  BOOST_TEST(word(next) == "ok");
  const auto again = send(move, "k1");
  settle();
  BOOST_TEST(word(again) == "stored:TX_BALANCE_LIMIT");
  BOOST_TEST(balance("N") == base::amount_minor_max - 100);
}

BOOST_AUTO_TEST_CASE(a_waiting_duplicate_gets_409_when_its_patience_ends_and_the_first_goes_on) {
  const auto warm = send(expense(1));
  settle();
  BOOST_TEST(word(warm) == "ok");
  const auto slow = send(expense(100), "k2");
  run();
  const auto duplicate = send(expense(100), "k2");
  run();
  for (int i = 0; i < 159; ++i) pass(std::chrono::milliseconds{50});
  BOOST_TEST(word(duplicate) == "-");
  for (int i = 0; i < 2; ++i) pass(std::chrono::milliseconds{50});
  BOOST_TEST(word(duplicate) == "IDEMPOTENCY_IN_FLIGHT");
  BOOST_TEST(word(slow) == "-");
  settle();
  BOOST_TEST(word(slow) == "ok");
}

BOOST_AUTO_TEST_CASE(a_new_book_finds_what_a_former_one_stored) {
  const auto first = send(expense(100), "k1");
  settle();
  BOOST_TEST(word(first) == "ok");
  env.bounds.books_per_shard = 0;         // every idle book goes
  pass(std::chrono::milliseconds{1'000}); // a beat of the shard
  settle();
  BOOST_TEST(metrics.account_loads(observability::account_load::passivated).value() == 1);
  const auto again = send(expense(100), "k1");
  settle();
  BOOST_TEST(word(again) == "stored:fine");
  BOOST_TEST(balance("A") == 9'900);
}

BOOST_AUTO_TEST_CASE(an_expired_key_counts_as_absent) {
  const auto first = send(expense(100), "k1");
  settle();
  BOOST_TEST(word(first) == "ok");
  clock.at.count += std::chrono::microseconds{env.bounds.idempotency_ttl}.count() + 1;
  const auto again = send(expense(100), "k1");
  settle();
  BOOST_TEST(word(again) == "ok");
  BOOST_TEST(balance("A") == 9'800);
}

// A former owner of the shard may have stored it after we read the keys.
BOOST_AUTO_TEST_CASE(a_key_that_somebody_else_stored_is_found_by_the_retry) {
  const auto warm = send(expense(1));
  settle();
  BOOST_TEST(word(warm) == "ok");
  ledger::idempotency_record record;
  record.user = ledger::user_id{"ana"};
  record.scope = {"POST /test", "k"};
  record.fingerprint = base::sha256("1");
  record.answer = {200, "theirs"};
  record.created_at = clock.at;
  record.expires_at = base::utc_us{clock.at.count + 3600 * base::us_per_second};
  store.answers_["POST /test|k"] = record;
  store.outcomes = {storage::commit_class::duplicate_key};
  const auto first = send(expense(100), "k");
  settle();
  BOOST_TEST(word(first) == "IDEMPOTENCY_IN_FLIGHT");
  const auto again = send(expense(100), "k");
  settle();
  BOOST_TEST(word(again) == "stored:theirs");
  BOOST_TEST(balance("A") == 9'999);
}

BOOST_AUTO_TEST_SUITE_END()
