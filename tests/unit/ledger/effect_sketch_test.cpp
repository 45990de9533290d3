#include "ledger/effect_sketch.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(sketch)

/// Differences that cancel within a transaction, or between two of one bucket, are still seen.
BOOST_AUTO_TEST_CASE(a_sketch_tells_accounts_and_transactions_apart) {
  effect_sketch s{3};
  const transaction_id t{"t"};
  const account_id a{"a"}, b{"b"};
  const auto differs = [](const effect_sketch& of) {
    const auto found = of.differing();
    return std::count(found.begin(), found.end(), true);
  };
  s.add(t, a, {5});
  s.add(t, b, {-5});
  BOOST_TEST(differs(s) == 1);
  s.subtract(t, a, {-5});
  s.subtract(t, b, {5}); // the other way round: not the same
  BOOST_TEST(differs(s) == 1);
  effect_sketch same{3};
  same.add(t, a, {base::amount_minor_max});
  same.add(t, a, {-1});
  same.subtract(t, a, {base::amount_minor_max - 1});
  BOOST_TEST(differs(same) == 0);
  // One centavo from each transaction to the next: every bucket that is touched differs.
  effect_sketch many{3};
  for (int n = 0; n < 1000; ++n) {
    many.add(transaction_id{std::to_string(n)}, a, {1});
    many.subtract(transaction_id{std::to_string(n + 1)}, a, {1});
  }
  BOOST_TEST(differs(many) == 2); // what came and went between cancels, the two ends do not
}

BOOST_AUTO_TEST_SUITE_END()
