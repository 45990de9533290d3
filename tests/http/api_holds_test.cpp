// Holds, ceilings and credit limits as the API shows them.
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_holds)

BOOST_AUTO_TEST_CASE(a_hold_from_its_place_to_its_end) {
  api a;
  const auto made =
      a.call("POST", "/api/accounts/a1/holds",
             R"({"amount_cents":1250,"description":"luz","expires_at":"2026-12-01"})");
  BOOST_TEST(
      made.body ==
      R"({"id":"hold-1","account_id":"a1","amount":12.50,"amount_str":"12.50","description":"luz","status":"open","created_at":"2026-11-24T18:00:00Z","expires_at":"2026-12-01T00:00:00Z","ended_at":null,"posted_amount":null,"transaction_id":null})");
  const auto account = parsed(a.call("GET", "/api/accounts/a1").body);
  BOOST_TEST(*account.find("balance_str")->if_string() == "0.00");
  BOOST_TEST(*account.find("available_str")->if_string() == "-12.50");
  BOOST_TEST(a.call("GET", "/api/holds/hold-1").body == made.body);

  const auto posted =
      a.call("POST", "/api/holds/hold-1/post", R"({"category_id":"c1","amount_cents":1000})");
  BOOST_TEST(posted.status == 200, posted.body);
  const auto body = parsed(posted.body);
  const auto* hold = body.find("hold");
  BOOST_TEST(*hold->find("status")->if_string() == "posted");
  BOOST_TEST(base::json::write(*hold->find("posted_amount")) == "10.00");
  const auto* row = body.find("transaction");
  BOOST_TEST(*row->find("id")->if_string() == *hold->find("transaction_id")->if_string());
  BOOST_TEST(*row->find("type")->if_string() == "expense");
  BOOST_TEST(*row->find("description")->if_string() == "luz");
  const auto again = a.call("POST", "/api/holds/hold-1/post", R"({"category_id":"c1"})");
  BOOST_TEST(again.status == 422);
  BOOST_TEST(code_of(again) == "HOLD_ENDED");
}

BOOST_AUTO_TEST_CASE(a_hold_is_let_go) {
  api a;
  a.call("POST", "/api/accounts/a1/holds", R"({"amount_cents":5,"description":"x"})");
  const auto gone = a.call("POST", "/api/holds/hold-1/void");
  BOOST_TEST(gone.status == 200);
  BOOST_TEST(*parsed(gone.body).find("status")->if_string() == "voided");
  const auto none = a.call("POST", "/api/holds/nothing/void");
  BOOST_TEST(none.status == 404);
  BOOST_TEST(code_of(none) == "HOLD_NOT_FOUND");
  BOOST_TEST(a.call("GET", "/api/holds/nothing").status == 404);
}

BOOST_AUTO_TEST_CASE(one_whose_time_is_over_shows_as_expired) {
  api a;
  a.call("POST", "/api/accounts/a1/holds",
         R"({"amount_cents":5,"description":"x","expires_at":"2026-11-24T18:00:01Z"})");
  a.clock.at.count += base::us_per_second;
  const auto shown = parsed(a.call("GET", "/api/holds/hold-1").body);
  BOOST_TEST(*shown.find("status")->if_string() == "expired");
  BOOST_TEST(*shown.find("ended_at")->if_string() == "2026-11-24T18:00:01Z");
  const auto early = a.call("POST", "/api/accounts/a1/holds",
                            R"({"amount_cents":5,"description":"x","expires_at":"2026-11-24"})");
  BOOST_TEST(early.status == 422);
  BOOST_TEST(code_of(early) == "HOLD_EXPIRES_EARLY");
}

BOOST_AUTO_TEST_CASE(the_list_is_paged_and_filtered) {
  api a;
  a.call("POST", "/api/accounts/a1/holds", R"({"amount_cents":5,"description":"x"})");
  a.books.more = true;
  const auto page = parsed(a.call("GET", "/api/accounts/a1/holds?status=open&limit=1").body);
  BOOST_TEST(page.find("items")->if_array()->size() == 1u);
  BOOST_TEST((a.books.asked_holds->status == ledger::hold_status::open));
  BOOST_TEST(a.books.asked_holds->limit == 1);
  const auto cursor = *page.find("next_cursor")->if_string();
  a.books.more = false;
  const auto last = parsed(a.call("GET", "/api/accounts/a1/holds?cursor=" + cursor).body);
  BOOST_TEST(last.find("next_cursor")->is_null());
  BOOST_TEST(a.books.asked_holds->after->id.text() == "hold-1");
  BOOST_TEST((a.books.asked_holds->after->created_at == a.clock.at));
  BOOST_TEST(a.call("GET", "/api/accounts/a1/holds?status=gone").status == 422);
  BOOST_TEST(a.call("GET", "/api/accounts/a1/holds?cursor=x").status == 422);
  BOOST_TEST(a.call("GET", "/api/accounts/b1/holds").status == 404);
  BOOST_TEST(a.call("GET", "/api/accounts/c1/holds").status == 404);
}

BOOST_AUTO_TEST_CASE(bodies_are_checked) {
  api a;
  const auto faults = [&](const std::string& target, const std::string& body) {
    const auto answer = a.call("POST", target, body);
    return answer.status == 422 ? faults_of(answer)[0] : std::to_string(answer.status);
  };
  const std::string place = "/api/accounts/a1/holds";
  BOOST_TEST(faults(place, R"({"description":"x"})") == "missing body.amount_cents Field required");
  BOOST_TEST(faults(place, R"({"amount_cents":0,"description":"x"})") ==
             "greater_than body.amount_cents Input should be greater than 0");
  BOOST_TEST(faults(place, R"({"amount_cents":9223372036854775808,"description":"x"})") ==
             "less_than_equal body.amount_cents Input should be less than or equal to "
             "999999999999999");
  BOOST_TEST(faults(place, R"({"amount_cents":1,"description":"x","expires_at":"soon"})")
                 .starts_with("datetime_parsing body.expires_at"));
  a.call("POST", place, R"({"amount_cents":5,"description":"x"})");
  BOOST_TEST(faults("/api/holds/hold-1/post", "{}") == "missing body.category_id Field required");
}

BOOST_AUTO_TEST_CASE(ceilings_and_credit_limits_of_accounts) {
  api a;
  const auto card = a.call("POST", "/api/accounts",
                           R"({"name":"n","type":"credit","credit_limit":"500","ceiling":0})");
  BOOST_TEST(card.status == 200, card.body);
  const auto body = parsed(card.body);
  BOOST_TEST(base::json::write(*body.find("floor")) == "-500.00");
  BOOST_TEST(base::json::write(*body.find("credit_limit")) == "500.00");
  BOOST_TEST(base::json::write(*body.find("ceiling")) == "0.00");
  const auto plain =
      parsed(a.call("PUT", "/api/accounts/a1", R"({"ceiling":7.5,"floor":-1})").body);
  BOOST_TEST(base::json::write(*plain.find("ceiling")) == "7.50");
  BOOST_TEST(plain.find("credit_limit")->is_null());
  BOOST_TEST(parsed(a.call("PUT", "/api/accounts/a1", R"({"ceiling":null})").body)
                 .find("ceiling")
                 ->is_null());
  const auto both = a.call("PUT", "/api/accounts/a1", R"({"credit_limit":5,"floor":-5})");
  BOOST_TEST(faults_of(both)[0].starts_with("value_error body.credit_limit"));
  const auto negative = a.call("PUT", "/api/accounts/a1", R"({"credit_limit":-5})");
  BOOST_TEST(faults_of(negative)[0] == "greater_than_equal body.credit_limit Input should be "
                                       "greater than or equal to 0");
}

BOOST_AUTO_TEST_SUITE_END()
