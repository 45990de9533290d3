// Goal: a handler that takes the process down is found, and stops nobody else.
#include "tests/actors/job_fixture.hpp"

#include <filesystem>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(job_suspects)

namespace {

using namespace std::chrono_literals;
using actors::job_done;

struct suspects_fixture : tests::job_fixture {
  std::string path =
      std::filesystem::temp_directory_path() / ("node-" + std::to_string(::getpid()) + ".running");

  suspects_fixture() {
    at->recorder = open();
    restart_owner(); // one that records
  }
  ~suspects_fixture() { std::filesystem::remove(path); }

  std::unique_ptr<storage::crash_recorder> open() const {
    auto opened = storage::crash_recorder::open(path, "here");
    BOOST_REQUIRE(opened.has_value());
    return std::move(*opened);
  }
  /// A new process begins with the file as it is.
  void process_dies() {
    const auto left = std::exchange(path, path + "'");
    std::filesystem::copy_file(left, path);
    const auto former = std::exchange(at->recorder, open());
    pass(11s); // the supervisor bears some restarts in ten seconds
    restart_owner();
    std::filesystem::remove(left);
  }
  std::string gates(const scheduler::job_id& id) {
    const auto e = ask<std::optional<http::job_explanation>>(
        [&](actors::job_owner& o) { return o.explain(ana, id); });
    std::string names;
    for (const auto& g : e->gates) names += g.gate + ' ';
    return names;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(suspects_run_one_at_a_time_and_others_beside_them, suspects_fixture) {
  const auto a = put(), b = put(), c = put();
  BOOST_TEST(at->running.size() == 3u);
  process_dies();
  BOOST_TEST_REQUIRE(at->running.size() == 1u);
  BOOST_TEST((at->running.front().what->id == a));
  BOOST_TEST(gates(b) == "crash_suspect ");
  const auto fresh = put();
  BOOST_TEST(state(fresh) == "running");
  BOOST_TEST(state(b) == "ready");
  ends(job_done{});
  BOOST_TEST(state(a) == "succeeded");
  BOOST_TEST(state(b) == "running");
  BOOST_TEST(state(c) == "ready");
  while (!at->running.empty()) ends(job_done{});
  BOOST_TEST(state(c) == "succeeded");
  BOOST_TEST(state(fresh) == "succeeded");
  process_dies();
  const auto last = put(), more = put();
  BOOST_TEST(state(last) == "running");
  BOOST_TEST(state(more) == "running");
}

BOOST_FIXTURE_TEST_CASE(who_saw_three_crashes_waits_for_a_person, suspects_fixture) {
  const auto bad = put(), good = put(), other = put();
  process_dies();
  process_dies();
  BOOST_TEST(state(bad) == "running");
  process_dies();
  BOOST_TEST(state(bad) == "dead");
  BOOST_TEST(view(bad)->error.code == "CRASH_SUSPECT");
  BOOST_TEST(state(good) == "running"); // it saw the first one only
  BOOST_TEST(state(other) == "ready");
  ends(job_done{});
  ends(job_done{});
  BOOST_TEST(state(good) == "succeeded");
  restart_owner();
  BOOST_TEST(state(bad) == "dead");
  // A person takes it up again: it begins with a clean sheet.
  BOOST_TEST(act(bad, scheduler::control_action::redrive) == "ready");
  BOOST_TEST(state(bad) == "running");
  process_dies();
  BOOST_TEST(state(bad) == "running");
  ends(job_done{});
  BOOST_TEST(state(bad) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(a_suspect_that_cannot_start_does_not_keep_the_others_waiting,
                        suspects_fixture) {
  const auto a = put(wish("paid")), b = put();
  process_dies();
  BOOST_TEST(state(a) == "running");
  std::optional<base::result<scheduler::pause>> said;
  call([&](actors::job_owner& o) {
    o.set_pause({"kind:paid", "r", "ana", clock.at, {}, false}, [&](auto r) { said = r; });
  });
  settle();
  BOOST_TEST_REQUIRE((said && said->has_value()));
  process_dies();
  BOOST_TEST(state(a) == "ready");
  BOOST_TEST(state(b) == "ready");
  pass(11s);
  settle();
  BOOST_TEST(state(a) == "ready");
  BOOST_TEST(state(b) == "running");
  ends(job_done{});
}

BOOST_AUTO_TEST_SUITE_END()
