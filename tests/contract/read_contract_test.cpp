// What   Contract of read_port and audit_port: lists, filters, cursors, sums, orders.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/scribe.hpp"

#include <algorithm>
#include <set>

BOOST_AUTO_TEST_SUITE(read_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

namespace {

std::vector<std::string> ids_of(const ledger::transaction_page& page) {
  std::vector<std::string> ids;
  for (const auto& t : page.items) ids.push_back(t.id.text());
  return ids;
}

ledger::transaction_page list(world& w, const ledger::transaction_filter& f) {
  return value_of<ledger::transaction_page>(
      [&](auto done) { w.reads().transactions(f, std::move(done)); });
}

} // namespace

BOOST_AUTO_TEST_CASE(accounts_by_role_and_state) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto ana = make_person("ana");
  ana.savings.created_at = after(-10);
  ana.checking.active = false;
  s.write(w, {newcomer(ana), newcomer(make_person("ben"))});
  const auto names = [&](ledger::account_role role, bool inactive) {
    std::vector<std::string> found;
    for (const auto& a : value_of<std::vector<ledger::account_view>>([&](auto done) {
           w.reads().accounts(ana.user.id, role, inactive, start, std::move(done));
         }))
      found.push_back(a.record.id.text());
    return found;
  };
  using strings = std::vector<std::string>;
  BOOST_TEST(names(ledger::account_role::money, false) == strings{"ana-savings"});
  BOOST_TEST((names(ledger::account_role::money, true) == strings{"ana-savings", "ana-checking"}));
  BOOST_TEST(names(ledger::account_role::category, false) == strings{"ana-food"});
  BOOST_TEST(names(ledger::account_role::opening, true).empty());
  const auto one = [&](const ledger::user_id& user) {
    return value_of<std::optional<ledger::account_view>>(
        [&](auto done) { w.reads().account(user, ana.checking.id, start, std::move(done)); });
  };
  BOOST_TEST((one(ana.user.id).value().record == ana.checking));
  BOOST_TEST(!one(ledger::user_id{"ben"}).has_value());
}

BOOST_AUTO_TEST_CASE(filters_of_transactions) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto ben = make_person("ben");
  const auto make = [&](const std::string& id, const std::string& text, base::utc_us date) {
    auto t = expense(ana, id, 100, date);
    t.description = text;
    return t;
  };
  auto lunch = make("t1", "Almoço no Café São João", after(0));
  lunch.tags = {"comida", "trabalho"};
  auto rent = make("t2", "ALUGUEL 100%_ \\ pago", after(86'400));
  rent.tags = {"casa"};
  rent.account = ana.savings.id;
  auto wage = make("t3", "salário", after(2 * 86'400));
  wage.type = ledger::transaction_type::income;
  wage.direction = 1;
  auto gone = make("t4", "apagado", after(3 * 86'400));
  gone.deleted_at = after(5);
  auto opening = make("t5", "saldo", after(4 * 86'400));
  opening.type = ledger::transaction_type::opening;
  auto shifted = make("t6", "tarde", after(5 * 86'400)); // its day in another zone
  shifted.effective.count -= 1;
  s.write(w, {newcomer(ana), newcomer(ben), posting(lunch), posting(rent), posting(wage),
              posting(gone), posting(opening), posting(shifted), posting(expense(ben, "b1", 5))});

  using strings = std::vector<std::string>;
  ledger::transaction_filter all;
  all.user = ana.user.id;
  const auto with = [&](auto change) {
    auto f = all;
    f.count = true;
    change(f);
    const auto page = list(w, f);
    BOOST_TEST(!page.more);
    BOOST_TEST(page.total.value() == static_cast<std::int64_t>(page.items.size()));
    return ids_of(page);
  };
  BOOST_TEST((with([](auto&) {}) == strings{"t6", "t3", "t2", "t1"}));
  BOOST_TEST(
      (with([](auto& f) { f.include_deleted = true; }) == strings{"t6", "t4", "t3", "t2", "t1"}));
  BOOST_TEST(
      (with([](auto& f) { f.include_system = true; }) == strings{"t6", "t5", "t3", "t2", "t1"}));
  BOOST_TEST((with([&](auto& f) { f.account = ana.savings.id; }) == strings{"t2"}));
  BOOST_TEST((with([&](auto& f) { f.category = ana.savings.id; }).empty()));
  BOOST_TEST((with([](auto& f) { f.type = ledger::transaction_type::income; }) == strings{"t3"}));
  BOOST_TEST((with([](auto& f) { f.text = "CAFE SAO"; }) == strings{"t1"}));
  BOOST_TEST((with([](auto& f) { f.text = "aluguél"; }) == strings{"t2"}));
  BOOST_TEST((with([](auto& f) { f.text = "100%_ \\"; }) == strings{"t2"}));
  BOOST_TEST((with([](auto& f) { f.text = "%"; }) == strings{"t2"}));
  BOOST_TEST((with([](auto& f) { f.text = "_a"; }).empty()));
  BOOST_TEST((with([](auto& f) { f.tags = {"trabalho", "comida", "comida"}; }) == strings{"t1"}));
  BOOST_TEST((with([](auto& f) { f.tags = {"comida", "casa"}; }).empty()));
  BOOST_TEST((with([](auto& f) {
                for (int i = 0; i < 11; ++i) f.tags.push_back("tag" + std::to_string(i));
              }).empty()));
  const auto day = base::day_of(start);
  BOOST_TEST((with([&](auto& f) {
                f.from = {day.count + 1};
                f.to = {day.count + 2};
              }) == strings{"t3", "t2"}));
  BOOST_TEST((with([&](auto& f) { f.from = {day.count + 4}; }) == strings{"t6"}));
  BOOST_TEST((with([&](auto& f) { f.to = {day.count + 3}; }) == strings{"t3", "t2", "t1"}));
}

BOOST_AUTO_TEST_CASE(every_letter_is_found_in_any_case) {
  // The pattern is folded by our code, the description by the database: letter by letter the same.
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  std::vector<storage::commit_item> items{newcomer(ana)};
  std::vector<std::string> texts;
  for (unsigned first = 0x20; first < 0x600; first += 32) {
    // Some fold to nothing; the number tells them apart.
    std::string text = "<" + std::to_string(first);
    for (unsigned c = first; c < first + 32; ++c) {
      if (c == '%' || c == '_' || c == '\\' || c == 0x7f) continue; // another test's
      if (c >= 0x80 && c < 0xa0) continue;
      if (c < 0x80) {
        text += static_cast<char>(c);
      } else {
        text += static_cast<char>(0xc0 | (c >> 6));
        text += static_cast<char>(0x80 | (c & 0x3f));
      }
    }
    text += ">";
    auto t = expense(ana, own_id(static_cast<int>(first)), 1);
    t.description = text;
    texts.push_back(text);
    items.push_back(posting(t));
  }
  s.write(w, std::move(items));
  for (const auto& text : texts) {
    ledger::transaction_filter f;
    f.user = ana.user.id;
    f.text = text;
    const auto page = list(w, f);
    BOOST_REQUIRE_MESSAGE(page.items.size() == 1, text);
    BOOST_TEST(page.items[0].description == text);
  }
}

BOOST_AUTO_TEST_CASE(pages_of_transactions_join_without_gap) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  std::vector<storage::commit_item> items{newcomer(ana)};
  std::vector<std::pair<std::int64_t, std::string>> expected;
  for (int i = 0; i < 25; ++i) {
    // Several share an instant: then the id decides.
    const auto t = expense(ana, own_id(100 + i * 7 % 25), 10, after(i / 4));
    expected.emplace_back(-t.date.count, t.id.text());
    items.push_back(posting(t));
  }
  s.write(w, std::move(items));
  std::sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  });
  std::vector<std::string> wanted, by_cursor, by_skip;
  for (const auto& e : expected) wanted.push_back(e.second);

  ledger::transaction_filter f;
  f.user = ana.user.id;
  f.limit = 4;
  f.count = true;
  for (bool more = true; more;) {
    const auto page = list(w, f);
    BOOST_TEST(page.total.value() == 25);
    more = page.more;
    for (const auto& id : ids_of(page)) by_cursor.push_back(id);
    BOOST_REQUIRE(!page.items.empty());
    f.after = {page.items.back().date, page.items.back().id};
  }
  f.after.reset();
  for (bool more = true; more; f.skip += f.limit) {
    const auto page = list(w, f);
    more = page.more;
    for (const auto& id : ids_of(page)) by_skip.push_back(id);
  }
  BOOST_TEST(by_cursor == wanted, boost::test_tools::per_element());
  BOOST_TEST(by_skip == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(balances_and_entries_in_time) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)}, after(0));
  base::random chance{7};
  std::vector<ledger::entry> mine;
  for (int i = 0; i < 40; ++i) {
    std::vector<storage::commit_item> items;
    for (int k = 0; k < 3; ++k) {
      auto t = expense(ana, "t" + std::to_string(i) + "." + std::to_string(k),
                       chance.between(1, 900), after(chance.between(-5, 5) * 86'400));
      items.push_back(posting(t));
    }
    const auto b = s.batch(std::move(items), after(10 * i + chance.between(0, 20)));
    BOOST_REQUIRE(w.commit(b).what == storage::commit_class::committed);
    s.accept(b);
    for (const auto& e : b.entries)
      if (e.draft.account == ana.checking.id) mine.push_back(e);
  }
  BOOST_REQUIRE(mine.size() == 120);

  for (std::int64_t at = -5; at <= 420; at += 5) {
    ledger::balance_at expected;
    for (const auto& e : mine)
      if (e.booked_at <= after(at)) expected = {e.balance_after, e.version};
    const auto found = value_of<ledger::balance_at>(
        [&](auto done) { w.reads().balance_booked(ana.checking.id, after(at), std::move(done)); });
    BOOST_TEST(found.balance.minor == expected.balance.minor);
    BOOST_TEST(found.version == expected.version);
  }
  for (int d = -6; d <= 6; ++d) {
    const base::civil_day until{base::day_of(start).count + d};
    ledger::balance_at expected;
    for (const auto& e : mine)
      if (e.draft.effective <= until) {
        expected.balance.minor += e.draft.amount.minor;
        ++expected.version;
      }
    const auto found = value_of<ledger::balance_at>(
        [&](auto done) { w.reads().balance_effective(ana.checking.id, until, std::move(done)); });
    BOOST_TEST(found.balance.minor == expected.balance.minor);
    BOOST_TEST(found.version == expected.version);
  }
  const auto loaded = w.load({ana.checking.id}).at(0);
  BOOST_TEST(loaded.balance.minor == mine.back().balance_after.minor);
  BOOST_TEST(loaded.version == mine.back().version);

  const auto pages = [&](ledger::entry_filter f) {
    std::vector<std::uint64_t> versions;
    for (bool more = true; more;) {
      const auto page =
          value_of<ledger::entry_page>([&](auto done) { w.reads().entries(f, std::move(done)); });
      more = page.more;
      for (const auto& e : page.items) {
        BOOST_TEST((e.what == mine.at(e.what.version - 1)));
        BOOST_TEST(e.description == "Almoço " + e.what.draft.transaction.text());
        versions.push_back(e.what.version);
        f.after_version = e.what.version;
      }
    }
    return versions;
  };
  const auto where = [&](auto wanted, bool ascending) {
    std::vector<std::uint64_t> versions;
    for (const auto& e : mine)
      if (wanted(e)) versions.push_back(e.version);
    if (!ascending) std::reverse(versions.begin(), versions.end());
    return versions;
  };
  for (const bool ascending : {false, true}) {
    ledger::entry_filter f;
    f.account = ana.checking.id;
    f.ascending = ascending;
    f.limit = 7;
    BOOST_TEST(pages(f) == where([](const auto&) { return true; }, ascending));
    auto booked = f;
    booked.booked_from = after(100);
    booked.booked_to = after(200);
    BOOST_TEST(
        pages(booked) ==
        where([](const auto& e) { return e.booked_at >= after(100) && e.booked_at < after(200); },
              ascending));
    auto effective = f;
    effective.effective_from = {base::day_of(start).count - 1};
    effective.effective_to = {base::day_of(start).count + 1};
    BOOST_TEST(pages(effective) == where(
                                       [&](const auto& e) {
                                         return e.draft.effective >= *effective.effective_from &&
                                                e.draft.effective <= *effective.effective_to;
                                       },
                                       ascending));
  }
  BOOST_TEST(value_of<ledger::balance_at>([&](auto done) {
               w.reads().balance_booked(ledger::account_id{"none"}, after(9), std::move(done));
             }).version == 0);
}

BOOST_AUTO_TEST_CASE(sums_of_a_month) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto wage = expense(ana, "t2", 5000);
  wage.type = ledger::transaction_type::income;
  wage.direction = 1;
  auto transfer = expense(ana, "t3", 70);
  transfer.type = ledger::transaction_type::transfer;
  transfer.category = ana.savings.id;
  auto opening = expense(ana, "t4", 70);
  opening.type = ledger::transaction_type::opening;
  auto gone = expense(ana, "t5", 70);
  gone.deleted_at = start;
  auto shifted = expense(ana, "t6", 11, after(86'400));
  shifted.effective = base::day_of(start);
  s.write(w, {newcomer(ana), posting(expense(ana, "t1", 100)), posting(wage), posting(transfer),
              posting(opening), posting(gone), posting(shifted),
              posting(expense(ana, "t7", 1000, after(86'400)))});
  const auto day = base::day_of(start);
  const auto sums = value_of<ledger::monthly_sums>(
      [&](auto done) { w.reads().monthly(ana.user.id, day, day, std::move(done)); });
  BOOST_TEST(sums.transactions == 4);
  BOOST_REQUIRE(sums.categories.size() == 1);
  BOOST_TEST((sums.categories[0].category == ana.food.id));
  BOOST_TEST(sums.categories[0].income.minor == 5000);
  BOOST_TEST(sums.categories[0].expense.minor == 111);
  const auto& food = sums.categories[0];
  BOOST_TEST((food.name == ana.food.name && food.incomes == 1 && food.expenses == 2));
}

BOOST_AUTO_TEST_CASE(tags_count_live_transactions) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto one = expense(ana, "t1", 1), two = expense(ana, "t2", 1), gone = expense(ana, "t3", 1);
  one.tags = {"a", "B"};
  two.tags = {"a"};
  gone.tags = {"a", "gone"};
  gone.deleted_at = start;
  s.write(w, {newcomer(ana), posting(one), posting(two), posting(gone)});
  const auto tags = value_of<std::vector<ledger::tag_count>>(
      [&](auto done) { w.reads().tags(ana.user.id, std::move(done)); });
  BOOST_REQUIRE(tags.size() == 2);
  BOOST_TEST(tags[0].name == "B");
  BOOST_TEST(tags[0].transactions == 1);
  BOOST_TEST(tags[1].name == "a");
  BOOST_TEST(tags[1].transactions == 2);
}

BOOST_AUTO_TEST_CASE(an_answer_is_found_in_its_scope) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto item = newcomer(ana);
  item.answers = {keyed(ana, "key-1", start, after(60)), keyed(ana, "key-1", start, after(60))};
  item.answers[1].scope.endpoint = "POST /api/accounts";
  item.answers[1].answer = {201, "größer"};
  s.write(w, {item});
  const auto both = value_of<std::vector<ledger::idempotency_record>>(
      [&](auto done) { w.reads().answers(ana.user.id, "key-1", start, std::move(done)); });
  BOOST_REQUIRE(both.size() == 2);
  BOOST_TEST((both[0] == item.answers[1]));
  BOOST_TEST((both[1] == item.answers[0]));
  const auto other = value_of<std::optional<ledger::idempotency_record>>([&](auto done) {
    w.reads().answer(ledger::user_id{"ben"}, item.answers[0].scope, start, std::move(done));
  });
  BOOST_TEST(!other.has_value());
}

BOOST_AUTO_TEST_CASE(the_audit_reads_all_in_pages) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s{3}, other{5};
  const auto ana = make_person("ana");
  const auto ben = make_person("ben");
  s.write(w, {newcomer(ana)});
  other.write(w, {newcomer(ben)});
  for (int i = 0; i < 5; ++i) {
    s.write(w, {posting(expense(ana, own_id(i), 10))});
    other.write(w, {posting(expense(ben, own_id(10 + i), 10))});
  }
  std::vector<ledger::entry> walked;
  ledger::account_id account{""};
  std::uint64_t version = 0;
  for (;;) {
    const auto page = value_of<std::vector<ledger::entry>>(
        [&](auto done) { w.audit().entries_after(account, version, 3, std::move(done)); });
    if (page.empty()) break;
    walked.insert(walked.end(), page.begin(), page.end());
    account = page.back().draft.account;
    version = page.back().version;
  }
  BOOST_TEST(walked.size() == 20);
  BOOST_TEST(std::is_sorted(walked.begin(), walked.end(), [](const auto& a, const auto& b) {
    return std::pair{key_of(a.draft.account), a.version} <
           std::pair{key_of(b.draft.account), b.version};
  }));
  const auto middle = value_of<std::vector<ledger::entry>>(
      [&](auto done) { w.audit().entries_of_commits(5, 3, 4, std::move(done)); });
  BOOST_REQUIRE(middle.size() == 4);
  BOOST_TEST(middle[0].seq == 3);
  BOOST_TEST(middle[0].position == 0);
  BOOST_TEST(middle[3].seq == 4);
  BOOST_TEST(middle[3].position == 1);
  const auto commits = value_of<std::vector<ledger::commit_record>>(
      [&](auto done) { w.audit().commits(3, 2, 3, std::move(done)); });
  BOOST_REQUIRE(commits.size() == 3);
  BOOST_TEST(commits[0].seq == 3);
  const auto transactions = value_of<std::vector<ledger::transaction_record>>([&](auto done) {
    w.audit().transactions_after(ledger::transaction_id{own_id(3)}, 2, std::move(done));
  });
  BOOST_REQUIRE(transactions.size() == 2);
  BOOST_TEST(transactions[0].id.text() == own_id(4));
  BOOST_TEST(transactions[1].id.text() == own_id(10));

  const auto nameless = [&] {
    return value_of<std::vector<std::string>>(
        [&](auto done) { w.audit().without_transaction(10, std::move(done)); });
  };
  BOOST_TEST(nameless().empty());
  auto rowless = posting(expense(ana, own_id(99), 10));
  rowless.transactions_new.clear();
  s.write(w, {rowless});
  BOOST_TEST((nameless() == std::vector<std::string>{own_id(99)}));
}

BOOST_AUTO_TEST_CASE(the_role_of_a_user) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto grant = [&](const std::string& email, bool admin) {
    return value_of<bool>(
        [&](auto done) { w.store().set_admin(email, admin, after(1), std::move(done)); });
  };
  BOOST_TEST(grant("ana@example.org", true));
  BOOST_TEST(!grant("ben@example.org", true));
  auto user = value_of<std::optional<ledger::user_record>>(
      [&](auto done) { w.reads().user_by_id(ana.user.id, std::move(done)); });
  BOOST_TEST(user.value().admin);
  BOOST_TEST((user.value().updated_at == after(1)));
  BOOST_TEST(grant("ana@example.org", false));
}

BOOST_AUTO_TEST_SUITE_END()
