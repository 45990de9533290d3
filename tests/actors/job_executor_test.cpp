// Goal: jobs of the system and jobs of users never wait for each other's threads.
#include "actors/job_executor.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

BOOST_AUTO_TEST_SUITE(job_executor_threads)

namespace {

using actors::job_done;
using actors::job_executor;
using namespace std::chrono_literals;

struct executor_fixture {
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  actors::job_kind waits, outside, quick;
  base::system_clock clock;
  job_executor pool{2, clock};

  executor_fixture() {
    waits.run = [this](const actors::job_context&) {
      open.wait();
      return job_done{};
    };
    outside = waits;
    outside.calls_out = true;
    quick.run = [](const actors::job_context&) { return job_done{}; };
  }

  struct started {
    std::shared_ptr<std::atomic<std::int64_t>> begun;
    std::future<void> ended;
  };
  started run(const std::string& queue, const actors::job_kind& kind) {
    auto what = std::make_shared<scheduler::job>();
    what->queue = queue;
    const auto said = std::make_shared<std::promise<void>>();
    started s{std::make_shared<std::atomic<std::int64_t>>(0), said->get_future()};
    job_executor::task t;
    t.what = what;
    t.kind = &kind;
    t.begun = s.begun;
    t.ended = [said](const actors::job_verdict&) { said->set_value(); };
    pool.run({std::move(t)});
    return s;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(users_run_while_all_threads_of_the_system_are_busy, executor_fixture) {
  std::vector<started> busy;
  for (std::size_t i = 0; i < job_executor::system_threads + 1; ++i)
    busy.push_back(run("system", waits));
  const auto before = clock.now();
  auto user = run("default", quick);
  BOOST_TEST((user.ended.wait_for(30s) == std::future_status::ready));
  BOOST_TEST(user.begun->load() >= before.count);
  BOOST_TEST(busy.back().begun->load() == 0); // it waits for a thread
  gate.set_value();
  for (auto& b : busy) BOOST_TEST((b.ended.wait_for(30s) == std::future_status::ready));
  BOOST_TEST(busy.back().begun->load() > 0);
}

BOOST_FIXTURE_TEST_CASE(the_system_runs_while_all_threads_of_users_are_busy, executor_fixture) {
  std::vector<started> busy;
  for (int i = 0; i < 3; ++i) busy.push_back(run("default", waits));
  auto system = run("system", quick);
  BOOST_TEST((system.ended.wait_for(30s) == std::future_status::ready));
  BOOST_TEST(busy.back().begun->load() == 0);
  gate.set_value();
  for (auto& b : busy) BOOST_TEST((b.ended.wait_for(30s) == std::future_status::ready));
}

BOOST_FIXTURE_TEST_CASE(nobody_waits_for_servers_of_other_people, executor_fixture) {
  std::vector<started> busy;
  // In whatever queue: it is the kind that waits.
  for (std::size_t i = 0; i < job_executor::outbound_threads + 1; ++i)
    busy.push_back(run(i % 2 == 0 ? "default" : "system", outside));
  for (const char* queue : {"default", "system"}) {
    auto other = run(queue, quick);
    BOOST_TEST((other.ended.wait_for(30s) == std::future_status::ready), queue);
  }
  BOOST_TEST(busy.back().begun->load() == 0);
  gate.set_value();
  for (auto& b : busy) BOOST_TEST((b.ended.wait_for(30s) == std::future_status::ready));
}

BOOST_AUTO_TEST_SUITE_END()
