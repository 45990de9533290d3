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

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_almost_full_makes_it_degraded, door_fixture) {
  actors::gateway door(env, routes, std::chrono::seconds{1});
  const auto all_is_well = [&] {
    const auto view = door.health();
    return view.status == "healthy" && view.reasons.empty() && view.ready;
  };
  BOOST_TEST(all_is_well()); // no disk of ours
  store.health_now.free_bytes = storage::free_bytes_low;
  BOOST_TEST(all_is_well());
  store.health_now.free_bytes = storage::free_bytes_low - 1;
  auto view = door.health();
  BOOST_TEST(view.status == "degraded");
  BOOST_TEST(view.reasons == std::vector<std::string>{"disk"}, boost::test_tools::per_element());
  BOOST_TEST(view.ready); // there is still some
  status.stopped.add(0);  // and what needs a person goes first
  BOOST_TEST(door.health().status == "unhealthy");
}

BOOST_FIXTURE_TEST_CASE(a_wrong_schema_is_unhealthy_and_not_ready, door_fixture) {
  actors::gateway door(env, routes, std::chrono::seconds{1});
  store.health_now.schema_current = 2; // of a newer program
  auto view = door.health();
  BOOST_TEST(view.status == "unhealthy");
  BOOST_TEST(!view.ready);
  BOOST_TEST(view.reasons == std::vector<std::string>{"schema"}, boost::test_tools::per_element());
  store.health_now.up = false; // then nobody knows
  store.health_now.error_class = "SchemaError";
  view = door.health();
  BOOST_TEST(view.status == "degraded");
  BOOST_TEST(view.database == "error: SchemaError");
}

BOOST_FIXTURE_TEST_CASE(an_operator_is_told_what_is_known_of_the_database, door_fixture) {
  actors::gateway door(env, routes, std::chrono::seconds{1});
  store.health_now.free_bytes = 7;
  store.used_now.adapter = "postgres";
  store.used_now.readers = {1, 2, 3};
  store.used_now.journals = {0, 1, 0};
  auto& said = store.used_now.database.emplace();
  said.version = "15.8";
  said.size_bytes = 4096;
  said.server = {9, 100};
  said.transactions = {{{17, clock.at, 12, "active", "psql"}}};
  said.on_disk = {4096, 5, 6, 7};
  auto view = door.database();
  BOOST_TEST(view.state == "connected");
  BOOST_TEST(view.read_only.value() == false);
  BOOST_TEST(view.schema_expected == 1);
  BOOST_TEST(view.free_bytes.value() == 7u);
  BOOST_TEST(view.adapter.value() == "postgres");
  BOOST_TEST(view.ours.value().readers.broken == 3u);
  BOOST_TEST(view.ours.value().journals.busy == 1u);
  BOOST_TEST(view.version.value() == "15.8");
  BOOST_TEST(view.size_bytes.value() == 4096);
  BOOST_TEST(view.server.value().max == 100);
  BOOST_TEST(view.long_transactions.value().at(0).state == "active");
  BOOST_TEST(view.on_disk.value().wal_bytes == 7);

  store.used_now.database.reset();
  store.health_now.up = false;
  view = door.database();
  BOOST_TEST(view.state == "error: OperationalError");
  BOOST_TEST((!view.read_only && !view.version && !view.size_bytes && !view.server &&
              !view.long_transactions && !view.on_disk));
  BOOST_TEST(view.ours.value().readers.busy == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_shard_that_is_not_there_is_said_at_once, door_fixture) {
  const auto empty = std::make_shared<actors::routing>(1, 1);
  actors::gateway door(env, empty, std::chrono::seconds{1});
  execute(door);
  BOOST_TEST(words == std::vector<std::string>{"SHARD_STOPPED"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
