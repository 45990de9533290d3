// Goal: shared expenses as their participants see them, taken back ones too (api-contract §13.1),
//       and the feed (§13.2).
#include "tests/http/sharing_fixture.hpp"

BOOST_AUTO_TEST_SUITE(api_sharing_reads)

using namespace http_test;
using namespace http_test::sharing;

// -- what is seen ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_totals_of_the_read_model) {
  friends f;
  BOOST_TEST(f.call("GET", shared + "/read-model").body ==
             R"({"expenses":[],"totals":{"total_count":0,"settled_count":0,"pending_count":0,)"
             R"("cancelled_count":0,"total_value":0.00},"last_updated":null})");
  const auto settled = f.share();
  const auto path = f.share_path("bia", settled);
  f.share(); // pending
  f.share();
  const auto cancelled = f.share();
  f.become("bia");
  f.ok("PATCH", path, R"({"action":"accept"})");
  f.become("ana");
  ++f.clock.at.count;
  BOOST_TEST(f.call("DELETE", shared + '/' + cancelled).status == 204);
  const auto last = base::to_text(f.clock.at);
  for (const char* user : {"ana", "bia"}) {
    f.become(user);
    const auto model = f.ok("GET", shared + "/read-model");
    BOOST_TEST(written(model, "totals") ==
               R"({"total_count":4,"settled_count":1,"pending_count":2,"cancelled_count":1,)"
               R"("total_value":30.03})");
    BOOST_TEST(written(model, "last_updated") == '"' + last + '"');
  }
  f.add_user("eva", "eva@example.com");
  f.become("eva");
  BOOST_TEST(f.ok("GET", shared + "/read-model").find("expenses")->if_array()->empty());
}

// An answer that comes last is the last change of all.
BOOST_AUTO_TEST_CASE(an_answer_is_a_change) {
  friends f;
  const auto id = f.share();
  f.clock.at.count += base::us_per_second;
  const auto start = base::to_text(f.clock.at);
  f.become("bia");
  const auto changed = [&] {
    return f.ok("GET", "/api/me/sync?since=" + start).find("sharedExpenses")->if_array()->size();
  };
  BOOST_TEST(changed() == 0u);
  f.ok("PATCH", f.share_path("bia"), R"({"action":"accept"})");
  const auto when = base::to_text(f.clock.at);
  BOOST_TEST(changed() == 1u);
  BOOST_TEST(written(f.ok("GET", shared + "/read-model"), "last_updated") == '"' + when + '"');
  BOOST_TEST(id == f.share_of("bia").expense.text());
}

BOOST_AUTO_TEST_CASE(the_data_of_a_user_has_the_items_of_the_read_model) {
  friends f;
  f.share();
  f.ok("DELETE", "/api/transactions/" + f.posted().id.text());
  for (const char* user : {"ana", "bia"}) {
    f.become(user);
    const auto items = written(f.ok("GET", shared + "/read-model"), "expenses");
    BOOST_TEST(items.find("\"title\":\"Pizza\"") != std::string::npos);
    BOOST_TEST(written(f.ok("GET", "/api/me/data"), "sharedExpenses") == items);
    BOOST_TEST(written(f.ok("GET", "/api/me/sync?since=2026-01-01"), "sharedExpenses") == items);
    BOOST_TEST(written(f.ok("POST", "/api/me/data", "{}"), "sharedExpenses") == items);
  }
  f.add_user("eva", "eva@example.com");
  f.become("eva");
  BOOST_TEST(written(f.ok("GET", "/api/me/data"), "sharedExpenses") == "[]");
}

BOOST_AUTO_TEST_CASE(shares_that_do_not_sum_to_the_total_are_not_shown) {
  friends f;
  const auto id = f.share();
  f.damage();
  for (const char* user : {"ana", "bia"}) {
    f.become(user);
    for (const char* path :
         {"/api/shared-expenses/read-model", "/api/me/data", "/api/me/sync?since=2026-01-01"}) {
      const auto refused = f.call("GET", path);
      BOOST_TEST(refused.status == 503, path);
      BOOST_TEST(refused.body == R"({"detail":"Os dados da despesa estão inconsistentes",)"
                                 R"("code":"DATA_INCONSISTENT","request_id":"rid"})");
      BOOST_REQUIRE(header(refused, "Retry-After") != nullptr);
    }
  }
  f.become("bia");
  BOOST_TEST(f.ok("GET", shared + "/pending").if_array()->size() == 1u);
  f.add_user("eva", "eva@example.com");
  f.become("eva"); // it is nothing of hers
  BOOST_TEST(f.call("GET", shared + "/read-model").status == 200);
}

BOOST_AUTO_TEST_CASE(all_of_an_expense_for_those_who_share_it) {
  friends f;
  const auto id = f.share();
  const auto path = shared + '/' + id + "/full-details";
  const auto one = f.share_path("bia");
  f.become("bia");
  f.ok("PATCH", one, R"({"action":"accept"})");
  for (const char* user : {"ana", "bia"}) {
    f.become(user);
    const auto whole = f.ok("GET", path);
    BOOST_TEST(written(*whole.find("expense"), "id") == '"' + id + '"');
    BOOST_TEST(words(*whole.find("shares"), "user_id") == (lines{"ana", "bia"}),
               boost::test_tools::per_element());
    BOOST_TEST(words(*whole.find("events"), "action") == (lines{"created", "created", "accepted"}),
               boost::test_tools::per_element());
  }
  const auto share = f.ok("GET", one);
  BOOST_TEST(written(share, "description") == "\"Pizza\"");
  BOOST_TEST(written(share, "creator_name") == "\"ana\"");
  BOOST_TEST(written(share, "amount_str") == "\"5.00\"");
  f.add_user("eva", "eva@example.com");
  f.become("eva");
  for (const auto& hidden : {path, one, one + "/events"})
    BOOST_TEST(f.call("GET", hidden).status == 404, hidden);
  BOOST_TEST(f.call("DELETE", shared + '/' + id).status == 404);
}

// -- taking back ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_cancelled_expense_takes_its_transaction_back) {
  friends f;
  const auto id = f.share();
  const auto path = shared + '/' + id;
  f.become("bia");
  const auto other = f.call("DELETE", path);
  BOOST_TEST(other.status == 403);
  BOOST_TEST(f.text(other) == "Apenas quem criou a despesa pode cancelá-la");
  const auto before = f.told().size();
  f.become("ana");
  ++f.clock.at.count;
  const auto gone = f.call("DELETE", path);
  BOOST_TEST(gone.status == 204);
  BOOST_TEST(gone.body.empty());
  BOOST_TEST(f.posted().deleted_at.has_value());
  const auto e = f.books.beside.all<ledger::shared_expense>().front();
  BOOST_TEST(e.cancelled);
  BOOST_TEST(!e.automatic.has_value());
  BOOST_TEST((e.updated_at == f.clock.at));
  auto told = f.told();
  told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(before));
  BOOST_TEST(told == lines{"bia share_cancelled: Despesa compartilhada cancelada / ana cancelou "
                           "\"Pizza\""},
             boost::test_tools::per_element()); // the creator knows
  BOOST_TEST(f.call("DELETE", path).status == 404);
  const auto share = f.share_path("bia");
  f.become("bia");
  BOOST_TEST(f.call("DELETE", path).status == 404); // for everybody
  BOOST_TEST(f.ok("GET", shared + "/pending").if_array()->empty());
  const auto late = f.call("PATCH", share, R"({"action":"accept"})");
  BOOST_TEST(late.status == 400);
  BOOST_TEST(code_of(late) == "SHARED_EXPENSE_CANCELLED");
}

BOOST_AUTO_TEST_CASE(a_transaction_of_the_creator_takes_the_place_of_the_automatic_one) {
  friends f;
  const auto id = f.share();
  const auto automatic = f.posted().id;
  const auto body = [&](const std::string& account, const std::string& category) {
    return R"({"date":"2026-11-24","account_id":")" + account + R"(","category_id":")" + category +
           R"(","type":"expense","amount_cents":700,"description":"De verdade",)" +
           R"("shared_expense_id":")" + id + "\"}";
  };
  f.become("bia"); // her own part of it: nothing of ana's is taken back
  f.ok("POST", "/api/transactions", body("b1", "cb"));
  BOOST_TEST(!f.books.posted.at(automatic).deleted_at.has_value());
  f.add_user("eva", "eva@example.com");
  f.add_account("e1", "eva");
  f.add_category("ec", "eva");
  f.become("eva");
  BOOST_TEST(code_of(f.call("POST", "/api/transactions", body("e1", "ec"))) ==
             "SHARED_EXPENSE_NOT_FOUND");
  f.become("ana");
  const auto made = f.ok("POST", "/api/transactions", body("a1", "c1"));
  BOOST_TEST(written(made, "shared_expense_id") == '"' + id + '"');
  BOOST_TEST(f.books.posted.at(automatic).deleted_at.has_value());
  const auto e = f.books.beside.all<ledger::shared_expense>().front();
  BOOST_TEST(!e.automatic.has_value());
  BOOST_TEST((e.updated_at == f.clock.at));
  const auto own = ledger::transaction_id{*made.find("id")->if_string()};
  ++f.clock.at.count;
  BOOST_TEST(f.call("DELETE", shared + '/' + id).status == 204);
  BOOST_TEST(!f.books.posted.at(own).deleted_at.has_value()); // it is the creator's own
}

// -- the feed -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_feed_is_read_one_by_one_and_all_at_once) {
  friends f;
  for (int i = 0; i < 3; ++i) f.share();
  const auto count = [&] { return f.call("GET", "/api/activity-feed/unread-count").body; };
  BOOST_TEST(count() == R"({"count":3})");
  f.become("bia");
  BOOST_TEST(count() == R"({"count":3})");
  const auto list = f.ok("GET", "/api/activity-feed");
  BOOST_TEST(words(list, "type") == lines(3, "share_received"), boost::test_tools::per_element());
  const auto first = f.call("GET", "/api/activity-feed?limit=2");
  BOOST_REQUIRE(header(first, "X-Next-Cursor") != nullptr);
  const auto rest = f.ok("GET", "/api/activity-feed?cursor=" + *header(first, "X-Next-Cursor"));
  BOOST_REQUIRE(rest.if_array()->size() == 1u);
  BOOST_TEST(*rest.if_array()->front().find("id")->if_string() ==
             *list.if_array()->at(2).find("id")->if_string());
  BOOST_TEST(
      f.call("GET", "/api/activity-feed?skip=1&cursor=" + *header(first, "X-Next-Cursor")).status ==
      400);
  BOOST_TEST(f.call("GET", "/api/activity-feed?limit=101").status == 422);
  const auto id = *list.if_array()->at(1).find("id")->if_string();
  const auto path = "/api/activity-feed/" + id + "/read";
  BOOST_TEST(written(f.ok("PATCH", path), "is_read") == "true");
  BOOST_TEST(count() == R"({"count":2})");
  f.become("ana");
  const auto missing = f.call("PATCH", path);
  BOOST_TEST(missing.status == 404);
  BOOST_TEST(missing.body == R"({"detail":"Item não encontrado","code":"FEED_ITEM_NOT_FOUND",)"
                             R"("request_id":"rid"})");
  f.become("bia");
  BOOST_TEST(f.call("PATCH", "/api/activity-feed/read-all").body == R"({"marked":2})");
  BOOST_TEST(f.call("PATCH", "/api/activity-feed/read-all").body == R"({"marked":0})");
  BOOST_TEST(count() == R"({"count":0})");
  f.become("ana");
  BOOST_TEST(count() == R"({"count":3})"); // hers are hers
}

BOOST_AUTO_TEST_SUITE_END()
