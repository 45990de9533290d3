// Refresh, logout, the list of sessions, change of password (api-contract §4).
#include "tests/http/api_fixture.hpp"

#include "http/auth/password.hpp"
#include "http/auth/secret_token.hpp"

#include <condition_variable>
#include <mutex>

using namespace http_test;
using ledger::login_session;
using ledger::refresh_token;

BOOST_AUTO_TEST_SUITE(api_sessions)

namespace {

const std::string secret = "uma senha boa";

/// Ana with a password, and refresh tokens on.
struct door : api {
  door() {
    s.settings.sessions.refresh = true;
    auto& ana = books.users.at(ledger::user_id{"ana"});
    ana.password_hash = *passwords.hash(secret);
    bearer.clear();
  }

  http::response login() {
    return call("POST", "/api/auth/login",
                R"({"email":"ana@example.com","password":")" + secret + "\"}",
                {{"User-Agent", "Firefox"}});
  }
  http::response refresh(const std::string& cookie) {
    return call("POST", "/api/auth/refresh", {}, {{"Cookie", "a=b; refresh_token=" + cookie}});
  }
  http::response with(const std::string& token, const std::string& method,
                      const std::string& target, const std::string& body = {}) {
    return call(method, target, body, {{"Authorization", "Bearer " + token}});
  }
  int status_of(const std::string& token) { return with(token, "GET", "/api/auth/me").status; }
  void pass(std::int64_t seconds) { clock.at.count += seconds * base::us_per_second; }
};

std::string access(const http::response& r) {
  BOOST_REQUIRE_MESSAGE(r.status == 200, r.body);
  return *parsed(r.body).find("access_token")->if_string();
}

std::string cookie(const http::response& r) {
  const auto* set = header(r, "Set-Cookie");
  BOOST_REQUIRE(set != nullptr);
  BOOST_REQUIRE(set->starts_with("refresh_token="));
  return set->substr(14, set->find(';') - 14);
}

void refused(const http::response& r, const std::string& code) {
  BOOST_TEST(r.status == 401);
  BOOST_TEST(r.code == code);
  BOOST_TEST(*parsed(r.body).find("detail")->if_string() == "Refresh token inválido ou expirado");
  BOOST_REQUIRE(header(r, "WWW-Authenticate") != nullptr);
  BOOST_TEST(*header(r, "Set-Cookie") ==
             "refresh_token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
}

} // namespace

BOOST_AUTO_TEST_CASE(a_login_opens_a_session_and_sets_the_cookie) {
  door d;
  const auto answer = d.login();
  const auto token = cookie(answer);
  BOOST_TEST(token.size() == 43U);
  BOOST_TEST(*header(answer, "Set-Cookie") == "refresh_token=" + token +
                                                  "; HttpOnly; SameSite=Lax; Path=/;"
                                                  " Max-Age=604800");
  const auto sessions = d.books.beside.all<login_session>();
  BOOST_REQUIRE_EQUAL(sessions.size(), 1U);
  BOOST_TEST(sessions[0].device == "Firefox");
  BOOST_TEST(sessions[0].user.text() == "ana");
  const auto tokens = d.books.beside.all<refresh_token>();
  BOOST_REQUIRE_EQUAL(tokens.size(), 1U);
  BOOST_CHECK(tokens[0].hash == http::hash_of_secret(token)); // and nowhere the token itself
  BOOST_CHECK(tokens[0].session == sessions[0].id);
  BOOST_TEST(d.status_of(access(answer)) == 200);
}

BOOST_AUTO_TEST_CASE(in_production_the_cookie_is_secure) {
  door d;
  d.s.settings.sessions.cookie.secure = true;
  BOOST_TEST(header(d.login(), "Set-Cookie")->ends_with("; Secure"));
}

BOOST_AUTO_TEST_CASE(a_registration_opens_a_session_too) {
  door d;
  const auto answer = d.call("POST", "/api/auth/register",
                             R"({"name":"Caio","email":"caio@example.com","password":"segredo"})");
  BOOST_TEST(cookie(answer).size() == 43U);
  BOOST_TEST(d.books.beside.all<login_session>().size() == 1U);
  BOOST_TEST(d.refresh(cookie(answer)).status == 200);
}

BOOST_AUTO_TEST_CASE(without_refresh_there_is_a_session_and_no_cookie) {
  door d;
  d.s.settings.sessions.refresh = false;
  const auto answer = d.login();
  BOOST_TEST(header(answer, "Set-Cookie") == nullptr);
  const auto sessions = d.books.beside.all<login_session>();
  BOOST_REQUIRE_EQUAL(sessions.size(), 1U);
  BOOST_TEST(sessions[0].expires_at.count - d.clock.at.count == 30 * 60 * base::us_per_second);
  BOOST_TEST(d.books.beside.all<refresh_token>().empty());
  BOOST_TEST(d.refresh("x").status == 400);
}

BOOST_AUTO_TEST_CASE(each_refresh_gives_another_cookie) {
  door d;
  auto token = cookie(d.login());
  for (int i = 0; i < 3; ++i) {
    d.pass(600);
    const auto answer = d.refresh(token);
    BOOST_TEST(d.status_of(access(answer)) == 200);
    const auto next = cookie(answer);
    BOOST_TEST(next != token);
    token = next;
  }
  BOOST_TEST(d.books.beside.all<login_session>().size() == 1U);
  BOOST_TEST(d.books.beside.all<refresh_token>().size() == 4U);
}

BOOST_AUTO_TEST_CASE(two_tabs_may_race) {
  door d;
  const auto first = cookie(d.login());
  const auto won = d.refresh(first);
  d.pass(10);
  const auto lost = d.refresh(first);
  BOOST_TEST(d.status_of(access(lost)) == 200);
  BOOST_TEST(header(lost, "Set-Cookie") == nullptr);
  BOOST_TEST(d.refresh(cookie(won)).status == 200);
}

BOOST_AUTO_TEST_CASE(a_token_that_comes_back_ends_the_family) {
  door d;
  std::vector<std::string> heard;
  d.s.hooks.on_token_reused = [&](const http::request& r, const ledger::user_id& user,
                                  const ledger::session_id&) {
    heard.push_back(r.request_id + ' ' + user.text());
  };
  const auto stolen = cookie(d.login());
  const auto own = d.refresh(stolen);
  d.pass(11);
  refused(d.refresh(stolen), "REFRESH_REUSED");
  BOOST_TEST(heard == std::vector<std::string>{"rid ana"}, boost::test_tools::per_element());
  refused(d.refresh(cookie(own)), "REFRESH_INVALID"); // the thief and the owner are both out
  BOOST_TEST(d.status_of(access(own)) == 401);
}

BOOST_AUTO_TEST_CASE(what_is_no_cookie_of_ours_is_refused) {
  door d;
  const auto good = cookie(d.login());
  refused(d.call("POST", "/api/auth/refresh"), "REFRESH_INVALID");
  refused(d.refresh(""), "REFRESH_INVALID");
  refused(d.refresh((good.front() == 'x' ? "y" : "x") + good.substr(1)), "REFRESH_INVALID");
  refused(d.refresh(std::string(5000, 'x')), "REFRESH_INVALID");
  d.pass(7 * 86'400);
  refused(d.refresh(good), "REFRESH_INVALID");
}

BOOST_AUTO_TEST_CASE(an_inactive_user_gets_nothing) {
  door d;
  const auto token = cookie(d.login());
  d.books.users.at(ledger::user_id{"ana"}).active = false;
  refused(d.refresh(token), "REFRESH_INVALID");
}

BOOST_AUTO_TEST_CASE(while_nothing_may_be_written_there_is_access_and_no_cookie) {
  door d;
  const auto token = cookie(d.login());
  d.books.refusal = base::failure{"DB_READ_ONLY", {}};
  const auto in = d.login();
  BOOST_TEST(in.status == 200);
  BOOST_TEST(header(in, "Set-Cookie") == nullptr);
  BOOST_TEST(d.status_of(access(in)) == 200);
  const auto again = d.refresh(token);
  BOOST_TEST(again.status == 200);
  BOOST_TEST(header(again, "Set-Cookie") == nullptr);
  d.books.refusal.reset();
  BOOST_TEST(cookie(d.refresh(token)) != token); // it was not used up
}

BOOST_AUTO_TEST_CASE(logout_ends_the_sessions_of_cookie_and_token) {
  door d;
  const auto one = d.login(), two = d.login(), three = d.login();
  const auto answer = d.call(
      "POST", "/api/auth/logout", {},
      {{"Cookie", "refresh_token=" + cookie(one)}, {"Authorization", "Bearer " + access(two)}});
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.body == R"({"message":"Logout realizado com sucesso"})");
  BOOST_TEST(header(answer, "Set-Cookie")->find("Max-Age=0") != std::string::npos);
  BOOST_TEST(d.status_of(access(one)) == 401);
  BOOST_TEST(d.status_of(access(two)) == 401);
  BOOST_TEST(d.status_of(access(three)) == 200);
  refused(d.refresh(cookie(two)), "REFRESH_INVALID");
  BOOST_TEST(d.call("POST", "/api/auth/logout").status == 200); // of nobody
}

BOOST_AUTO_TEST_CASE(a_logout_that_was_not_written_says_so) {
  door d;
  const auto in = d.login();
  d.books.refusal = base::failure{"DB_READ_ONLY", {}};
  const auto answer =
      d.call("POST", "/api/auth/logout", {}, {{"Cookie", "refresh_token=" + cookie(in)}});
  BOOST_TEST(answer.status == 503);
  BOOST_TEST(header(answer, "Set-Cookie")->find("Max-Age=0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sessions_are_listed_and_ended_one_by_one) {
  door d;
  const auto here = d.login();
  d.pass(1);
  const auto there = d.login();
  d.add_user("bia", "bia@example.com");
  const auto list = parsed(d.with(access(here), "GET", "/api/auth/sessions").body);
  BOOST_REQUIRE_EQUAL(list.if_array()->size(), 2U);
  std::string other;
  for (const auto& item : *list.if_array()) {
    for (const char* name : {"device", "ip", "created_at", "last_used_at", "expires_at"})
      BOOST_TEST(item.find(name)->if_string() != nullptr, name);
    if (!*item.find("current")->if_bool()) other = *item.find("id")->if_string();
  }
  BOOST_REQUIRE(!other.empty());
  const auto path = "/api/auth/sessions/" + other;
  BOOST_TEST(d.with(d.token_of("bia"), "DELETE", path).status == 404);
  BOOST_TEST(d.status_of(access(there)) == 200);
  BOOST_TEST(d.with(access(here), "DELETE", path).body ==
             R"({"message":"Sessão encerrada com sucesso"})");
  BOOST_TEST(d.status_of(access(there)) == 401);
  BOOST_TEST(d.status_of(access(here)) == 200);
  BOOST_TEST(d.with(access(here), "DELETE", path).status == 404);
  BOOST_TEST(d.with(access(here), "POST", "/api/auth/logout-all").status == 200);
  BOOST_TEST(d.status_of(access(here)) == 401);
}

BOOST_AUTO_TEST_CASE(a_changed_password_ends_the_other_sessions) {
  door d;
  const auto here = d.login(), there = d.login();
  const auto change = [&](const std::string& current, const std::string& fresh) {
    return d.with(access(here), "POST", "/api/auth/change-password",
                  R"({"current_password":")" + current + R"(","new_password":")" + fresh + "\"}");
  };
  const auto wrong = change("outra senha", "uma senha nova");
  BOOST_TEST(wrong.status == 401);
  BOOST_TEST(wrong.code == "BAD_CREDENTIALS");
  BOOST_TEST(change(secret, "curta").status == 422);
  BOOST_TEST(d.status_of(access(there)) == 200);
  BOOST_TEST(change(secret, "uma senha nova").body ==
             R"({"message":"Senha alterada com sucesso"})");
  BOOST_TEST(d.status_of(access(here)) == 200);
  BOOST_TEST(d.status_of(access(there)) == 401);
  BOOST_TEST(d.login().status == 401);
}

BOOST_AUTO_TEST_CASE(guessing_at_the_change_is_slowed_down_as_at_the_login) {
  door d;
  http::throttle_settings how;
  how.per_account = 3;
  http::attempt_throttle throttle(how);
  d.s.throttle = &throttle;
  const auto here = d.login();
  const auto guess = [&] {
    return d
        .with(access(here), "POST", "/api/auth/change-password",
              R"({"current_password":"nada","new_password":"uma senha nova"})")
        .status;
  };
  for (int i = 0; i < 3; ++i) BOOST_TEST(guess() == 401);
  BOOST_TEST(guess() == 429);
  BOOST_TEST(d.login().status == 429);
}

// -- somebody is faster ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_login_that_a_new_password_overtook_opens_nothing) {
  door d;
  auto& ana = d.books.users.at(ledger::user_id{"ana"});
  d.books.overtaken = [&] { ana.password_hash = *d.passwords.hash("uma senha nova"); };
  const auto late = d.login();
  BOOST_TEST(late.status == 401);
  BOOST_TEST(late.code == "BAD_CREDENTIALS");
  BOOST_TEST(d.books.beside.all<login_session>().empty());
  d.books.overtaken = [&] { ana.active = false; };
  BOOST_TEST(d.call("POST", "/api/auth/login",
                    R"({"email":"ana@example.com","password":"uma senha nova"})")
                 .status == 401);
}

BOOST_AUTO_TEST_CASE(a_change_that_a_reset_overtook_changes_nothing) {
  door d;
  const auto here = d.login();
  const std::string body =
      R"({"current_password":"uma senha boa","new_password":"a senha do ladrao"})";
  auto& ana = d.books.users.at(ledger::user_id{"ana"});
  const auto chosen = *d.passwords.hash("a senha da dona");
  d.books.overtaken = [&] { ana.password_hash = chosen; };
  BOOST_TEST(d.with(access(here), "POST", "/api/auth/change-password", body).status == 401);
  BOOST_TEST(ana.password_hash == chosen);

  ana.password_hash = *d.passwords.hash(secret);
  d.books.overtaken = [&] { // the session alone ended
    auto session = d.books.beside.all<login_session>().front();
    session.revoked_at = d.clock.at;
    d.books.beside.put(session);
  };
  const auto before = ana.password_hash;
  BOOST_TEST(d.with(access(here), "POST", "/api/auth/change-password", body).status == 401);
  BOOST_TEST(ana.password_hash == before);
}

// -- forgotten passwords --------------------------------------------------------------------------

namespace {

/// A door with a mail server that keeps its mails.
struct post_office : door {
  std::mutex mutex;
  std::condition_variable came;
  std::vector<http::mail> mails;
  std::vector<std::string> failures;
  http::reset_requests resets{
      books,
      clock,
      {std::chrono::minutes{60}, "https://app.example/auth/reset-password"},
      [this](const http::mail& m) {
        const std::lock_guard hold(mutex);
        mails.push_back(m);
        came.notify_one();
        return base::status{};
      },
      [this](const std::string& request_id, const ledger::user_id&, const base::failure& why) {
        const std::lock_guard hold(mutex);
        failures.push_back(request_id + ' ' + std::string{why.code});
        came.notify_one();
      }};
  post_office() { s.resets = &resets; }

  http::response forgot(const std::string& email) {
    return call("POST", "/api/auth/forgot-password", R"({"email":")" + email + "\"}");
  }
  http::response reset(const std::string& token, const std::string& fresh = "uma senha nova") {
    return call("POST", "/api/auth/reset-password",
                R"({"token":")" + token + R"(","new_password":")" + fresh + "\"}");
  }
  /// The token of the n-th mail.
  std::string token(std::size_t n) {
    std::unique_lock hold(mutex);
    BOOST_REQUIRE(came.wait_for(hold, std::chrono::seconds{60}, [&] { return mails.size() >= n; }));
    const auto& text = mails[n - 1].text;
    const std::string mark = "https://app.example/auth/reset-password?token=";
    const auto at = text.find(mark);
    BOOST_REQUIRE(at != std::string::npos);
    return text.substr(at + mark.size(), 43);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_forgotten_password_is_chosen_anew_by_mail) {
  post_office p;
  const auto before = p.login();
  const auto unknown = p.forgot("nobody@example.com");
  const auto known = p.forgot("Ana@Example.com");
  BOOST_TEST(known.status == 200);
  const auto token = p.token(1);
  BOOST_TEST(p.mails[0].to == "ana@example.com");
  BOOST_TEST(unknown.body == known.body);
  BOOST_TEST(p.reset(token).body == R"({"message":"Senha redefinida com sucesso"})");
  BOOST_TEST(p.status_of(access(before)) == 401); // all sessions ended
  BOOST_TEST(p.login().status == 401);
  BOOST_TEST(p.call("POST", "/api/auth/login",
                    R"({"email":"ana@example.com","password":"uma senha nova"})")
                 .status == 200);
  const auto again = p.reset(token);
  BOOST_TEST(again.status == 400);
  BOOST_TEST(*parsed(again.body).find("detail")->if_string() ==
             "Link de redefinição inválido ou expirado");
}

BOOST_AUTO_TEST_CASE(a_mail_that_fails_is_told_under_the_id_of_its_request) {
  post_office p;
  p.books.broken = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(p.forgot("ana@example.com").status == 200);
  std::unique_lock hold(p.mutex);
  BOOST_TEST(p.came.wait_for(hold, std::chrono::seconds{60}, [&] { return !p.failures.empty(); }));
  BOOST_TEST(p.failures == std::vector<std::string>{"rid DB_UNAVAILABLE"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_link_is_good_for_an_hour_and_until_the_next) {
  post_office p;
  p.forgot("ana@example.com");
  const auto first = p.token(1);
  p.pass(60);
  p.forgot("ana@example.com");
  const auto second = p.token(2);
  BOOST_TEST(p.reset(first).status == 400);
  BOOST_TEST(p.reset("x" + second.substr(1)).status == 400);
  BOOST_TEST(p.reset(second, "curta").status == 422);
  p.pass(3600);
  BOOST_TEST(p.reset(second).status == 400);
}

BOOST_AUTO_TEST_CASE(a_link_does_not_outlive_the_password_or_the_address) {
  post_office p;
  p.forgot("ana@example.com");
  const auto first = p.token(1);
  const auto here = p.login();
  BOOST_TEST(p.with(access(here), "POST", "/api/auth/change-password",
                    R"({"current_password":"uma senha boa","new_password":"uma senha nova"})")
                 .status == 200);
  BOOST_TEST(p.reset(first).status == 400);
  p.pass(60);
  p.forgot("ana@example.com");
  const auto second = p.token(2);
  BOOST_TEST(p.with(access(here), "PUT", "/api/auth/me", R"({"email":"ana@new.example"})").status ==
             200);
  BOOST_TEST(p.reset(second).status == 400);
}

BOOST_AUTO_TEST_CASE(one_mail_a_minute_to_one_person) {
  post_office p;
  p.forgot("ana@example.com");
  const auto first = p.token(1);
  p.pass(59);
  p.forgot("ana@example.com");
  p.add_user("zoe", "zoe@example.com");
  p.forgot("zoe@example.com"); // behind it in the queue
  p.token(2);
  BOOST_TEST(p.mails[1].to == "zoe@example.com");
  BOOST_TEST(p.reset(first).status == 200);
}

BOOST_AUTO_TEST_CASE(whoever_asks_too_often_waits) {
  post_office p;
  http::throttle_settings how;
  how.resets_per_ip = 2;
  http::attempt_throttle throttle(how);
  p.s.throttle = &throttle;
  p.peer = "192.0.2.7";
  BOOST_TEST(p.forgot("nobody@example.com").status == 200);
  BOOST_TEST(p.reset("guess").status == 400);
  BOOST_TEST(p.reset("guess").status == 429);
  BOOST_TEST(p.forgot("nobody@example.com").status == 429);
}

BOOST_AUTO_TEST_CASE(without_a_mail_server_the_answer_is_the_same) {
  door d;
  BOOST_TEST(d.call("POST", "/api/auth/forgot-password", R"({"email":"ana@example.com"})").status ==
             200);
  BOOST_TEST(d.books.beside.all<ledger::password_reset>().empty());
}

BOOST_AUTO_TEST_SUITE_END()
