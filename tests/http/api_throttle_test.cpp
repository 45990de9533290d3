// Guessing of passwords is slow (api-contract §4), and administrators can lift it (§16).
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_throttle)

namespace {

struct throttled_api : api {
  http::attempt_throttle throttle{{.per_account = 3,
                                   .per_ip = 6,
                                   .registrations_per_ip = 2,
                                   .window = std::chrono::seconds{60}}};
  std::string from = "10.0.0.9"; ///< the client, as our proxy says

  throttled_api() {
    s.throttle = &throttle;
    s.settings.proxies = http::trusted_proxies{{"127.0.0.1"}};
    peer = "127.0.0.1";
    auto hash = passwords.hash("the right one");
    BOOST_REQUIRE(hash.has_value());
    for (const auto* who : {"ana", "bia"}) books.users[ledger::user_id{who}].password_hash = *hash;
    bearer.clear();
  }
  http::response login(const std::string& who, const std::string& password) {
    return call("POST", "/api/auth/login",
                R"({"email":")" + who + R"(","password":")" + password + R"("})",
                {{"X-Forwarded-For", from}});
  }
  void wait(std::int64_t seconds) { clock.at.count += seconds * base::us_per_second; }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_account_is_closed_for_a_while_also_for_the_right_password) {
  throttled_api a;
  for (int n = 0; n < 3; ++n) BOOST_TEST(a.login("Ana@Example.com", "wrong").status == 401);
  a.wait(20);
  const auto refused = a.login("ana@example.com", "the right one");
  BOOST_TEST(refused.status == 429);
  BOOST_TEST(refused.body == R"({"detail":"Muitas tentativas. Tente novamente em 40 segundos.",)"
                             R"("code":"RATE_LIMITED","request_id":"rid"})");
  BOOST_REQUIRE(header(refused, "Retry-After") != nullptr);
  BOOST_TEST(*header(refused, "Retry-After") == "40");
  BOOST_TEST(a.login("bia@example.com", "the right one").status == 200);
  a.wait(40);
  BOOST_TEST(a.login("ana@example.com", "the right one").status == 200);
  // It was cleared by that.
  for (int n = 0; n < 3; ++n) BOOST_TEST(a.login("ana@example.com", "wrong").status == 401);
}

BOOST_AUTO_TEST_CASE(an_unknown_account_counts_the_same) {
  throttled_api a;
  for (int n = 0; n < 3; ++n) BOOST_TEST(a.login("nobody@example.com", "wrong").status == 401);
  BOOST_TEST(code_of(a.login("nobody@example.com", "wrong")) == "RATE_LIMITED");
}

BOOST_AUTO_TEST_CASE(an_address_is_closed_whatever_account_it_tries) {
  throttled_api a;
  for (int n = 0; n < 6; ++n)
    BOOST_TEST(a.login("u" + std::to_string(n) + "@example.com", "wrong").status == 401);
  BOOST_TEST(a.login("ana@example.com", "the right one").status == 429);
  a.from = "10.0.0.8";
  BOOST_TEST(a.login("ana@example.com", "the right one").status == 200);
  // Good logins use nothing up.
  for (int n = 0; n < 20; ++n)
    BOOST_TEST(a.login("ana@example.com", "the right one").status == 200);
  // Who is no proxy of ours is counted itself.
  a.peer = "10.0.0.7";
  for (int n = 0; n < 6; ++n) {
    a.from = "10.1.1." + std::to_string(n);
    BOOST_TEST(a.login("v" + std::to_string(n) + "@example.com", "wrong").status == 401);
  }
  BOOST_TEST(a.login("ana@example.com", "the right one").status == 429);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away_is_no_attempt) {
  throttled_api a;
  a.books.broken = base::failure{"DB_UNAVAILABLE", {}};
  for (int n = 0; n < 10; ++n) BOOST_TEST(a.login("ana@example.com", "wrong").status == 503);
  a.books.broken.reset();
  BOOST_TEST(a.login("ana@example.com", "the right one").status == 200);
}

BOOST_AUTO_TEST_CASE(registrations_of_an_address_are_counted) {
  throttled_api a;
  const auto sign_up = [&](int n) {
    return a.call("POST", "/api/auth/register",
                  R"({"name":"Nova","email":"n)" + std::to_string(n) +
                      R"(@example.com","password":"abcdef"})",
                  {{"X-Forwarded-For", a.from}});
  };
  BOOST_TEST(sign_up(1).status == 200);
  BOOST_TEST(sign_up(2).status == 200);
  BOOST_TEST(code_of(sign_up(3)) == "RATE_LIMITED");
  a.from = "10.0.0.8";
  BOOST_TEST(sign_up(3).status == 200);
}

BOOST_AUTO_TEST_CASE(administrators_list_and_unblock_with_a_reason) {
  throttled_api a;
  for (int n = 0; n < 3; ++n) a.login("ana@example.com", "wrong");
  const std::string path = "/api/admin/rate-limits";
  a.bearer = "Bearer " + a.token_of("ana");
  BOOST_TEST(a.call("GET", path).status == 403);
  a.add_user("root", "root@example.com").admin = true;
  a.bearer = "Bearer " + a.token_of("root");
  const auto listed = parsed(a.call("GET", path).body);
  const auto* rows = listed.if_array();
  BOOST_REQUIRE(rows != nullptr);
  BOOST_REQUIRE(rows->size() == 2u);
  std::string id;
  for (const auto& row : *rows)
    if (*row.find("scope")->if_string() == "account") {
      id = *row.find("id")->if_string();
      BOOST_TEST(*row.find("failures")->as_int64() == 3);
      BOOST_TEST(*row.find("blocked_until")->if_string() == "2026-11-24T18:01:00Z");
    } else {
      BOOST_TEST(row.find("blocked_until")->is_null());
    }
  BOOST_TEST(a.call("DELETE", path + "/" + id).status == 422);
  BOOST_TEST(code_of(a.call("DELETE", path + "/none?reason=pedido")) == "RATE_LIMIT_NOT_FOUND");
  BOOST_TEST(a.books.executions == 0);
  BOOST_TEST(a.call("DELETE", path + "/" + id + "?reason=pedido").status == 200);
  const auto note = std::get<ledger::note_action>(a.books.executed->what).note;
  BOOST_TEST(note.action == "rate_limits.unblock");
  BOOST_TEST(note.target == id);
  BOOST_TEST(note.reason == "pedido");
  a.bearer.clear();
  BOOST_TEST(a.login("ana@example.com", "the right one").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
