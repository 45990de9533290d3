// Reports (api-contract §12.1): periods, sums and how they are shown. The sums themselves are the
// database's, see tests/contract/read_contract.hpp.
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_reports)

namespace {

/// 24 November 2026, 15:00 in São Paulo.
struct reports : api {
  std::string days() const {
    const auto& [first, last] = books.asked_month.value();
    return base::to_text(first) + ".." + base::to_text(last);
  }
  std::string period(const std::string& query) {
    BOOST_TEST(call("GET", "/api/reports/summary" + query).status == 200);
    return days();
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(the_period_is_calendar_months_up_to_today) {
  reports a;
  BOOST_TEST(a.period("") == "2026-05-24..2026-11-24");
  BOOST_TEST(a.period("?months=1") == "2026-10-24..2026-11-24");
  BOOST_TEST(a.period("?months=24") == "2024-11-24..2026-11-24");
  BOOST_TEST(a.period("?months=1&period=calendar") == "2026-11-01..2026-11-30");
  BOOST_TEST(a.period("?months=3&period=calendar") == "2026-09-01..2026-11-30");
  a.clock.at = instant("2026-12-31T12:00:00Z");
  a.bearer = "Bearer " + a.token_of("ana");
  BOOST_TEST(a.period("?months=10") == "2026-02-28..2026-12-31"); // the day that February has
  BOOST_TEST(a.period("?months=12&period=calendar") == "2026-01-01..2026-12-31");
  // Two in the morning in UTC is still the day before in São Paulo.
  a.clock.at = instant("2027-01-01T02:00:00Z");
  a.bearer = "Bearer " + a.token_of("ana");
  BOOST_TEST(a.period("?months=1&period=calendar") == "2026-12-01..2026-12-31");
  for (const char* bad : {"?months=0", "?months=25", "?months=x", "?period=week"})
    BOOST_TEST(a.call("GET", std::string{"/api/reports/summary"} + bad).status == 422, bad);
  BOOST_TEST(a.call("GET", "/api/reports/categories/summary?months=13").status == 422);
}

BOOST_AUTO_TEST_CASE(a_summary_shows_what_came_and_went) {
  reports a;
  a.books.sums.transactions = 5;
  a.books.sums.categories = {{ledger::account_id{"c1"}, {0}, {1007}, "Lazer", 0, 2},
                             {ledger::account_id{"c2"}, {5000}, {0}, "Salário", 1, 0}};
  BOOST_TEST(a.call("GET", "/api/reports/summary").body ==
             R"({"total_transactions":5,"total_income":50.00,"total_expenses":10.07,)"
             R"("net_balance":39.93,"period_start":"2026-05-24","period_end":"2026-11-24"})");
}

BOOST_AUTO_TEST_CASE(the_cashflow_goes_month_by_month) {
  reports a;
  BOOST_TEST(a.call("GET", "/api/reports/cashflow?months=2").body == "[]");
  const auto filled = parsed(a.call("GET", "/api/reports/cashflow?months=2&fill=true").body);
  std::vector<std::string> months;
  for (const auto& m : *filled.if_array()) months.push_back(*m.find("month")->if_string());
  BOOST_TEST((months == std::vector<std::string>{"Set/26", "Out/26", "Nov/26"}));
  BOOST_TEST(a.days() == "2026-11-01..2026-11-24"); // the last one ends today
  a.books.sums.transactions = 2;
  a.books.sums.categories = {{ledger::account_id{"c1"}, {300}, {100}, "Lazer", 1, 1}};
  BOOST_TEST(a.call("GET", "/api/reports/cashflow?months=1&period=calendar").body ==
             R"([{"month":"Nov/26","income":3.00,"expense":1.00,"balance":2.00}])");
}

// Transfers are transactions, although they are in no sum.
BOOST_AUTO_TEST_CASE(a_month_of_transfers_is_in_the_cashflow) {
  reports a;
  const auto moved = a.call("POST", "/api/transactions",
                            R"({"date":"2026-11-24","account_id":"a1","category_id":"c1",)"
                            R"("type":"transfer","amount_cents":5,"description":"x",)"
                            R"("to_account_id":"a2"})");
  BOOST_TEST(moved.status == 200);
  BOOST_TEST(a.call("GET", "/api/reports/cashflow?months=2").body ==
             R"([{"month":"Nov/26","income":0.00,"expense":0.00,"balance":0.00}])");
}

BOOST_AUTO_TEST_CASE(categories_by_their_share) {
  reports a;
  a.books.sums.categories = {{ledger::account_id{"c1"}, {0}, {1000}, "Lazer", 0, 2},
                             {ledger::account_id{"c2"}, {5000}, {0}, "Salário", 1, 0},
                             {ledger::account_id{"c3"}, {0}, {3000}, "Moradia", 0, 1}};
  BOOST_TEST(a.call("GET", "/api/reports/categories/summary?type_filter=expense").body ==
             R"([{"category_id":"c3","category_name":"Moradia","total_amount":30.00,)"
             R"("transaction_count":1,"percentage":75},)"
             R"({"category_id":"c1","category_name":"Lazer","total_amount":10.00,)"
             R"("transaction_count":2,"percentage":25}])");
  BOOST_TEST(a.call("GET", "/api/reports/categories/summary?type_filter=income").body ==
             R"([{"category_id":"c2","category_name":"Salário","total_amount":50.00,)"
             R"("transaction_count":1,"percentage":100}])");
  BOOST_TEST(a.call("GET", "/api/reports/categories/summary?type_filter=transfer").status == 422);
}

BOOST_AUTO_TEST_SUITE_END()
