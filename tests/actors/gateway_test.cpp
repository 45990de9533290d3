// The door between foreign threads and the actors: one answer per command, and what it refuses.
#include "actors/gateway.hpp"
#include "tests/support/caf_fixture.hpp"

using tests::caf_fixture;
using tests::expense;

BOOST_AUTO_TEST_SUITE(gateway_)

namespace {

struct door_fixture : caf_fixture {
  std::vector<std::string> words;

  ledger::envelope command() {
    ledger::envelope e;
    e.user = ledger::user_id{"ana"};
    e.deadline = base::utc_us{clock.at.count + 3600 * base::us_per_second};
    e.what = expense(100);
    return e;
  }
  void execute(actors::gateway& door) {
    door.execute(command(), [this](const ledger::reply& r) {
      words.push_back(r.result ? "ok" : std::string{r.result.error().code});
    });
  }
};

} // namespace

// proves P1
BOOST_FIXTURE_TEST_CASE(the_answer_comes_after_the_commit_and_only_once, door_fixture) {
  actors::gateway door(env, routes, std::chrono::seconds{1});
  execute(door);
  run();
  BOOST_TEST(words.empty());
  settle();
  BOOST_TEST(words == std::vector<std::string>{"ok"}, boost::test_tools::per_element());
  BOOST_TEST(balance("A") == 9'900);
}

BOOST_FIXTURE_TEST_CASE(a_node_that_stops_takes_no_commands, door_fixture) {
  actors::gateway door(env, routes, std::chrono::seconds{1});
  status.closed = true;
  execute(door);
  BOOST_TEST(words == std::vector<std::string>{"SHUTTING_DOWN"}, boost::test_tools::per_element());
  settle();
  BOOST_TEST(balance("A") == 10'000);
}

BOOST_FIXTURE_TEST_CASE(beyond_the_bound_the_answer_is_overloaded, door_fixture) {
  env.bounds.commands_in_flight = 1;
  actors::gateway door(env, routes, std::chrono::seconds{1});
  execute(door);
  execute(door);
  BOOST_TEST(words == std::vector<std::string>{"OVERLOADED"}, boost::test_tools::per_element());
  settle();
  BOOST_TEST(words.size() == 2u);
  BOOST_TEST(words.back() == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_fenced_node_is_not_ready, door_fixture) {
  actors::gateway door(env, routes, std::chrono::seconds{1});
  BOOST_TEST(door.health().ready);
  store.outcomes = {storage::commit_class::fenced};
  execute(door);
  settle();
  const auto view = door.health();
  BOOST_TEST(!view.ready);
  BOOST_TEST(view.status == "unhealthy");
}

BOOST_FIXTURE_TEST_CASE(a_shard_that_is_not_there_is_said_at_once, door_fixture) {
  const auto empty = std::make_shared<actors::routing>(1, 1);
  actors::gateway door(env, empty, std::chrono::seconds{1});
  execute(door);
  BOOST_TEST(words == std::vector<std::string>{"SHARD_STOPPED"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
