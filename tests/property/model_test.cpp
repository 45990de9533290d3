// The model has to notice each bug that is built into the world, and nothing in a world without.
#include "base/assert.hpp"
#include "base/random.hpp"
#include "tests/property/walk.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace property;

BOOST_AUTO_TEST_SUITE(model_of_the_books)

namespace {

const std::array<const char*, bug_count> names{"none",
                                               "announced_is_spendable",
                                               "reserved_is_spendable",
                                               "floor_is_ignored",
                                               "floor_of_reversals_is_ignored",
                                               "limit_ignores_open_credits",
                                               "closed_is_ignored",
                                               "edited_transfer_is_a_plain_debit",
                                               "edit_posts_no_reversal",
                                               "reversal_on_the_new_day",
                                               "delete_forgets_the_partner",
                                               "delete_keeps_the_row_live",
                                               "restore_posts_twice",
                                               "abort_keeps_the_reservation",
                                               "abort_posts",
                                               "debits_before_credits"};

std::vector<step> steps_of(std::uint64_t seed, int count) {
  base::random chance{seed};
  std::vector<step> steps;
  for (int i = 0; i < count; ++i) {
    const auto draw = [&] { return static_cast<std::uint32_t>(chance.next()); };
    step s;
    s.what = draw();
    s.which = draw();
    s.other = draw();
    s.field = draw();
    s.amount = draw();
    steps.push_back(s);
  }
  return steps;
}

/// The seed of the first walk that shows the bug, and what it shows; -1 when none does.
std::pair<int, std::string> hunt(bug b, int seeds) {
  for (int seed = 0; seed < seeds; ++seed) {
    walk w{b};
    try {
      auto found = w.run(steps_of(static_cast<std::uint64_t>(seed), 120));
      if (found.empty()) found = w.settle_all();
      if (!found.empty()) return {seed, found};
    } catch (const base::broken_invariant& broken) {
      return {seed, broken.what};
    }
  }
  return {-1, ""};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_world_without_bugs_agrees_with_the_model) {
  const auto [seed, found] = hunt(bug::none, 60);
  BOOST_TEST(seed == -1, "seed " << seed << ": " << found);
}

BOOST_AUTO_TEST_CASE(each_bug_is_noticed) {
  for (int b = 1; b < bug_count; ++b) {
    const auto [seed, found] = hunt(static_cast<bug>(b), 60);
    BOOST_TEST(seed >= 0, names[static_cast<std::size_t>(b)] << " is not noticed");
    BOOST_TEST_MESSAGE(names[static_cast<std::size_t>(b)] << ": seed " << seed << ", " << found);
  }
}

/// Walks that only refuse, or that never refuse, would prove nothing.
BOOST_AUTO_TEST_CASE(walks_reach_both_answers) {
  int accepted = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    walk w;
    w.run(steps_of(seed, 120));
    accepted += w.accepted();
    refused += w.refused();
  }
  BOOST_TEST(accepted > 500);
  BOOST_TEST(refused > 200);
}

BOOST_AUTO_TEST_SUITE_END()
