// Goal: each gate that can hold a job back is made, and explain names it, and nothing else.
// `lock`, `crash_suspect`, `unknown_kind` and `turn` have theirs in locks_test, job_suspects_test,
// schedules_test and job_workers_test; `dependencies` is of release 2.
#include "tests/actors/job_fixture.hpp"

BOOST_AUTO_TEST_SUITE(job_gates)

namespace {

using namespace std::chrono_literals;
using actors::job_done;
using tests::job_fixture;

struct gated : job_fixture {
  std::string gates(const scheduler::job_id& id) {
    const auto e = ask<std::optional<http::job_explanation>>(
        [&](actors::job_owner& o) { return o.explain(ana, id); });
    BOOST_TEST_REQUIRE(e.has_value());
    std::string names;
    for (const auto& g : e->gates) names += (names.empty() ? "" : " ") + g.gate;
    return names;
  }
  void limit(std::int32_t concurrency, std::optional<scheduler::start_rate> rate = {}) {
    const scheduler::queue_limits all{"default", concurrency, 500'000, 1, rate};
    call([=, this](actors::job_owner& o) { o.set_queue(admin, all, [](const auto&) {}); });
    settle();
  }
  void pause(const std::string& target) {
    const scheduler::pause p{target, "deploy", "root", env.time.now(), {}, false};
    call([=](actors::job_owner& o) { o.set_pause(p, [](const auto&) {}); });
    settle();
  }
  static scheduler::job in_lane(const std::string& kind = "work") {
    auto j = wish(kind);
    j.lane = "l";
    if (kind == "paid") j.on_failure = scheduler::lane_policy::block;
    return j;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(of_time_pauses_limits_and_executors, gated) {
  auto later = wish();
  later.run_at = {env.time.now().count + 60 * base::us_per_second};
  BOOST_TEST(gates(put(later)) == "not_due");
  BOOST_TEST(gates(put(wish("pulled"))) == "no_executor");
  limit(0);
  const auto id = put();
  BOOST_TEST(gates(id) == "concurrency");
  limit(1, scheduler::start_rate{1, 60, 1});
  BOOST_TEST(gates(id) == "rate");
  pause("kind:work");
  BOOST_TEST(gates(id) == "paused rate");
  pause("queue:default");
  limit(1);
  BOOST_TEST(gates(id) == "paused paused");
}

BOOST_FIXTURE_TEST_CASE(of_lanes, gated) {
  put(in_lane("paid"));
  const auto behind = put(in_lane("paid"));
  BOOST_TEST(gates(behind) == "lane_head");
  ends(actors::job_failed{{"NO", "", {}}, false, {}});
  BOOST_TEST(gates(behind) == "lane_shut");
}

BOOST_FIXTURE_TEST_CASE(of_a_commit_that_has_no_answer, gated) {
  const auto id = put();
  store.outcomes.push_back(storage::commit_class::in_doubt);
  returns(job_done{});
  run();
  store.run();
  run();
  BOOST_TEST(gates(id) == "in_doubt");
  settle();
  BOOST_TEST(state(id) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(of_a_database_that_is_away, gated) {
  limit(1);
  put();
  const auto next = put();
  store.outcomes.push_back(storage::commit_class::unavailable);
  returns(job_done{}); // its token is free, its outcome is not written
  run();
  store.run();
  run();
  // The next has begun before that was known; who comes now waits for the database too.
  BOOST_TEST(state(next) == "running");
  BOOST_TEST(gates(put()) == "concurrency database");
  pass(2s);
  settle();
  BOOST_TEST(gates(put()) == "concurrency");
}

BOOST_FIXTURE_TEST_CASE(of_recovery_and_drain, gated) {
  limit(1);
  put();
  const auto id = put();
  env.status.recovery.begin(env.time.now());
  BOOST_TEST(gates(id) == "concurrency database");
  env.status.recovery.finish();
  BOOST_TEST(gates(id) == "concurrency");
  caf::anon_send(*routes->jobs(), actors::drain{});
  run();
  BOOST_TEST(gates(id) == "concurrency draining");
}

BOOST_FIXTURE_TEST_CASE(of_too_much_that_is_to_be_written, gated) {
  limit(1000);
  std::vector<scheduler::job_id> last;
  for (int n = 0; n < 3; ++n) {
    const auto answer = enqueue(std::vector<scheduler::job>(1000, wish()));
    settle();
    BOOST_TEST_REQUIRE((answer->has_value() && (**answer).has_value()));
    last.clear();
    for (const auto& j : (**answer)->jobs) last.push_back(j.what.id);
  }
  const auto waits = last.back();
  BOOST_TEST(gates(waits) == "concurrency");
  while (!at->running.empty()) { // nothing is written meanwhile
    returns(job_done{});
    if (at->running.empty()) run();
  }
  BOOST_TEST(gates(waits) == "overload");
  settle();
  while (!at->running.empty()) ends(job_done{});
  BOOST_TEST(state(waits) == "succeeded");
}

BOOST_AUTO_TEST_SUITE_END()
