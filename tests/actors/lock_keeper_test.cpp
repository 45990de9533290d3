// Goal: who holds a lock, or wants one back, sees what is so, and only what was asked for is ended.
// Method: as locks_test.cpp.
#include "tests/actors/lock_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;
using actors::job_done;

BOOST_AUTO_TEST_SUITE(lock_keeper)

BOOST_FIXTURE_TEST_CASE(a_tick_hands_its_lock_on_to_its_job, lock_fixture) {
  BOOST_TEST(try_for("tick-1") == "got");
  BOOST_TEST(try_for("tick-2") == "contended");
  bool handed = false;
  const auto id = scheduler::job_id{"the-job"};
  keeper([&](actors::lock_keeper& k) {
    BOOST_TEST(!k.hand_over(lock_name, "tick-2", id.text()));
    handed = k.hand_over(lock_name, "tick-1", id.text());
    k.release(lock_name, "tick-1"); // it is its job's now
  });
  BOOST_TEST(handed);
  BOOST_TEST(held());
  BOOST_TEST(try_for(id.text()) == "got");
  wait(15s);
  BOOST_TEST(held()); // taken up, so it does not expire
  BOOST_TEST(acquired() == 1);
  keeper([&](actors::lock_keeper& k) { k.release(lock_name, id.text()); });
  BOOST_TEST(!held());
}

BOOST_FIXTURE_TEST_CASE(a_lock_whose_job_does_not_come_is_given_back, lock_fixture) {
  BOOST_TEST(try_for("tick-1") == "got");
  keeper([&](actors::lock_keeper& k) { (void)k.hand_over(lock_name, "tick-1", "never"); });
  wait(9s);
  BOOST_TEST(held());
  wait(3s);
  BOOST_TEST(!held());
}

BOOST_FIXTURE_TEST_CASE(an_operator_frees_what_is_foreign, lock_fixture) {
  BOOST_TEST(release(4711) == "PREVIEW_STALE"); // it is free
  locks.hold_elsewhere(lock_name, "celery", "active");
  const auto id = put(wish("locked"));
  BOOST_TEST(release(4712) == "PREVIEW_STALE");
  BOOST_TEST(release(4711) == "LOCK_HOLDER_ALIVE");
  BOOST_TEST(!locks.foreign.empty());
  locks.hold_elsewhere(lock_name, "vaidepix locks"); // a node like this one
  BOOST_TEST(release(4711) == "LOCK_HOLDER_ALIVE");
  BOOST_TEST(release(4711, true) == "freed");
  BOOST_TEST(locks.foreign.empty());
  BOOST_TEST(held_since() == 0);
  wait(6s);
  BOOST_TEST(state(id) == "running");
}

BOOST_FIXTURE_TEST_CASE(an_idle_foreign_session_needs_no_force, lock_fixture) {
  locks.hold_elsewhere(lock_name);
  BOOST_TEST(release(4711) == "freed");
}

BOOST_FIXTURE_TEST_CASE(an_operator_stops_what_is_ours, lock_fixture) {
  const auto id = put(wish("locked"));
  BOOST_TEST(release(99) == "LOCK_HOLDER_ALIVE");
  BOOST_TEST(!at->running.front().stop.stop_requested());
  BOOST_TEST(release(99, true) == "-"); // until the handler has returned
  BOOST_TEST(at->running.front().stop.stop_requested());
  BOOST_TEST(held());
  ends(job_done{});
  BOOST_TEST(*answers.back() == "freed");
  BOOST_TEST(view(id)->error.code == "LOCK_RELEASED");
  BOOST_TEST(!held());
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_does_not_stop_keeps_its_lock, lock_fixture) {
  (void)put(wish("locked"));
  BOOST_TEST(release(99, true) == "-");
  wait(7s);
  BOOST_TEST(*answers.back() == "LOCK_HOLDER_ALIVE");
  BOOST_TEST(held());
}

BOOST_FIXTURE_TEST_CASE(a_foreign_holder_that_goes_is_noticed, lock_fixture) {
  locks.hold_elsewhere(lock_name);
  BOOST_TEST(try_for("tick-1") == "contended"); // and tomorrow again
  BOOST_TEST(held_since() > 0);
  locks.foreign.clear();
  wait(8s);
  BOOST_TEST(held_since() == 0);
}

BOOST_FIXTURE_TEST_CASE(views_say_who_holds_it, lock_fixture) {
  const auto id = put(wish("locked"));
  locks.hold_elsewhere("prune");
  std::vector<http::lock_view> all;
  keeper([&](actors::lock_keeper& k) {
    k.views({lock_name, "prune", "free"},
            [&](const base::result<std::vector<http::lock_view>>& r) { all = *r; });
  });
  settle();
  BOOST_TEST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].node == "node");
  BOOST_TEST(all[0].pid == 99);
  BOOST_TEST(*all[0].holder == id.text());
  BOOST_TEST((*all[0].acquired_at == clock.at));
  BOOST_TEST(all[0].works);
  BOOST_TEST(all[1].foreign);
  BOOST_TEST(!all[1].holder.has_value());
  BOOST_TEST(!all[2].held);
}

BOOST_FIXTURE_TEST_CASE(the_history_is_bounded, lock_fixture) {
  for (int i = 0; i < 40; ++i) {
    BOOST_TEST(try_for("tick-" + std::to_string(i)) == "got");
    keeper([&](actors::lock_keeper& k) { k.release(lock_name, "tick-" + std::to_string(i)); });
  }
  keeper([&](actors::lock_keeper& k) {
    BOOST_TEST(k.history().size() == actors::lock_history_max);
    BOOST_TEST(k.history().back().holder == "tick-39");
    BOOST_TEST((k.history().back().what == actors::lock_event::kind::released));
  });
}

BOOST_AUTO_TEST_SUITE_END()
