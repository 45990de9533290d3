// What a broken handler, a stopped shard and a restarted journal do to those who come after.
#include "actors/guarded_invariant.hpp"
#include "tests/support/caf_fixture.hpp"

#include <filesystem>
#include <stdexcept>
#include <unistd.h>

using tests::caf_fixture;
using tests::expense;

BOOST_AUTO_TEST_SUITE(failure)

namespace {

struct failure_fixture : caf_fixture {
  using caf_fixture::caf_fixture;

  std::string run_one(ledger::command what) {
    const auto index = send(std::move(what));
    settle();
    return word(index);
  }
  /// A command whose answer cannot be rendered: its book dies of the exception.
  std::size_t send_fatal() {
    ledger::envelope e;
    e.user = ledger::user_id{"ana"};
    e.deadline = base::utc_us{clock.at.count + 9 * base::us_per_second};
    e.key = ledger::request_key{{"POST /test", "fatal"}, base::sha256("1")};
    e.to_answer = [](const base::result<ledger::outcome>&) -> ledger::stored_answer {
      throw std::runtime_error("planted");
    };
    e.what = expense(1);
    return send(std::move(e));
  }
};

struct forgetful_fixture : failure_fixture {
  forgetful_fixture() : failure_fixture([](caf_fixture& f) { f.env.bounds.journal_heads = 0; }) {}
};

} // namespace

// proves I3, I4
BOOST_FIXTURE_TEST_CASE(the_book_after_a_failed_one_sees_what_that_one_gave_away, failure_fixture) {
  BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  const auto in_flight = send(expense(100));
  run();
  const auto queued = send(expense(200)); // behind the batch in flight
  run();
  const auto fatal = send_fatal();
  run();
  const auto next = send(expense(300));
  run();
  BOOST_TEST(word(next) == "-");
  store.run_last(); // a book that was read too early would ask for its account before `queued` ends
  settle();
  // Nobody can say more to those whose book is gone; the money is where it should be.
  for (const auto lost : {in_flight, queued, fatal}) BOOST_TEST(word(lost) == "LOST");
  BOOST_TEST(word(next) == "ok");
  BOOST_TEST(balance("A") == 10'000 - 1 - 100 - 200 - 300);
  BOOST_TEST(store.accounts_.at("A").version == 5u);
  BOOST_TEST(run_one(expense(9'400)) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(run_one(expense(9'399)) == "ok");
  BOOST_TEST(status.stopped.count() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_failed_book_that_gave_nothing_away_is_followed_at_once, failure_fixture) {
  const auto fatal = send_fatal();
  settle();
  BOOST_TEST(word(fatal) == "LOST");
  BOOST_TEST(run_one(expense(1)) == "ok");
}

// proves P9
BOOST_FIXTURE_TEST_CASE(a_stopped_shard_stays_stopped_when_its_journal_starts_again,
                        failure_fixture) {
  store.outcomes = {storage::commit_class::conflict};
  BOOST_TEST(run_one(expense(1)) == "SHARD_STOPPED");
  const auto before = store.committed.size();
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  settle();
  BOOST_TEST(run_one(expense(1)) == "SHARD_STOPPED");
  BOOST_TEST(store.committed.size() == before);
  BOOST_TEST(status.stopped.count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_journal_that_starts_again_goes_on, failure_fixture) {
  BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  settle();
  BOOST_TEST(run_one(expense(100)) == "ok");
  BOOST_TEST(balance("A") == 9'899);
}

// proves I3, I4
BOOST_FIXTURE_TEST_CASE(a_shard_that_fails_starts_again_behind_all_that_was_on_its_way,
                        failure_fixture) {
  BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  send(expense(100));
  run(); // in flight
  send(expense(200));
  run(); // queued
  caf::anon_send_exit(*routes->shard(0), caf::exit_reason::kill);
  run();
  settle();
  BOOST_TEST(run_one(expense(300)) == "ok");
  const auto& a = store.accounts_.at("A");
  BOOST_TEST(balance("A") == 10'000 - 1 - 100 - 300); // what was only queued is nowhere
  BOOST_TEST(a.version == 4u);
  BOOST_TEST(run_one(expense(9'600)) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(run_one(expense(9'599)) == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_change_without_entries_needs_no_head_of_its_account, forgetful_fixture) {
  BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  ledger::update_account rename;
  rename.id = ledger::account_id{"A"};
  rename.name = "Nubank";
  BOOST_TEST(run_one(rename) == "ok");
  BOOST_TEST(run_one(expense(1)) == "ok");
  BOOST_TEST(balance("A") == 9'998);
}

BOOST_FIXTURE_TEST_CASE(a_long_queue_of_expired_amendments_needs_no_stack, failure_fixture) {
  BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  ledger::delete_transaction gone;
  gone.id = ledger::transaction_id{"none"};
  const auto first = send(gone);
  run(); // it reads its row; the others wait for their turn
  std::vector<std::size_t> others(15'000);
  for (auto& o : others) o = send(gone);
  run();
  clock.at.count += 10 * base::us_per_second;
  settle();
  BOOST_TEST(word(first) == "TRANSACTION_NOT_FOUND");
  std::size_t late = 0;
  for (const auto o : others) late += word(o) == "OVERLOADED" ? 1 : 0;
  BOOST_TEST(late == others.size());
}

/// What a former owner commits while its shards are being taken over has to be in the new books:
/// they are read behind the take-over, not beside it.
BOOST_FIXTURE_TEST_CASE(a_book_is_read_when_its_journal_owns_the_shard, failure_fixture) {
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  run();
  const auto index = send(tests::transfer(10, "A", "D"));
  run();
  store.run_last(); // the take-over, unless somebody reads already
  store.add_account("ana", "D");
  settle();
  BOOST_TEST(word(index) == "ok");
}

/// The database takes nothing: keys are still answered, and later the book reads again.
BOOST_FIXTURE_TEST_CASE(a_book_that_was_read_without_a_take_over_is_read_again, failure_fixture) {
  store.open_fails = true;
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  settle();
  BOOST_TEST(run_one(expense(10)) == "DB_UNAVAILABLE");
  store.open_fails = false;
  store.add_account("ana", "D");
  for (int i = 0; i < 10; ++i) pass(std::chrono::milliseconds{100});
  settle();
  BOOST_TEST(run_one(tests::transfer(10, "A", "D")) == "ok");
}

// -- a database that came back older --------------------------------------------------------------

struct remembering_fixture : failure_fixture {
  std::string path =
      std::filesystem::temp_directory_path() / ("node-" + std::to_string(::getpid()) + ".heads");
  std::unique_ptr<storage::head_memory> memory;

  remembering_fixture() {
    auto opened = storage::head_memory::open(path, "here", 1);
    BOOST_REQUIRE(opened.has_value());
    memory = std::move(*opened);
    env.heads = memory.get();
  }
  ~remembering_fixture() {
    stop();
    std::filesystem::remove(path);
  }
  std::uint64_t remembered() const {
    const auto known = memory->last(0);
    return known ? known->seq : 0;
  }
};

BOOST_FIXTURE_TEST_CASE(what_is_durable_is_remembered, remembering_fixture) {
  BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  BOOST_TEST(remembered() == store.heads_.at(0).seq);
  store.outcomes = {storage::commit_class::unavailable};
  BOOST_TEST(run_one(expense(1)) == "DB_UNAVAILABLE");
  BOOST_TEST(remembered() == store.heads_.at(0).seq);
}

BOOST_FIXTURE_TEST_CASE(an_older_database_is_seen_at_the_take_over, remembering_fixture) {
  const auto older = store.heads_.at(0);
  for (int i = 0; i < 3; ++i) BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  const auto last = remembered();
  store.heads_[0] = older;
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  settle();
  BOOST_TEST(status.recovery.on());
  BOOST_TEST(
      (status.recovery.findings() == std::vector{ledger::lost_commits{0, last, older.seq, false}}));
  BOOST_TEST(remembered() == last); // the evidence stays
}

/// The take-over's own record stands at the place of the one that is lost.
BOOST_FIXTURE_TEST_CASE(a_single_lost_commit_is_seen_at_the_take_over, remembering_fixture) {
  const auto older = store.heads_.at(0);
  BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  const auto last = remembered();
  BOOST_TEST_REQUIRE(last == older.seq + 1);
  store.heads_[0] = older;
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  settle();
  BOOST_TEST(
      (status.recovery.findings() == std::vector{ledger::lost_commits{0, last, older.seq, false}}));
  // Whatever is appended now, a correction too, is no evidence of what was there.
  BOOST_TEST(run_one(expense(1)) == "ok");
  BOOST_TEST(store.heads_.at(0).seq > last);
  BOOST_TEST(remembered() == last);
}

BOOST_FIXTURE_TEST_CASE(an_older_database_is_seen_by_the_commit_that_does_not_follow,
                        remembering_fixture) {
  for (int i = 0; i < 3; ++i) BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  const auto last = remembered();
  store.heads_[0].seq = last - 2;
  store.outcomes = {storage::commit_class::fenced};
  BOOST_TEST(run_one(expense(1)) == "SHARD_STOPPED");
  BOOST_TEST(
      (status.recovery.findings() == std::vector{ledger::lost_commits{0, last, last - 2, false}}));
}

BOOST_FIXTURE_TEST_CASE(another_owner_is_no_loss, remembering_fixture) {
  BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  store.heads_[0].seq += 1;
  store.outcomes = {storage::commit_class::fenced};
  BOOST_TEST(run_one(expense(1)) == "SHARD_STOPPED");
  BOOST_TEST(!status.recovery.on());
}

// metrics.md §5: a rule that does not hold stops the shard, and is counted under what it guards
BOOST_FIXTURE_TEST_CASE(a_broken_invariant_stops_the_shard_and_is_counted, failure_fixture) {
  using observability::invariant;
  BOOST_TEST_REQUIRE(run_one(expense(1)) == "ok");
  const auto count = [&](invariant i) { return metrics.ledger_invariant_violations(i).value(); };
  send_fatal(); // an exception is no invariant
  settle();
  BOOST_TEST(count(invariant::ledger_balance) + count(invariant::ledger_append_only) == 0);
  ledger::envelope e;
  e.user = ledger::user_id{"ana"};
  e.deadline = base::utc_us{clock.at.count + 9 * base::us_per_second};
  e.key = ledger::request_key{{"POST /test", "broken"}, base::sha256("1")};
  e.to_answer = [](const base::result<ledger::outcome>&) -> ledger::stored_answer {
    throw base::broken_invariant{"versions only grow", "/build/ledger/decide.cpp", 156};
  };
  e.what = expense(1);
  send(std::move(e));
  settle();
  BOOST_TEST(count(invariant::ledger_balance) == 1);
  BOOST_TEST(count(invariant::balanced) == 0);
  BOOST_TEST(count(invariant::ledger_append_only) == 0);
  BOOST_TEST(status.stopped.count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_rule_is_counted_under_what_it_guards) {
  using observability::invariant;
  const auto of = [](std::string_view file) { return actors::guarded_invariant(file); };
  BOOST_TEST((of("/x/ledger/plan.cpp") == invariant::balanced));
  BOOST_TEST((of("../actors/batcher.cpp") == invariant::balanced));
  BOOST_TEST((of("/x/actors/account_actor.cpp") == invariant::ledger_balance));
  BOOST_TEST((of("/x/ledger/commit.cpp") == invariant::ledger_append_only));
  BOOST_TEST((of("/x/actors/journal_actor.cpp") == invariant::ledger_append_only));
  BOOST_TEST(!of("/x/actors/job_owner.cpp"));
  BOOST_TEST(!of("/x/scheduler/ready_queue.cpp"));
}

BOOST_AUTO_TEST_SUITE_END()
