// The ordered stop ends whatever the database does. Each case ends with the fixture's own check
// that the tree has stopped.
#include "tests/support/caf_fixture.hpp"

using tests::caf_fixture;
using tests::expense;

BOOST_AUTO_TEST_SUITE(stop)

namespace {

struct away_fixture : caf_fixture {
  away_fixture() : caf_fixture([](caf_fixture& f) { f.store.open_fails = true; }) {}
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_journal_that_never_opened_does_not_hold_it_up, away_fixture) {
  BOOST_TEST(status.journals_open == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_was_handed_over_is_committed_and_answered_first, caf_fixture) {
  const auto warm = send(expense(1));
  settle();
  BOOST_TEST(word(warm) == "ok");
  const auto a = send(expense(100));
  run(); // at the journal
  stop();
  BOOST_TEST(balance("A") == 9'899);
  BOOST_TEST(word(a) == "ok");
}

BOOST_AUTO_TEST_SUITE_END()
