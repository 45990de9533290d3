// What   Contract of holds: rows, their one end, what is available, loading, pages.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/holds.hpp"

BOOST_AUTO_TEST_SUITE(hold_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using ledger::hold_status;
using storage::commit_class;

BOOST_AUTO_TEST_CASE(a_hold_is_stored_and_ends_once) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto timed = hold_of(ana, own_id(2), 300);
  timed.expires_at = after(60);
  const auto kept = hold_of(ana, own_id(1), 500);
  s.write(w, {newcomer(ana), placing(ana, {kept, timed})});
  BOOST_TEST((hold_row(w, ana, own_id(1)) == kept));
  BOOST_TEST((hold_row(w, ana, own_id(2)) == timed));
  BOOST_TEST(!hold_row(w, make_person("ben"), own_id(1)).has_value());
  BOOST_TEST(!hold_row(w, ana, own_id(3)).has_value());

  auto posted = ended(kept, hold_status::posted, after(5));
  posted.posted = base::centavos{450};
  posted.transaction = ledger::transaction_id{own_id(9)};
  auto item = posting(expense(ana, own_id(9), 450));
  item.holds_changed = {posted};
  s.write(w, {item}, after(5));
  BOOST_TEST((hold_row(w, ana, own_id(1)) == posted));

  // Whatever wants to end it again is a foreign hand, and leaves nothing.
  const auto again = s.batch({ending(ended(kept, hold_status::voided, after(6)))}, after(6));
  BOOST_TEST(w.commit(again).what == commit_class::conflict);
  BOOST_TEST((hold_row(w, ana, own_id(1)) == posted));
  const auto nobody =
      s.batch({ending(ended(hold_of(ana, own_id(7), 1), hold_status::voided, after(6)))}, after(6));
  BOOST_TEST(w.commit(nobody).what == commit_class::conflict);
  s.write(w, {ending(ended(timed, hold_status::expired, after(61)))}, after(61));
  BOOST_TEST((hold_row(w, ana, own_id(2))->status == hold_status::expired));
}

BOOST_AUTO_TEST_CASE(an_imported_hold_keeps_its_ids) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto h = hold_of(ana, "old-hold", 300);
  h = ended(h, hold_status::posted, after(1));
  h.posted = base::centavos{300};
  h.transaction = ledger::transaction_id{"old-row"};
  s.write(w, {newcomer(ana), posting(expense(ana, "old-row", 300)), placing(ana, {h})});
  BOOST_TEST((hold_row(w, ana, "old-hold") == h));
}

BOOST_AUTO_TEST_CASE(what_is_available_counts_live_holds) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto timed = hold_of(ana, own_id(2), 300);
  timed.expires_at = after(60);
  const auto kept = hold_of(ana, own_id(1), 500);
  s.write(w, {newcomer(ana)});
  BOOST_TEST(available(w, ana, start) == 0);
  s.write(w, {placing(ana, {kept, timed}), posting(expense(ana, own_id(5), 100))});
  BOOST_TEST(available(w, ana, after(59)) == -900);
  BOOST_TEST(available(w, ana, after(60)) == -600); // its row does not say so yet
  s.write(w, {ending(ended(kept, hold_status::voided, after(61)))});
  BOOST_TEST(available(w, ana, after(60)) == -100);
  const auto all = value_of<std::vector<ledger::account_view>>([&](auto done) {
    w.reads().accounts(ana.user.id, ledger::account_role::money, false, after(10), std::move(done));
  });
  for (const auto& a : all)
    BOOST_TEST(a.available.minor == a.balance.minor - (a.record.id == ana.checking.id ? 300 : 0));
}

BOOST_AUTO_TEST_CASE(accounts_are_loaded_with_their_open_holds) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto timed = hold_of(ana, own_id(2), 300);
  timed.expires_at = after(-60); // over: for the account to say
  const auto kept = hold_of(ana, own_id(1), 500);
  const auto gone = hold_of(ana, own_id(3), 200);
  s.write(w, {newcomer(ana), placing(ana, {kept, timed, gone})});
  s.write(w, {ending(ended(gone, hold_status::voided, after(1)))});
  auto rows = w.load({ana.savings.id, ana.checking.id, ana.food.id});
  BOOST_REQUIRE(rows.size() == 3);
  for (auto& a : rows) {
    if (a.record.id != ana.checking.id) {
      BOOST_TEST(a.holds.empty());
      continue;
    }
    std::sort(a.holds.begin(), a.holds.end(),
              [](const auto& x, const auto& y) { return x.id < y.id; });
    BOOST_REQUIRE(a.holds.size() == 2);
    BOOST_TEST((a.holds[0] == ledger::held{kept.id, kept.amount, {}, 0, false, {}}));
    BOOST_TEST(
        (a.holds[1] == ledger::held{timed.id, timed.amount, timed.expires_at, 0, false, {}}));
  }
}

BOOST_AUTO_TEST_CASE(pages_of_holds) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  std::vector<ledger::hold_record> all;
  for (int i = 1; i <= 5; ++i) {
    all.push_back(hold_of(ana, own_id(i), i));
    all.back().created_at = after(i < 4 ? 1 : i); // three of one instant
    if (i == 2) all.back().expires_at = after(100);
  }
  s.write(w, {newcomer(ana), placing(ana, all)});
  s.write(w, {ending(ended(all[4], hold_status::voided, after(9)))});
  ledger::hold_filter f;
  f.account = ana.checking.id;
  f.now = after(50);
  const auto amounts = [&](const person& who) {
    const auto page = value_of<ledger::hold_page>(
        [&](auto done) { w.reads().holds(who.user.id, f, std::move(done)); });
    std::string text;
    for (const auto& h : page.items) {
      text += std::to_string(h.amount.minor);
      f.after = {h.created_at, h.id};
    }
    return text + (page.more ? "+" : "");
  };
  f.limit = 3;
  BOOST_TEST(amounts(ana) == "543+");
  BOOST_TEST(amounts(ana) == "21");
  f.after.reset();
  BOOST_TEST(amounts(make_person("ben")) == "");
  f.limit = 50;
  const auto of = [&](hold_status status, base::utc_us now) {
    f.after.reset();
    f.status = status;
    f.now = now;
    return amounts(ana);
  };
  BOOST_TEST(of(hold_status::open, after(50)) == "4321");
  BOOST_TEST(of(hold_status::open, after(100)) == "431");
  BOOST_TEST(of(hold_status::expired, after(99)) == "");
  BOOST_TEST(of(hold_status::expired, after(100)) == "2");
  BOOST_TEST(of(hold_status::voided, after(100)) == "5");
  BOOST_TEST(of(hold_status::posted, after(100)) == "");
}

BOOST_AUTO_TEST_SUITE_END()
