// Goal: after a lost, frozen or fenced connection the answer is what happened, never a guess.
// Method: a second real session holds locks; backends are ended, killed and stopped for real.
#include "tests/contract/postgres/session_fixture.hpp"

#include <csignal>

using contract::batch;
using contract::commit_class;
using contract::late;
using contract::session_fixture;
using support::pg_admin;
using support::pg_cluster;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(pg_fault, *boost::unit_test::precondition(contract_runs))

namespace {

const std::string account_b = std::to_string(base::key_of("b"));

struct faulted : session_fixture {
  faulted() : s(connected()) {
    seed(*s);
    own.record(1, 2, "mine").transfer(1, 2, "a", "b", 5, 1);
  }
  std::string waits_for_lock() {
    return "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and pid = " +
           std::to_string(s->backend_pid());
  }
  std::string insert_by_another(const std::string& hash) {
    return "insert into ledger_commits values (1, 2, 9, 'node-b', 'previous', '" + hash +
           "', 0, 1000)";
  }
  /// Sends our batch, which then waits: another one holds the balance, the last step of ours.
  auto start_blocked(pg_admin& other, storage::deadline until = late()) {
    other.query("begin");
    other.query("select 1 from balances where account_id = " + account_b + " for update");
    steps = own.steps();
    return start(s->commit(steps, until));
  }
  void truth_is_nothing() {
    BOOST_TEST(truth("select count(*) from ledger_entries") == "0");
    BOOST_TEST(truth("select sum(version) from balances") == "0");
  }

  std::unique_ptr<storage::pg_session> s;
  batch own;
  std::vector<storage::step> steps;
};

} // namespace

// -- fencing -------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_zombie_waits_at_statement_one_and_is_fenced, faulted) {
  pg_admin owner(database.url());
  owner.query("begin");
  owner.query(insert_by_another("theirs"));
  steps = own.steps();
  const auto zombie = start(s->commit(steps, late()));
  wait_for(waits_for_lock(), "1");
  BOOST_TEST(!zombie->has_value());
  owner.query("commit");
  const auto got = finish(zombie);
  BOOST_TEST((got.what == commit_class::fenced), got.detail);
  BOOST_TEST(s->connected());
  truth_is_nothing();
}

BOOST_FIXTURE_TEST_CASE(a_zombie_goes_on_when_the_other_gives_up, faulted) {
  pg_admin owner(database.url());
  owner.query("begin");
  owner.query(insert_by_another("theirs"));
  steps = own.steps();
  const auto zombie = start(s->commit(steps, late()));
  wait_for(waits_for_lock(), "1");
  owner.query("rollback");
  BOOST_TEST((finish(zombie).what == commit_class::committed));
}

BOOST_FIXTURE_TEST_CASE(a_question_waits_for_who_is_still_committing, faulted) {
  for (const bool commits : {true, false}) {
    const std::int64_t seq = commits ? 2 : 3;
    pg_admin committing(database.url());
    committing.query("begin");
    committing.query("insert into ledger_commits values (1, " + std::to_string(seq) +
                     ", 1, 'node-a', 'previous', 'mine', 0, 1000)");
    storage::step fence;
    fence.what = &storage::sql::commit_fence;
    fence.values = {std::int64_t{1},           seq,
                    std::int64_t{2},           std::string("node-a"),
                    storage::blob{"previous"}, storage::blob{"fence"},
                    std::int64_t{0},           std::int64_t{1000}};
    const auto asked = start(s->execute(fence, late()));
    wait_for(waits_for_lock(), "1");
    BOOST_TEST(!asked->has_value());
    committing.query(commits ? "commit" : "rollback");
    const auto answer = finish(asked);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->empty() == commits);
    const auto end = resolve(*s, 1, seq, "mine");
    BOOST_TEST(end.applied == commits);
    BOOST_TEST(end.hash == (commits ? "mine" : "fence"));
  }
}

// Records stand first and in shard order: whoever comes second waits, and is fenced without
// deadlock.
BOOST_FIXTURE_TEST_CASE(two_owners_of_two_shards_never_deadlock, faulted) {
  auto other = connected();
  for (std::int64_t seq = 2; seq < 42; ++seq) {
    batch mine, theirs;
    mine.record(1, seq, "mine").record(2, seq, "mine");
    theirs.record(1, seq, "theirs").record(2, seq, "theirs");
    const auto my_steps = mine.steps(), their_steps = theirs.steps();
    const auto first = start(s->commit(my_steps, late()));
    const auto second = start(other->commit(their_steps, late()));
    const auto a = finish(first).what, b = finish(second).what;
    BOOST_TEST(((a == commit_class::committed && b == commit_class::fenced) ||
                (b == commit_class::committed && a == commit_class::fenced)));
  }
}

BOOST_FIXTURE_TEST_CASE(a_deadlock_is_transient, faulted) {
  pg_admin other(database.url());
  other.query("set deadlock_timeout = '1h'"); // the victim is the one that looks
  other.query("begin");
  other.query("update balances set balance = 0 where account_id = " + account_b);
  batch b;
  b.record(1, 2, "mine").transfer(1, 2, "a", "b", 5, 1);
  steps = b.steps();
  const auto ours = start(s->commit(steps, late()));
  wait_for(waits_for_lock(), "1");
  other.send("insert into ledger_commits values (1, 2, 9, 'node-b', 'p', 'theirs', 0, 1000)");
  const auto got = finish(ours);
  BOOST_TEST((got.what == commit_class::transient), got.detail);
  BOOST_TEST(got.detail.starts_with("40P01"), got.detail);
  BOOST_TEST(s->connected());
}

// -- lost connections ----------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_backend_that_is_ended_leaves_doubt_and_then_an_answer, faulted) {
  pg_admin other(database.url());
  const auto doubtful = start_blocked(other);
  wait_for(waits_for_lock(), "1");
  other.query("select pg_terminate_backend(" + std::to_string(s->backend_pid()) + ")");
  const auto got = finish(doubtful);
  BOOST_TEST((got.what == commit_class::in_doubt), got.detail);
  BOOST_TEST(got.detail.starts_with("57P01"), got.detail); // the last words are not lost
  BOOST_TEST(!s->connected());
  const auto end = resolve(*s, 1, 2, "mine");
  BOOST_TEST(!end.applied);
  truth_is_nothing();
}

BOOST_FIXTURE_TEST_CASE(an_idle_connection_that_ends_is_noticed_without_a_question, faulted) {
  admin.query("select pg_terminate_backend(" + std::to_string(s->backend_pid()) + ")");
  const auto give_up = late();
  while (s->connected() && std::chrono::steady_clock::now() < give_up) io.run_one_for(1s);
  BOOST_TEST(!s->connected());
  BOOST_TEST((commit(*s, own).what == commit_class::unavailable));
  BOOST_REQUIRE(run(s->connect(late())).has_value());
  BOOST_TEST((commit(*s, own).what == commit_class::committed));
}

// The server restarts all backends when one of them is killed: 57P03 until it is back.
BOOST_FIXTURE_TEST_CASE(a_killed_backend_takes_all_along_and_we_come_back, faulted) {
  pg_admin other(database.url());
  auto reader = connected(storage::pg_role::read);
  const auto doubtful = start_blocked(other);
  wait_for(waits_for_lock(), "1");
  ::kill(s->backend_pid(), SIGKILL);
  const auto got = finish(doubtful);
  BOOST_TEST((got.what == commit_class::in_doubt), got.detail);
  storage::step at;
  at.what = &storage::sql::commit_at;
  at.values = {std::int64_t{1}, std::int64_t{1}};
  const auto read = run(reader->execute(at, late())); // tries again by itself
  BOOST_REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().detail));
  BOOST_TEST(read->size() == 1U);
  const auto end = resolve(*s, 1, 2, "mine");
  BOOST_TEST(!end.applied);
  pg_admin again(database.url());
  BOOST_TEST(again.query("select count(*) from ledger_entries") == "0");
  BOOST_TEST(again.query("select count(*) from ledger_commits") == "2");
}

BOOST_FIXTURE_TEST_CASE(a_database_that_restarts_is_found_again, faulted) {
  auto& cluster = pg_cluster::instance();
  cluster.stop_immediate();
  const auto away = commit(*s, own);
  BOOST_TEST((away.what == commit_class::in_doubt || away.what == commit_class::unavailable));
  const auto refused = run(s->connect(contract::in(200ms)));
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST(refused.error().code == code_text(storage::errc::unavailable));
  const auto coming = start(s->connect(late()));
  io.run_for(50ms); // at least one attempt is refused
  BOOST_TEST(!coming->has_value());
  cluster.start();
  BOOST_REQUIRE(finish(coming).has_value());
  const auto end = resolve(*s, 1, 2, "mine");
  BOOST_TEST(!end.applied); // it never reached the server
  pg_admin again(database.url());
  BOOST_TEST(again.query("select count(*) from ledger_entries") == "0");
}

// -- frozen backends -----------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_frozen_backend_wakes_up_behind_the_fence, faulted) {
  const int frozen = s->backend_pid();
  ::kill(frozen, SIGSTOP);
  const auto got = commit(*s, own, contract::in(300ms));
  BOOST_TEST((got.what == commit_class::in_doubt), got.detail);
  BOOST_TEST(!s->connected());
  const auto end = resolve(*s, 1, 2, "mine");
  BOOST_TEST(!end.applied);
  ::kill(frozen, SIGCONT); // now it reads our batch from its socket
  wait_for("select count(*) from pg_stat_activity where pid = " + std::to_string(frozen), "0");
  truth_is_nothing();
  BOOST_TEST(truth("select encode(hash, 'escape') from ledger_commits where seq = 2") == "fence");
  BOOST_TEST((commit(*s, batch().record(1, 3, "x").transfer(1, 3, "a", "b", 5, 1)).what ==
              commit_class::committed));
}

BOOST_FIXTURE_TEST_CASE(a_former_backend_that_holds_our_place_is_ended, faulted) {
  truth("create function stall() returns trigger language plpgsql as $$ begin"
        " perform pg_sleep(3600); return null; end $$;"
        "create trigger stall after insert on ledger_entries execute function stall()");
  limits.lock = 200ms;
  s = connected();
  const int former = s->backend_pid();
  const auto got = commit(*s, own, contract::in(300ms));
  BOOST_TEST((got.what == commit_class::in_doubt), got.detail);
  // It holds the place and goes on: waiting alone brings no answer, see the lock time-out.
  const auto end = resolve(*s, 1, 2, "mine");
  BOOST_TEST(!end.applied);
  BOOST_TEST(end.hash == "fence");
  wait_for("select count(*) from pg_stat_activity where pid = " + std::to_string(former), "0");
  truth_is_nothing();
}

BOOST_AUTO_TEST_SUITE_END()
