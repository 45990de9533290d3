#include "base/assert.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>

BOOST_AUTO_TEST_SUITE(seeded_generator)

namespace {

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

} // namespace

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_draws) {
  base::random a{42}, b{42}, other{43};
  int equal_to_other = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto draw = a.next();
    BOOST_REQUIRE_EQUAL(draw, b.next());
    if (draw == other.next()) ++equal_to_other;
  }
  BOOST_TEST(equal_to_other == 0);
}

// A change of the generator would change every recorded simulation. Values by a second
// implementation of the published splitmix64 and xoshiro256**.
BOOST_AUTO_TEST_CASE(known_draws) {
  base::random zero{0};
  for (const std::uint64_t expected :
       {0x99ec5f36cb75f2b4u, 0xbf6e1f784956452au, 0x1a5f849d4933e6e0u, 0x6aa594f1262d2d2cu})
    BOOST_TEST(zero.next() == expected);
  base::random seeded{42};
  for (const std::uint64_t expected :
       {0x15780b2e0c2ec716u, 0x6104d9866d113a7eu, 0xae17533239e499a1u, 0xecb8ad4703b360a1u})
    BOOST_TEST(seeded.next() == expected);
}

BOOST_AUTO_TEST_CASE(below_stays_below) {
  base::random chance{1};
  for (const std::uint64_t bound :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{1000},
        std::uint64_t{1} << 63, (std::uint64_t{1} << 63) + 1, ~std::uint64_t{0}}) {
    for (int i = 0; i < 1000; ++i) BOOST_REQUIRE_LT(chance.below(bound), bound);
  }
}

BOOST_AUTO_TEST_CASE(below_reaches_every_value_about_equally) {
  base::random chance{7};
  std::array<int, 10> seen{};
  for (int i = 0; i < 100'000; ++i) ++seen[chance.below(seen.size())];
  const auto [low, high] = std::minmax_element(seen.begin(), seen.end());
  BOOST_TEST(*low > 9'500); // five standard deviations; the seed is fixed
  BOOST_TEST(*high < 10'500);
}

BOOST_AUTO_TEST_CASE(between_includes_both_ends) {
  base::random chance{3};
  bool low = false, high = false;
  for (int i = 0; i < 1000; ++i) {
    const auto draw = chance.between(-2, 2);
    BOOST_REQUIRE_GE(draw, -2);
    BOOST_REQUIRE_LE(draw, 2);
    low = low || draw == -2;
    high = high || draw == 2;
  }
  BOOST_TEST(low);
  BOOST_TEST(high);
  BOOST_TEST(chance.between(5, 5) == 5);
  BOOST_TEST(chance.between(least, least) == least);
  BOOST_TEST(chance.between(most, most) == most);
}

BOOST_AUTO_TEST_CASE(between_covers_the_whole_of_int64) {
  base::random chance{4};
  int negative = 0;
  for (int i = 0; i < 1000; ++i) negative += chance.between(least, most) < 0;
  BOOST_TEST(negative > 400);
  BOOST_TEST(negative < 600);
}

BOOST_AUTO_TEST_CASE(an_empty_range_is_a_fault_of_ours) {
  base::random chance{5};
  BOOST_CHECK_THROW(chance.below(0), base::broken_invariant);
  BOOST_CHECK_THROW(chance.between(1, 0), base::broken_invariant);
}

BOOST_AUTO_TEST_CASE(system_seeds_differ) {
  BOOST_TEST(base::system_seed() != base::system_seed());
}

BOOST_AUTO_TEST_SUITE_END()
