// Goal: a worker that pulls keeps its job through restarts and lost answers, and nobody else has it
// meanwhile. Method: as in jobs_test.cpp; workers say what the test lets them say.
#include "tests/actors/job_fixture.hpp"

using namespace actors;
using namespace tests;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(job_workers)

namespace {

std::string said(const base::result<http::job_ended>& r) {
  return r ? std::string{scheduler::to_text(r->state)} : std::string{r.error().code};
}

} // namespace

BOOST_FIXTURE_TEST_CASE(the_end_names_its_commit, job_fixture) {
  const auto w = join();
  for (const bool posts : {false, true}) {
    http::job_effects effects;
    if (posts) effects.transactions.push_back(expense(250));
    const auto j = leased_by(w);
    const auto done = complete(w, j, effects);
    BOOST_TEST_REQUIRE(said(done) == "succeeded");
    BOOST_TEST_REQUIRE(done->commit.has_value());
    BOOST_TEST(done->commit->first == 0u);
    std::uint64_t seq = 0;
    for (const auto& batch : store.committed)
      for (const auto& item : batch->items)
        for (const auto& r : item->job_rows)
          if (const auto* o = std::get_if<scheduler::job_outcome>(&r); o && o->job == j.id)
            seq = batch->records.front().seq;
    BOOST_TEST(done->commit->second == seq);
  }
  BOOST_TEST(balance("A") == 9'750);
}

BOOST_FIXTURE_TEST_CASE(whoever_says_the_same_again_hears_the_same, job_fixture) {
  const auto w = join();
  const auto j = leased_by(w);
  // Twice while it is being written, once after, once after a restart.
  std::vector<std::string> heard;
  for (int i = 0; i < 2; ++i)
    call([&](actors::job_owner& o) {
      o.complete({w, j.id, j.lease, "null", {}, {}, {}},
                 [&](const auto& r) { heard.push_back(said(r)); });
    });
  settle();
  BOOST_TEST((heard == std::vector<std::string>{"succeeded", "succeeded"}));
  BOOST_TEST(said(complete(w, j)) == "succeeded");
  BOOST_TEST(said(complete(http::worker_id{"other"}, j)) == "LEASE_LOST");
  std::string failed;
  call([&](actors::job_owner& o) {
    o.fail({w, j.id, j.lease, {"NO", "", ""}, true, {}, {}, {}},
           [&](const auto& r) { failed = said(r); });
  });
  settle();
  BOOST_TEST(failed == "LEASE_LOST");
  restart_owner();
  BOOST_TEST(said(complete(w, j)) == "succeeded");
  auto forged = j;
  forged.lease = "l1.00000000000000000000000000000000";
  BOOST_TEST(said(complete(w, forged)) == "LEASE_LOST");
  BOOST_TEST(store.jobs_kept.outcomes.size() == 1u);
}

// A row that never arrived counts for the number of the next attempt, and so for its lease.
BOOST_FIXTURE_TEST_CASE(a_gap_in_the_attempts_does_not_lose_the_answer, job_fixture) {
  const auto id = put(wish("pulled"));
  for (const auto number : {1, 3}) {
    scheduler::job_attempt t;
    t.job = id;
    t.number = number;
    t.end = scheduler::attempt_end::transient;
    store.jobs_kept.tries[id].push_back(t);
  }
  restart_owner();
  const auto w = join();
  const auto got = lease(w);
  BOOST_TEST_REQUIRE((got->has_value() && (**got)->size() == 1u));
  const auto j = (**got)->front();
  BOOST_TEST(j.attempt == 4);
  BOOST_TEST(said(complete(w, j)) == "succeeded");
  restart_owner();
  BOOST_TEST(said(complete(w, j)) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(a_lease_is_not_lost_while_nobody_knows, job_fixture) {
  const auto w = join();
  const auto j = leased_by(w);
  caf::anon_send_exit(*routes->jobs(), caf::exit_reason::kill);
  run(); // the new owner waits for the tables
  BOOST_TEST(beat(w, {j}).error().code == "DB_UNAVAILABLE");
  settle();
  const auto known = beat(w, {j});
  BOOST_TEST_REQUIRE(known.has_value());
  BOOST_TEST((known->adopted == std::vector{j.id}));
  status.recovery.begin(clock.at);
  BOOST_TEST(beat(w, {j}).error().code == "RECOVERY_MODE");
  (void)status.recovery.finish();
  BOOST_TEST(said(complete(w, j)) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(an_adopted_worker_joins_again_when_its_job_is_done, job_fixture) {
  const auto w = join({"pulled", "more"});
  const auto j = leased_by(w);
  restart_owner();
  BOOST_TEST(beat(w, {j}).has_value());
  BOOST_TEST(said(complete(w, j)) == "succeeded");
  const auto got = lease(w);
  BOOST_TEST_REQUIRE(got->has_value());
  BOOST_TEST((**got).error().code == "UNKNOWN_WORKER");
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_must_go_hands_back_by_its_deadline, job_fixture) {
  const auto w = join();
  const auto j = leased_by(w);
  (void)ask<base::result<http::worker_view>>(
      [&](actors::job_owner& o) { return o.set_state(w, http::worker_state::terminating); });
  pass(9s);
  settle();
  BOOST_TEST(beat(w, {j}).has_value()); // its lease goes on until the deadline
  BOOST_TEST(state(j.id) == "running");
  pass(7s);
  settle();
  BOOST_TEST(state(j.id) == "ready");
  BOOST_TEST(store.jobs_kept.tries.at(j.id).size() == 1u);
  BOOST_TEST((store.jobs_kept.tries.at(j.id).front().end == scheduler::attempt_end::handed_back));
  BOOST_TEST((beat(w, {j})->lost == std::vector{j.id}));
}

BOOST_FIXTURE_TEST_CASE(who_leaves_a_job_that_is_told_to_stop_has_stopped, job_fixture) {
  const auto w = join();
  const auto j = leased_by(w);
  BOOST_TEST(act(j.id, scheduler::control_action::cancel) == "cancelling");
  BOOST_TEST(ask<bool>([&](actors::job_owner& o) { return o.leave(w).has_value(); }));
  settle();
  BOOST_TEST(state(j.id) == "cancelled");
}

BOOST_FIXTURE_TEST_CASE(a_worker_gets_no_more_than_it_has_room_for, job_fixture) {
  const auto w = join({"pulled"}, 1);
  const auto first = lease(w, 5, 8);
  const auto second = lease(w, 5, 8);
  put(wish("pulled"));
  put(wish("pulled"));
  BOOST_TEST_REQUIRE(first->has_value());
  BOOST_TEST((**first)->size() == 1u);
  BOOST_TEST(!second->has_value());
  // And the poll that waits gets the next one as soon as there is room.
  BOOST_TEST(said(complete(w, (**first)->front())) == "succeeded");
  BOOST_TEST_REQUIRE(second->has_value());
  BOOST_TEST((**second)->size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(who_comes_back_runs_its_kinds_again, job_fixture) {
  const auto w = join();
  const auto id = put(wish("pulled"));
  const auto gate = [&] {
    const auto e = ask<std::optional<http::job_explanation>>(
        [&](actors::job_owner& o) { return o.explain(ana, id); });
    return e->gates.front().gate;
  };
  BOOST_TEST(gate() == "turn");
  pass(31s);
  settle();
  BOOST_TEST(gate() == "no_executor");
  BOOST_TEST(beat(w).has_value());
  BOOST_TEST(gate() == "turn");
  (void)ask<base::result<http::worker_view>>(
      [&](actors::job_owner& o) { return o.set_state(w, http::worker_state::quiet); });
  BOOST_TEST(gate() == "no_executor");
}

BOOST_FIXTURE_TEST_CASE(lines_of_a_log_are_cut_where_a_character_ends, job_fixture) {
  const auto w = join();
  const auto j = leased_by(w);
  std::string wide;
  for (int i = 0; i < 300; ++i) wide += "é";
  std::vector<std::string> lines{wide, "two\nlines"};
  lines.resize(201, "more");
  BOOST_TEST(said(complete(w, j, {}, lines)) == "succeeded");
  const auto& log = store.jobs_kept.outcomes.at(j.id).log;
  const auto first = log.substr(0, log.find('\n'));
  BOOST_TEST(first.size() <= 500u);
  BOOST_TEST(first.ends_with("é…[cut]"));
  BOOST_TEST(std::count(log.begin(), log.end(), '\n') == 200);
  BOOST_TEST(log.ends_with("more\n…[cut]\n"));
  BOOST_TEST(log.find("two lines\n") != std::string::npos);
}

// A token that may not post does not post by a follow-up either.
BOOST_FIXTURE_TEST_CASE(a_follower_may_no_more_than_its_worker, job_fixture) {
  const auto w = join();
  http::job_effects effects;
  effects.jobs = {wish("paid")};
  effects.may_post = false;
  const auto refused = leased_by(w);
  BOOST_TEST(said(complete(w, refused, effects)) == "dead");
  BOOST_TEST(view(refused.id)->error.code == "KIND_NOT_ALLOWED");
  effects.may_post = true;
  BOOST_TEST(said(complete(w, leased_by(w), effects)) == "succeeded");
  // Kinds that the user may not ask for: they would act in everybody's name.
  effects.jobs = {wish("hidden")};
  const auto hidden = leased_by(w);
  BOOST_TEST(said(complete(w, hidden, effects)) == "dead");
  BOOST_TEST(view(hidden.id)->error.code == "KIND_NOT_ALLOWED");
  // A handler of ours may.
  ends(job_done{}); // of the follower above
  put();
  job_done done;
  done.effects.jobs = {wish("hidden")};
  ends(done);
  BOOST_TEST_REQUIRE(!at->running.empty());
  BOOST_TEST(at->running.front().what->kind == "hidden");
}

BOOST_AUTO_TEST_SUITE_END()
