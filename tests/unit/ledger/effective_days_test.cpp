#include "ledger/effective_days.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <vector>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(effective_days)

namespace {

using days = std::vector<effective_day>;

} // namespace

BOOST_AUTO_TEST_CASE(new_days_follow_the_last_known_one) {
  const auto rows = merged({{{10}, {500}, 3}}, {{{12}, {-100}, 1}, {{20}, {7}, 2}});
  BOOST_TEST((*rows == days{{{12}, {400}, 4}, {{20}, {407}, 6}}));
}

BOOST_AUTO_TEST_CASE(a_backdated_entry_moves_every_later_day) {
  const days known{{{10}, {500}, 3}, {{12}, {600}, 4}, {{15}, {550}, 6}};
  BOOST_TEST((*merged(known, {{{11}, {-50}, 1}}) ==
              days{{{11}, {450}, 4}, {{12}, {550}, 5}, {{15}, {500}, 7}}));
}

BOOST_AUTO_TEST_CASE(a_known_day_takes_more_entries) {
  const days known{{{10}, {500}, 3}, {{12}, {600}, 4}};
  BOOST_TEST((*merged(known, {{{10}, {5}, 1}, {{13}, {1}, 1}}) ==
              days{{{10}, {505}, 4}, {{12}, {605}, 5}, {{13}, {606}, 6}}));
  // Entries that cancel each other count, too.
  BOOST_TEST((*merged(known, {{{12}, {0}, 2}}) == days{{{12}, {600}, 6}}));
}

BOOST_AUTO_TEST_CASE(the_first_entries_begin_at_zero) {
  BOOST_TEST((*merged({}, {{{-3}, {-9}, 1}}) == days{{{-3}, {-9}, 1}}));
  BOOST_TEST(merged({{{1}, {5}, 1}}, {})->empty());
}

BOOST_AUTO_TEST_CASE(a_sum_beyond_int64_is_a_failure) {
  const base::centavos most{std::numeric_limits<std::int64_t>::max()};
  BOOST_TEST(!merged({{{1}, most, 1}}, {{{2}, {1}, 1}}).has_value());
  BOOST_TEST(!merged({}, {{{1}, most, 1}, {{2}, {1}, 1}}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
