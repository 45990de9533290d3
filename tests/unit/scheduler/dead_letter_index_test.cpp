// Goal: a dead job is open or muted, never both, and a mute ends by itself.
#include "scheduler/dead_letter_index.hpp"

#include "base/assert.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(dead_letters)

namespace {

using counts = dead_letter_index::counts;

} // namespace

BOOST_AUTO_TEST_CASE(a_group_is_muted_until_its_instant) {
  dead_letter_index index;
  index.add("a");
  index.add("a");
  index.add("b");
  BOOST_TEST((index.count({0}) == counts{3, 0}));
  index.mute("a", base::utc_us{10});
  BOOST_TEST((index.count({9}) == counts{1, 2}));
  BOOST_TEST(index.muted("a", {9}));
  BOOST_TEST(!index.muted("a", {10}));
  BOOST_TEST((index.count({10}) == counts{3, 0}));
  BOOST_TEST((index.count({9}) == counts{3, 0})); // it was over, and a clock goes back
}

BOOST_AUTO_TEST_CASE(the_newest_word_counts) {
  dead_letter_index index;
  index.add("a");
  index.mute("a", base::utc_us{10});
  index.mute("a", base::utc_us{20});
  BOOST_TEST((index.count({15}) == counts{0, 1}));
  index.mute("a", std::nullopt);
  BOOST_TEST((index.count({15}) == counts{1, 0}));
  index.mute("b", std::nullopt); // nobody had muted it
  BOOST_TEST(!index.muted("b", {0}));
}

BOOST_AUTO_TEST_CASE(a_mute_outlives_the_jobs_of_its_group) {
  dead_letter_index index;
  index.add("a");
  index.mute("a", base::utc_us{10});
  index.erase("a");
  BOOST_TEST((index.count({5}) == counts{0, 0}));
  index.add("a");
  BOOST_TEST((index.count({5}) == counts{0, 1}));
  index.erase("a");
  BOOST_CHECK_THROW(index.erase("a"), base::broken_invariant);
}

BOOST_AUTO_TEST_CASE(so_many_may_be_muted_at_a_time) {
  dead_letter_index index;
  for (std::size_t i = 0; i < dead_mutes_max; ++i) {
    BOOST_TEST_REQUIRE(index.may_mute(std::to_string(i), {0}));
    index.mute(std::to_string(i), base::utc_us{i == 7 ? 10 : 20});
  }
  BOOST_TEST(!index.may_mute("more", {9}));
  BOOST_TEST(index.may_mute("8", {9})); // for longer
  BOOST_TEST(index.may_mute("more", {10}));
}

BOOST_AUTO_TEST_SUITE_END()
