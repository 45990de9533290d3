// Goal: what a rule has told is known to the last row, in the walk as in the book.
#include "app/told_before.hpp"

#include "tests/support/fake_backend.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

BOOST_AUTO_TEST_SUITE(told_before_of_rules)

namespace {

struct still_clock final : base::clock {
  base::utc_us now() override { return {5'000'000}; }
};

struct told {
  still_clock clock;
  http_test::fake_backend books{clock};
  const ledger::user_id ana{"ana"};

  void tell(int n, const std::string& rule = "r", bool fired = true) {
    books.beside.put(ledger::alert_state{ana, rule, std::to_string(100'000 + n), fired, {n}});
  }
  std::vector<ledger::user_rows> in_the_book(const app::told_before& of) const {
    std::vector<ledger::user_rows> answers;
    for (const auto& page : of.pages) answers.push_back(books.beside.answer(page));
    return answers;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(nothing_is_one_page, told) {
  tell(1, "other");
  const auto of = app::told_before_by(books, ana, "r");
  BOOST_TEST_REQUIRE(of.has_value());
  BOOST_TEST(of->states.empty());
  BOOST_TEST(of->pages.size() == 1u);
  tell(1);
  BOOST_TEST(app::states_in(in_the_book(*of)).size() == 1u); // written in between
}

BOOST_FIXTURE_TEST_CASE(all_pages_are_read_and_the_book_reads_them_again, told) {
  constexpr int many = 2 * ledger::user_rows_max + 1;
  for (int n = 0; n < many; ++n) tell(2 * n);
  const auto of = app::told_before_by(books, ana, "r");
  BOOST_TEST_REQUIRE(of.has_value());
  BOOST_TEST(of->states.size() == std::size_t{many});
  for (int n = 0; n < app::told_page_rows; ++n) tell(2 * n + 1); // all on the first page
  const auto states = app::states_in(in_the_book(*of));
  BOOST_TEST(states.size() == std::size_t{many} + app::told_page_rows); // each once
  std::set<std::string> subjects;
  for (const auto& s : states) subjects.insert(s.subject);
  BOOST_TEST(subjects.size() == states.size());
}

BOOST_FIXTURE_TEST_CASE(an_outage_is_said, told) {
  books.broken = base::failure{"DB_UNAVAILABLE", {}};
  const auto of = app::told_before_by(books, ana, "r");
  BOOST_TEST_REQUIRE(!of.has_value());
  BOOST_TEST(of.error().code == "DB_UNAVAILABLE");
}

BOOST_AUTO_TEST_SUITE_END()
