// Goal: a queue with a rate starts as many jobs as it says, for handlers and for workers, says why
// the others wait, and exceeds it neither when its limits are written again nor after a restart.
#include "tests/actors/job_fixture.hpp"

#include "observability/schedule_labels.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(job_rates)

namespace {

using namespace std::chrono_literals;
using tests::job_fixture;

struct rated : job_fixture {
  void limit(std::optional<scheduler::start_rate> rate, const std::string& queue = "default") {
    const scheduler::queue_limits all{queue, 16, 500'000, 1, rate};
    call([=, this](actors::job_owner& o) { o.set_queue(admin, all, [](const auto&) {}); });
    settle();
  }
  void passes(int seconds) {
    for (int s = 0; s < seconds; ++s) {
      pass(1s);
      settle();
    }
  }
  std::size_t started() const { return at->running.size(); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(handlers_start_at_the_rate_of_their_queue, rated) {
  limit(scheduler::start_rate{1, 10, 2});
  const auto set = env.time.now();
  std::vector<scheduler::job_id> jobs;
  for (int n = 0; n < 5; ++n) jobs.push_back(put());
  BOOST_TEST(started() == 0u);
  const auto e = ask<std::optional<http::job_explanation>>(
      [&](actors::job_owner& o) { return o.explain(ana, jobs[0]); });
  BOOST_TEST_REQUIRE((e && e->gates.size() == 1u));
  BOOST_TEST(e->gates.front().gate == "rate");
  BOOST_TEST((e->gates.front().until == base::utc_us{set.count + 10 * base::us_per_second}));
  const auto& waited = env.metrics.jobs().gate_wait(observability::waits_for::rate);
  const auto before = waited.value();
  passes(9);
  BOOST_TEST(started() == 0u);
  BOOST_TEST(waited.value() - before >= 5 * 8); // five jobs, each second
  passes(1);
  BOOST_TEST(started() == 1u);
  BOOST_TEST(state(jobs[0]) == "running");
  limit(scheduler::start_rate{1, 10, 2}); // the same again brings nothing
  ends(actors::job_done{});               // nor does the end of a job
  BOOST_TEST(started() == 0u);
  passes(10);
  BOOST_TEST(started() == 1u);
  limit({});
  BOOST_TEST(started() == 4u);
}

BOOST_FIXTURE_TEST_CASE(a_restart_begins_with_no_start_to_take, rated) {
  limit(scheduler::start_rate{1, 10, 3});
  passes(60); // three could start at once
  put();
  BOOST_TEST(started() == 1u);
  restart_owner();
  BOOST_TEST(started() == 0u); // it is found again, and waits for its turn as all do
  put();
  passes(9);
  BOOST_TEST(started() == 0u);
  passes(1);
  BOOST_TEST(started() == 1u);
  passes(10);
  BOOST_TEST(started() == 2u);
}

BOOST_FIXTURE_TEST_CASE(workers_are_given_no_more_than_the_rate, rated) {
  const auto worker = join();
  limit(scheduler::start_rate{1, 10, 2});
  for (int n = 0; n < 4; ++n) put(wish("pulled"));
  for (int half = 0; half < 2; ++half) {
    passes(10);
    beat(worker);
  }
  const auto given = [](const leased& got) {
    BOOST_TEST_REQUIRE(got->has_value());
    BOOST_TEST_REQUIRE((**got).has_value());
    return (**got)->size();
  };
  BOOST_TEST(given(lease(worker)) == 2u); // the burst
  BOOST_TEST(given(lease(worker)) == 0u);
  const auto waits = lease(worker, 10, 8);
  BOOST_TEST(!waits->has_value());
  beat(worker);
  passes(7);
  BOOST_TEST(!waits->has_value());
  beat(worker);
  const auto patient = lease(worker, 10, 8);
  passes(3);
  BOOST_TEST(given(waits) + given(patient) == 1u);
}

BOOST_FIXTURE_TEST_CASE(handlers_and_workers_share_the_starts_by_age, rated) {
  const auto worker = join();
  limit(scheduler::start_rate{1, 10, 1});
  std::vector<scheduler::job_id> jobs; // here, at a worker, here, …
  for (int n = 0; n < 4; ++n) {
    jobs.push_back(put(wish(n % 2 == 0 ? "work" : "pulled")));
    passes(1);
  }
  passes(5);
  for (std::size_t n = 0; n < jobs.size(); ++n) {
    beat(worker);
    const auto polls = lease(worker, 10, 15); // there whenever a start comes
    passes(n == 0 ? 1 : 10);
    for (std::size_t other = 0; other < jobs.size(); ++other)
      BOOST_TEST(state(jobs[other]) == (other <= n ? "running" : "ready"));
  }
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_is_set_back_shuts_no_queue, rated) {
  limit(scheduler::start_rate{1, 10, 1});
  put();
  put();
  passes(10);
  BOOST_TEST(started() == 1u);
  clock.at.count -= 3600 * base::us_per_second;
  passes(11);
  BOOST_TEST(started() == 2u);
}

/// What asks who may start while a rate is used up looks at the clock, too.
BOOST_FIXTURE_TEST_CASE(a_tick_that_is_due_comes, rated) {
  const auto worker = join();
  limit(scheduler::start_rate{1, 3600, 1});
  put();
  limit({}, "other");
  auto later = wish();
  later.queue = "other";
  later.run_at = {clock.at.count + base::us_per_second};
  const auto id = put(later);
  BOOST_TEST(state(id) == "scheduled");
  passes(0);
  call([&](actors::job_owner& o) { (void)o.leave(worker); }); // before the tick in its mailbox
  pass(1s);
  BOOST_TEST(state(id) == "running");
}

BOOST_AUTO_TEST_SUITE_END()
