// I12 of the contract: shares sum to the total, whatever the split.
#include "base/random.hpp"
#include "ledger/errc.hpp"
#include "ledger/shared_expense.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

BOOST_AUTO_TEST_SUITE(shared_expense)

using base::centavos;

namespace {

__extension__ using wide = __int128;

std::int64_t sum(const std::vector<centavos>& all) {
  return std::accumulate(all.begin(), all.end(), std::int64_t{0},
                         [](auto s, centavos c) { return s + c.minor; });
}

} // namespace

BOOST_AUTO_TEST_CASE(equal_parts_leave_the_rest_to_the_creator) {
  BOOST_TEST((ledger::split_equally({1001}, 3) ==
              std::vector{centavos{335}, centavos{333}, centavos{333}}));
  BOOST_TEST((ledger::split_equally({1}, 2) == std::vector{centavos{1}, centavos{0}}));
  BOOST_TEST(sum(ledger::split_equally({999'999'999'999'999}, 50)) == 999'999'999'999'999);
}

BOOST_AUTO_TEST_CASE(percentages_leave_the_rest_to_the_last) {
  const auto third = ledger::split_by_percentage({1000}, {3333, 3333, 3333});
  BOOST_REQUIRE(third);
  BOOST_TEST((*third == std::vector{centavos{333}, centavos{333}, centavos{334}}));
  BOOST_TEST(!ledger::split_by_percentage({1000}, {3333, 3333, 3332}));
  BOOST_TEST(!ledger::split_by_percentage({1000}, {10'002}));
  BOOST_TEST(ledger::split_by_percentage({1000}, {10'001}).has_value());
  // One hundredth too much would take from the last what is not there.
  BOOST_TEST(ledger::split_by_percentage({1'000'000}, {10'001, 0}).error().code ==
             ledger::code_text(ledger::errc::share_percentages));
}

BOOST_AUTO_TEST_CASE(any_split_is_exact) {
  base::random chance{7};
  for (int n = 0; n < 2000; ++n) {
    const centavos total{1 + static_cast<std::int64_t>(chance.below(999'999'999'999'999))};
    const auto cut = static_cast<std::int64_t>(chance.below(10'001));
    const auto shares = ledger::split_by_percentage(total, {cut, 10'000 - cut});
    BOOST_REQUIRE(shares);
    BOOST_REQUIRE(sum(*shares) == total.minor);
    const auto exact = static_cast<wide>(total.minor) * cut / 10'000;
    BOOST_REQUIRE(shares->front().minor == static_cast<std::int64_t>(exact));
  }
}

BOOST_AUTO_TEST_SUITE_END()
