// Goal: the waits of the formula. Method: without jitter the numbers, with it bounds and mean.
#include "scheduler/retry_policy.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(retry_policy)

namespace {

constexpr std::int64_t second = 1'000'000;

std::int64_t plain(backoff b, std::int32_t failed, std::int64_t hint = 0) {
  b.spread = jitter::none;
  base::random chance{1};
  return delay_us(b, failed, hint, chance);
}

} // namespace

BOOST_AUTO_TEST_CASE(curves_have_their_numbers_and_a_cap) {
  backoff b;
  for (const auto& [failed, s] : {std::pair{1, 2}, {2, 4}, {3, 8}, {9, 512}, {11, 2048}})
    BOOST_TEST(plain(b, failed) == s * second);
  BOOST_TEST(plain(b, 12) == 3600 * second);
  BOOST_TEST(plain(b, std::numeric_limits<std::int32_t>::max()) == 3600 * second);
  b.curve = backoff_curve::linear;
  BOOST_TEST(plain(b, 5) == 10 * second);
  b.curve = backoff_curve::fixed;
  BOOST_TEST(plain(b, 5) == 2 * second);
  b.curve = backoff_curve::list;
  b.list_us = {second, 5 * second, 7 * second};
  BOOST_TEST(plain(b, 2) == 5 * second);
  BOOST_TEST(plain(b, 20) == 7 * second);
}

BOOST_AUTO_TEST_CASE(never_below_a_tenth_and_a_hint_counts_up_to_a_day) {
  backoff b;
  b.base_us = 0;
  BOOST_TEST(plain(b, 1) == second / 10);
  BOOST_TEST(plain(b, 1, 90 * second) == 90 * second);
  BOOST_TEST(plain(b, 1, 48 * 3600 * second) == 24 * 3600 * second);
}

BOOST_AUTO_TEST_CASE(huge_factors_saturate) {
  backoff b;
  b.base_us = std::numeric_limits<std::int64_t>::max() / 2;
  b.factor = 10;
  b.cap_us = std::numeric_limits<std::int64_t>::max();
  BOOST_TEST(plain(b, 32) == std::numeric_limits<std::int64_t>::max());
}

BOOST_AUTO_TEST_CASE(full_jitter_spreads_from_nothing_to_all_of_it) {
  base::random chance{7};
  backoff b;
  double sum = 0;
  constexpr int runs = 2000;
  for (int run = 0; run < runs; ++run)
    for (std::int32_t failed = 1; failed < 10; ++failed) {
      const auto wait = delay_us(b, failed, 0, chance);
      BOOST_TEST_REQUIRE(wait >= second / 10);
      BOOST_TEST_REQUIRE(wait <= (std::int64_t{2} << (failed - 1)) * second);
      sum += static_cast<double>(wait) / second;
    }
  BOOST_TEST(sum / runs > 500.0); // 511 s on average for the nine waits of ten attempts
  BOOST_TEST(sum / runs < 522.0);
  b.spread = jitter::equal;
  for (int run = 0; run < 100; ++run) {
    const auto wait = delay_us(b, 4, 0, chance);
    BOOST_TEST_REQUIRE(wait >= 8 * second);
    BOOST_TEST_REQUIRE(wait <= 16 * second);
  }
}

BOOST_AUTO_TEST_CASE(attempts_and_the_last_instant_end_it) {
  job j;
  j.max_attempts = 3;
  BOOST_TEST(may_retry(j, 2, {100}));
  BOOST_TEST(!may_retry(j, 3, {100}));
  j.retry_until = base::utc_us{100};
  BOOST_TEST(may_retry(j, 1, {100}));
  BOOST_TEST(!may_retry(j, 1, {101}));
}

BOOST_AUTO_TEST_CASE(a_wish_follows_its_kind_where_it_says_nothing) {
  const attempt_policy kind{3, 7, {backoff_curve::fixed, 5, 1, 9, jitter::none, {}}};
  job said;
  said.max_attempts = 4;
  const auto before = said;
  follow(said, kind);
  BOOST_TEST((said == before));
  job open;
  open.max_attempts = open.timeout_s = 0;
  open.retry.curve = backoff_curve::of_kind;
  follow(open, kind);
  BOOST_TEST((attempt_policy{open.max_attempts, open.timeout_s, open.retry} == kind));
}

BOOST_AUTO_TEST_SUITE_END()
