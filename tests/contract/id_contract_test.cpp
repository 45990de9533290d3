// What   Contract about ids: keys in the tables, texts outside, and what finds the entries of a
//        transaction.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/scribe.hpp"

#include <algorithm>

BOOST_AUTO_TEST_SUITE(id_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

BOOST_AUTO_TEST_CASE(imported_ids_and_our_own_come_back) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto ana = make_person("ana"); // as imported
  auto ben = make_person("ben");
  ben.user.id = ledger::user_id{own_id(1)};
  ben.checking.id = ledger::account_id{own_id(2)};
  ben.food.id = ledger::account_id{own_id(3)};
  for (auto* a : {&ben.checking, &ben.savings, &ben.food}) a->owner = ben.user.id;
  auto lunch = expense(ben, own_id(4), 70);
  lunch.created_at = base::instant_of(key_of(lunch.id));
  auto bus = expense(ben, "bus", 80);
  s.write(w, {newcomer(ana), newcomer(ben), posting(lunch), posting(bus),
              posting(expense(ana, own_id(5), 90))});
  for (const auto* p : {&ana, &ben}) {
    const auto book = value_of<storage::book_rows>(
        [&](auto done) { w.reads().book(p->user.id, start, std::move(done)); });
    BOOST_TEST((book.user.value() == p->user));
    BOOST_REQUIRE(book.accounts.size() == 3);
    for (const auto* a : {&p->checking, &p->savings, &p->food})
      BOOST_TEST(std::count(book.accounts.begin(), book.accounts.end(), *a) == 1);
  }
  const auto stored = value_of<std::vector<ledger::transaction_record>>([&](auto done) {
    w.reads().transactions_by_id(ben.user.id, {lunch.id, bus.id}, false, std::move(done));
  });
  BOOST_REQUIRE(stored.size() == 2);
  BOOST_TEST((stored[0] == lunch));
  BOOST_TEST((stored[1] == bus));
  for (const auto& e : w.entries()) {
    const bool imported = e.draft.transaction == bus.id;
    BOOST_TEST((imported || base::text_follows(key_of(e.draft.transaction))));
  }
}

BOOST_AUTO_TEST_CASE(entries_of_changed_transactions) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto rent = expense(ana, own_id(1), 500), food = expense(ana, "food", 20);
  s.write(w, {newcomer(ana), posting(food), posting(rent)});
  s.write(w, {posting(expense(ana, "other", 1))});
  // An edit in a later commit: the reversal, and the new effect in another account.
  storage::commit_item edit;
  edit.user = ana.user.id;
  auto after_edit = rent;
  after_edit.account = ana.savings.id;
  edit.transactions_changed = {after_edit};
  edit.entries = {{ana.checking.id, {500}, rent.id, rent.effective, 0, true},
                  {ana.food.id, {-500}, rent.id, rent.effective, 0, true},
                  {ana.savings.id, {-500}, rent.id, rent.effective, 1, false},
                  {ana.food.id, {500}, rent.id, rent.effective, 1, false}};
  s.write(w, {edit});
  const auto amounts = [&](const ledger::transaction_record& t) {
    std::vector<std::int64_t> found;
    for (const auto& e : value_of<std::vector<ledger::entry_view>>([&](auto done) {
           w.reads().entries_of_transaction(t.id, std::nullopt, std::move(done));
         })) {
      BOOST_TEST((e.what.draft.transaction == t.id));
      BOOST_TEST(e.description == t.description);
      found.push_back(e.what.draft.amount.minor);
    }
    return found;
  };
  using numbers = std::vector<std::int64_t>;
  BOOST_TEST((amounts(rent) == numbers{-500, 500, 500, -500, -500, 500}));
  BOOST_TEST((amounts(food) == numbers{-20, 20}));
}

BOOST_AUTO_TEST_SUITE_END()
