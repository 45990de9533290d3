// Goal: passwords of imports, requests that tell nothing about who is registered, logins while
//       nothing may be written (api-contract §4, §15.4).
#include "tests/http/api_fixture.hpp"

#include "http/auth/password.hpp"

#include <condition_variable>
#include <mutex>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_passwords)

namespace {

// A published vector of crypt_blowfish: what comes behind the 72nd byte says nothing.
const std::string known =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const std::string hash_of_known = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";

/// A mail server that takes nothing until it is told to.
struct held_mail {
  std::mutex mutex;
  std::condition_variable changed;
  bool held = false, free = false;
  std::vector<std::string> to;

  void take(const std::string& reader) {
    std::unique_lock lock{mutex};
    to.push_back(reader);
    held = true;
    changed.notify_all();
    changed.wait(lock, [&] { return free; });
  }
  void wait_held() {
    std::unique_lock lock{mutex};
    BOOST_REQUIRE(changed.wait_for(lock, std::chrono::seconds{60}, [&] { return held; }));
  }
  std::vector<std::string> mails() {
    const std::lock_guard lock{mutex};
    return to;
  }
  void let_go() {
    const std::lock_guard lock{mutex};
    free = true;
    changed.notify_all();
  }
};

struct let_go_at_last {
  held_mail& server;
  ~let_go_at_last() { server.let_go(); }
};

} // namespace

BOOST_AUTO_TEST_CASE(bcrypt_looks_at_72_bytes) {
  BOOST_REQUIRE(known.size() == 72u);
  BOOST_TEST(http::verify_password(hash_of_known, known));
  BOOST_TEST(http::verify_password(hash_of_known, known + "chars after 72 are ignored"));
  BOOST_TEST(http::verify_password(hash_of_known, known + "others too"));
  BOOST_TEST(!http::verify_password(hash_of_known, known.substr(0, 71)));
  BOOST_TEST(!http::verify_password(hash_of_known, known.substr(0, 71) + 'X'));
}

// Once it is replaced all of the password counts.
BOOST_AUTO_TEST_CASE(a_long_password_of_an_import_is_taken_whole_from_its_login_on) {
  api a;
  auto& hash = a.books.users.at(ledger::user_id{"ana"}).password_hash;
  hash = hash_of_known;
  const auto login = [&](const std::string& password) {
    return a
        .call("POST", "/api/auth/login",
              R"({"email":"ana@example.com","password":")" + password + "\"}")
        .status;
  };
  BOOST_TEST(login(known + " and more") == 200);
  BOOST_TEST(hash.starts_with("$argon2id$"));
  BOOST_TEST(login(known) == 401);
  BOOST_TEST(login(known + " and more") == 200);
}

// Whoever measures the time of an answer learns nothing: the one who answers looks nobody up and
// waits for no mail, and each request is one place in the queue. So both are answered the same
// while the database is away and the mail server takes nothing.
BOOST_AUTO_TEST_CASE(a_forgotten_password_is_answered_without_a_look_at_who_is_registered) {
  api a;
  held_mail server;
  http::reset_settings how;
  how.queue_max = 3;
  http::reset_requests resets{a.books, a.clock, how,
                              [&](const http::mail& m) {
                                server.take(m.to);
                                return base::status{};
                              },
                              [](const auto&...) {}};
  const let_go_at_last always{server};
  a.s.resets = &resets;
  const auto forgot = [&](const std::string& email) {
    return a.call("POST", "/api/auth/forgot-password", R"({"email":")" + email + "\"}");
  };
  const auto registered = forgot("bia@example.com");
  server.wait_held(); // from now on the requests only queue
  a.books.broken = base::failure{"DB_UNAVAILABLE", {}};
  const auto executions = a.books.executions;
  const auto behind_it = forgot("ana@example.com");
  const auto unknown = forgot("nobody@example.com");
  for (const auto* answer : {&registered, &behind_it, &unknown}) {
    BOOST_TEST(answer->status == 200);
    BOOST_TEST(answer->body == registered.body);
    BOOST_TEST(answer->headers.size() == registered.headers.size());
  }
  BOOST_TEST(a.books.executions == executions);
  BOOST_TEST(resets.ask("ana@example.com", "rid")); // the third of three places
  BOOST_TEST(!resets.ask("ana@example.com", "rid"));
  BOOST_TEST(forgot("ana@example.com").body == registered.body); // nor is that told
  BOOST_TEST((server.mails() == std::vector<std::string>{"bia@example.com"}));
  a.books.broken.reset();
}

BOOST_AUTO_TEST_CASE(in_recovery_mode_a_login_gives_access_and_keeps_nothing) {
  api a;
  a.s.settings.sessions.refresh = true;
  a.books.users.at(ledger::user_id{"ana"}).password_hash = *a.passwords.hash("segredo");
  a.books.refusal = base::failure{"RECOVERY_MODE", {}};
  a.bearer.clear();
  const auto login = [&](const std::string& password) {
    return a.call("POST", "/api/auth/login",
                  R"({"email":"ana@example.com","password":")" + password + "\"}");
  };
  const auto in = login("segredo");
  BOOST_REQUIRE_MESSAGE(in.status == 200, in.body);
  BOOST_TEST(header(in, "Set-Cookie") == nullptr);
  BOOST_TEST(a.books.beside.all<ledger::login_session>().empty());
  BOOST_TEST(login("errada").status == 401);
  a.bearer = "Bearer " + *parsed(in.body).find("access_token")->if_string();
  BOOST_TEST(a.call("GET", "/api/accounts").status == 200);
  const auto write = a.call("POST", "/api/envelopes", R"({"name":"n"})");
  BOOST_TEST(write.status == 503);
  BOOST_TEST(code_of(write) == "RECOVERY_MODE");
}

BOOST_AUTO_TEST_SUITE_END()
