// What a device has, merged by the book: one commit, after what is under way and before what comes.
#include "tests/support/caf_fixture.hpp"

using namespace tests;

BOOST_AUTO_TEST_SUITE(merge_books)

namespace {

ledger::update_account account(const char* id, std::optional<std::int64_t> balance,
                               const char* name = "Conta") {
  ledger::update_account e;
  e.id = ledger::account_id{id};
  e.name = name;
  e.type = "checking";
  if (balance) e.balance = base::centavos{*balance};
  return e;
}

ledger::update_category category(const char* id, const char* name = "Lazer") {
  return {ledger::account_id{id}, name, "expense", "#ec4899", "x"};
}

ledger::goal_edit goal(const char* id, std::int64_t current = 0) {
  ledger::goal_edit e;
  e.id = ledger::goal_id{id};
  e.name = "Viagem";
  e.target = base::centavos{1000};
  e.current = base::centavos{current};
  e.due = base::utc_us{1};
  e.category = "lazer";
  e.priority = "low";
  return e;
}

struct merge_bed : caf_fixture {
  ledger::merged_books merged(std::size_t index) {
    const auto reply = answer(index);
    BOOST_REQUIRE(reply.has_value() && reply->result.has_value());
    return std::get<ledger::merged_books>(*reply->result);
  }
  std::vector<std::string> reasons(std::size_t index) {
    std::vector<std::string> all;
    for (const auto& s : merged(index).skipped)
      all.push_back(s.id + ' ' + std::string{ledger::to_text(s.reason)});
    return all;
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(all_of_it_is_one_commit) {
  merge_bed f;
  const auto before = f.store.committed.size();
  ledger::merge_books m;
  m.accounts = {account("A", 12'000), account("N", 70), account("M", {})};
  m.categories = {category("D")};
  m.goals = {goal("g", 5)};
  m.envelopes.push_back({});
  m.envelopes.back().id = ledger::envelope_id{"e"};
  m.envelopes.back().name = "Reserva";
  const auto done = f.send(m);
  f.settle();
  const auto made = f.merged(done);
  BOOST_TEST(made.skipped.empty());
  BOOST_TEST(made.accounts.size() == 3u);
  BOOST_TEST(made.accounts[0].balance.minor == 12'000);
  BOOST_TEST(made.accounts[1].version == 1u);
  BOOST_TEST(f.store.committed.size() == before + 1);
  BOOST_TEST(f.store.committed.back()->entries.size() == 4u); // adjustment and opening
  BOOST_TEST(f.balance("A") == 12'000);
  BOOST_TEST(f.balance("N") == 70);
  BOOST_TEST(f.store.beside.all<ledger::goal>().front().current.minor == 5);
  BOOST_TEST(f.store.beside.all<ledger::earmark_movement>().size() == 1u);
  BOOST_TEST(f.store.beside.all<ledger::budget_envelope>().size() == 1u);
  // The book and the account know it at once.
  auto wish = expense(20, "N");
  wish.category = ledger::account_id{"D"};
  const auto spent = f.send(wish);
  f.settle();
  BOOST_TEST(f.word(spent) == "ok");
  BOOST_TEST(f.balance("N") == 50);
}

BOOST_AUTO_TEST_CASE(a_balance_is_reached_from_where_the_account_is_when_its_turn_comes) {
  merge_bed f;
  const auto spent = f.send(expense(300)); // under way: the difference is not to 10,000
  f.run();
  ledger::merge_books m;
  m.accounts = {account("A", 500)};
  const auto done = f.send(m);
  const auto after = f.send(expense(1));
  f.settle();
  BOOST_TEST(f.word(spent) == "ok");
  BOOST_TEST(f.merged(done).accounts.front().balance.minor == 500);
  BOOST_TEST(f.word(after) == "ok");
  BOOST_TEST(f.balance("A") == 499);
}

BOOST_AUTO_TEST_CASE(a_refusal_writes_nothing_and_lets_the_accounts_go) {
  merge_bed f;
  ledger::merge_books m;
  m.accounts = {account("A", 1), account("N", 5), account("B", -1)};
  m.accounts.back().change_floor = true;
  m.accounts.back().floor = base::centavos{0};
  const auto before = f.store.committed.size();
  const auto refused = f.send(m);
  f.settle();
  BOOST_TEST(f.word(refused) == "FLOOR_ABOVE_BALANCE");
  m.accounts.pop_back();
  m.goals = {goal("g", 1001)};
  const auto beyond = f.send(m);
  f.settle();
  BOOST_TEST(f.word(beyond) == "GOAL_AMOUNT");
  BOOST_TEST(f.store.committed.size() == before);
  BOOST_TEST(f.balance("A") == 10'000);
  const auto spent = f.send(expense(10));
  f.settle();
  BOOST_TEST(f.word(spent) == "ok");
  m.goals.clear();
  const auto done = f.send(m); // N was not learned
  f.settle();
  BOOST_TEST(f.merged(done).accounts.back().version == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_there_is_not_written_again) {
  merge_bed f;
  ledger::merge_books m;
  m.accounts = {account("N", 5)};
  m.categories = {category("D")};
  m.goals = {goal("g", 5)};
  f.send(m);
  f.settle();
  const auto before = f.store.batches_seen;
  f.clock.at.count += 1;
  const auto same = f.send(m);
  f.settle();
  const auto made = f.merged(same);
  BOOST_TEST(made.accounts.size() == 1u); // shown all the same
  BOOST_TEST(made.goals.size() == 1u);
  BOOST_TEST(made.categories.size() == 1u);
  BOOST_TEST(f.store.batches_seen == before);
  const auto kept = f.send(m, "k"); // under a key the answer itself is kept
  f.settle();
  BOOST_TEST(f.word(kept) == "ok");
  const auto again = f.send(m, "k");
  f.settle();
  BOOST_TEST(f.word(again) == "stored:fine");
}

BOOST_AUTO_TEST_CASE(what_is_closed_or_of_another_kind_is_left_alone) {
  merge_bed f;
  f.send(ledger::close_account{ledger::account_id{"B"}, {}});
  f.send(ledger::archive_category{ledger::account_id{"C"}});
  f.settle();
  const auto before = f.store.batches_seen;
  ledger::merge_books m;
  m.accounts = {account("B", 1), account("C", 1)};
  m.accounts.push_back(account("X", 1));
  m.accounts.back().type.reset();
  m.categories = {category("C"), category("A"), category("Y")};
  m.categories.back().icon.reset();
  const auto done = f.send(m);
  f.settle();
  BOOST_TEST(
      (f.reasons(done) == std::vector<std::string>{"B deleted", "C id_in_use", "X incomplete",
                                                   "C deleted", "A id_in_use", "Y incomplete"}));
  BOOST_TEST(f.store.batches_seen == before);
  // One id for both in one request: the account comes first.
  ledger::merge_books both;
  both.accounts = {account("Z", 1)};
  both.categories = {category("Z")};
  const auto twice = f.send(both);
  f.settle();
  BOOST_TEST((f.reasons(twice) == std::vector<std::string>{"Z id_in_use"}));
  BOOST_TEST(f.balance("Z") == 1);
}

// Their movements say what they are of.
BOOST_AUTO_TEST_CASE(a_goal_and_an_envelope_may_have_one_id) {
  merge_bed f;
  ledger::envelope_edit e;
  e.id = ledger::envelope_id{"x"};
  e.name = "Reserva";
  ledger::merge_books one, two, three;
  one.goals = {goal("x", 5)};
  e.balance = base::centavos{7};
  two.envelopes = {e};
  three.goals = {goal("y", 8)};
  e.id = ledger::envelope_id{"y"};
  three.envelopes = {e};
  const auto first = f.send(one);
  const auto second = f.send(two); // decided when the first is durable
  const auto third = f.send(three);
  f.settle();
  for (const auto merge : {first, second, third}) BOOST_TEST(f.reasons(merge).empty());
  BOOST_TEST(f.store.beside.all<ledger::goal>().size() == 2u);
  BOOST_TEST(f.store.beside.all<ledger::budget_envelope>().size() == 2u);
  std::vector<std::string> moved;
  for (const auto& m : f.store.beside.all<ledger::earmark_movement>())
    moved.push_back(std::string{ledger::to_text(m.kind)} +
                    (m.earmark == base::key_of("x") ? " x " : " y ") + std::to_string(m.version) +
                    ' ' + std::to_string(m.after.minor));
  std::sort(moved.begin(), moved.end());
  BOOST_TEST(moved == (std::vector<std::string>{"envelope x 1 7", "envelope y 1 7", "goal x 1 5",
                                                "goal y 1 8"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(two_at_once_make_one_of_each) {
  merge_bed f;
  ledger::merge_books m;
  m.accounts = {account("N", 5)};
  m.goals = {goal("g", 5)};
  const auto one = f.send(m);
  m.accounts = {account("N", 7)};
  m.goals = {goal("g", 7)};
  const auto two = f.send(m);
  f.settle();
  BOOST_TEST(f.merged(one).accounts.front().balance.minor == 5);
  BOOST_TEST(f.merged(two).accounts.front().balance.minor == 7);
  BOOST_TEST(f.balance("N") == 7);
  BOOST_TEST(f.store.beside.all<ledger::goal>().size() == 1u);
  BOOST_TEST(f.store.beside.all<ledger::goal>().front().version == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
