// Goal: what a rule watches is told in the commit of the posting that crosses it, once; what is
// rounded up is taken back exactly.
#include "tests/support/caf_fixture.hpp"

#include "ledger/round_up.hpp"

using namespace tests;

BOOST_AUTO_TEST_SUITE(alerts)

namespace {

const ledger::user_id ana{"ana"};

struct alerts_fixture : caf_fixture {
  ledger::automation rule(int n, const std::string& type, const std::string& conditions) {
    ledger::automation a;
    a.id = ledger::automation_id::of(n);
    a.user = ana;
    a.name = "regra";
    a.type = type;
    a.conditions = conditions;
    a.actions = "{}";
    a.created_at = clock.at;
    write({a});
    return a;
  }
  void write(const ledger::user_rows& rows) {
    ledger::change_rows c;
    c.decide = [rows](const std::vector<ledger::user_rows>&,
                      base::utc_us) -> base::result<ledger::row_change> {
      ledger::row_change change;
      change.writes = rows;
      return change;
    };
    const auto done = send(std::move(c));
    settle();
    BOOST_TEST_REQUIRE(word(done) == "ok");
  }
  ledger::automation low_balance(int n, std::int64_t cents, const std::string& account = "A") {
    return rule(n, "low_balance_alert",
                R"({"account_id":")" + account + R"(","amount_cents":)" + std::to_string(cents) +
                    "}");
  }
  ledger::automation budget(int n, std::int64_t cents) {
    return rule(n, "budget_alert",
                R"({"category":"C","amount_cents":)" + std::to_string(cents) + "}");
  }
  ledger::transaction_id post(ledger::create_transaction what) {
    const auto done = send(std::move(what));
    settle();
    const auto reply = answer(done);
    BOOST_TEST_REQUIRE((reply && reply->result));
    return std::get<ledger::transaction_record>(*reply->result).id;
  }
  using caf_fixture::run;
  void run(ledger::command what) {
    const auto done = send(std::move(what));
    settle();
    BOOST_TEST_REQUIRE(word(done) == "ok");
  }
  void amount(const ledger::transaction_id& id, std::int64_t cents) {
    ledger::edit_transaction e;
    e.id = id;
    e.edit.amount = base::centavos{cents};
    run(std::move(e));
  }
  void erase(const ledger::transaction_id& id) { run(ledger::delete_transaction{id, {}}); }

  std::vector<ledger::notification> told() const {
    return store.beside.all<ledger::notification>();
  }
  std::int64_t envelope() const {
    return store.beside.all<ledger::budget_envelope>().at(0).balance.minor;
  }
  void envelope_of(std::int64_t balance) {
    ledger::budget_envelope e;
    e.id = ledger::envelope_id::of(7);
    e.user = ana;
    e.name = "cofrinho";
    e.balance = {balance};
    e.created_at = clock.at;
    write({e});
  }
  ledger::automation rounds(int n, std::int64_t step = 100) {
    return rule(n, "round_up",
                R"({"envelope_id":")" + ledger::envelope_id::of(7).text() +
                    R"(","round_to_cents":)" + std::to_string(step) + "}");
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_low_balance_is_told_in_the_commit_that_crosses_it, alerts_fixture) {
  low_balance(1, 9'000);
  post(expense(900));
  BOOST_TEST(told().empty());
  const auto crossing = post(expense(200));
  BOOST_TEST_REQUIRE(told().size() == 1u);
  BOOST_TEST(told()[0].type == "low_balance_alert");
  BOOST_TEST(told()[0].title == "Saldo baixo");
  BOOST_TEST(told()[0].metadata == R"({"automation_rule_id":")" +
                                       ledger::automation_id::of(1).text() +
                                       R"(","account_id":"A"})");
  const auto& item = store.committed.back()->items.front();
  BOOST_TEST((item->transactions_new.at(0).id == crossing));
  BOOST_TEST(item->user_rows.size() == 2u);
  post(expense(100)); // still low
  BOOST_TEST(told().size() == 1u);
  post(income(5'000)); // armed again
  BOOST_TEST(told().size() == 1u);
  post(expense(6'000));
  BOOST_TEST(told().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(each_rule_tells_for_itself_and_others_are_not_concerned, alerts_fixture) {
  low_balance(1, 9'000);
  low_balance(2, 9'500);
  low_balance(3, 9'900, "B");
  post(expense(600));
  BOOST_TEST(told().size() == 1u);
  post(expense(600));
  BOOST_TEST(told().size() == 2u);
  post(transfer(1'000, "A", "B")); // touches B, which is low and nobody was told
  BOOST_TEST_REQUIRE(told().size() == 3u);
  BOOST_TEST(told()[2].metadata.find(R"("account_id":"B")") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(many_at_once_cross_once, alerts_fixture) {
  low_balance(1, 5'000);
  std::vector<std::size_t> all;
  for (int i = 0; i < 100; ++i) all.push_back(send(expense(60)));
  settle();
  for (const auto i : all) BOOST_TEST(word(i) == "ok");
  BOOST_TEST(balance("A") == 4'000);
  BOOST_TEST(told().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(many_rules_on_one_account_tell_once_each, alerts_fixture) {
  for (int n = 1; n <= 10; ++n) low_balance(n, 9'000);
  std::vector<std::size_t> all;
  for (int i = 0; i < 20; ++i) all.push_back(send(expense(100)));
  settle();
  for (const auto i : all) BOOST_TEST(word(i) == "ok");
  BOOST_TEST(told().size() == 10u);
}

// The first posting is handed over behind the rule, and its commit is slower than the reads of the
// second one.
BOOST_FIXTURE_TEST_CASE(what_began_before_the_rule_was_known_is_counted, alerts_fixture) {
  post(expense(1));
  const auto slow = send(expense(600, "B"));
  run();
  ledger::automation a;
  a.id = ledger::automation_id::of(1);
  a.user = ana;
  a.type = "low_balance_alert";
  a.conditions = R"({"account_id":"B","amount_cents":-1000})";
  a.actions = "{}";
  ledger::change_rows c;
  c.decide = [a](const std::vector<ledger::user_rows>&,
                 base::utc_us) -> base::result<ledger::row_change> {
    ledger::row_change change;
    change.writes = {a};
    return change;
  };
  const auto ruled = send(std::move(c));
  run();
  store.run(); // the account is read
  run();
  BOOST_TEST(word(ruled) == "-");
  store.run();
  run();
  BOOST_TEST(word(ruled) == "ok");
  BOOST_TEST(word(slow) == "-");
  const auto second = send(expense(600, "B"));
  run();
  while (store.pending()) {
    store.run_last();
    run();
  }
  BOOST_TEST(word(slow) == "ok");
  BOOST_TEST(word(second) == "ok");
  BOOST_TEST(balance("B") == -1'200);
  BOOST_TEST(told().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(every_way_to_post_is_looked_at, alerts_fixture) {
  low_balance(1, 9'000);
  std::size_t heard = 0;
  const auto crosses = [&](ledger::command what) {
    run(std::move(what));
    BOOST_TEST(told().size() == ++heard);
    ledger::update_account back; // an adjustment counts as well: armed again
    back.id = ledger::account_id{"A"};
    back.balance = base::centavos{10'000};
    run(std::move(back));
    BOOST_TEST(told().size() == heard);
  };
  crosses(expense(1'001));
  crosses(transfer(1'001, "A", "B"));
  ledger::update_account poorer;
  poorer.id = ledger::account_id{"A"};
  poorer.balance = base::centavos{8'999};
  crosses(std::move(poorer));
  ledger::post_legs legs;
  legs.description = "mercado";
  legs.legs = {{ledger::account_id{"A"}, false, {-1'001}},
               {ledger::account_id{"C"}, true, {1'001}}};
  crosses(std::move(legs));
  const auto sent =
      send(ledger::place_hold{ledger::account_id{"A"}, base::centavos{1'001}, "conta de luz", {}});
  settle();
  const auto held = answer(sent);
  BOOST_TEST_REQUIRE((held && held->result));
  BOOST_TEST(told().size() == heard); // what is held is still there
  ledger::post_hold ends;
  ends.id = std::get<ledger::hold_record>(*held->result).id;
  ends.category = ledger::account_id{"C"};
  crosses(std::move(ends));
  ledger::change_rows beside; // as an occurrence of a recurring rule
  beside.decide = [](const std::vector<ledger::user_rows>&,
                     base::utc_us) -> base::result<ledger::row_change> {
    ledger::row_change change;
    change.post = expense(1'001);
    return change;
  };
  crosses(std::move(beside));
}

BOOST_FIXTURE_TEST_CASE(webhooks_are_told_with_the_posting, alerts_fixture) {
  std::size_t calls = 0;
  env.on_deliveries = [&](const ledger::user_id& user, const auto& fresh) {
    BOOST_TEST(user.text() == "ana");
    calls += fresh.size();
  };
  rule(1, "webhook", R"({"events":["transaction_created"]})");
  rule(2, "webhook", R"({"events":["alert_fired"]})");
  low_balance(3, 9'000);
  const auto id = post(expense(500));
  BOOST_TEST(calls == 1u);
  post(expense(600));
  BOOST_TEST(calls == 3u);
  amount(id, 501);
  BOOST_TEST(calls == 3u);
  const auto all = store.beside.all<ledger::delivery>();
  BOOST_TEST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].rule == ledger::automation_id::of(1).text());
  BOOST_TEST(all[0].body.find(id.text()) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_committed_tells_nobody, alerts_fixture) {
  low_balance(1, 9'000);
  store.outcomes = {storage::commit_class::unavailable};
  const auto lost = send(expense(2'000));
  settle();
  BOOST_TEST(word(lost) == "DB_UNAVAILABLE");
  BOOST_TEST(told().empty());
  post(expense(2'000));
  BOOST_TEST(told().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_budget_counts_the_live_expenses_of_its_month, alerts_fixture) {
  budget(1, 1'000);
  const auto first = post(expense(600));
  post(transfer(5'000, "A", "B"));
  post(income(700));
  post(expense(400)); // exactly the limit
  BOOST_TEST(told().empty());
  const auto over = post(expense(1));
  BOOST_TEST_REQUIRE(told().size() == 1u);
  BOOST_TEST(told()[0].title == "Orçamento estourado");
  BOOST_TEST(told()[0].metadata == R"({"automation_rule_id":")" +
                                       ledger::automation_id::of(1).text() +
                                       R"(","category_id":"C","limit":10.00,"spent":10.01})");
  erase(over); // armed again
  BOOST_TEST(told().size() == 1u);
  amount(first, 900);
  BOOST_TEST(told().size() == 2u);
  run(ledger::delete_many{{first}});
  run(ledger::restore_transaction{first});
  BOOST_TEST(told().size() == 3u);
  auto later = expense(2'000);
  later.effective = {40}; // another month is another subject
  post(later);
  BOOST_TEST(told().size() == 4u);
  BOOST_TEST(store.beside.all<ledger::alert_state>().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_batch_is_one_crossing, alerts_fixture) {
  budget(1, 1'000);
  low_balance(2, 9'000);
  auto items = std::make_shared<std::vector<ledger::batch_item>>();
  for (const auto cents : {600, 500, 700}) items->push_back({expense(cents), {}, {}});
  ledger::post_batch all;
  all.items = items;
  run(std::move(all));
  BOOST_TEST(told().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_rule_that_rests_or_is_gone_looks_at_nothing, alerts_fixture) {
  auto watches = low_balance(1, 9'900);
  watches.active = false;
  write({watches});
  post(expense(500));
  BOOST_TEST(told().empty());
  watches.active = true;
  write({watches});
  post(expense(1)); // it has crossed before: told now
  BOOST_TEST(told().size() == 1u);
  watches.deleted_at = clock.at;
  write({watches});
  post(income(5'000));
  post(expense(5'000));
  BOOST_TEST(told().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_expense_is_rounded_up_in_its_commit, alerts_fixture) {
  envelope_of(1'000);
  rounds(1);
  post(expense(1'234));
  BOOST_TEST(envelope() == 1'066);
  const auto& item = store.committed.back()->items.front();
  BOOST_TEST(item->transactions_new.size() == 1u);
  BOOST_TEST(store.beside.all<ledger::earmark_movement>().size() == 1u);
  post(expense(700)); // nothing to round
  post(income(1'234));
  post(transfer(123, "A", "B"));
  BOOST_TEST(envelope() == 1'066);
  // Of the one that needed nothing too: an edit may need something.
  BOOST_TEST(store.beside.all<ledger::round_up>().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(edits_and_deletes_take_back_exactly_what_was_added, alerts_fixture) {
  envelope_of(0);
  const auto before = post(expense(150)); // before there is a rule
  auto r = rounds(1);
  const auto id = post(expense(1'234));
  BOOST_TEST(envelope() == 66);
  amount(id, 1'290);
  BOOST_TEST(envelope() == 10);
  amount(before, 151); // none of its business
  BOOST_TEST(envelope() == 10);
  r.conditions =
      R"({"envelope_id":")" + ledger::envelope_id::of(7).text() + R"(","round_to_cents":1000})";
  write({r});
  erase(id); // by what was added, whatever the rule says now
  BOOST_TEST(envelope() == 0);
  run(ledger::restore_transaction{id});
  BOOST_TEST(envelope() == 710);
  // Somebody took it out.
  auto empty = store.beside.all<ledger::budget_envelope>().at(0);
  write({ledger::move(empty, {-700}, clock.at)->now});
  erase(id);
  BOOST_TEST(envelope() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_rule_that_is_gone_still_gives_back, alerts_fixture) {
  envelope_of(0);
  auto r = rounds(1);
  const auto id = post(expense(1'234));
  const auto other = post(expense(1'250));
  BOOST_TEST(envelope() == 116);
  r.active = false;
  write({r});
  amount(other, 1'260);
  post(expense(1'201));
  BOOST_TEST(envelope() == 106);
  r.deleted_at = clock.at;
  write({r});
  env.bounds.books_per_shard = 0; // a new book, which has to read of it
  pass(std::chrono::milliseconds{1'000});
  settle();
  env.bounds.books_per_shard = 20'000;
  run(ledger::delete_many{{id, other}});
  BOOST_TEST(envelope() == 0);
}

BOOST_FIXTURE_TEST_CASE(two_rules_and_many_at_once_add_all_of_it, alerts_fixture) {
  envelope_of(0);
  rounds(1, 100);
  rounds(2, 500);
  std::vector<std::size_t> all;
  for (int i = 0; i < 20; ++i) all.push_back(send(expense(30)));
  settle();
  for (const auto i : all) BOOST_TEST(word(i) == "ok");
  BOOST_TEST(envelope() == 20 * (70 + 470));
  const auto moves = store.beside.all<ledger::earmark_movement>();
  BOOST_TEST(moves.size() == 20u);
}

BOOST_FIXTURE_TEST_CASE(a_step_that_nobody_offers_is_a_real, alerts_fixture) {
  BOOST_TEST(ledger::rounded_up({1'201}, {100}).minor == 99);
  BOOST_TEST(ledger::rounded_up({1'200}, {100}).minor == 0);
  BOOST_TEST(ledger::rounded_up({1'201}, {500}).minor == 299);
  envelope_of(0);
  rounds(1, 250);
  post(expense(130));
  BOOST_TEST(envelope() == 70);
}

BOOST_AUTO_TEST_SUITE_END()
