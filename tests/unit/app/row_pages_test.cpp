// Goal: every row comes once, whatever the last page is, and a page that failed comes when it is
//       asked for again.
#include "app/row_pages.hpp"

#include "tests/support/fake_backend.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <string>

BOOST_AUTO_TEST_SUITE(rows_page_by_page)

namespace {

struct still_clock final : base::clock {
  base::utc_us now() override { return {5'000'000}; }
};

struct paged_books final : http_test::fake_backend {
  using fake_backend::fake_backend;
  std::vector<ledger::user_id> people; ///< in the order of their keys
  std::optional<base::failure> fails;
  int asked_times = 0;

  base::result<ledger::user_rows> user_rows(const ledger::row_question& asked) override {
    ++asked_times;
    if (fails) return *fails;
    const auto& page = std::get<ledger::users_after>(asked);
    ledger::user_rows rows;
    for (const auto& u : people) {
      if (key_of(u) <= page.key || std::ssize(rows) == page.limit) continue;
      ledger::user_record r;
      r.id = u;
      rows.emplace_back(std::move(r));
    }
    return rows;
  }
};

struct reading {
  still_clock clock;
  paged_books books{clock};

  explicit reading(int people) {
    for (int i = 0; i < people; ++i) books.people.emplace_back("person-" + std::to_string(i));
    std::sort(books.people.begin(), books.people.end(),
              [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  }
  std::vector<ledger::user_id> all(app::user_pages& pages) {
    std::vector<ledger::user_id> seen;
    while (!pages.over()) {
      const auto page = pages.next();
      BOOST_REQUIRE(page);
      for (const auto& u : *page) seen.push_back(u.id);
    }
    return seen;
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_short_page_is_the_last_one) {
  reading r{7};
  app::user_pages pages{r.books, {base::before_all_keys, 3}};
  BOOST_TEST((r.all(pages) == r.books.people));
  BOOST_TEST(r.books.asked_times == 3);
  const auto behind = pages.next();
  BOOST_TEST((behind && behind->empty()));
  BOOST_TEST(r.books.asked_times == 3);
}

BOOST_AUTO_TEST_CASE(behind_a_full_page_there_may_be_nothing) {
  reading r{6};
  app::user_pages pages{r.books, {base::before_all_keys, 3}};
  BOOST_TEST((r.all(pages) == r.books.people));
  BOOST_TEST(r.books.asked_times == 3);
}

BOOST_AUTO_TEST_CASE(a_page_that_failed_is_asked_for_again) {
  reading r{7};
  app::user_pages pages{r.books, {base::before_all_keys, 3}};
  BOOST_REQUIRE(pages.next());
  r.books.fails = base::failure{"DB_TIMEOUT", {}};
  const auto none = pages.next();
  BOOST_REQUIRE(!none);
  BOOST_TEST(none.error().code == "DB_TIMEOUT");
  BOOST_TEST(!pages.over());
  r.books.fails.reset();
  const std::vector<ledger::user_id> rest(r.books.people.begin() + 3, r.books.people.end());
  BOOST_TEST((r.all(pages) == rest));
}

BOOST_AUTO_TEST_SUITE_END()
