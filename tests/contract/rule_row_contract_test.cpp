// What   Contract of what rules leave behind: runs, states of alerts, round-ups, deliveries; and of
//        the questions by which jobs find users and rules.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "storage/statements.hpp"
#include "tests/contract/rows_beside.hpp"

#include <array>
#include <future>

BOOST_AUTO_TEST_SUITE(rule_row_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

namespace {

template <class Row> std::vector<Row> found(world& w, ledger::row_question q) {
  return ledger::rows_of<Row>(value_of<ledger::user_rows>(
      [&](auto done) { w.reads().user_rows(std::move(q), std::move(done)); }));
}

storage::commit_item rows_of(const person& p, ledger::user_rows rows) {
  storage::commit_item item;
  item.user = p.user.id;
  item.user_rows = std::move(rows);
  return item;
}

ledger::automation rule_of(const person& p, const std::string& id, const std::string& type) {
  ledger::automation a;
  a.id = ledger::automation_id{id};
  a.user = p.user.id;
  a.name = "Regra";
  a.type = type;
  a.conditions = "{}";
  a.actions = "{}";
  a.created_at = start;
  return a;
}

ledger::automation_run run_of(const ledger::automation& rule, int day, ledger::occurrence_end end) {
  ledger::automation_run r;
  r.automation = rule.id;
  r.user = rule.user;
  r.day = base::make_day(2026, 11, static_cast<unsigned>(day));
  r.end = end;
  r.at = after(day);
  return r;
}

} // namespace

/// While the only session is busy: those that wait go together, and each hears of its own rule.
BOOST_AUTO_TEST_CASE(many_who_ask_for_rules_at_once_hear_each_of_its_own) {
  const auto db = fresh_database();
  auto settings = db->settings();
  settings.read_connections = 1;
  world w{settings};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  s.write(w, {newcomer(ana), newcomer(ben)});
  ledger::user_rows of_ana, of_ben;
  constexpr int rules = 300;
  for (int n = 0; n < rules; ++n) {
    auto rule = rule_of(n % 2 == 0 ? ana : ben, own_id(n), "recurring_transaction");
    rule.name = "Regra " + std::to_string(n);
    if (n % 7 == 0) rule.deleted_at = after(1);
    (n % 2 == 0 ? of_ana : of_ben).emplace_back(std::move(rule));
  }
  of_ana.emplace_back(rule_of(ana, "old-rule", "recurring_transaction"));
  s.write(w, {rows_of(ana, of_ana), rows_of(ben, of_ben)});

  std::vector<std::promise<base::result<ledger::user_rows>>> answers(2 * rules + 1);
  const auto ask = [&](int place, const person& p, const std::string& id) {
    w.reads().user_rows(ledger::automation_by_id{p.user.id, ledger::automation_id{id}},
                        [&to = answers[static_cast<std::size_t>(place)]](
                            base::result<ledger::user_rows> r) { to.set_value(std::move(r)); });
  };
  std::promise<void> held, release;
  auto released = release.get_future().share();
  w.reads().user_by_id(ana.user.id, [&](auto) {
    held.set_value();
    released.wait();
  });
  held.get_future().wait();
  const auto statements = [&] {
    return w.metrics().storage_statement(observability::statement_class::read).count();
  };
  const auto before = statements();
  for (int n = 0; n < rules; ++n) {
    ask(2 * n, n % 2 == 0 ? ana : ben, own_id(n));
    ask(2 * n + 1, n % 2 == 0 ? ben : ana, own_id(n)); // not theirs
  }
  ask(2 * rules, ana, "old-rule");
  release.set_value();
  for (int n = 0; n < rules; ++n) {
    const auto own = ledger::rows_of<ledger::automation>(
        must(answers[static_cast<std::size_t>(2 * n)].get_future().get()));
    BOOST_TEST(own.size() == (n % 7 == 0 ? 0u : 1u));
    if (!own.empty()) BOOST_TEST(own.front().name == "Regra " + std::to_string(n));
    BOOST_TEST(must(answers[static_cast<std::size_t>(2 * n + 1)].get_future().get()).empty());
  }
  BOOST_TEST(statements() - before == 3u); // of 256 questions at most
  const auto imported =
      ledger::rows_of<ledger::automation>(must(answers.back().get_future().get()));
  BOOST_TEST_REQUIRE(imported.size() == 1u);
  BOOST_TEST(imported.front().id.text() == "old-rule");
}

BOOST_AUTO_TEST_CASE(an_occurrence_ends_once) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  s.write(w, {newcomer(ana), newcomer(ben)});
  const auto rent = rule_of(ana, own_id(1), "recurring_transaction");
  const auto imported = rule_of(ana, "old-rule", "recurring_transaction");
  auto posted = run_of(rent, 1, ledger::occurrence_end::posted);
  posted.transaction = ledger::transaction_id{own_id(9)};
  auto refused = run_of(rent, 2, ledger::occurrence_end::refused);
  refused.code = "TX_INSUFFICIENT_BALANCE";
  auto of_import = run_of(imported, 1, ledger::occurrence_end::skipped);
  of_import.transaction = ledger::transaction_id{"old-transaction"};
  s.write(w, {rows_of(ana, {rent, imported}), rows_of(ana, {posted, refused})});

  using ledger::automation_run;
  const auto of = [&](const person& p, const ledger::automation& rule, int day) {
    return found<automation_run>(
        w, ledger::automation_run_of{p.user.id, rule.id,
                                     base::make_day(2026, 11, static_cast<unsigned>(day))});
  };
  BOOST_TEST((of(ana, rent, 1) == std::vector{posted}));
  BOOST_TEST((of(ana, rent, 2) == std::vector{refused}));
  BOOST_TEST(of(ana, rent, 3).empty());
  BOOST_TEST(of(ben, rent, 1).empty());
  const auto all = [&](std::int64_t limit) {
    return found<automation_run>(w, ledger::automation_runs_of{ana.user.id, rent.id, limit});
  };
  BOOST_TEST((all(10) == std::vector{refused, posted})); // newest first
  BOOST_TEST((all(1) == std::vector{refused}));

  auto again = posted;
  again.end = ledger::occurrence_end::failed;
  const auto verdict = w.commit(s.batch({rows_of(ana, {again})}));
  BOOST_TEST((verdict.what == storage::commit_class::definite)); // surely not there
  BOOST_TEST((of(ana, rent, 1) == std::vector{posted}));

  of_import.transaction.reset();
  s.write(w, {rows_of(ana, {of_import})});
  BOOST_TEST((of(ana, imported, 1) == std::vector{of_import}));
  ledger::rows_after q;
  q.kind = ledger::dumped_row::automation_runs;
  q.limit = 2;
  std::vector<automation_run> dumped;
  for (;;) {
    const auto page = found<automation_run>(w, q);
    dumped.insert(dumped.end(), page.begin(), page.end());
    if (page.empty()) break;
    q.key = key_of(page.back().automation);
    q.version = static_cast<std::uint64_t>(std::int64_t{page.back().day.count});
  }
  BOOST_TEST((dumped == std::vector{of_import, posted, refused}));
}

// What failed may be posted after all; whatever else ended stays as it is, whoever comes second.
BOOST_AUTO_TEST_CASE(only_a_failed_occurrence_may_end_once_more) {
  using ledger::occurrence_end;
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto rent = rule_of(ana, own_id(1), "recurring_transaction");
  s.write(w, {rows_of(ana, {rent})});
  const auto there = [&](int day) {
    return found<ledger::automation_run>(
        w, ledger::automation_run_of{ana.user.id, rent.id,
                                     base::make_day(2026, 11, static_cast<unsigned>(day))});
  };
  constexpr std::array ends{occurrence_end::posted, occurrence_end::refused, occurrence_end::failed,
                            occurrence_end::skipped};
  int day = 0;
  for (const auto first : ends)
    for (const auto second : ends) {
      auto before = run_of(rent, ++day, first), after = run_of(rent, day, second);
      before.code = first == occurrence_end::failed ? "HANDLER_FAILED" : "";
      if (second == occurrence_end::posted) after.transaction = ledger::transaction_id{own_id(9)};
      s.write(w, {rows_of(ana, {before})});
      const bool may = first == occurrence_end::failed;
      if (may)
        s.write(w, {rows_of(ana, {after})});
      else
        BOOST_TEST(
            (w.commit(s.batch({rows_of(ana, {after})})).what == storage::commit_class::definite));
      BOOST_TEST((there(day) == std::vector{may ? after : before}));
    }
  // Also of two in one commit.
  const auto twice = run_of(rent, 20, occurrence_end::posted);
  BOOST_TEST(
      (w.commit(s.batch({rows_of(ana, {twice, twice})})).what == storage::commit_class::definite));
  BOOST_TEST(there(20).empty());
}

BOOST_AUTO_TEST_CASE(a_rule_remembers_whom_it_has_told_of_what) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  s.write(w, {newcomer(ana), newcomer(ben)});
  ledger::alert_state low{ana.user.id, "rule", "conta-é", true, after(1)};
  const ledger::alert_state other{ana.user.id, "rule", "b", false, after(2)};
  const ledger::alert_state built_in{ana.user.id, "goals_at_risk_v1", "g", true, after(3)};
  const ledger::alert_state of_ben{ben.user.id, "rule", "b", true, after(4)};
  s.write(w, {rows_of(ana, {low, other, built_in}), rows_of(ben, {of_ben})});
  const auto of = [&](const std::string& rule) {
    return found<ledger::alert_state>(w, ledger::alert_states_of{ana.user.id, rule});
  };
  BOOST_TEST((of("rule") == std::vector{other, low})); // by subject
  BOOST_TEST((of("") == std::vector{built_in, other, low}));
  BOOST_TEST(of("x").empty());
  const auto part = [&](std::optional<std::string> subject, std::string behind,
                        std::int64_t limit) {
    return found<ledger::alert_state>(
        w,
        ledger::alert_states_of{ana.user.id, "rule", std::move(subject), std::move(behind), limit});
  };
  BOOST_TEST((part("b", "", 9) == std::vector{other}));
  BOOST_TEST(part("x", "", 9).empty());
  BOOST_TEST(part("", "", 9).empty());
  BOOST_TEST((part({}, "", 1) == std::vector{other}));
  BOOST_TEST((part({}, "b", 9) == std::vector{low}));
  BOOST_TEST(part({}, "conta-é", 9).empty());
  low.fired = false;
  low.at = after(9);
  auto twice = low; // two words about one subject in one batch: the later one
  twice.fired = true;
  s.write(w, {rows_of(ana, {low, twice})});
  BOOST_TEST((of("rule") == std::vector{other, twice}));
  ledger::rows_after q;
  q.kind = ledger::dumped_row::alert_states;
  q.limit = 1;
  std::vector<ledger::alert_state> dumped;
  for (;;) {
    const auto page = found<ledger::alert_state>(w, q);
    if (page.empty()) break;
    dumped.push_back(page.front());
    q.key = key_of(page.front().user);
    q.hash = page.front().rule;
    q.subject = page.front().subject;
  }
  BOOST_TEST(dumped.size() == 4u);
}

BOOST_AUTO_TEST_CASE(what_was_rounded_up_is_known_by_its_transaction) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto rule = rule_of(ana, own_id(1), "round_up"),
             second = rule_of(ana, own_id(2), "round_up");
  const auto envelope = envelope_of(ana, own_id(3));
  const auto spent = expense(ana, own_id(4), 1234);
  s.write(w, {rows_of(ana, {rule, second, envelope}), posting(spent)});
  ledger::round_up one{spent.id, rule.id, ana.user.id, envelope.id, {66}, after(1)};
  const ledger::round_up two{spent.id, second.id, ana.user.id, envelope.id, {266}, after(1)};
  s.write(w, {rows_of(ana, {one, two})});
  const auto of = [&](const ledger::transaction_id& id) {
    return found<ledger::round_up>(w, ledger::round_ups_of{ana.user.id, id});
  };
  BOOST_TEST((of(spent.id) == std::vector{one, two}));
  BOOST_TEST(of(ledger::transaction_id{own_id(5)}).empty());
  one.amount = {0};
  one.at = after(2);
  s.write(w, {rows_of(ana, {one})});
  BOOST_TEST((of(spent.id) == std::vector{one, two}));
}

BOOST_AUTO_TEST_CASE(what_was_spent_and_what_an_account_holds) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  s.write(w, {newcomer(ana), newcomer(ben)});
  auto first = expense(ana, own_id(1), 100), second = expense(ana, own_id(2), 40);
  s.write(w, {posting(first), posting(second)});
  const auto number = [&](ledger::row_question q) {
    const auto rows = found<ledger::row_count>(w, std::move(q));
    return rows.empty() ? std::int64_t{-1} : rows.front().count;
  };
  const auto day = first.effective;
  const auto spent = [&](const person& p, int from, int to) {
    return number(
        ledger::spent_in{p.user.id, first.category, {day.count + from}, {day.count + to}});
  };
  BOOST_TEST(spent(ana, 0, 0) == 140);
  BOOST_TEST(spent(ana, -20, 10) == 140);
  BOOST_TEST(spent(ana, 1, 10) == 0);
  BOOST_TEST(spent(ana, -10, -1) == 0);
  BOOST_TEST(spent(ben, 0, 0) == 0);
  BOOST_TEST(number(ledger::balance_of{ana.user.id, first.account}) == -140);
  BOOST_TEST(number(ledger::balance_of{ben.user.id, first.account}) == -1); // not of theirs
}

BOOST_AUTO_TEST_CASE(deliveries_are_open_until_they_have_ended) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  s.write(w, {newcomer(ana), newcomer(ben)});
  const auto made = [&](const person& p, int n, ledger::delivery_state state) {
    ledger::delivery d;
    d.id = ledger::delivery_id{own_id(n)};
    d.user = p.user.id;
    d.kind = n % 2 == 0 ? ledger::delivery_kind::mail : ledger::delivery_kind::webhook;
    d.rule = "r";
    d.body = R"({"a":1})";
    d.state = state;
    d.created_at = after(n);
    return d;
  };
  using ledger::delivery_state;
  auto pending = made(ana, 1, delivery_state::pending);
  const auto sending = made(ben, 2, delivery_state::sending);
  auto done = made(ana, 3, delivery_state::delivered);
  done.ended_at = after(4);
  s.write(w, {rows_of(ana, {pending, done}), rows_of(ben, {sending})});
  const auto open = [&](std::int64_t before) {
    return found<ledger::delivery>(w, ledger::deliveries_open{after(before), 10});
  };
  BOOST_TEST((open(100) == std::vector{pending, sending}));
  BOOST_TEST((open(2) == std::vector{pending}));
  BOOST_TEST((found<ledger::delivery>(w, ledger::delivery_by_id{ana.user.id, done.id}) ==
              std::vector{done}));
  BOOST_TEST(found<ledger::delivery>(w, ledger::delivery_by_id{ben.user.id, done.id}).empty());
  pending.state = delivery_state::failed;
  pending.attempts = 3;
  pending.code = "HTTP_410";
  pending.ended_at = after(50);
  s.write(w, {rows_of(ana, {pending})});
  BOOST_TEST((open(100) == std::vector{sending}));
  BOOST_TEST((found<ledger::delivery>(w, ledger::delivery_by_id{ana.user.id, pending.id}) ==
              std::vector{pending}));
}

BOOST_AUTO_TEST_CASE(jobs_find_users_and_rules_page_by_page) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben"), eva = make_person("eva");
  s.write(w, {newcomer(ana), newcomer(ben), newcomer(eva)});
  auto change = change_of(eva.user);
  change.active = false;
  storage::commit_item leaves;
  leaves.user = eva.user.id;
  leaves.users_changed = {change};
  s.write(w, {leaves});
  std::vector<std::string> users;
  for (ledger::users_after q{base::before_all_keys, 1};;) {
    const auto page = found<ledger::user_record>(w, q);
    if (page.empty()) break;
    BOOST_TEST_REQUIRE(page.size() == 1u);
    users.push_back(page.front().name);
    q.key = key_of(page.front().id);
  }
  std::sort(users.begin(), users.end());
  BOOST_TEST((users == std::vector<std::string>{ana.user.name, ben.user.name}));

  auto sleeps = rule_of(ana, own_id(1), "budget_alert");
  sleeps.active = false;
  auto gone = rule_of(ana, own_id(2), "budget_alert");
  gone.deleted_at = after(1);
  // What it has added is still to be corrected.
  auto rounded_once = rule_of(ana, own_id(8), "round_up");
  rounded_once.active = false;
  rounded_once.deleted_at = after(1);
  const auto first = rule_of(ana, own_id(3), "budget_alert"),
             second = rule_of(ben, own_id(4), "budget_alert"),
             other = rule_of(ben, own_id(5), "goal_reminder"),
             of_eva = rule_of(eva, own_id(6), "budget_alert"),
             rounds = rule_of(ana, own_id(7), "round_up");
  s.write(w, {rows_of(ana, {sleeps, gone, first, rounds, rounded_once}),
              rows_of(ben, {second, other}), rows_of(eva, {of_eva})});
  using ledger::automation;
  const auto after_key = [&](base::id_key key, std::int64_t limit) {
    return found<automation>(w, ledger::rules_after{"budget_alert", key, limit});
  };
  BOOST_TEST((after_key(base::before_all_keys, 10) == std::vector{first, second}));
  BOOST_TEST((after_key(base::before_all_keys, 1) == std::vector{first}));
  BOOST_TEST((after_key(key_of(first.id), 10) == std::vector{second}));
  const std::vector watching{first, rounds, rounded_once};
  BOOST_TEST((found<automation>(w, ledger::watching_rules_of{ana.user.id}) == watching));
  BOOST_TEST(found<automation>(w, ledger::watching_rules_of{ben.user.id}).size() == 1u);
  const auto book = value_of<storage::book_rows>(
      [&](auto done) { w.reads().book(ana.user.id, start, std::move(done)); });
  BOOST_TEST((book.watching == watching));
}

BOOST_AUTO_TEST_CASE(notifications_from_an_instant_on) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  s.write(w, {newcomer(ana), newcomer(ben)});
  const auto told = [&](const person& p, int n) {
    ledger::notification m;
    m.id = ledger::notification_id{own_id(n)};
    m.user = p.user.id;
    m.type = "low_balance_alert";
    m.title = "Saldo baixo";
    m.created_at = after(n);
    return m;
  };
  const auto one = told(ana, 1), two = told(ana, 2), three = told(ana, 3);
  s.write(w, {rows_of(ana, {three, one, two}), rows_of(ben, {told(ben, 4)})});
  const auto since = [&](int n) {
    return found<ledger::notification>(w, ledger::notifications_since{ana.user.id, after(n)});
  };
  BOOST_TEST((since(0) == std::vector{one, two, three}));
  BOOST_TEST((since(2) == std::vector{two, three}));
  BOOST_TEST(since(4).empty());
}

// Runs of all users page over what grows with the house; a book asks with every start of its own.
BOOST_AUTO_TEST_CASE(jobs_and_books_find_rows_at_their_place) {
  constexpr int many = 20'000;
  const auto db = fresh_database();
  world w{db->settings()};
  const auto first = key_of(ledger::user_id{own_id(0)});
  const auto numbers = " with recursive n(i) as (select 1 union all select n.i + 1 from n where"
                       " n.i < " +
                       std::to_string(many) + ") select ";
  const auto id = std::to_string(first) + " + n.i";
  const auto fill = [&](const std::string& sql) { BOOST_REQUIRE_EQUAL(db->raw(sql), ""); };
  fill("insert into users (id, created_at, active, admin, name, email, password_hash)" + numbers +
       id + ", 1, 1, 0, 'a', n.i, '' from n");
  fill(
      "insert into automations (id, user_id, created_at, active, name, type, conditions, actions)" +
      numbers + id + ", " + id +
      ", 1, 1, 'a', case n.i % 3 when 0 then 'budget_alert' else 'round_up' end, '{}', '{}'"
      " from n");
  fill("insert into automation_runs (automation_id, day, user_id, how, at, code)" + numbers + id +
       ", 1, " + id + ", 0, 1, '' from n");
  fill("insert into alert_states (user_id, rule, subject, fired, at)" + numbers + id +
       ", 'r', n.i, 1, 1 from n");
  fill("insert into deliveries (id, user_id, kind, state, attempts, created_at, ended_at, rule,"
       " body, code)" +
       numbers + id + ", " + id +
       ", 0, case n.i % 100 when 0 then 0 else 2 end, 1, n.i,"
       " case n.i % 100 when 0 then null else n.i end, 'r', '{}', '' from n");
  fill("insert into notifications (id, user_id, created_at, type, title, body, metadata)" +
       numbers + id + ", " + id + ", n.i, 'a', 'a', '', '{}' from n");
  const auto middle = std::to_string(first + many / 2);
  const std::vector<std::pair<const storage::statement*, std::vector<std::string>>> all{
      {&storage::sql::users_after, {middle, "500"}},
      {&storage::sql::rules_after, {"'budget_alert'", middle, "500"}},
      {&storage::sql::watching_rules_of, {middle, "100"}},
      {&storage::sql::automation_run_of, {middle, "1", middle}},
      {&storage::sql::automation_runs_of, {middle, middle, "100"}},
      {&storage::sql::automation_runs_after, {middle, "1", "100"}},
      {&storage::sql::alert_states_of, {middle, "'r'", "'s'", "100"}},
      {&storage::sql::alert_state_of, {middle, "'r'", "'s'"}},
      {&storage::sql::alert_states_after, {middle, "'r'", "'s'", "100"}},
      {&storage::sql::round_ups_of, {middle, middle}},
      {&storage::sql::round_ups_after, {middle, "1", "100"}},
      {&storage::sql::delivery_by_id, {middle, middle}},
      {&storage::sql::deliveries_open, {"19000", "100"}},
      {&storage::sql::notifications_since, {middle, "1", "100"}},
      {&storage::sql::spent_in, {middle, middle, "1", "31", "1", "31"}},
      {&storage::sql::balance_of, {middle, middle}},
  };
  for (const bool analyzed : {false, true}) {
    if (analyzed)
      for (const auto* table : {"users", "automations", "automation_runs", "alert_states",
                                "deliveries", "notifications"})
        fill(std::string{"analyze "} + table);
    for (const auto& [what, values] : all) {
      const auto plan = db->plan(*what, values);
      for (const auto* word : {"Seq Scan", "\"Hash Join", "\"Merge Join", "SCAN u", "SCAN a",
                               "SCAN o", "SCAN s", "SCAN d", "SCAN m", "SCAN t", "SCAN b"})
        BOOST_TEST(plan.find(word) == std::string::npos, what->name << ": " << word << plan);
    }
  }
  BOOST_TEST(found<ledger::user_record>(w, ledger::users_after{first + many / 2, 3}).size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
