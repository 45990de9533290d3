// What   Contract of ids that clients choose: one that another user has is refused as a duplicate,
//        and the row of the other stays as it is.
// Why    Two users may choose one id at the same time, and nobody asks again before the commit.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/scribe.hpp"

BOOST_AUTO_TEST_SUITE(chosen_id_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using storage::commit_class;

namespace {

struct two_users {
  std::unique_ptr<database_under_test> db = fresh_database();
  world w{db->settings()};
  scribe s;
  person ana = make_person("ana"), ben = make_person("ben");

  two_users() { s.write(w, {newcomer(ana), newcomer(ben)}); }

  storage::commit_item of(const person& p) {
    storage::commit_item item;
    item.user = p.user.id;
    return item;
  }
  template <class Row> std::vector<Row> found(ledger::row_question q) {
    return ledger::rows_of<Row>(value_of<ledger::user_rows>(
        [&](auto done) { w.reads().user_rows(std::move(q), std::move(done)); }));
  }
};

ledger::goal goal_of(const person& p) {
  ledger::goal g;
  g.id = ledger::goal_id{"meta-1"};
  g.user = p.user.id;
  g.name = p.user.name;
  g.target = {1000};
  g.due = start;
  g.due_day = base::day_of(start);
  g.category = "lazer";
  g.priority = "low";
  g.status = "active";
  g.created_at = start;
  return g;
}

ledger::budget_envelope envelope_of(const person& p) {
  ledger::budget_envelope e;
  e.id = ledger::envelope_id{"caixinha-1"};
  e.user = p.user.id;
  e.name = p.user.name;
  e.created_at = start;
  return e;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_goal_of_another_user_is_not_written_over) {
  two_users t;
  auto mine = t.of(t.ana), theirs = t.of(t.ben);
  mine.user_rows = {goal_of(t.ana)};
  t.s.write(t.w, {mine});
  theirs.user_rows = {goal_of(t.ben)};
  BOOST_TEST(t.w.commit(t.s.batch({theirs})).what == commit_class::duplicate_key);
  using ledger::goal;
  BOOST_TEST((t.found<goal>(ledger::goals_of_user{t.ana.user.id}) == std::vector{goal_of(t.ana)}));
  BOOST_TEST(t.found<goal>(ledger::goals_of_user{t.ben.user.id}).empty());
  auto again = goal_of(t.ana);
  again.name = "outra";
  mine.user_rows = {again};
  t.s.write(t.w, {mine}); // one's own is written as ever
  BOOST_TEST((t.found<goal>(ledger::goals_of_user{t.ana.user.id}) == std::vector{again}));
}

BOOST_AUTO_TEST_CASE(an_envelope_of_another_user_is_not_written_over) {
  two_users t;
  auto mine = t.of(t.ana), theirs = t.of(t.ben);
  mine.user_rows = {envelope_of(t.ana)};
  t.s.write(t.w, {mine});
  theirs.user_rows = {envelope_of(t.ben)};
  BOOST_TEST(t.w.commit(t.s.batch({theirs})).what == commit_class::duplicate_key);
  using ledger::budget_envelope;
  BOOST_TEST((t.found<budget_envelope>(ledger::envelopes_of_user{t.ana.user.id}) ==
              std::vector{envelope_of(t.ana)}));
  BOOST_TEST(t.found<budget_envelope>(ledger::envelopes_of_user{t.ben.user.id}).empty());
}

/// Two users at the same time, and one user: each has its own movements from version 1 on.
BOOST_AUTO_TEST_CASE(a_goal_and_an_envelope_of_one_id_have_movements_of_their_own) {
  two_users t;
  auto of_ana = t.of(t.ana), of_ben = t.of(t.ben);
  const auto goal = ledger::add_to(goal_of(t.ana), {5}, after(1));
  auto fresh = envelope_of(t.ben);
  fresh.id = ledger::envelope_id{goal.now.id.text()};
  const auto envelope = ledger::move(fresh, {7}, after(1));
  of_ana.user_rows = {goal.now, *goal.movement};
  of_ben.user_rows = {envelope->now, *envelope->movement};
  t.s.write(t.w, {of_ana, of_ben});
  const auto own_goal = ledger::add_to(
      [&] {
        auto g = goal_of(t.ben);
        g.id = ledger::goal_id{"caixinha-1"};
        return g;
      }(),
      {1}, after(2));
  const auto own_envelope = ledger::move(envelope_of(t.ben), {2}, after(2));
  of_ben.user_rows = {own_goal.now, *own_goal.movement, own_envelope->now, *own_envelope->movement};
  t.s.write(t.w, {of_ben});
  using ledger::earmark_kind;
  using ledger::earmark_movement;
  const auto movements = [&](const person& p, earmark_kind kind, const auto& id) {
    return t.found<earmark_movement>(ledger::movements_of{p.user.id, kind, key_of(id)});
  };
  const auto& shared = goal.now.id;
  const auto& own = own_goal.now.id;
  BOOST_TEST((movements(t.ana, earmark_kind::goal, shared) == std::vector{*goal.movement}));
  BOOST_TEST(
      (movements(t.ben, earmark_kind::envelope, shared) == std::vector{*envelope->movement}));
  BOOST_TEST(movements(t.ana, earmark_kind::envelope, shared).empty());
  BOOST_TEST(movements(t.ben, earmark_kind::goal, shared).empty());
  BOOST_TEST((movements(t.ben, earmark_kind::goal, own) == std::vector{*own_goal.movement}));
  BOOST_TEST(
      (movements(t.ben, earmark_kind::envelope, own) == std::vector{*own_envelope->movement}));
  // A version is still given once.
  of_ben.user_rows = {*own_envelope->movement};
  BOOST_TEST(t.w.commit(t.s.batch({of_ben})).what == commit_class::definite);
}

BOOST_AUTO_TEST_CASE(an_account_of_another_user_is_a_duplicate_key) {
  two_users t;
  auto theirs = t.of(t.ben);
  auto taken = t.ben.checking;
  taken.id = t.ana.checking.id;
  theirs.accounts_new = {taken};
  BOOST_TEST(t.w.commit(t.s.batch({theirs})).what == commit_class::duplicate_key);
  BOOST_TEST((t.w.load({t.ana.checking.id}).front().record == t.ana.checking));
}

BOOST_AUTO_TEST_SUITE_END()
