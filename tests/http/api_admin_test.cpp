// The operator's routes: who may call them, and what a change has to say (api-contract §16).
#include "tests/http/api_fixture.hpp"

#include "http/api/admin_api.hpp"

using namespace http_test;

namespace {

struct admin_api : api {
  admin_api() {
    add_user("root", "root@example.com").admin = true;
    bearer = "Bearer " + token_of("root");
  }
};

std::vector<std::string> reason_faults(const std::string& body, http::fields query = {}) {
  http::request r;
  r.body = body;
  r.query = std::move(query);
  http::faults bad;
  const auto read = http::read_admin_body(r);
  BOOST_REQUIRE(std::holds_alternative<base::json::value>(read));
  const auto why = http::read_reason(r, std::get<base::json::value>(read), bad);
  BOOST_TEST(why.has_value() == bad.empty());
  std::vector<std::string> types;
  for (const auto& f : bad) types.push_back(f.type);
  return types;
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_admin)

BOOST_AUTO_TEST_CASE(only_an_administrator_is_let_in) {
  admin_api a;
  const std::string target = "/api/admin/users?email=bia@example.com";
  BOOST_TEST(a.call("GET", target).status == 200);
  a.bearer = "Bearer " + a.token_of("ana");
  const auto refused = a.call("GET", target);
  BOOST_TEST(refused.status == 403);
  BOOST_TEST(
      refused.body ==
      R"({"detail":"Acesso restrito a administradores","code":"ADMIN_REQUIRED","request_id":"rid"})");
  // Before anything is decoded: what is wrong with the request is not theirs to know.
  BOOST_TEST(a.call("GET", "/api/admin/users").status == 403);
  a.bearer.clear();
  BOOST_TEST(code_of(a.call("GET", target)) == "NOT_AUTHENTICATED");
}

BOOST_AUTO_TEST_CASE(a_user_is_found_by_email) {
  admin_api a;
  const auto found = parsed(a.call("GET", "/api/admin/users?email=BIA@example.com").body);
  BOOST_REQUIRE(found.find("items")->if_array()->size() == 1u);
  BOOST_TEST(*found.find("items")->if_array()->front().find("id")->if_string() == "bia");
  BOOST_TEST(a.call("GET", "/api/admin/users?email=x@example.com").body ==
             R"({"items":[],"next_cursor":null})");
  const auto bad = a.call("GET", "/api/admin/users");
  BOOST_TEST(bad.status == 422);
  BOOST_TEST(faults_of(bad) == std::vector<std::string>{"missing query.email Field required"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_reason_comes_from_the_body_or_else_from_the_query) {
  using list = std::vector<std::string>;
  BOOST_TEST((reason_faults(R"({"reason":"restore de 12/11"})") == list{}));
  BOOST_TEST((reason_faults("", {{"reason", "restore"}}) == list{}));
  BOOST_TEST((reason_faults("  ") == list{"missing"}));
  BOOST_TEST((reason_faults(R"({"reason":"  ab  "})") == list{"string_too_short"}));
  BOOST_TEST((reason_faults("", {{"reason", "ab"}}) == list{"string_too_short"}));
  BOOST_TEST((reason_faults(R"({"reason":")" + std::string(200, 'x') + R"("})") == list{}));
  BOOST_TEST((reason_faults(R"({"reason":")" + std::string(201, 'x') + R"("})") ==
              list{"string_too_long"}));
  BOOST_TEST((reason_faults(R"({"reason":7})") == list{"string_type"}));
}

BOOST_AUTO_TEST_CASE(recovery_mode_is_shown_and_ended_with_a_reason) {
  admin_api a;
  BOOST_TEST(a.call("GET", "/api/admin/recovery").body == R"({"active":false,"lost":[]})");
  a.books.recovery_now = {true, {{3, 9, 7, false}}};
  BOOST_TEST(a.call("GET", "/api/admin/recovery").body ==
             R"({"active":true,"lost":[{"shard":3,"remembered_seq":9,"found_seq":7,)"
             R"("other_history":false}]})");
  BOOST_TEST(a.call("POST", "/api/admin/recovery/finish", "{}").status == 422);
  BOOST_TEST(a.books.recovery_now.on);
  const auto ended = a.call("POST", "/api/admin/recovery/finish", R"({"reason":"perda aceita"})");
  BOOST_TEST(ended.status == 200);
  BOOST_TEST(ended.body == R"({"active":false,"lost":[]})");
}

BOOST_AUTO_TEST_SUITE_END()
