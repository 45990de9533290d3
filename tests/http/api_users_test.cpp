// What administrators do to users, over the routes (api-contract §16).
#include "tests/http/api_fixture.hpp"

#include "http/api/starter_accounts.hpp"
#include "ledger/errc.hpp"

#include <atomic>
#include <thread>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_users)

namespace {

const std::string why = R"({"reason":"pedido 7"})";

struct users_api : api {
  users_api() {
    add_user("root", "root@example.com").admin = true;
    bearer = "Bearer " + token_of("root");
  }
  ledger::user_record& user(const std::string& id) { return books.users.at(ledger::user_id{id}); }
  http::response act(const std::string& id, const std::string& what,
                     const std::string& body = why) {
    return call("POST", "/api/admin/users/" + id + '/' + what, body);
  }
  http::response role(const std::string& id, const std::string& role_text) {
    return call("PUT", "/api/admin/users/" + id + "/role",
                R"({"role":")" + role_text + R"(","reason":"pedido 7"})");
  }
  void open_sessions(const std::string& id, int count) {
    for (int n = 0; n < count; ++n) {
      ledger::login_session session;
      session.id = ledger::session_id::of(1000 + n);
      session.user = ledger::user_id{id};
      session.created_at = session.last_used_at = clock.at;
      session.expires_at = {clock.at.count + 60 * base::us_per_second};
      books.beside.put(std::move(session));
    }
  }
  std::size_t live_sessions() const {
    std::size_t live = 0;
    for (const auto& one : books.beside.all<ledger::login_session>())
      live += one.revoked_at ? 0 : 1;
    return live;
  }
  std::string token(const std::string& id, std::int64_t session) {
    return tokens.issue(id, ledger::session_id::of(session).text(), "token", clock.at);
  }
  int me(const std::string& token_text) {
    return call("GET", "/api/auth/me", {}, {{"Authorization", "Bearer " + token_text}}).status;
  }
  std::size_t own(const std::string& id, ledger::account_role kind) const {
    std::size_t n = 0;
    for (const auto& [key, a] : books.rows)
      n += a.record.owner == ledger::user_id{id} && a.record.role == kind && a.record.active;
    return n;
  }
};

void conflict(const http::response& r, const std::string& code) {
  BOOST_TEST(r.status == 409);
  BOOST_TEST(code_of(r) == code);
  BOOST_TEST(header(r, "Retry-After") == nullptr); // it would be refused again
}

} // namespace

BOOST_AUTO_TEST_CASE(they_are_for_administrators_and_need_a_reason) {
  users_api a;
  const std::vector<std::string> acts{"activate", "deactivate", "revoke-sessions", "seed-defaults"};
  for (const auto& what : acts) {
    BOOST_TEST(a.act("bia", what, "{}").status == 422);
    BOOST_TEST(a.act("bia", what, R"({"reason":"ab"})").status == 422);
    BOOST_TEST(a.call("POST", "/api/admin/users/bia/" + what + "?reason=pedido").status == 200);
  }
  const auto wrong = a.call("PUT", "/api/admin/users/bia/role", R"({"role":"root"})");
  BOOST_TEST(wrong.status == 422);
  BOOST_TEST(faults_of(wrong) ==
                 (std::vector<std::string>{"enum body.role Input should be 'user' or 'admin'",
                                           "missing body.reason Field required"}),
             boost::test_tools::per_element());
  a.bearer = "Bearer " + a.token_of("ana");
  for (const auto& what : acts) BOOST_TEST(code_of(a.act("bia", what)) == "ADMIN_REQUIRED");
  BOOST_TEST(code_of(a.role("ana", "admin")) == "ADMIN_REQUIRED");
  BOOST_TEST(!a.user("ana").admin);
}

BOOST_AUTO_TEST_CASE(nobody_is_not_found_before_a_book_is_asked) {
  users_api a;
  for (const auto& r :
       {a.act("nobody", "activate"), a.act("nobody", "deactivate"),
        a.act("nobody", "revoke-sessions"), a.act("nobody", "seed-defaults"),
        a.role("nobody", "admin"), a.call("POST", "/api/users/nobody/seed-default-data", why)}) {
    BOOST_TEST(r.status == 404);
    BOOST_TEST(r.body == R"({"detail":"Usuário não encontrado","code":"USER_NOT_FOUND",)"
                         R"("request_id":"rid"})");
  }
  BOOST_TEST(a.books.executions == 0);
}

BOOST_AUTO_TEST_CASE(a_role_is_given_and_taken) {
  users_api a;
  BOOST_TEST(a.role("bia", "admin").body ==
             R"({"id":"bia","name":"Ana","email":"bia@example.com","is_active":true,)"
             R"("created_at":"2026-01-02T03:04:05Z","role":"admin"})");
  BOOST_TEST(a.user("bia").admin);
  BOOST_REQUIRE(a.books.noted.size() == 1u);
  const auto& note = a.books.noted[0];
  BOOST_TEST(note.actor == "root");
  BOOST_TEST(note.action == "user.role");
  BOOST_TEST(note.target == "bia");
  BOOST_TEST(note.reason == "pedido 7");
  BOOST_TEST(note.request_id == "rid");
  BOOST_TEST(a.role("bia", "admin").status == 200);
  BOOST_TEST(a.books.noted.size() == 1u);           // it was one
  BOOST_TEST(a.role("root", "user").status == 200); // also one's own
  BOOST_TEST(!a.user("root").admin);
  BOOST_TEST(code_of(a.role("bia", "user")) == "ADMIN_REQUIRED");
}

BOOST_AUTO_TEST_CASE(the_last_active_administrator_stays) {
  users_api a;
  conflict(a.role("root", "user"), "LAST_ADMIN");
  conflict(a.act("root", "deactivate"), "LAST_ADMIN");
  a.user("bia").admin = true;
  a.user("bia").active = false;
  conflict(a.role("root", "user"), "LAST_ADMIN");
  BOOST_TEST(a.user("root").admin);
  BOOST_TEST(a.user("root").active);
  BOOST_TEST(a.books.noted.empty());
  BOOST_TEST(a.act("bia", "activate").status == 200);
  // The answer to the one who is gone by it can be kept all the same.
  BOOST_TEST(
      a.call("POST", "/api/admin/users/root/deactivate", why, {{"Idempotency-Key", "k"}}).status ==
      200);
  BOOST_TEST(a.me(a.token_of("root")) == 401);
}

BOOST_AUTO_TEST_CASE(a_deactivated_user_is_out_and_comes_back_with_a_new_login_only) {
  users_api a;
  a.open_sessions("bia", 2);
  const auto token = a.token("bia", 1000);
  BOOST_TEST(a.me(token) == 200);
  const auto off = a.act("bia", "deactivate");
  BOOST_TEST(off.status == 200);
  BOOST_TEST(!*parsed(off.body).find("is_active")->if_bool());
  BOOST_TEST(a.me(token) == 401);
  BOOST_TEST(a.me(a.token("bia", 5)) == 401); // of no session that we know
  BOOST_TEST(a.live_sessions() == 0u);
  const auto on = a.act("bia", "activate");
  BOOST_TEST(*parsed(on.body).find("is_active")->if_bool());
  BOOST_TEST(a.me(token) == 401); // its session is over
  BOOST_TEST(a.me(a.token("bia", 5)) == 200);
  std::vector<std::string> actions;
  for (const auto& n : a.books.noted) actions.push_back(n.action + ' ' + n.after);
  BOOST_TEST(actions ==
                 (std::vector<std::string>{R"(user.deactivate {"active":false,"sessions":0})",
                                           R"(user.activate {"active":true,"sessions":0})"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whoever_deleted_the_account_stays_deleted) {
  users_api a;
  a.user("bia").active = false;
  a.user("bia").email = "deleted_bia@anonymized.local";
  conflict(a.act("bia", "activate"), "USER_DELETED");
  BOOST_TEST(!a.user("bia").active);
}

BOOST_AUTO_TEST_CASE(all_sessions_are_revoked_however_many_there_are) {
  users_api a;
  a.open_sessions("bia", 2 * static_cast<int>(ledger::user_rows_max) + 1);
  BOOST_TEST(a.act("bia", "revoke-sessions").body ==
             R"({"user_id":"bia","sessions_revoked":2001})");
  BOOST_TEST(a.live_sessions() == 0u);
  BOOST_TEST(a.user("bia").active);
  BOOST_TEST(a.books.noted.size() == 3u);
  BOOST_TEST(a.act("bia", "revoke-sessions").body == R"({"user_id":"bia","sessions_revoked":0})");
  BOOST_TEST(a.books.noted.size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_a_new_user_begins_with_is_made_once) {
  users_api a;
  const std::string made = R"({"user_id":"caio","accounts_created":4,"categories_created":15})";
  a.add_user("caio", "caio@example.com");
  BOOST_TEST(a.act("caio", "seed-defaults").body == made);
  BOOST_TEST(a.act("caio", "seed-defaults").body ==
             R"({"user_id":"caio","accounts_created":0,"categories_created":0})");
  BOOST_TEST(a.own("caio", ledger::account_role::money) == 4u);
  BOOST_TEST(a.own("caio", ledger::account_role::category) == 15u);
  BOOST_TEST(a.own("caio", ledger::account_role::opening) == 1u);
  BOOST_REQUIRE(a.books.noted.size() == 1u);
  BOOST_TEST(a.books.noted[0].action == "user.seed_defaults");
  BOOST_TEST(a.books.noted[0].target == "caio");
  BOOST_TEST(a.books.noted[0].after == R"({"accounts":4,"categories":15})");
  // As registration makes them.
  std::vector<std::string> names, wanted;
  for (const auto& [id, row] : a.books.rows)
    if (row.record.owner == ledger::user_id{"caio"})
      names.push_back(row.record.name + row.record.type + row.record.color + row.record.icon);
  int n = 0;
  for (const auto& m : http::starter_accounts(ledger::user_id{"x"}, a.clock.at,
                                              [&] { return std::to_string(++n); }))
    wanted.push_back(m.name + m.type + m.color + m.icon);
  std::sort(names.begin(), names.end());
  std::sort(wanted.begin(), wanted.end());
  BOOST_TEST(names == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(users_fill_their_own_books_and_no_others) {
  users_api a;
  a.add_user("caio", "caio@example.com");
  a.bearer = "Bearer " + a.token_of("caio");
  const std::string own = "/api/users/caio/seed-default-data";
  BOOST_TEST(a.call("POST", own).body ==
             R"({"user_id":"caio","accounts_created":4,"categories_created":15})");
  BOOST_TEST(a.call("POST", own).body ==
             R"({"user_id":"caio","accounts_created":0,"categories_created":0})");
  BOOST_TEST(a.books.noted.empty());
  // Somebody else looks like nobody.
  const auto other = a.call("POST", "/api/users/bia/seed-default-data", why);
  BOOST_TEST(other.status == 404);
  BOOST_TEST(other.body == a.call("POST", "/api/users/nobody/seed-default-data", why).body);
  a.bearer = "Bearer " + a.token_of("root");
  a.add_user("davi", "davi@example.com");
  BOOST_TEST(a.call("POST", "/api/users/davi/seed-default-data").status == 422); // no reason
  BOOST_TEST(a.call("POST", "/api/users/davi/seed-default-data", why).status == 200);
  BOOST_TEST(a.books.noted.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_client_who_fills_its_books_is_no_operator) {
  users_api a;
  a.bearer = "Bearer " + a.token_of("ana");
  BOOST_TEST(a.call("POST", "/api/users/ana/seed-default-data").status == 200);
  BOOST_TEST(!ledger::of_operator(a.books.executed->what));
  a.bearer = "Bearer " + a.token_of("root");
  for (const char* what : {"activate", "deactivate", "revoke-sessions", "seed-defaults"}) {
    a.act("bia", what);
    BOOST_TEST(ledger::of_operator(a.books.executed->what), what);
  }
}

// Of two who are demoted at once the second one is counted after the first.
BOOST_AUTO_TEST_CASE(two_demotions_do_not_overlap) {
  users_api a;
  a.user("bia").admin = true;
  std::atomic<bool> inside{false}, go{false};
  a.books.overtaken = [&] { // the first one is in its book while the second one begins
    inside = true;
    while (!go) std::this_thread::yield();
  };
  http::response first;
  std::thread running{[&] { first = a.role("bia", "user"); }};
  while (!inside) std::this_thread::yield();
  const auto executions = a.books.executions;
  a.s.settings.deadline = std::chrono::milliseconds{1};
  const auto second = a.role("root", "user"); // its turn does not come in time
  BOOST_TEST(a.books.executions == executions);
  go = true;
  running.join();
  BOOST_TEST(first.status == 200);
  BOOST_TEST(second.status == 503);
  BOOST_TEST(code_of(second) == "OVERLOADED");
  conflict(a.role("root", "user"), "LAST_ADMIN");
}

// What may still happen is waited for before the next one is counted.
BOOST_AUTO_TEST_CASE(a_demotion_without_an_outcome_is_looked_after_by_the_next) {
  users_api a;
  a.user("bia").admin = true;
  a.books.refusal = base::failure{"OUTCOME_UNKNOWN", {}};
  BOOST_TEST(a.role("bia", "user").status == 504);
  a.books.refusal = base::failure{"DB_UNAVAILABLE", {}};
  const auto before = a.books.executions;
  BOOST_TEST(a.role("root", "user").status == 503);
  BOOST_TEST(a.books.executions == before + 1);
  BOOST_TEST((a.books.executed->user == ledger::user_id{"bia"})); // asked first, and it is enough
  a.books.refusal.reset();
  a.user("bia").admin = false; // it did happen
  conflict(a.role("root", "user"), "LAST_ADMIN");
  BOOST_TEST(a.books.executions == before + 3);
  conflict(a.role("root", "user"), "LAST_ADMIN");
  BOOST_TEST(a.books.executions == before + 4);
}

BOOST_AUTO_TEST_SUITE_END()
