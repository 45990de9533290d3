// What   Contract of the rows that users have beside their books: written whole, found by each
//        question.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/scribe.hpp"

BOOST_AUTO_TEST_SUITE(row_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

namespace {

ledger::user_rows rows(world& w, ledger::row_question q) {
  return value_of<ledger::user_rows>(
      [&](auto done) { w.reads().user_rows(std::move(q), std::move(done)); });
}

template <class Row> std::vector<Row> found(world& w, ledger::row_question q) {
  return ledger::rows_of<Row>(rows(w, std::move(q)));
}

ledger::login_session session_at(const person& p, int n, std::int64_t second) {
  ledger::login_session s;
  s.id = ledger::session_id{own_id(n)};
  s.user = p.user.id;
  s.device = "Firefox – “x”";
  s.ip = "192.0.2.7";
  s.created_at = after(second);
  s.last_used_at = after(second);
  s.expires_at = after(second + 1000);
  return s;
}

} // namespace

BOOST_AUTO_TEST_CASE(sessions) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  auto first = session_at(ana, 1, 0);
  const auto second = session_at(ana, 2, 5), of_ben = session_at(ben, 3, 9);
  auto rows_of_ana = newcomer(ana), rows_of_ben = newcomer(ben);
  rows_of_ana.user_rows = {first, second}; // in one commit with their user
  rows_of_ben.user_rows = {of_ben};
  s.write(w, {rows_of_ana, rows_of_ben});

  using ledger::login_session;
  const auto live = [&](std::int64_t now) {
    return found<login_session>(w, ledger::sessions_of_user{ana.user.id, after(now)});
  };
  BOOST_TEST((live(10) == std::vector{second, first})); // newest first
  BOOST_TEST((live(1000) == std::vector{second}));
  BOOST_TEST(live(1005).empty());
  BOOST_TEST((found<login_session>(w, ledger::session_by_id{of_ben.id}) == std::vector{of_ben}));
  BOOST_TEST(rows(w, ledger::session_by_id{ledger::session_id{own_id(4)}}).empty());

  first.last_used_at = after(20);
  first.expires_at = after(2000);
  storage::commit_item used;
  used.user = ana.user.id;
  used.user_rows = {first};
  s.write(w, {used});
  BOOST_TEST((found<login_session>(w, ledger::session_by_id{first.id}) == std::vector{first}));
  first.revoked_at = after(30);
  used.user_rows = {first};
  s.write(w, {used});
  BOOST_TEST((found<login_session>(w, ledger::session_by_id{first.id}) == std::vector{first}));
  BOOST_TEST((live(10) == std::vector{second}));
}

BOOST_AUTO_TEST_CASE(refresh_tokens) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto session = session_at(ana, 1, 0);
  ledger::refresh_token old{base::sha256("old"), session.id, ana.user.id, start, after(9), {}};
  auto all = newcomer(ana);
  all.user_rows = {old, session}; // whatever their order: a token comes after its session
  s.write(w, {all});
  using ledger::refresh_token;
  BOOST_TEST((found<refresh_token>(w, ledger::token_by_hash{old.hash}) == std::vector{old}));
  BOOST_TEST(rows(w, ledger::token_by_hash{base::sha256("none")}).empty());

  const refresh_token next{base::sha256("next"), session.id, ana.user.id, after(2), after(11), {}};
  old.rotated_at = after(2);
  storage::commit_item exchange;
  exchange.user = ana.user.id;
  exchange.user_rows = {old, next};
  s.write(w, {exchange});
  BOOST_TEST((found<refresh_token>(w, ledger::token_by_hash{old.hash}) == std::vector{old}));
  BOOST_TEST((found<refresh_token>(w, ledger::token_by_hash{next.hash}) == std::vector{next}));
}

BOOST_AUTO_TEST_CASE(password_resets) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  using ledger::password_reset;
  password_reset one{base::sha256("one"), ana.user.id, start, after(60), {}};
  const password_reset two{base::sha256("two"), ana.user.id, start, after(90), {}};
  auto all = newcomer(ana);
  all.user_rows = {one, two};
  s.write(w, {all});
  const auto usable = [&](std::int64_t now) {
    return found<password_reset>(w, ledger::resets_of_user{ana.user.id, after(now)});
  };
  BOOST_TEST((usable(0) == std::vector{one, two}));
  BOOST_TEST((usable(60) == std::vector{two}));
  one.used_at = after(1);
  storage::commit_item used;
  used.user = ana.user.id;
  used.user_rows = {one};
  s.write(w, {used});
  BOOST_TEST((usable(0) == std::vector{two}));
  BOOST_TEST((found<password_reset>(w, ledger::reset_by_hash{one.hash}) == std::vector{one}));
}

BOOST_AUTO_TEST_CASE(credentials_are_those_of_now) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto now = [&] {
    return found<ledger::credentials>(w, ledger::credentials_of{ana.user.id});
  };
  BOOST_TEST((now() == std::vector{ledger::credentials{"hash", true}}));
  storage::commit_item change;
  change.user = ana.user.id;
  change.users_changed.push_back({ana.user.id, {}, {}, "other", after(1), {}});
  s.write(w, {change});
  BOOST_TEST((now() == std::vector{ledger::credentials{"other", true}}));
  change.users_changed = {{ana.user.id, {}, {}, {}, after(2), false}};
  s.write(w, {change});
  BOOST_TEST((now() == std::vector{ledger::credentials{"other", false}}));
  BOOST_TEST(rows(w, ledger::credentials_of{ledger::user_id{"nobody"}}).empty());
}

BOOST_AUTO_TEST_CASE(a_profile_is_that_of_now_and_an_address_has_one_owner) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  s.write(w, {newcomer(ana), newcomer(ben)});
  using ledger::user_record;
  const auto profile = [&](const person& p) {
    return found<user_record>(w, ledger::profile_of{p.user.id});
  };
  const auto owner = [&](const std::string& address) {
    return found<user_record>(w, ledger::owner_of_email{address});
  };
  BOOST_TEST((profile(ana) == std::vector{ana.user}));
  BOOST_TEST((owner(ben.user.email) == std::vector{ben.user}));
  storage::commit_item change;
  change.user = ana.user.id;
  change.users_changed.push_back({ana.user.id, "Ana Maria", "ana@new.example", {}, after(1), {}});
  s.write(w, {change});
  auto moved = ana.user;
  moved.name = "Ana Maria";
  moved.email = "ana@new.example";
  moved.updated_at = after(1);
  BOOST_TEST((profile(ana) == std::vector{moved}));
  BOOST_TEST((owner("ana@new.example") == std::vector{moved}));
  BOOST_TEST(owner(ana.user.email).empty());
  BOOST_TEST(rows(w, ledger::profile_of{ledger::user_id{"nobody"}}).empty());
}

BOOST_AUTO_TEST_CASE(goals_and_envelopes) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  ledger::goal goal;
  goal.id = ledger::goal_id{own_id(1)};
  goal.user = ana.user.id;
  goal.name = "Viagem";
  goal.target = {10'000};
  goal.due = after(86'400);
  goal.due_day = base::day_of(goal.due);
  goal.category = "lazer";
  goal.priority = "high";
  goal.status = "active";
  goal.created_at = start;
  auto imported = goal;
  imported.id = ledger::goal_id{"meta-7"};
  imported.created_at = after(1);
  imported.description = "importada";
  ledger::budget_envelope envelope;
  envelope.id = ledger::envelope_id{own_id(2)};
  envelope.user = ana.user.id;
  envelope.name = "Reserva";
  envelope.created_at = start;
  auto all = newcomer(ana);
  all.user_rows = {goal, imported, envelope};
  s.write(w, {all, newcomer(ben)});
  using ledger::goal_by_id;
  BOOST_TEST(
      (found<ledger::goal>(w, ledger::goals_of_user{ana.user.id}) == std::vector{goal, imported}));
  BOOST_TEST(
      (found<ledger::goal>(w, goal_by_id{ana.user.id, imported.id}) == std::vector{imported}));
  BOOST_TEST(rows(w, goal_by_id{ben.user.id, goal.id}).empty());
  const auto count = [&](const person& p, ledger::dumped_row kind) {
    return found<ledger::row_count>(w, ledger::count_of{p.user.id, kind}).at(0).count;
  };
  BOOST_TEST(count(ana, ledger::dumped_row::goals) == 2);
  BOOST_TEST(count(ana, ledger::dumped_row::envelopes) == 1);
  BOOST_TEST(count(ben, ledger::dumped_row::goals) == 0);
  BOOST_TEST(count(ana, ledger::dumped_row::automations) == 0);
  BOOST_TEST((found<ledger::budget_envelope>(w, ledger::envelopes_of_user{ana.user.id}) ==
              std::vector{envelope}));

  const auto in = ledger::add_to(goal, {700}, after(2));
  auto put = ledger::move(envelope, {50}, after(3));
  BOOST_REQUIRE(put.has_value());
  put->now.target = {90};
  put->now.color = "#22c55e";
  storage::commit_item moves;
  moves.user = ana.user.id;
  moves.user_rows = {in.now, *in.movement, put->now, *put->movement};
  s.write(w, {moves});
  BOOST_TEST((found<ledger::goal>(w, goal_by_id{ana.user.id, goal.id}) == std::vector{in.now}));
  BOOST_TEST((found<ledger::budget_envelope>(w, ledger::envelope_by_id{ana.user.id, envelope.id}) ==
              std::vector{put->now}));
  using ledger::earmark_kind;
  const auto movements = [&](earmark_kind kind, base::id_key of) {
    return found<ledger::earmark_movement>(w, ledger::movements_of{ana.user.id, kind, of});
  };
  BOOST_TEST((movements(earmark_kind::goal, key_of(goal.id)) == std::vector{*in.movement}));
  BOOST_TEST(
      (movements(earmark_kind::envelope, key_of(envelope.id)) == std::vector{*put->movement}));

  // A version is given once: whoever counted on the same state is refused, with all that he brings.
  auto late = ledger::add_to(goal, {5}, after(4));
  storage::commit_item second;
  second.user = ana.user.id;
  second.user_rows = {late.now, *late.movement};
  BOOST_TEST(w.commit(s.batch({second})).what == storage::commit_class::definite);
  BOOST_TEST((found<ledger::goal>(w, goal_by_id{ana.user.id, goal.id}) == std::vector{in.now}));
  BOOST_TEST(db->raw("update earmark_movements set amount = 1") != "");
  BOOST_TEST(db->raw("delete from earmark_movements") != "");

  auto gone = in.now;
  gone.deleted_at = after(5);
  storage::commit_item removal;
  removal.user = ana.user.id;
  removal.user_rows = {gone};
  s.write(w, {removal});
  BOOST_TEST(rows(w, goal_by_id{ana.user.id, goal.id}).empty());
  BOOST_TEST((found<ledger::goal>(w, ledger::goals_of_user{ana.user.id}) == std::vector{imported}));
}

BOOST_AUTO_TEST_SUITE_END()
