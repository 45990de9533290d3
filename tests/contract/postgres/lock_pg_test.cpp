// Locks of jobs against a second real session: the former backend, another node, an administrator.
#include "scheduler/lock_name.hpp"
#include "tests/contract/locks.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/support/pg_fixture.hpp"

#include <atomic>
#include <thread>

BOOST_AUTO_TEST_SUITE(pg_locks, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using namespace std::chrono_literals;

namespace {

const std::string key_of_a = std::to_string(scheduler::lock_key("a"));

bool becomes_true(const std::function<bool()>& what) {
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (!what()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

/// Somebody who takes the lock as the former backend does.
struct stranger {
  std::unique_ptr<support::pg_admin> session;
  explicit stranger(const database_under_test& db)
      : session(std::make_unique<support::pg_admin>(db.settings().database_url)) {
    session->query("set application_name = 'celery'");
  }
  bool takes() { return session->query("select pg_try_advisory_lock(" + key_of_a + ")") == "t"; }
  std::int64_t pid() { return std::stoll(session->query("select pg_backend_pid()")); }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_foreign_holder_is_refused_seen_and_gone_with_its_session) {
  const auto db = fresh_database();
  world w{db->settings()};
  stranger other{*db};
  BOOST_TEST(other.takes());
  BOOST_TEST(!try_lock(w, "a"));
  const auto by = seen(w, "a");
  BOOST_TEST(by.held);
  BOOST_TEST(!by.ours);
  BOOST_TEST(by.pid == other.pid());
  BOOST_TEST(by.session == "celery");
  BOOST_TEST(by.state == "idle");
  BOOST_TEST(by.since.count > 1'700'000'000'000'000);
  BOOST_TEST(!unlock(w, "a"));
  other.session.reset();
  BOOST_TEST(becomes_true([&] { return try_lock(w, "a"); }));
}

BOOST_AUTO_TEST_CASE(what_we_hold_is_refused_to_others) {
  const auto db = fresh_database();
  world w{db->settings()};
  world second{db->settings()};
  stranger other{*db};
  BOOST_TEST(try_lock(w, "a"));
  BOOST_TEST(!other.takes());
  BOOST_TEST(!try_lock(second, "a"));
  BOOST_TEST(!seen(second, "a").ours);
  BOOST_TEST(unlock(w, "a"));
  BOOST_TEST(try_lock(second, "a"));
  second.store().stop();
  BOOST_TEST(becomes_true([&] { return other.takes(); }));
}

// Nobody asks anything while a job runs, and its lock is gone.
BOOST_AUTO_TEST_CASE(a_session_that_is_killed_is_told_and_its_lock_is_free) {
  const auto db = fresh_database();
  world w{db->settings()};
  std::atomic<int> lost{0};
  w.store().locks().watch([&] { ++lost; });
  BOOST_TEST(try_lock(w, "a"));
  stranger other{*db};
  other.session->query("select pg_terminate_backend(" + std::to_string(seen(w, "a").pid) + ")");
  BOOST_TEST(becomes_true([&] { return lost == 1; }));
  BOOST_TEST(becomes_true([&] { return other.takes(); }));
  BOOST_TEST(!try_lock(w, "a"));
  BOOST_TEST(!unlock(w, "a"));
  BOOST_TEST(try_lock(w, "b"));
  BOOST_TEST(w.metrics().storage_reconnects(observability::connection_role::lock).value() == 1);
  w.store().locks().watch({});
}

BOOST_AUTO_TEST_CASE(a_loss_is_told_before_the_answer_of_the_next_call) {
  const auto db = fresh_database();
  world w{db->settings()};
  std::atomic<int> lost{0};
  w.store().locks().watch([&] { ++lost; });
  BOOST_TEST(try_lock(w, "a"));
  support::pg_admin admin(db->settings().database_url);
  const auto pid = std::to_string(seen(w, "a").pid);
  admin.query("select pg_terminate_backend(" + pid + ", 5000)");
  // Its own former session is waited for, so it gets the lock again.
  BOOST_TEST(becomes_true([&] { return try_lock(w, "a"); }));
  BOOST_TEST(lost == 1);
  w.store().locks().watch({});
}

BOOST_AUTO_TEST_CASE(a_foreign_session_is_ended_on_demand) {
  const auto db = fresh_database();
  world w{db->settings()};
  stranger other{*db};
  BOOST_TEST(other.takes());
  const auto pid = other.pid();
  const auto end = [&](std::int64_t whom) {
    return value_of<bool>(
        [&](auto done) { w.store().locks().end_session("a", whom, std::move(done)); });
  };
  BOOST_TEST(!end(pid + 1)); // somebody else's
  stranger bystander{*db};
  BOOST_TEST(!end(bystander.pid())); // holds nothing
  BOOST_TEST(end(pid));
  BOOST_TEST(!seen(w, "a").held);
  BOOST_TEST(try_lock(w, "a"));
}

BOOST_AUTO_TEST_CASE(a_lock_of_another_database_or_of_two_numbers_is_none_of_ours) {
  const auto db = fresh_database();
  const auto beside = fresh_database();
  world w{db->settings()};
  stranger other{*beside};
  BOOST_TEST(other.takes());
  const auto key = scheduler::lock_key("a");
  stranger near{*db};
  near.session->query("select pg_advisory_lock(" + std::to_string(key >> 32) + ", " +
                      std::to_string(static_cast<std::int32_t>(key)) + ")");
  BOOST_TEST(!seen(w, "a").held);
  BOOST_TEST(try_lock(w, "a"));
}

BOOST_AUTO_TEST_CASE(a_server_connects_its_lock_session_at_the_start) {
  const auto db = fresh_database();
  auto settings = db->settings();
  settings.as = storage::presence::serves;
  world w{settings};
  support::pg_admin admin(db->settings().database_url);
  BOOST_TEST(admin.query("select count(*) from pg_stat_activity where datname = current_database()"
                         " and application_name = 'vaidepix locks'") == "1");
  using observability::connection_role;
  using observability::connection_state;
  BOOST_TEST(
      w.metrics().storage_connections(connection_role::lock, connection_state::idle).value() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
