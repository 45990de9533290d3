// What   Contract of storage/lock_port.hpp: a name is held once, and whoever looks sees by whom.
// Why    See store_contract.hpp. What a second session does is in postgres/lock_pg_test.cpp.
#include "tests/contract/store_contract.hpp"

#include "scheduler/lock_name.hpp"
#include "storage/lock_port.hpp"
#include "tests/contract/locks.hpp"

BOOST_AUTO_TEST_SUITE(lock_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

BOOST_AUTO_TEST_CASE(a_name_is_held_once_until_it_is_given_back) {
  const auto db = fresh_database();
  world w{db->settings()};
  BOOST_TEST(try_lock(w, "a"));
  BOOST_TEST(!try_lock(w, "a"));
  BOOST_TEST(try_lock(w, "b"));
  BOOST_TEST(unlock(w, "a"));
  BOOST_TEST(!unlock(w, "a"));
  BOOST_TEST(try_lock(w, "a"));
  // Taken twice it would have to be given back twice.
  BOOST_TEST(unlock(w, "a"));
  BOOST_TEST(!seen(w, "a").held);
}

BOOST_AUTO_TEST_CASE(whoever_looks_sees_what_is_held) {
  const auto db = fresh_database();
  world w{db->settings()};
  BOOST_TEST(try_lock(w, "insights_job"));
  const auto all = value_of<std::vector<storage::lock_state>>([&](auto done) {
    w.store().locks().holders({"free", "insights_job", "ação"}, std::move(done));
  });
  BOOST_TEST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].name == "free");
  BOOST_TEST(!all[0].held);
  BOOST_TEST(all[0].key == scheduler::lock_key("free"));
  BOOST_TEST(all[1].held);
  BOOST_TEST(all[1].ours);
  BOOST_TEST(all[1].pid > 0);
  BOOST_TEST(all[1].session == storage::lock_session_name);
  BOOST_TEST(!all[2].held);
}

BOOST_AUTO_TEST_CASE(all_are_given_back_at_once) {
  const auto db = fresh_database();
  world w{db->settings()};
  BOOST_TEST(try_lock(w, "a"));
  BOOST_TEST(try_lock(w, "b"));
  BOOST_TEST(value_of<bool>([&](auto done) { w.store().locks().unlock_all(std::move(done)); }));
  BOOST_TEST(!seen(w, "a").held);
  BOOST_TEST(try_lock(w, "b"));
}

BOOST_AUTO_TEST_CASE(our_own_session_is_not_ended) {
  const auto db = fresh_database();
  world w{db->settings()};
  BOOST_TEST(try_lock(w, "a"));
  const auto pid = seen(w, "a").pid;
  BOOST_TEST(!value_of<bool>(
      [&](auto done) { w.store().locks().end_session("a", pid, std::move(done)); }));
  BOOST_TEST(seen(w, "a").held);
}

BOOST_AUTO_TEST_CASE(a_stopped_store_refuses_and_holds_nothing) {
  const auto db = fresh_database();
  {
    world w{db->settings()};
    BOOST_TEST(try_lock(w, "a"));
    w.store().stop();
  }
  world next{db->settings()};
  BOOST_TEST(try_lock(next, "a"));
}

BOOST_AUTO_TEST_SUITE_END()
