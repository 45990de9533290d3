// Goal: a job whose kind names a lock runs under it or not at all, and the lock is free when nobody
// works under it any more, whatever ended the attempt. Method: as jobs_test.cpp, with a second
// process that the test plays.
#include "tests/actors/lock_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;
using actors::job_done;
using scheduler::control_action;

BOOST_AUTO_TEST_SUITE(locks)

BOOST_FIXTURE_TEST_CASE(it_runs_under_its_lock_and_gives_it_back, lock_fixture) {
  const auto id = put(wish("locked"));
  BOOST_TEST(state(id) == "running");
  BOOST_TEST(held());
  BOOST_TEST(acquired() == 1);
  BOOST_TEST(held_since() > 0);
  BOOST_TEST(metrics.jobs().time_limit(lock_label).value() == 60);
  ends(job_done{});
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(!held());
  BOOST_TEST(held_since() == 0);
  BOOST_TEST(contended() == 0);
}

BOOST_FIXTURE_TEST_CASE(one_at_a_time_and_other_kinds_do_not_wait, lock_fixture) {
  const auto first = put(wish("locked"));
  const auto second = put(wish("locked"));
  const auto beside = put(wish("work"));
  BOOST_TEST(state(first) == "running");
  BOOST_TEST(state(second) == "ready");
  BOOST_TEST(state(beside) == "running");
  const auto gate = lock_gate(second);
  BOOST_TEST_REQUIRE(gate.has_value());
  BOOST_TEST(detail(*gate, "holder") == "ours");
  BOOST_TEST(detail(*gate, "job_id") == first.text());
  BOOST_TEST(told(second).gates.size() == 1u); // it is nobody's turn before it has the lock
  ends(job_done{});
  BOOST_TEST(state(second) == "running");
  BOOST_TEST(acquired() == 2);
  BOOST_TEST(contended() == 0);
}

BOOST_FIXTURE_TEST_CASE(while_another_process_has_it_the_job_waits, lock_fixture) {
  locks.hold_elsewhere(lock_name);
  const auto id = put(wish("locked"));
  const auto beside = put(wish("work"));
  BOOST_TEST(state(id) == "ready");
  BOOST_TEST(state(beside) == "running");
  BOOST_TEST(view(id)->attempt == 0);
  BOOST_TEST(contended() == 1);
  BOOST_TEST(held_since() > 0);
  const auto gate = lock_gate(id);
  BOOST_TEST_REQUIRE(gate.has_value());
  BOOST_TEST((gate->since == clock.at));
  BOOST_TEST(!gate->until.has_value());
  BOOST_TEST(detail(*gate, "holder") == "foreign");
  BOOST_TEST(detail(*gate, "pid") == "4711");
  BOOST_TEST(detail(*gate, "node") == "celery@10.0.0.9");
  BOOST_TEST(detail(*gate, "held_since") == "1970-01-01T00:00:01Z");
  wait(4s);
  BOOST_TEST(locks.tries == 1u); // not again before five seconds have passed
  wait(3s);
  BOOST_TEST(locks.tries == 2u);
  BOOST_TEST(contended() == 2);
  BOOST_TEST((lock_gate(id)->since == gate->since));
  locks.foreign.clear();
  wait(6s);
  BOOST_TEST(state(id) == "running");
  BOOST_TEST(!lock_gate(id).has_value());
  BOOST_TEST(store.jobs_kept.tries.empty());
  ends(job_done{}); // beside
  ends(job_done{});
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(store.jobs_kept.outcomes.at(id).attempts == 1);
}

BOOST_FIXTURE_TEST_CASE(what_waits_for_a_lock_takes_no_token, lock_fixture) {
  scheduler::queue_limits narrow;
  narrow.queue = "default";
  narrow.concurrency = 1;
  call([&](actors::job_owner& o) { o.set_queue(admin, narrow, [](const auto&) {}); });
  settle();
  locks.hold_elsewhere(lock_name);
  (void)put(wish("locked"));
  BOOST_TEST(state(put(wish("work"))) == "running");
}

BOOST_FIXTURE_TEST_CASE(a_lane_waits_with_its_head, lock_fixture) {
  locks.hold_elsewhere(lock_name);
  auto head = wish("locked");
  head.lane = "l";
  auto next = wish("work");
  next.lane = "l";
  const auto first = put(head);
  const auto second = put(next);
  BOOST_TEST(state(second) == "ready");
  locks.foreign.clear();
  wait(6s);
  BOOST_TEST(state(first) == "running");
  BOOST_TEST(state(second) == "ready");
  ends(job_done{});
  BOOST_TEST(state(second) == "running");
}

BOOST_FIXTURE_TEST_CASE(when_nobody_knows_it_is_asked_again_soon, lock_fixture) {
  locks.away = true;
  const auto id = put(wish("locked"));
  BOOST_TEST(state(id) == "ready");
  BOOST_TEST(contended() == 0);
  BOOST_TEST(detail(*lock_gate(id), "error") == "DB_UNAVAILABLE");
  locks.away = false;
  wait(2s);
  BOOST_TEST(state(id) == "running");
}

// -- every end ------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(failure_and_snooze_give_it_back, lock_fixture) {
  auto j = wish("locked");
  j.max_attempts = 2;
  const auto id = put(j);
  ends(transient());
  BOOST_TEST(state(id) == "retrying");
  BOOST_TEST(!held());
  wait(3s);
  BOOST_TEST(held());
  ends(actors::job_snoozed{{clock.at.count + 5 * base::us_per_second}});
  BOOST_TEST(state(id) == "scheduled");
  BOOST_TEST(!held());
  wait(6s);
  ends(actors::job_failed{{"HANDLER_FAILED", "it threw", {}}, false, {}});
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(!held());
}

BOOST_FIXTURE_TEST_CASE(cancel_gives_it_back, lock_fixture) {
  const auto id = put(wish("locked"));
  call([&](actors::job_owner& o) {
    http::job_act a;
    a.caller = admin;
    a.job = id;
    a.what = control_action::cancel;
    a.reason = "because";
    o.act(a, [](const auto&) {});
  });
  settle();
  BOOST_TEST(held()); // its handler is at work still
  ends(job_done{});
  BOOST_TEST(state(id) == "cancelled");
  BOOST_TEST(!held());
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_is_late_keeps_it_until_it_has_returned, lock_fixture) {
  auto j = wish("locked");
  j.timeout_s = 2;
  const auto id = put(j);
  wait(20s);
  BOOST_TEST(at->running.front().stop.stop_requested());
  BOOST_TEST(view(id)->error.code == "TIMEOUT");
  BOOST_TEST(held());
  BOOST_TEST(at->running.size() == 1u); // nobody starts beside it
  ends(job_done{});
  wait(1s);
  BOOST_TEST(state(id) == "running");
  BOOST_TEST(acquired() == 2);
}

BOOST_FIXTURE_TEST_CASE(it_is_kept_until_the_outcome_is_written, lock_fixture) {
  const auto id = put(wish("locked"));
  auto t = std::move(at->running.front());
  at->running.pop_front();
  t.ended(job_done{});
  run();
  BOOST_TEST(state(id) == "committing");
  BOOST_TEST(held());
  settle();
  BOOST_TEST(!held());
}

BOOST_FIXTURE_TEST_CASE(a_commit_that_cannot_be_done_now_does_not_keep_it, lock_fixture) {
  const auto id = put(wish("locked"));
  for (int i = 0; i < 20; ++i) store.outcomes.push_back(storage::commit_class::read_only);
  ends(job_done{});
  wait(2s);
  BOOST_TEST(state(id) == "committing");
  BOOST_TEST(!held());
  store.outcomes.clear();
  wait(4s);
  BOOST_TEST(state(id) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(cancelled_while_it_is_asked_for, lock_fixture) {
  const auto answer = enqueue({wish("locked")});
  store.run(); // the row is there
  run();       // the lock is asked for
  const auto id = (**answer)->jobs.front().what.id;
  BOOST_TEST(locks.tries == 0u);
  act(id, control_action::cancel);
  settle();
  BOOST_TEST(state(id) == "cancelled");
  BOOST_TEST(at->running.empty());
  BOOST_TEST(!held());
  BOOST_TEST(state(put(wish("locked"))) == "running");
}

BOOST_FIXTURE_TEST_CASE(put_off_while_it_is_asked_for, lock_fixture) {
  const auto answer = enqueue({wish("locked")});
  store.run();
  run();
  const auto id = (**answer)->jobs.front().what.id;
  call([&](actors::job_owner& o) {
    http::job_act a;
    a.caller = ana;
    a.job = id;
    a.what = control_action::reschedule;
    a.run_at = base::utc_us{clock.at.count + 10 * base::us_per_second};
    o.act(a, [](const auto&) {});
  });
  settle();
  BOOST_TEST(state(id) == "scheduled");
  BOOST_TEST(!held());
  wait(11s);
  BOOST_TEST(state(id) == "running");
}

// -- the session ----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(whoever_loses_it_stops_and_tries_again, lock_fixture) {
  const auto id = put(wish("locked"));
  locks.lose_session();
  settle();
  BOOST_TEST(at->running.front().stop.stop_requested());
  BOOST_TEST(state(id) == "retrying");
  BOOST_TEST(view(id)->error.code == "LOCK_LOST");
  BOOST_TEST((store.jobs_kept.tries.at(id).front().end == scheduler::attempt_end::lost));
  BOOST_TEST(held_since() == 0);
  wait(4s);
  BOOST_TEST(at->running.size() == 1u); // the first handler has not returned
  ends(job_done{});
  wait(1s);
  BOOST_TEST(state(id) == "running");
  BOOST_TEST(held());
}

BOOST_FIXTURE_TEST_CASE(what_the_journal_has_is_not_stopped_by_the_loss, lock_fixture) {
  const auto id = put(wish("locked"));
  auto t = std::move(at->running.front());
  at->running.pop_front();
  t.ended(job_done{});
  run();
  locks.lose_session();
  run();
  settle();
  BOOST_TEST(state(id) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(an_owner_that_dies_holds_nothing, lock_fixture) {
  const auto id = put(wish("locked"));
  BOOST_TEST(held());
  restart_owner();
  BOOST_TEST(state(id) == "running");
  BOOST_TEST(acquired() == 2);
  ends(job_done{});
  BOOST_TEST(!held());
}

BOOST_FIXTURE_TEST_CASE(a_keeper_that_dies_takes_the_attempts_along, lock_fixture) {
  const auto id = put(wish("locked"));
  caf::anon_send_exit(*routes->locks(), caf::exit_reason::kill);
  settle();
  BOOST_TEST(at->running.front().stop.stop_requested());
  at->running.pop_front();
  BOOST_TEST_REQUIRE(routes->locks().has_value());
  BOOST_TEST(state(id) == "running");
  BOOST_TEST(held());
  ends(job_done{});
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(!held());
}

// -- workers --------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_worker_gets_a_locked_job_with_its_lock, lock_fixture) {
  wait(6s); // jobs of workers wait for their workers after a start
  http::worker_wish w;
  w.name = "w";
  w.kinds = {"pulled_locked"};
  w.slots = 2;
  const auto me =
      ask<base::result<http::worker_view>>([&](actors::job_owner& o) { return o.join(w); })->id;
  const auto first = put(wish("pulled_locked"));
  const auto second = put(wish("pulled_locked"));
  std::vector<http::leased_job> got;
  const auto poll = [&] {
    call([&](actors::job_owner& o) {
      o.lease(me, 2, 5s, [&](const base::result<std::vector<http::leased_job>>& r) {
        if (r) got = *r;
      });
    });
    settle();
  };
  poll();
  BOOST_TEST_REQUIRE(got.size() == 1u);
  BOOST_TEST((got.front().id == first));
  BOOST_TEST(held("prune"));
  const auto lease = got.front().lease;
  got.clear();
  poll();
  BOOST_TEST(got.empty());
  BOOST_TEST(state(second) == "ready");
  call([&](actors::job_owner& o) {
    http::job_completion done;
    done.worker = me;
    done.job = first;
    done.lease = lease;
    o.complete(done, [](const auto&) {});
  });
  settle();
  BOOST_TEST(state(first) == "succeeded");
  BOOST_TEST_REQUIRE(got.size() == 1u);
  BOOST_TEST((got.front().id == second));
  BOOST_TEST(held("prune"));
}

BOOST_AUTO_TEST_SUITE_END()
