// Goal: what is old goes, what is about money keeps its line, and nothing goes while there is work.
// Method: days pass on the clock of the test.
#include "tests/actors/job_fixture.hpp"

#include "scheduler/retention.hpp"

using namespace tests;
using namespace std::chrono_literals;
using actors::job_done;

BOOST_AUTO_TEST_SUITE(job_retention)

namespace {

struct old_fixture : job_fixture {
  /// And then a while, in which the owner looks at what is old.
  void days(int n) {
    pass(std::chrono::hours{24 * n});
    settle();
    for (int i = 0; i < 3; ++i) {
      pass(std::chrono::hours{1});
      settle();
    }
  }
  bool there(const scheduler::job_id& id) { return store.jobs_kept.all.contains(id); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(finished_jobs_go_after_their_days, old_fixture) {
  const auto done = put();
  ends(job_done{});
  auto later = wish();
  later.run_at = {clock.at.count + std::int64_t{3600} * base::us_per_second};
  const auto cancelled = put(later);
  BOOST_TEST(act(cancelled, scheduler::control_action::cancel) == "cancelled");
  const auto discarded = put();
  ends(transient());
  pass(3s);
  settle();
  ends(actors::job_failed{{"NO", "", {}}, false, {}});
  BOOST_TEST(act(discarded, scheduler::control_action::discard) == "discarded");
  days(6);
  BOOST_TEST(there(done));
  days(1);
  BOOST_TEST(!there(done));
  BOOST_TEST(!there(cancelled));
  BOOST_TEST(there(discarded));
  BOOST_TEST(store.jobs_kept.tries.at(discarded).size() == 2u);
  days(7);
  BOOST_TEST(there(discarded));
  BOOST_TEST(!store.jobs_kept.tries.contains(discarded)); // its attempts go after 14 days
  days(15);
  BOOST_TEST(there(discarded));
  days(1);
  BOOST_TEST(!there(discarded));
  BOOST_TEST(store.jobs_kept.outcomes.empty());
}

BOOST_FIXTURE_TEST_CASE(a_line_of_what_is_about_money_stays, old_fixture) {
  auto j = wish("paid");
  j.payload = R"({"secret":1})";
  const auto paid = put(j);
  ends(job_done{R"({"n":1})", {}});
  days(400);
  BOOST_TEST_REQUIRE(there(paid));
  BOOST_TEST(store.jobs_kept.all.at(paid).payload == "{}");
  BOOST_TEST(store.jobs_kept.outcomes.at(paid).result == "null");
}

BOOST_FIXTURE_TEST_CASE(the_dead_are_discarded_after_90_days_unless_it_is_about_money,
                        old_fixture) {
  const auto plain = put();
  const auto paid = put(wish("paid"));
  for (int i = 0; i < 2; ++i) ends(actors::job_failed{{"NO", "", {}}, false, {}});
  days(60);
  restart_owner(); // their time goes on
  days(29);
  BOOST_TEST(state(plain) == "dead");
  days(1);
  BOOST_TEST(state(plain) == "discarded");
  BOOST_TEST(store.jobs_kept.outcomes.at(plain).by == "system");
  BOOST_TEST(state(paid) == "dead");
}

BOOST_FIXTURE_TEST_CASE(nothing_is_thrown_away_while_there_is_work, old_fixture) {
  const auto done = put();
  ends(job_done{});
  auto slow = wish();
  slow.timeout_s = 30 * 86'400;
  pass(std::chrono::hours{24 * 8} - 10min);
  settle();
  pass(2s); // by then its watermark is written
  settle();
  BOOST_TEST(!there(done)); // it was idle
  const auto second = put();
  ends(job_done{});
  put(slow);
  pass(std::chrono::hours{24 * 7} + 1min);
  settle();
  for (int i = 0; i < 50; ++i) {
    pass(1min);
    settle();
  }
  BOOST_TEST(there(second));
  for (int i = 0; i < 90; ++i) {
    pass(1min);
    settle();
  }
  BOOST_TEST(!there(second)); // not for ever
}

BOOST_AUTO_TEST_CASE(how_long_each_is_kept) {
  using scheduler::day_us;
  using scheduler::goes_now;
  using scheduler::job_state;
  using scheduler::what_goes;
  scheduler::finished_job j;
  j.whole = false;
  const auto at = [&](int day, bool money = false) { return goes_now(j, money, {day * day_us}); };
  BOOST_TEST((at(6) == what_goes::nothing));
  BOOST_TEST((at(7) == what_goes::all));
  BOOST_TEST((at(7, true) == what_goes::nothing));
  j.attempts = 1;
  BOOST_TEST((at(13, true) == what_goes::nothing));
  BOOST_TEST((at(14, true) == what_goes::attempts));
  j.whole = true;
  BOOST_TEST((at(14, true) == what_goes::body));
  j.posted = true;
  BOOST_TEST((at(7) == what_goes::body)); // a transaction names it, whatever its kind is today
  j.posted = false;
  j.unique.emplace();
  j.unique->until = scheduler::unique_rule::period::window;
  j.unique->window_us = 20 * day_us;
  BOOST_TEST((at(7) == what_goes::nothing));
  BOOST_TEST((at(20) == what_goes::all));
  j.unique.reset();
  j.state = job_state::discarded;
  BOOST_TEST((at(14) == what_goes::attempts));
  BOOST_TEST((at(30) == what_goes::all));
}

BOOST_AUTO_TEST_SUITE_END()
