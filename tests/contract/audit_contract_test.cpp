// What   Contract of projection_port, and of the walks of audit/ over it: snapshots,
//        reconciliation, balances by effective day.
// Why    See store_contract.hpp. proves I3, I12.
#include "tests/contract/store_contract.hpp"

#include "storage/projection.hpp"
#include "tests/contract/auditing.hpp"

#include <algorithm>

BOOST_AUTO_TEST_SUITE(audit_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

BOOST_AUTO_TEST_CASE(snapshots_go_by_booking_time) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  quiet q;
  auto ana = make_person("ana");
  ana.savings.active = false; // closed
  auto late = make_person("late");
  for (auto* a : {&late.checking, &late.savings, &late.food}) a->created_at = of_november_end;
  s.write(w, {newcomer(ana), newcomer(late)});
  const auto before_end = base::utc_us{of_november_end.count - 1};
  s.write(w, {posting(expense(ana, "t1", 100))}, start);
  s.write(w, {posting(expense(ana, "t2", 20, of_november_end))}, before_end); // by its booking
  s.write(w, {posting(expense(ana, "t3", 7))}, of_november_end); // an earlier date, booked later

  using balances = std::map<std::string, std::int64_t>;
  const balances expected{{"ana-checking", -120}, {"ana-savings", 0}};
  BOOST_TEST(q.snapshots(w, november).written == 2);
  BOOST_TEST((snapshots_of(w, november) == expected));
  BOOST_TEST(q.snapshots(w, november).written == 2); // harmless to repeat
  BOOST_TEST((snapshots_of(w, november) == expected));
  BOOST_TEST(q.snapshots(w, november.next()).written == 4);
  BOOST_TEST(snapshots_of(w, november.next()).at("ana-checking") == -127);
  BOOST_TEST(q.snapshots(w, november.previous()).written == 0); // nobody was there

  BOOST_TEST(q.snapshots(w, november.next(), ana.checking.id).written == 1);
  const auto refused = [&](ledger::month m, const ledger::account_id& only) {
    const auto run =
        audit::compute_monthly_snapshots(w.store(), sao_paulo, m, only, start, q.around.log);
    BOOST_REQUIRE(!run.has_value());
    return run.error().code;
  };
  BOOST_TEST(refused(november, ana.checking.id) == audit::month_not_ended);
  BOOST_TEST(refused(november.previous(), ledger::account_id{"none"}) == audit::account_not_found);
  BOOST_TEST(refused(november.previous(), ana.food.id) == audit::account_not_found);
}

BOOST_AUTO_TEST_CASE(reconciliation_finds_what_differs) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  quiet q;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  for (int month = 0; month < 3; ++month)
    for (int i = 0; i < 4; ++i)
      s.write(w, {posting(expense(ana, "t" + std::to_string(4 * month + i), 10 + i))},
              {start.count + month * 31 * base::us_per_day + i});
  for (int month = 0; month < 3; ++month) q.snapshots(w, {november.count + month});
  using audit::reconcile_scope;
  const auto sound = q.reconcile(w, reconcile_scope::all);
  BOOST_TEST(sound.checked == 9); // six snapshots, three balances
  BOOST_TEST(sound.divergences == 0);
  BOOST_TEST(db->raw("update monthly_snapshots set balance = balance - 5 where month = " +
                     std::to_string(november.next().count) + " and balance <> 0") == "");
  const auto wrong = q.reconcile(w, reconcile_scope::snapshots);
  BOOST_TEST(wrong.checked == 6);
  BOOST_REQUIRE(wrong.divergences == 1);
  BOOST_TEST((wrong.items[0].account == ana.checking.id));
  BOOST_TEST((wrong.items[0].month == november.next()));
  BOOST_TEST(wrong.items[0].difference.minor == 5);
  BOOST_TEST(q.reconcile(w, reconcile_scope::balances).divergences == 0);
  q.snapshots(w, november.next()); // the playbook's repair
  BOOST_TEST(q.reconcile(w, reconcile_scope::snapshots).divergences == 0);

  const auto damaged = [&](const std::string& sql) {
    BOOST_TEST(db->raw(sql) == "");
    const auto found = q.reconcile(w, reconcile_scope::balances);
    BOOST_TEST(found.checked == 3);
    return found.items;
  };
  const auto key = std::to_string(key_of(ana.checking.id));
  auto items = damaged("update balances set balance = balance + 3 where account_id = " + key);
  BOOST_REQUIRE(items.size() == 1);
  BOOST_TEST((items[0].account == ana.checking.id));
  BOOST_TEST(!items[0].month.has_value());
  BOOST_TEST(items[0].difference.minor == 3);
  items = damaged("update balances set balance = balance - 3, version = version - 1"
                  " where account_id = " +
                  key);
  BOOST_REQUIRE(items.size() == 1);
  BOOST_TEST(items[0].difference.minor == 0); // the version alone
}

BOOST_AUTO_TEST_CASE(balances_by_effective_day) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  base::random chance{11};
  std::map<std::int32_t, std::pair<std::int64_t, std::uint64_t>> days;
  const auto post = [&](int count) {
    std::vector<storage::commit_item> items;
    for (int i = 0; i < count; ++i) {
      static int n = 0;
      auto t = expense(ana, own_id(++n), chance.between(1, 500),
                       after(chance.between(-40, 40) * 86'400));
      auto& [sum, entries] = days[t.effective.count];
      sum -= t.amount.minor;
      ++entries;
      items.push_back(posting(t));
    }
    s.write(w, std::move(items));
  };
  const auto check = [&] {
    for (std::int32_t d = -42; d <= 42; d += 3) {
      const base::civil_day until{base::day_of(start).count + d};
      std::int64_t sum = 0;
      std::uint64_t entries = 0;
      for (const auto& [day, of] : days)
        if (day <= until.count) sum += of.first, entries += of.second;
      const auto found = value_of<ledger::balance_at>(
          [&](auto done) { w.reads().balance_effective(ana.checking.id, until, std::move(done)); });
      BOOST_TEST(found.balance.minor == sum);
      BOOST_TEST(found.version == entries);
    }
  };
  const auto refresh = [&] {
    return value_of<bool>([&](auto done) {
      w.store().projections().refresh_effective(ana.checking.id, std::move(done));
    });
  };
  check();
  for (int round = 0; round < 6; ++round) {
    post(20); // between two refreshes the new entries count too
    check();
    if (round % 2 == 1) BOOST_TEST(refresh());
    check();
  }
  BOOST_TEST(refresh());
  BOOST_TEST(refresh()); // nothing to do
  check();
  const auto key = std::to_string(key_of(ana.checking.id));
  // A restored backup: the projection knows more entries than there are. It is made anew.
  BOOST_TEST(
      db->raw("update effective_marks set version = 500 where version = 120 and account_id = " +
              key) == "");
  BOOST_TEST(db->raw("update effective_days set balance = balance + 1") == "");
  BOOST_TEST(refresh());
  check();
  BOOST_TEST(value_of<bool>([&](auto done) {
    w.store().projections().refresh_effective(ledger::account_id{"none"}, std::move(done));
  }));
}

BOOST_AUTO_TEST_SUITE_END()
