// Goal: a bucket is exact, begins empty, never holds more than its burst, and says when it opens.
// Source of the formula: scheduler/token_bucket.hpp.
#include "scheduler/token_bucket.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(token_buckets)

namespace {

constexpr std::int64_t second = base::us_per_second;

int taken(token_bucket& b, base::utc_us now, int most = 1000) {
  int n = 0;
  while (n < most && b.open(now)) {
    b.take(now);
    ++n;
  }
  return n;
}

} // namespace

BOOST_AUTO_TEST_CASE(it_begins_empty_and_brings_what_its_rate_says) {
  const base::utc_us start{7};
  token_bucket b{{3, 10, 2}, start}; // three in ten seconds
  BOOST_TEST(!b.open(start));
  // A third of ten seconds is no whole µs: it opens at the first one by which a token is there.
  const base::utc_us third{start.count + 3'333'334};
  BOOST_TEST((b.opens_at(start) == third));
  BOOST_TEST(!b.open({third.count - 1}));
  BOOST_TEST(b.open(third));
  b.take(third);
  // What was too much of the first token is not lost: the third comes after ten seconds exactly.
  BOOST_TEST((b.opens_at(third) == base::utc_us{start.count + 6'666'667}));
  b.take({start.count + 6'666'667});
  BOOST_TEST((b.opens_at({start.count + 6'666'667}) == base::utc_us{start.count + 10 * second}));
}

BOOST_AUTO_TEST_CASE(a_rest_brings_the_burst_and_no_more) {
  token_bucket b{{5, 1, 4}, {0}};
  BOOST_TEST(taken(b, {100 * second}) == 4);
  BOOST_TEST(taken(b, {100 * second + second / 5}) == 1);
  BOOST_TEST(taken(b, {101 * second}) == 4);
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_brings_nothing_and_takes_nothing) {
  token_bucket b{{1, 1, 3}, {10 * second}};
  BOOST_TEST(taken(b, {12 * second}) == 2);
  BOOST_TEST(!b.open({5 * second}));
  BOOST_TEST((b.opens_at({5 * second}) == base::utc_us{13 * second}));
  BOOST_TEST(taken(b, {13 * second}) == 1);
  // Told of it, it goes on from there instead of waiting for the old time to come again.
  b.clock_back({5 * second});
  BOOST_TEST(!b.open({5 * second}));
  BOOST_TEST((b.opens_at({5 * second}) == base::utc_us{6 * second}));
  BOOST_TEST(taken(b, {7 * second}) == 2);
  b.clock_back({60 * second}); // that is not back
  BOOST_TEST((b.opens_at({7 * second}) == base::utc_us{8 * second}));
}

BOOST_AUTO_TEST_CASE(the_largest_and_the_slowest_rate_stay_exact) {
  const std::int64_t year = std::int64_t{366} * 86'400 * second;
  token_bucket fast{{rate_starts_max, 1, rate_starts_max}, {0}};
  BOOST_TEST((fast.opens_at({0}) == base::utc_us{10}));
  BOOST_TEST(taken(fast, {200 * year}, 200'000) == rate_starts_max);
  BOOST_TEST((fast.opens_at({200 * year}) == base::utc_us{200 * year + 10}));
  token_bucket slow{{1, rate_seconds_max, rate_starts_max}, {0}};
  BOOST_TEST((slow.opens_at({0}) == base::utc_us{86'400 * second}));
  BOOST_TEST(taken(slow, {200 * year}, 200'000) == 200 * 366); // one a day, and room for more
}

BOOST_AUTO_TEST_SUITE_END()
