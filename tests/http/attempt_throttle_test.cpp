#include "http/auth/attempt_throttle.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace http;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(throttling)

namespace {

constexpr base::utc_us at(std::int64_t second) { return {second * base::us_per_second}; }
constexpr auto account = throttle_scope::account;
constexpr auto ip = throttle_scope::ip;

attempt_throttle three_in_a_minute(std::size_t keys_max = 100) {
  return attempt_throttle{
      {.per_account = 3, .per_ip = 5, .window = seconds{60}, .keys_max = keys_max}};
}

} // namespace

BOOST_AUTO_TEST_CASE(beyond_the_limit_one_waits_for_the_oldest_attempt) {
  auto t = three_in_a_minute();
  for (const int s : {0, 10, 20}) BOOST_TEST(!t.take(account, "ana", at(s)));
  BOOST_TEST((t.take(account, "ana", at(20)) == seconds{40}));
  BOOST_TEST((t.take(account, "ana", at(59)) == seconds{1}));
  // What is refused does not count, so the wait grows no longer.
  BOOST_TEST(!t.take(account, "ana", at(60)));
  BOOST_TEST((t.take(account, "ana", at(60)) == seconds{10}));
  BOOST_TEST((t.take(account, "ana", {at(69).count + 1}) == seconds{1}));
  BOOST_TEST(!t.take(account, "bia", at(60)));
  BOOST_TEST(!t.take(ip, "ana", at(60))); // another scope
}

BOOST_AUTO_TEST_CASE(good_attempts_do_not_count) {
  auto t = three_in_a_minute();
  for (int n = 0; n < 100; ++n) {
    BOOST_TEST(!t.take(account, "ana", at(n)));
    t.give_back(account, "ana");
  }
  for (int n = 0; n < 3; ++n) BOOST_TEST(!t.take(account, "ana", at(100)));
  BOOST_TEST(t.take(account, "ana", at(100)).has_value());
  t.clear(account, "ana");
  BOOST_TEST(!t.take(account, "ana", at(100)));
  t.give_back(account, "nobody");
  t.clear(account, "nobody");
}

BOOST_AUTO_TEST_CASE(administrators_see_and_unblock) {
  auto t = three_in_a_minute();
  for (int n = 0; n < 3; ++n) t.take(account, "ana@example.org", at(n));
  t.take(ip, "10.0.0.1", at(5));
  const auto all = t.list(at(6));
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST((all[0].scope == ip));
  BOOST_TEST(all[0].failures == 1u);
  BOOST_TEST(!all[0].blocked_until);
  BOOST_TEST((all[1].scope == account));
  BOOST_TEST(all[1].failures == 3u);
  BOOST_TEST((all[1].blocked_until == at(60)));
  for (const auto& one : all)
    BOOST_TEST((one.id.find("ana") == std::string::npos && one.id.find("10.0") == one.id.npos));
  BOOST_TEST(t.unblock(all[1].id));
  BOOST_TEST(!t.unblock(all[1].id));
  BOOST_TEST(!t.take(account, "ana@example.org", at(6)));
  BOOST_TEST(t.list(at(65)).size() == 1u); // that of 6; those of the past are forgotten
  BOOST_TEST(t.list(at(66)).empty());
}

BOOST_AUTO_TEST_CASE(what_was_tried_longest_ago_makes_room) {
  auto t = three_in_a_minute(2);
  for (const auto* who : {"a", "b", "a", "a", "c"}) t.take(account, who, at(1)); // b goes
  BOOST_TEST(t.list(at(1)).size() == 2u);
  BOOST_TEST(t.take(account, "a", at(1)).has_value());
  t.take(account, "d", at(2));
  BOOST_TEST(t.list(at(2)).size() == 2u);
}

BOOST_AUTO_TEST_CASE(switched_off_it_lets_everybody_in) {
  attempt_throttle t{{.enabled = false, .per_account = 1}};
  for (int n = 0; n < 10; ++n) BOOST_TEST(!t.take(account, "ana", at(0)));
  BOOST_TEST(t.list(at(0)).empty());
}

BOOST_AUTO_TEST_CASE(many_at_once_get_no_more_than_one_after_the_other) {
  attempt_throttle t{{.per_account = 100}};
  std::atomic<int> through{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 8; ++n)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        if (!t.take(account, "ana", at(0))) ++through;
    });
  for (auto& one : threads) one.join();
  BOOST_TEST(through == 100);
}

BOOST_AUTO_TEST_SUITE_END()
