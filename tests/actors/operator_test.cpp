// What administrators do in the books of others: of inactive users too, and in recovery mode.
#include "actors/gateway.hpp"
#include "ledger/user_act.hpp"
#include "tests/support/caf_fixture.hpp"

using ledger::user_act;
using tests::caf_fixture;
using tests::expense;

BOOST_AUTO_TEST_SUITE(operators)

namespace {

struct operator_fixture : caf_fixture {
  operator_fixture() {
    for (const char* id : {"ana", "bia"}) store.users_.at(id).admin = true;
  }

  ledger::user_record& user(const std::string& id) { return store.users_.at(id); }

  ledger::change_rows act(user_act what, const std::string& id) {
    ledger::change_rows wish;
    wish.of_operator = true;
    const ledger::user_id who{id};
    wish.reads = {ledger::profile_of{who}, ledger::other_admins{who},
                  ledger::sessions_of_user{who, clock.at}};
    wish.decide = [what](const std::vector<ledger::user_rows>& found, base::utc_us now) {
      ledger::audit_note note;
      note.actor = "root";
      note.reason = "pedido 7";
      return ledger::decide_act(what,
                                {ledger::row_of<ledger::user_record>(found.at(0)),
                                 ledger::row_of<ledger::row_count>(found.at(1)).value().count,
                                 ledger::rows_of<ledger::login_session>(found.at(2))},
                                note, now);
    };
    return wish;
  }
  /// Its answer, and how many lines of the audit log there are then.
  std::string done(ledger::command what, const std::string& id) {
    const auto index = send(std::move(what), {}, id);
    settle();
    return word(index) + ' ' + std::to_string(store.log_head.number);
  }
  ledger::login_session open_session(const std::string& id) {
    ledger::login_session s;
    s.id = ledger::session_id::of(7);
    s.user = ledger::user_id{id};
    s.created_at = s.last_used_at = clock.at;
    s.expires_at = {clock.at.count + 3600 * base::us_per_second};
    store.beside.put(s);
    return s;
  }
  ledger::seed_members seed(const std::string& id, bool of_admin) {
    ledger::seed_members wish;
    for (const auto role : {ledger::account_role::money, ledger::account_role::category,
                            ledger::account_role::opening}) {
      auto& m = wish.members.emplace_back();
      m.id = ledger::account_id{id + '-' + std::string{ledger::to_text(role)} +
                                std::to_string(++made)};
      m.owner = ledger::user_id{id};
      m.role = role;
    }
    if (of_admin)
      wish.note =
          ledger::audit_note{"root", "user.seed_defaults", id, "pedido 7", "{}", "{}", "rid"};
    return wish;
  }
  int made = 0;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_deactivated_user_is_refused_at_once_and_comes_back, operator_fixture) {
  open_session("ana");
  BOOST_TEST(done(expense(1), "ana") == "ok 0");
  BOOST_TEST(done(act(user_act::deactivate, "ana"), "ana") == "ok 1");
  BOOST_TEST(!user("ana").active);
  BOOST_TEST(store.beside.all<ledger::login_session>().front().revoked_at.has_value());
  const auto& batch = *store.committed.back();
  BOOST_REQUIRE(batch.items.size() == 1u); // rows, user and line are one commit
  BOOST_TEST(batch.items[0]->users_changed.size() == 1u);
  BOOST_TEST(batch.items[0]->user_rows.size() == 1u);
  BOOST_TEST(batch.audit.size() == 1u);
  BOOST_TEST(done(expense(1), "ana") == "UNAUTHORIZED 1");
  ledger::change_rows own;
  own.decide = [](const std::vector<ledger::user_rows>&, base::utc_us) {
    return base::result<ledger::row_change>{ledger::row_change{}};
  };
  BOOST_TEST(done(own, "ana") == "UNAUTHORIZED 1");
  BOOST_TEST(done(act(user_act::deactivate, "ana"), "ana") == "ok 1"); // again: no line
  BOOST_TEST(done(act(user_act::activate, "ana"), "ana") == "ok 2");
  BOOST_TEST(done(expense(1), "ana") == "ok 2");
}

BOOST_FIXTURE_TEST_CASE(the_book_of_an_inactive_user_takes_what_operators_send, operator_fixture) {
  user("ana").active = false; // before the book is loaded
  BOOST_TEST(done(expense(1), "ana") == "UNAUTHORIZED 0");
  store.truth_["A"] = {base::centavos{50}, 7};
  ledger::sync_balances sync{{ledger::account_id{"A"}},
                             {"root", "test", "A", "pedido 7", "{}", "{}", "rid"}};
  BOOST_TEST(done(sync, "ana") == "ok 1");
  BOOST_TEST(balance("A") == 50);
  BOOST_TEST(done(act(user_act::activate, "ana"), "ana") == "ok 2");
  BOOST_TEST(done(expense(50), "ana") == "ok 2");
  BOOST_TEST(done(act(user_act::activate, "nobody"), "nobody") == "UNAUTHORIZED 2");
}

BOOST_FIXTURE_TEST_CASE(what_waits_behind_a_deactivation_is_not_done, operator_fixture) {
  const auto first = send(act(user_act::deactivate, "ana"));
  ledger::change_rows rows;
  bool decided = false;
  rows.decide = [&](const std::vector<ledger::user_rows>&, base::utc_us) {
    decided = true;
    return base::result<ledger::row_change>{ledger::row_change{}};
  };
  const auto second = send(rows);
  settle();
  BOOST_TEST(word(first) == "ok");
  BOOST_TEST(word(second) == "UNAUTHORIZED");
  BOOST_TEST(!decided);
}

// A deactivation that was not committed changed nothing.
BOOST_FIXTURE_TEST_CASE(a_lost_commit_leaves_the_user_active, operator_fixture) {
  store.outcomes = {storage::commit_class::definite};
  BOOST_TEST(done(act(user_act::deactivate, "ana"), "ana") == "DB_BROKEN 0");
  BOOST_TEST(done(expense(1), "ana") == "ok 0");
}

BOOST_FIXTURE_TEST_CASE(the_last_administrator_stays, operator_fixture) {
  BOOST_TEST(done(act(user_act::demote, "ana"), "ana") == "ok 1");
  BOOST_TEST(done(act(user_act::demote, "bia"), "bia") == "LAST_ADMIN 1");
  BOOST_TEST(done(act(user_act::deactivate, "bia"), "bia") == "LAST_ADMIN 1");
  BOOST_TEST(user("bia").admin);
  BOOST_TEST(user("bia").active);
  user("ana").active = false;
  BOOST_TEST(done(act(user_act::promote, "ana"), "ana") == "ok 2"); // one who cannot log in
  BOOST_TEST(done(act(user_act::demote, "bia"), "bia") == "LAST_ADMIN 2");
}

BOOST_FIXTURE_TEST_CASE(a_book_is_filled_once, operator_fixture) {
  const auto one = send(seed("bia", true), {}, "bia"), two = send(seed("bia", true), {}, "bia");
  settle();
  const auto counts = [&](std::size_t index) {
    const auto made = std::get<ledger::seeded_members>(*answer(index)->result);
    return std::to_string(made.accounts) + ' ' + std::to_string(made.categories);
  };
  BOOST_TEST(counts(one) == "1 1");
  BOOST_TEST(counts(two) == "0 0");
  BOOST_TEST(store.log_head.number == 1u);
  BOOST_TEST(store.committed.back()->items[0]->accounts_new.size() == 2u); // it had its equity
  BOOST_TEST(store.committed.back()->audit[0].note.after == R"({"accounts":1,"categories":1})");
  // What was made is there: it can be used.
  auto first = expense(0, "bia-money1");
  first.category = ledger::account_id{"bia-category2"};
  first.type = "income";
  first.amount = base::centavos{5};
  BOOST_TEST(done(first, "bia") == "ok 1");
  // Closed is as good as none.
  BOOST_TEST(done(ledger::close_account{ledger::account_id{"bia-money1"}, {}}, "bia") == "ok 1");
  BOOST_TEST(done(seed("bia", false), "bia") == "ok 1"); // without an administrator: no line
  BOOST_TEST(store.committed.back()->items[0]->accounts_new.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(recovery_mode_lets_operators_through, operator_fixture) {
  actors::gateway door(env, routes, std::chrono::seconds{1});
  status.recovery.begin(clock.at);
  std::vector<std::string> words;
  const auto execute = [&](ledger::command what) {
    ledger::envelope e;
    e.user = ledger::user_id{"ana"};
    e.deadline = base::utc_us{clock.at.count + 3600 * base::us_per_second};
    e.what = std::move(what);
    door.execute(std::move(e), [&](const ledger::reply& r) {
      words.push_back(r.result ? "ok" : std::string{r.result.error().code});
    });
    settle();
  };
  execute(expense(1));
  execute(act(user_act::deactivate, "ana"));
  execute(seed("ana", true));
  execute(seed("ana", false));
  auto of_client = act(user_act::activate, "ana");
  of_client.of_operator = false;
  execute(of_client);
  BOOST_TEST(words == (std::vector<std::string>{"RECOVERY_MODE", "ok", "ok", "RECOVERY_MODE",
                                                "RECOVERY_MODE"}),
             boost::test_tools::per_element());
  BOOST_TEST(!user("ana").active);
}

BOOST_AUTO_TEST_SUITE_END()
