// Automation rules as data, and notifications (api-contract §10, §11.2).
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_automations)

namespace {

struct rules : api {
  base::json::value ok(const std::string& method, const std::string& target,
                       const std::string& body = {}) {
    const auto answer = call(method, target, body);
    BOOST_REQUIRE_MESSAGE(answer.status == 200, method << ' ' << target << ' ' << answer.body);
    return parsed(answer.body);
  }
  http::response refused(int status, const std::string& method, const std::string& target,
                         const std::string& body = {}) {
    auto answer = call(method, target, body);
    BOOST_TEST(answer.status == status, method << ' ' << target << ' ' << answer.body);
    return answer;
  }
  static std::string rule(const std::string& type, const std::string& conditions,
                          const std::string& actions = "{}") {
    return R"({"name":"Aluguel","type":")" + type + R"(","conditions":)" + conditions +
           R"(,"actions":)" + actions + "}";
  }
  std::string recurring(const std::string& conditions) {
    return rule("recurring_transaction", conditions,
                R"({"type":"expense","account_id":"a1","category_id":"c1","amount_cents":150000})");
  }
  std::string made(const std::string& body) {
    return *ok("POST", "/api/automations", body).find("id")->if_string();
  }
  std::string next_run(const std::string& conditions) {
    return base::json::write(
        *ok("POST", "/api/automations", recurring(conditions)).find("next_run"));
  }
  void notify(const std::string& id, const std::string& type, std::int64_t second,
              const std::string& user = "ana") {
    ledger::notification n;
    n.id = ledger::notification_id{id};
    n.user = ledger::user_id{user};
    n.type = type;
    n.title = "Saldo baixo";
    n.body = "Conta";
    n.metadata = R"({"account_id":"a1"})";
    n.created_at = base::utc_us{clock.at.count + (second - 100) * base::us_per_second};
    books.beside.put(n);
  }
};

std::vector<std::string> ids(const base::json::value& list) {
  std::vector<std::string> all;
  for (const auto& item : *list.if_array()) all.push_back(*item.find("id")->if_string());
  return all;
}

using texts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_CASE(a_rule_comes_back_as_it_was_sent) {
  rules a;
  const auto answer = a.call(
      "POST", "/api/automations",
      rules::rule("low_balance_alert", R"({"account_id":"a1","amount_cents":5000,"x":[1]})"));
  BOOST_TEST(answer.body ==
             R"({"id":"new-1","name":"Aluguel","description":null,"type":"low_balance_alert",)"
             R"("is_active":true,"conditions":{"account_id":"a1","amount_cents":5000,"x":[1]},)"
             R"("actions":{},"last_run":null,"next_run":null,"last_error":null,)"
             R"("created_at":"2026-11-24T18:00:00Z","updated_at":null})");
  BOOST_TEST(a.call("GET", "/api/automations/new-1").body == answer.body);
  BOOST_TEST(a.call("GET", "/api/automations").body == '[' + answer.body + ']');
}

// The first instant of the day in São Paulo is 03:00 UTC.
BOOST_AUTO_TEST_CASE(the_next_run_of_a_recurring_rule) {
  rules a;
  BOOST_TEST(a.next_run(R"({"frequency":"monthly","start_date":"2026-11-24"})") ==
             R"("2026-11-24T03:00:00Z")"); // the start itself counts
  BOOST_TEST(a.next_run(R"({"frequency":"monthly"})") == R"("2026-12-24T03:00:00Z")");
  BOOST_TEST(a.next_run(R"({"frequency":"monthly","start_date":"2026-01-31"})") ==
             R"("2026-11-30T03:00:00Z")");
  BOOST_TEST(a.next_run(R"({"frequency":"weekly","interval":3,"start_date":"2026-11-20"})") ==
             R"("2026-12-11T03:00:00Z")");
  BOOST_TEST(a.next_run(R"({"frequency":"daily","start_date":"2026-01-01",)"
                        R"("end_date":"2026-11-23"})") == "null");
  BOOST_TEST(a.next_run(R"({"frequency":"yearly","start_date":"2030-02-28"})") ==
             R"("2030-02-28T03:00:00Z")");
}

BOOST_AUTO_TEST_CASE(a_client_cannot_set_the_next_run) {
  rules a;
  auto body = a.recurring(R"({"frequency":"daily"})");
  body.insert(1, R"("next_run":"2030-01-01T00:00:00Z",)");
  BOOST_TEST(base::json::write(*a.ok("POST", "/api/automations", body).find("next_run")) ==
             R"("2026-11-25T03:00:00Z")");
}

BOOST_AUTO_TEST_CASE(an_edit_computes_the_next_run_anew) {
  rules a;
  const auto path = "/api/automations/" + a.made(a.recurring(R"({"frequency":"daily"})"));
  const auto next = [&](const std::string& body) {
    return base::json::write(*a.ok("PUT", path, body).find("next_run"));
  };
  BOOST_TEST(next(R"({"conditions":{"frequency":"weekly"}})") == R"("2026-12-01T03:00:00Z")");
  BOOST_TEST(next(R"({"is_active":false})") == "null");
  a.clock.at.count += 30 * base::us_per_day; // time spent inactive is skipped
  a.bearer = "Bearer " + a.token_of("ana");
  BOOST_TEST(next(R"({"is_active":true})") == R"("2026-12-29T03:00:00Z")");
  BOOST_TEST(next(R"({"name":"Outro"})") == R"("2026-12-29T03:00:00Z")");
  BOOST_TEST(next(R"({"type":"payment_reminder","conditions":{},"actions":{}})") == "null");
}

// What an edit says is the next day on which something runs: a day that has ended is none.
BOOST_AUTO_TEST_CASE(an_edit_on_a_day_that_has_ended_goes_on_behind_it) {
  rules a;
  const auto id = a.made(a.recurring(R"({"frequency":"daily","start_date":"2026-11-20"})"));
  const auto next = [&](const std::string& body) {
    return base::json::write(*a.ok("PUT", "/api/automations/" + id, body).find("next_run"));
  };
  const std::string weekly = R"({"conditions":{"frequency":"weekly","start_date":"2026-11-24"}})";
  BOOST_TEST(next(weekly) == R"("2026-11-24T03:00:00Z")");
  ledger::automation_run run;
  run.automation = ledger::automation_id{id};
  run.user = ledger::user_id{"ana"};
  run.day = base::make_day(2026, 11, 23);
  a.books.beside.put(run);
  BOOST_TEST(next(weekly) == R"("2026-11-24T03:00:00Z")"); // yesterday's
  run.day = base::make_day(2026, 11, 24);
  run.end = ledger::occurrence_end::refused;
  a.books.beside.put(run);
  BOOST_TEST(next(weekly) == R"("2026-12-01T03:00:00Z")");
  BOOST_TEST(next(R"({"conditions":{"frequency":"daily","start_date":"2026-11-20"}})") ==
             R"("2026-11-25T03:00:00Z")");
  BOOST_TEST(next(R"({"conditions":{"frequency":"daily","start_date":"2026-11-20",)"
                  R"("end_date":"2026-11-24"}})") == "null");
}

BOOST_AUTO_TEST_CASE(a_preview_shows_the_days_to_come) {
  rules a;
  const auto path = "/api/automations/" +
                    a.made(a.recurring(R"({"frequency":"monthly","start_date":"2026-12-31",)"
                                       R"("end_date":"2027-03-31"})"));
  BOOST_TEST(a.call("GET", path + "/preview?count=3").body ==
             R"({"items":[{"occurrence_date":"2026-12-31","runs_at":"2026-12-31T03:00:00Z"},)"
             R"({"occurrence_date":"2027-01-31","runs_at":"2027-01-31T03:00:00Z"},)"
             R"({"occurrence_date":"2027-02-28","runs_at":"2027-02-28T03:00:00Z"}],)"
             R"("next_cursor":null})");
  BOOST_TEST(a.ok("GET", path + "/preview").find("items")->if_array()->size() == 4u);
  a.refused(422, "GET", path + "/preview?count=0");
  const auto other = a.made(rules::rule("weekly_report", "{}"));
  BOOST_TEST(a.call("GET", "/api/automations/" + other + "/preview").body ==
             R"({"items":[],"next_cursor":null})");
}

BOOST_AUTO_TEST_CASE(what_no_job_could_run_is_refused) {
  rules a;
  const auto bad = [&](const std::string& body) {
    return faults_of(a.refused(422, "POST", "/api/automations", body));
  };
  using rules = api_automations::rules;
  BOOST_TEST(bad(R"({"name":"x","type":"nothing","conditions":{},"actions":{}})").size() == 1u);
  BOOST_TEST(
      (bad(R"({"name":"x","type":"round_up"})") ==
       texts{"missing body.conditions Field required", "missing body.actions Field required"}));
  BOOST_TEST(bad(rules::rule("round_up", "[]", "7")).size() == 2u);
  BOOST_TEST((bad(a.recurring(R"({"frequency":"hourly"})")) ==
              texts{"enum body.conditions.frequency Input should be 'daily', 'weekly', "
                    "'biweekly', 'monthly' or 'yearly'"}));
  BOOST_TEST(bad(a.recurring(R"({"frequency":"daily","interval":0})")).size() == 1u);
  BOOST_TEST(bad(a.recurring(R"({"frequency":"daily","start_date":"x"})")).size() == 1u);
  BOOST_TEST(bad(a.recurring(R"({"frequency":"daily","start_date":"2026-12-02",)"
                             R"("end_date":"2026-12-01"})"))
                 .size() == 1u);
  BOOST_TEST(bad(rules::rule("recurring_transaction", R"({"frequency":"daily"})",
                             R"({"amount_cents":1.5})"))
                 .size() == 2u); // no account either
  BOOST_TEST(bad(rules::rule("low_balance_alert", R"({"account_id":"a1"})")).size() == 1u);
  BOOST_TEST(bad(rules::rule("weekly_report", R"({"day_of_week":7})")).size() == 1u);
  for (const char* name : {"email", "destination_email"}) {
    const auto to = [&](const std::string& text) {
      return "{\"" + std::string{name} + "\":" + text + '}';
    };
    BOOST_TEST(bad(rules::rule("weekly_report", to(R"("nobody")"))).size() == 1u);
    BOOST_TEST(
        bad(rules::rule("weekly_report", "{}", to(R"("a@b.example\nBcc: c@d.example")"))).size() ==
        1u);
  }
  BOOST_TEST(
      bad(rules::rule("webhook", R"({"events":["x"]})", R"({"url":"http://a.example"})")).size() ==
      2u);
  const std::string large(16 * 1024, 'x');
  BOOST_TEST(bad(rules::rule("round_up", R"({"note":")" + large + "\"}")).size() == 1u);
  BOOST_TEST(a.call("GET", "/api/automations").body == "[]");
}

BOOST_AUTO_TEST_CASE(a_change_of_the_type_is_checked_with_what_stands) {
  rules a;
  const auto path = "/api/automations/" + a.made(rules::rule("round_up", "{}"));
  a.refused(422, "PUT", path, R"({"type":"low_balance_alert"})");
  a.ok("PUT", path,
       R"({"type":"low_balance_alert","conditions":{"account_id":"a1","amount":"12.50"}})");
  a.refused(422, "PUT", path, R"({"conditions":{}})");
}

// Each edit fits the rule as it was; together they would be a rule that no job could run.
BOOST_AUTO_TEST_CASE(two_edits_that_meet_are_judged_together) {
  rules a;
  const auto path =
      "/api/automations/" + a.made(rules::rule("weekly_report", R"({"frequency":"daily"})",
                                               R"({"account_id":"a1","amount_cents":5})"));
  a.books.overtaken = [&] {
    auto rule = a.books.beside.all<ledger::automation>().front();
    rule.conditions = R"({"frequency":"daily","interval":0})"; // fits a weekly_report
    a.books.beside.put(rule);
  };
  const auto late = a.refused(422, "PUT", path, R"({"type":"recurring_transaction"})");
  BOOST_TEST(late.code == "AUTOMATION_INVALID");
  BOOST_TEST(a.books.beside.all<ledger::automation>().front().type == "weekly_report");
}

BOOST_AUTO_TEST_CASE(a_stale_tag_of_a_rule_is_a_conflict) {
  rules a;
  const auto path = "/api/automations/" + a.made(rules::rule("round_up", "{}"));
  const auto tag = *header(a.call("GET", path), "ETag");
  a.clock.at.count += 1;
  BOOST_TEST(a.call("PUT", path, R"({"name":"a"})", {{"If-Match", tag}}).status == 200);
  const auto stale = a.call("PUT", path, R"({"name":"b"})", {{"If-Match", tag}});
  BOOST_TEST(stale.status == 409);
  BOOST_TEST(stale.code == "VERSION_CONFLICT");
  BOOST_TEST(a.call("DELETE", path, {}, {{"If-Match", tag}}).status == 409);
  BOOST_TEST(a.call("DELETE", path, {}, {{"If-Match", "*"}}).status == 200);
}

BOOST_AUTO_TEST_CASE(the_calendar_ends) {
  rules a;
  const auto path =
      "/api/automations/" + a.made(a.recurring(R"({"frequency":"yearly","interval":809})"));
  BOOST_TEST(base::json::write(*a.ok("GET", path).find("next_run")) == "null");
  BOOST_TEST(a.call("GET", path + "/preview?count=100").body ==
             R"({"items":[],"next_cursor":null})");
  const auto hundred =
      "/api/automations/" + a.made(a.recurring(R"({"frequency":"yearly","interval":100})"));
  BOOST_TEST(a.ok("GET", hundred + "/preview?count=100").find("items")->if_array()->size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_rule_is_its_owners_until_it_is_deleted) {
  rules a;
  const auto path = "/api/automations/" + a.made(rules::rule("round_up", "{}"));
  const auto mine = a.bearer;
  a.bearer = "Bearer " + a.token_of("bia");
  for (const char* method : {"GET", "DELETE"}) {
    const auto answer = a.refused(404, method, path);
    BOOST_TEST(*parsed(answer.body).find("detail")->if_string() == "Automação não encontrada");
  }
  a.refused(404, "PUT", path, R"({"name":"x"})");
  a.refused(404, "GET", path + "/preview");
  a.bearer = mine;
  BOOST_TEST(a.call("DELETE", path).body == R"({"message":"Automação removida com sucesso"})");
  a.refused(404, "GET", path);
}

// -- notifications --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(notifications_newest_first_in_pages) {
  rules a;
  for (int i = 1; i <= 5; ++i) a.notify("n" + std::to_string(i), "low_balance_alert", i);
  a.notify("b1", "low_balance_alert", 1, "bia");
  BOOST_TEST(a.call("GET", "/api/notifications/n1").body ==
             R"({"id":"n1","type":"low_balance_alert","title":"Saldo baixo","body":"Conta",)"
             R"("read_at":null,"created_at":"2026-11-24T17:58:21Z",)"
             R"("metadata":{"account_id":"a1"}})");
  BOOST_TEST((ids(a.ok("GET", "/api/notifications")) == texts{"n5", "n4", "n3", "n2", "n1"}));
  BOOST_TEST((ids(a.ok("GET", "/api/notifications?skip=1&limit=2")) == texts{"n4", "n3"}));
  const auto first = a.call("GET", "/api/notifications?limit=3");
  const auto* cursor = header(first, "X-Next-Cursor");
  BOOST_REQUIRE(cursor != nullptr);
  const auto second = a.call("GET", "/api/notifications?limit=3&cursor=" + *cursor);
  BOOST_TEST((ids(parsed(second.body)) == texts{"n2", "n1"}));
  BOOST_TEST(header(second, "X-Next-Cursor") == nullptr);
  BOOST_TEST(header(first, "X-Total-Count") == nullptr); // only who asks
  a.ok("PATCH", "/api/notifications/n1/read");
  for (const auto& [query, total] : {std::pair{"count=true&limit=1", "5"},
                                     {"count=1&skip=4", "5"},
                                     {"count=true&unread_only=true", "4"}}) {
    const auto page = a.call("GET", std::string{"/api/notifications?"} + query);
    BOOST_REQUIRE(header(page, "X-Total-Count") != nullptr);
    BOOST_TEST(*header(page, "X-Total-Count") == total, query);
  }
  a.refused(422, "GET", "/api/notifications?count=maybe");
  a.refused(422, "GET", "/api/notifications?limit=101");
  a.refused(422, "GET", "/api/notifications?cursor=x");
  a.refused(400, "GET", "/api/notifications?skip=1&cursor=" + *cursor);
  a.refused(404, "GET", "/api/notifications/b1");
  a.refused(404, "PATCH", "/api/notifications/b1/read");
}

BOOST_AUTO_TEST_CASE(the_first_time_of_reading_is_kept) {
  rules a;
  a.notify("n1", "low_balance_alert", 1);
  a.notify("n2", "insight_goal_risk", 2);
  BOOST_TEST(a.call("GET", "/api/notifications/unread-count").body == R"({"count":2})");
  BOOST_TEST(a.call("GET", "/api/notifications/unread-insight-count").body == R"({"count":1})");
  const auto read = [&] {
    return base::json::write(*a.ok("PATCH", "/api/notifications/n1/read").find("read_at"));
  };
  BOOST_TEST(read() == R"("2026-11-24T18:00:00Z")");
  a.clock.at.count += base::us_per_day;
  a.bearer = "Bearer " + a.token_of("ana");
  BOOST_TEST(read() == R"("2026-11-24T18:00:00Z")");
  BOOST_TEST((ids(a.ok("GET", "/api/notifications?unread_only=true")) == texts{"n2"}));
  a.notify("b1", "x", 1, "bia");
  BOOST_TEST(a.call("POST", "/api/notifications/mark-all-read").body == R"({"marked":1})");
  BOOST_TEST(a.call("POST", "/api/notifications/mark-all-read").body == R"({"marked":0})");
  BOOST_TEST(a.call("GET", "/api/notifications/unread-count").body == R"({"count":0})");
  a.bearer = "Bearer " + a.token_of("bia");
  BOOST_TEST(a.call("GET", "/api/notifications/unread-count").body == R"({"count":1})");
}

BOOST_AUTO_TEST_SUITE_END()
