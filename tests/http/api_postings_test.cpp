// POST /api/postings: what is refused at the edge, and what the answer looks like.
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_postings)

namespace {

std::string posting(const std::string& legs, const std::string& extra = {}) {
  return R"({"date":"2026-11-24","description":"mercado","legs":[)" + legs + "]" + extra + '}';
}
std::string on(const std::string& account, const std::string& amount) {
  return R"({"account_id":")" + account + R"(","amount_cents":)" + amount + '}';
}
std::string in(const std::string& category, const std::string& amount) {
  return R"({"category_id":")" + category + R"(","amount_cents":)" + amount + '}';
}

std::vector<std::string> faults(const std::string& body) {
  api a;
  const auto answer = a.call("POST", "/api/postings", body);
  BOOST_TEST(answer.status == 422, answer.body);
  BOOST_TEST(a.books.executions == 0);
  return faults_of(answer);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_posting_shows_its_legs_and_its_transactions) {
  api a;
  const auto answer =
      a.call("POST", "/api/postings",
             posting(on("a1", "-1000") + ',' + on("a2", "250") + ',' + in("c1", "750"),
                     R"(,"tags":["x"])"));
  BOOST_TEST(answer.status == 200, answer.body);
  BOOST_TEST(answer.body.starts_with(
      R"({"id":"transaction-1","date":"2026-11-24T00:00:00Z","description":"mercado","tags":["x"],)"
      R"("legs":[{"account_id":"a1","amount":-10.00,"amount_str":"-10.00"},)"
      R"({"account_id":"a2","amount":2.50,"amount_str":"2.50"},)"
      R"({"category_id":"c1","amount":7.50,"amount_str":"7.50"}],"created_at":)"));
  const auto body = parsed(answer.body);
  const auto& rows = *body.find("transactions")->if_array();
  BOOST_TEST_REQUIRE(rows.size() == 2u);
  BOOST_TEST(*rows[0].find("type")->if_string() == "expense");
  BOOST_TEST(*rows[1].find("type")->if_string() == "transfer");
}

BOOST_AUTO_TEST_CASE(the_sum_has_to_be_zero_and_an_account_has_to_move) {
  BOOST_TEST(faults(posting(on("a1", "-7") + ',' + in("c1", "8")))[0] ==
             "value_error body.legs Value error, a soma dos legs deve ser 0");
  BOOST_TEST(faults(posting(in("c1", "-7") + ',' + in("cb", "7")))[0] ==
             "value_error body.legs Value error, ao menos uma conta deve ser movimentada");
  BOOST_TEST(faults(posting(on("a1", "-7") + ',' + on("a1", "7")))[0] ==
             "value_error body.legs Value error, ao menos uma conta deve ser movimentada");
}

BOOST_AUTO_TEST_CASE(there_are_2_to_20_legs) {
  BOOST_TEST(faults(R"({"date":"2026-11-24","description":"x"})")[0] ==
             "missing body.legs Field required");
  BOOST_TEST(faults(R"({"date":"2026-11-24","description":"x","legs":7})")[0] ==
             "list_type body.legs Input should be a valid list");
  BOOST_TEST(faults(posting(on("a1", "-7")))[0] ==
             "too_short body.legs List should have at least 2 items after validation, not 1");
  std::string many;
  for (int i = 0; i < 21; ++i) many += (i == 0 ? "" : ",") + on("a1", i % 2 == 0 ? "1" : "-1");
  BOOST_TEST(faults(posting(many))[0] ==
             "too_long body.legs List should have at most 20 items after validation, not 21");
}

BOOST_AUTO_TEST_CASE(amounts_are_whole_signed_and_within_the_limit) {
  const auto fault = [](const std::string& amount) {
    return faults(posting(on("a1", amount) + ',' + in("c1", "7")))[0];
  };
  const std::string at = " body.legs.0.amount_cents ";
  const std::string whole = "value_error" + at + "Value error, amount_cents must be integer";
  for (const auto* amount : {"7.0", "1e2", "\"7\"", "true"}) BOOST_TEST(fault(amount) == whole);
  BOOST_TEST(fault("0") == "value_error" + at + "Value error, amount_cents must not be 0");
  const auto high =
      "less_than_equal" + at + "Input should be less than or equal to 999999999999999";
  const auto low =
      "greater_than_equal" + at + "Input should be greater than or equal to -999999999999999";
  for (const auto* amount : {"1000000000000000", "9223372036854775807", "9223372036854775808"})
    BOOST_TEST(fault(amount) == high);
  for (const auto* amount : {"-1000000000000000", "-9223372036854775808", "-9223372036854775809"})
    BOOST_TEST(fault(amount) == low);
}

BOOST_AUTO_TEST_CASE(a_leg_names_an_account_or_a_category) {
  const std::string wrong =
      "value_error body.legs.0 Value error, cada leg requer 'account_id' ou 'category_id'";
  BOOST_TEST(faults(posting(R"({"amount_cents":-7},)" + in("c1", "7")))[0] == wrong);
  BOOST_TEST(faults(posting(R"({"account_id":"a1","category_id":"c1","amount_cents":-7},)" +
                            in("c1", "7")))[0] == wrong);
  BOOST_TEST(
      faults(posting("5," + in("c1", "7")))[0].starts_with("model_attributes_type body.legs.0"));
}

BOOST_AUTO_TEST_CASE(what_is_not_the_users_own_is_404) {
  api a;
  const auto account =
      a.call("POST", "/api/postings", posting(on("b1", "-7") + ',' + in("c1", "7")));
  BOOST_TEST(account.status == 404);
  BOOST_TEST(code_of(account) == "ACCOUNT_NOT_FOUND");
  const auto category =
      a.call("POST", "/api/postings", posting(on("a1", "-7") + ',' + in("cb", "7")));
  BOOST_TEST(category.status == 404);
  BOOST_TEST(code_of(category) == "TX_CATEGORY_NOT_FOUND");
  BOOST_TEST(category.body.find("Nenhuma categoria com id 'cb' pertence ao usuário.") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
