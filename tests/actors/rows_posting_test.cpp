// Rows beside the books with a posting in the same commit: both or neither.
#include "tests/support/caf_fixture.hpp"

using namespace tests;

BOOST_AUTO_TEST_SUITE(rows_with_a_posting)

namespace {

ledger::shared_expense shared(const caf_fixture& f) {
  ledger::shared_expense e;
  e.id = ledger::shared_expense_id::of(7);
  e.user = ledger::user_id{"ana"};
  e.total = {200};
  e.created_at = f.clock.at;
  return e;
}

/// Writes the row, takes back what it names and posts.
ledger::change_rows with_posting(ledger::shared_expense row,
                                 std::optional<ledger::create_transaction> post) {
  ledger::change_rows c;
  c.decide = [row, post](const std::vector<ledger::user_rows>&,
                         base::utc_us) -> base::result<ledger::row_change> {
    ledger::row_change change;
    change.reverse = row.automatic;
    change.post = post;
    auto written = row;
    written.automatic.reset();
    change.writes.emplace_back(written);
    change.on_posted = [](ledger::row_change& all, const ledger::transaction_record& made) {
      std::get<ledger::shared_expense>(all.writes.at(0)).automatic = made.id;
    };
    return change;
  };
  return c;
}

struct bed : caf_fixture {
  std::optional<ledger::transaction_record> posted(std::size_t index) {
    const auto reply = answer(index);
    BOOST_REQUIRE(reply.has_value() && reply->result.has_value());
    return std::get<ledger::changed_rows>(*reply->result).posted;
  }
  ledger::shared_expense row() { return store.beside.all<ledger::shared_expense>().at(0); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(both_are_one_commit_and_the_row_knows_the_transaction, bed) {
  const auto done = send(with_posting(shared(*this), expense(100)));
  settle();
  BOOST_REQUIRE(posted(done).has_value());
  BOOST_TEST((row().automatic == posted(done)->id));
  BOOST_TEST(balance("A") == 9'900);
  const auto& items = store.committed.back()->items;
  BOOST_REQUIRE(items.size() == 1u);
  BOOST_TEST(items.front()->user_rows.size() == 1u);
  BOOST_TEST(items.front()->transactions_new.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_refused_posting_leaves_no_row, bed) {
  auto much = transfer(20'000, "A", "B");
  const auto done = send(with_posting(shared(*this), much));
  settle();
  BOOST_TEST(word(done) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(store.beside.all<ledger::shared_expense>().empty());
  auto nowhere = expense(1, "X");
  const auto other = send(with_posting(shared(*this), nowhere));
  settle();
  BOOST_TEST(word(other) == "ACCOUNT_NOT_FOUND");
  BOOST_TEST(balance("A") == 10'000);
}

BOOST_FIXTURE_TEST_CASE(what_is_taken_back_and_what_is_posted_meet_in_one_effect, bed) {
  send(with_posting(shared(*this), expense(100)));
  settle();
  const auto automatic = *row().automatic;
  const auto done = send(with_posting(row(), expense(9'000)));
  settle();
  BOOST_REQUIRE(posted(done).has_value());
  BOOST_TEST(balance("A") == 1'000);
  BOOST_TEST((row().automatic == posted(done)->id));
  BOOST_TEST((store.committed.back()->items.front()->transactions_changed.at(0).id == automatic));

  send(with_posting(row(), std::nullopt));
  settle();
  BOOST_TEST(balance("A") == 10'000);
}

/// A client may have deleted it on its own.
BOOST_FIXTURE_TEST_CASE(what_is_deleted_already_is_left_alone, bed) {
  send(with_posting(shared(*this), expense(100)));
  settle();
  const auto before = row();
  send(ledger::delete_transaction{*before.automatic, {}});
  settle();
  BOOST_TEST(balance("A") == 10'000);
  const auto done = send(with_posting(before, std::nullopt));
  settle();
  BOOST_TEST(word(done) == "ok");
  BOOST_TEST(balance("A") == 10'000);
}

BOOST_AUTO_TEST_SUITE_END()
