// Insights (api-contract §11.1). What is computed: tests/unit/ledger/insights_test.cpp.
#include "http/api/insight_api.hpp"
#include "tests/http/api_fixture.hpp"

#include <chrono>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_insights)

namespace {

const std::string feedback = "/api/insights/feedback";
const std::string preferences = "/api/insights/preferences";

/// 24 November 2026, 15:00 in São Paulo.
struct reader : api {
  reader() { add_category("c2", "ana"); }

  std::string post(const std::string& type, const std::string& category, std::int64_t minor,
                   const std::string& date, const std::string& account = "a1") {
    const std::string to = type == "transfer" ? R"(,"to_account_id":"a2")" : "";
    const auto answer =
        call("POST", "/api/transactions",
             R"({"type":")" + type + R"(","category_id":")" + category + R"(","amount_cents":)" +
                 std::to_string(minor) + R"(,"date":")" + date + R"(","account_id":")" + account +
                 R"(","description":"padaria")" + to + "}");
    BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return *parsed(answer.body).find("id")->if_string();
  }
  std::string spend(const std::string& category, std::int64_t minor, const std::string& date) {
    return post("expense", category, minor, date);
  }
  std::string goal(std::int64_t target, const std::string& due) {
    const auto answer =
        call("POST", "/api/goals",
             R"({"name":"Viagem","target_amount_cents":)" + std::to_string(target) +
                 R"(,"target_date":")" + due + R"(","category":"lazer","priority":"high"})");
    BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return *parsed(answer.body).find("id")->if_string();
  }
  http::response say(const std::string& type, const std::string& hash, const std::string& status) {
    return call("POST", feedback,
                R"({"insight_type":")" + type + R"(","insight_hash":")" + hash + R"(","status":")" +
                    status + "\"}");
  }
  std::string read() {
    const auto answer = call("GET", "/api/insights");
    BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return answer.body;
  }
  /// Hashes of both lists, in their order.
  std::string hashes() {
    const auto all = parsed(read());
    std::string text;
    for (const char* list : {"category_monthly_variation", "goals_at_risk"})
      for (const auto& i : *all.find(list)->if_array())
        text += *i.find("insight_hash")->if_string() + ' ';
    return text;
  }
  void at(const std::string& time) {
    clock.at = instant(time);
    bearer = "Bearer " + token_of("ana");
  }
};

const std::string nothing_to_say =
    R"({"category_monthly_variation":[],"goals_at_risk":[],"computed_at":"2026-11-24T18:00:00Z"})";
const std::string both_hashes = "category_variation:c1:2026-11 goal_at_risk:new-1 ";

} // namespace

BOOST_AUTO_TEST_CASE(both_lists_in_the_words_of_the_contract) {
  reader a;
  BOOST_TEST(a.read() == nothing_to_say);
  a.spend("c1", 800, "2026-10-31");
  a.spend("c1", 1007, "2026-11-01");
  a.spend("c2", 5, "2026-11-30");
  a.goal(10'007, "2027-01-08");
  BOOST_TEST(
      a.read() ==
      R"({"category_monthly_variation":[)"
      R"({"category_id":"c1","category_name":"Lazer","current_month_total":10.07,)"
      R"("previous_month_total":8.00,"previous_amount":8.00,"current_amount":10.07,)"
      R"("variation_pct":25.9,"variation_percent":25.9,)"
      R"("explanation":"Gasto subiu 25.9% em relação ao mês anterior: de R$ 8.00 para R$ 10.07",)"
      R"("impact_score":2.07,"insight_hash":"category_variation:c1:2026-11"},)"
      R"({"category_id":"c2","category_name":"Lazer","current_month_total":0.05,)"
      R"("previous_month_total":0.00,"previous_amount":0.00,"current_amount":0.05,)"
      R"("variation_pct":null,"variation_percent":null,)"
      R"("explanation":"Novo gasto neste mês: R$ 0.05",)"
      R"("impact_score":0.05,"insight_hash":"category_variation:c2:2026-11"}],)"
      R"("goals_at_risk":[{"goal_id":"new-1","goal_name":"Viagem","target_amount":100.07,)"
      R"("current_amount":0.00,"target_date":"2027-01-08","gap":100.07,"days_left":45,)"
      R"("required_per_month":66.71,)"
      R"("risk_reason":"Faltam R$ 100.07 em 45 dias. Necessário ~R$ 66.71/mês para atingir no )"
      R"(prazo.","at_risk":true,"impact_score":100.07,"insight_hash":"goal_at_risk:new-1"}],)"
      R"("computed_at":"2026-11-24T18:00:00Z"})");
}

BOOST_AUTO_TEST_CASE(only_live_expenses_of_the_user_count) {
  reader a;
  a.post("income", "c1", 9000, "2026-11-02");
  a.post("transfer", "c1", 1000, "2026-11-02");
  a.spend("c1", 100, "2026-09-30"); // neither this month nor the one before
  a.spend("c1", 100, "2026-12-01");
  const auto gone = a.spend("c1", 700, "2026-11-05");
  BOOST_TEST(a.hashes() == "category_variation:c1:2026-11 ");
  BOOST_TEST(a.call("DELETE", "/api/transactions/" + gone).status == 200);
  BOOST_TEST(a.hashes() == "");
  a.bearer = "Bearer " + a.token_of("bia");
  a.post("expense", "cb", 100, "2026-11-05", "b1");
  BOOST_TEST(a.hashes() == "category_variation:cb:2026-11 ");
  a.at("2026-11-24T18:00:00Z");
  BOOST_TEST(a.hashes() == "");
}

BOOST_AUTO_TEST_CASE(the_month_is_that_of_the_zone) {
  reader a;
  a.spend("c1", 100, "2026-11-30");
  a.spend("c2", 100, "2026-12-01");
  a.at("2026-12-01T02:59:59.999999Z"); // still November in São Paulo
  BOOST_TEST(a.hashes() == "category_variation:c1:2026-11 ");
  a.at("2026-12-01T03:00:00Z");
  BOOST_TEST(a.hashes() == "category_variation:c2:2026-12 ");
  a.at("2027-01-01T03:00:00Z"); // December is the month before
  a.spend("c2", 100, "2027-01-31");
  BOOST_TEST(a.hashes() == "category_variation:c2:2027-01 ");
  BOOST_TEST(*parsed(a.read())
                  .find("category_monthly_variation")
                  ->if_array()
                  ->front()
                  .find("explanation")
                  ->if_string() ==
             "Gasto subiu 0.0% em relação ao mês anterior: de R$ 1.00 para R$ 1.00");
}

BOOST_AUTO_TEST_CASE(reading_changes_nothing) {
  reader a;
  a.spend("c1", 100, "2026-11-05");
  a.goal(100, "2026-12-24");
  const auto executions = a.books.executions;
  BOOST_TEST(a.hashes() == both_hashes);
  a.call("GET", preferences);
  BOOST_TEST(a.books.executions == executions);
  BOOST_TEST(a.books.beside.all<ledger::notification>().empty());
  BOOST_TEST(a.books.beside.all<ledger::insight_preferences>().empty());
  a.books.refusal = base::failure{"DB_READ_ONLY", {}};
  BOOST_TEST(a.hashes() == both_hashes);
  BOOST_TEST(a.say("goal_at_risk", "x", "seen").status == 503);
}

// -- feedback -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_ignored_hash_is_hidden_for_thirty_days) {
  reader a;
  a.spend("c1", 100, "2026-11-05");
  a.goal(100, "2027-12-24");
  a.say("goal_at_risk", "goal_at_risk:new-1", "seen");
  BOOST_TEST(a.hashes() == both_hashes);
  const auto answer = a.say("goal_at_risk", "goal_at_risk:new-1", "ignored");
  BOOST_TEST(answer.status == 204);
  BOOST_TEST(answer.body.empty());
  BOOST_TEST(a.hashes() == "category_variation:c1:2026-11 ");
  a.say("category_variation", "category_variation:c1:2026-11", "ignored");
  BOOST_TEST(a.hashes() == "");
  a.say("category_variation", "category_variation:c1:2026-11", "seen"); // the last word counts
  BOOST_TEST(a.hashes() == "category_variation:c1:2026-11 ");
  a.at("2026-12-24T17:59:59.999999Z");
  BOOST_TEST(a.hashes() == "");
  a.at("2026-12-24T18:00:00Z");
  BOOST_TEST(a.hashes() == "goal_at_risk:new-1 ");
}

BOOST_AUTO_TEST_CASE(feedback_hides_nothing_of_others) {
  reader a;
  a.bearer = "Bearer " + a.token_of("bia");
  a.say("category_variation", "category_variation:c1:2026-11", "ignored");
  a.at("2026-11-24T18:00:00Z");
  a.spend("c1", 100, "2026-11-05");
  BOOST_TEST(a.hashes() == "category_variation:c1:2026-11 ");
}

BOOST_AUTO_TEST_CASE(feedback_says_what_is_wrong_with_it) {
  reader a;
  const auto detail = [](const http::response& r) {
    return *parsed(r.body).find("detail")->if_string();
  };
  auto answer = a.say("goals", "h", "seen");
  BOOST_TEST(answer.status == 400);
  BOOST_TEST(detail(answer) == "insight_type deve ser category_variation ou goal_at_risk");
  answer = a.say("goal_at_risk", "h", "done");
  BOOST_TEST(answer.status == 400);
  BOOST_TEST(detail(answer) == "status deve ser seen ou ignored");
  BOOST_TEST(faults_of(a.call("POST", feedback, "{}")).size() == 3u);
  BOOST_TEST(
      faults_of(a.call("POST", feedback, R"({"insight_type":1,"insight_hash":" ","status":null})"))
          .size() == 3u);
  BOOST_TEST(a.call("POST", feedback, "no").status == 422);
  BOOST_TEST(a.say("goal_at_risk", std::string(201, 'h'), "seen").status == 422);
  BOOST_TEST(a.books.beside.all<ledger::insight_feedback>().empty());
  BOOST_TEST(a.say("goal_at_risk", std::string(200, 'h'), "seen").status == 204);
}

BOOST_AUTO_TEST_CASE(a_key_gives_feedback_once) {
  reader a;
  const auto send = [&](const std::string& status) {
    return a.call("POST", feedback,
                  R"({"insight_type":"goal_at_risk","insight_hash":"h","status":")" + status +
                      "\"}",
                  {{"Idempotency-Key", "k"}});
  };
  BOOST_TEST(send("ignored").status == 204);
  a.say("goal_at_risk", "h", "seen");
  const auto again = send("ignored");
  BOOST_TEST(again.status == 204);
  BOOST_TEST(again.body.empty());
  BOOST_TEST(header(again, "Idempotent-Replayed") != nullptr);
  BOOST_TEST(a.books.beside.all<ledger::insight_feedback>().at(0).status == "seen");
  BOOST_TEST(code_of(send("seen")) == "IDEMPOTENCY_KEY_REUSED");
}

BOOST_AUTO_TEST_CASE(feedback_that_still_counts_is_bounded) {
  reader a;
  for (int n = 0; n < ledger::user_rows_max; ++n)
    a.books.beside.put(ledger::insight_feedback{ledger::user_id{"ana"}, "h" + std::to_string(n),
                                                "goal_at_risk", "ignored", a.clock.at});
  const auto answer = a.say("goal_at_risk", "other", "seen");
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(code_of(answer) == "LIMIT_REACHED");
  BOOST_TEST(a.say("goal_at_risk", "h7", "seen").status == 204);
  a.at("2026-12-24T17:59:59Z");
  BOOST_TEST(a.say("goal_at_risk", "other", "seen").status == 422);
  a.at("2026-12-24T18:00:00Z"); // the others count no longer
  BOOST_TEST(a.say("goal_at_risk", "other", "seen").status == 204);
}

// -- preferences ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_list_that_is_off_is_empty) {
  reader a;
  a.spend("c1", 100, "2026-11-05");
  a.goal(100, "2026-12-24");
  const auto both = R"({"enable_category_variation":true,"enable_goals_at_risk":true})";
  const auto goals = R"({"enable_category_variation":false,"enable_goals_at_risk":true})";
  const auto none = R"({"enable_category_variation":false,"enable_goals_at_risk":false})";
  BOOST_TEST(a.call("GET", preferences).body == both);
  BOOST_TEST(a.call("PATCH", preferences, R"({"enable_category_variation":false})").body == goals);
  BOOST_TEST(a.call("GET", preferences).body == goals);
  BOOST_TEST(a.hashes() == "goal_at_risk:new-1 ");
  BOOST_TEST(a.call("PATCH", preferences, R"({"enable_goals_at_risk":false,"more":1})").body ==
             none);
  BOOST_TEST(a.read() == nothing_to_say);
  BOOST_TEST(a.call("PATCH", preferences, "{}").body == none);
  BOOST_TEST(a.call("PATCH", preferences, both).body == both);
  BOOST_TEST(a.hashes() == both_hashes);
  a.bearer = "Bearer " + a.token_of("bia");
  BOOST_TEST(a.call("GET", preferences).body == both);
}

BOOST_AUTO_TEST_CASE(preferences_are_true_or_false) {
  reader a;
  for (const char* bad : {"null", "0", "\"talvez\"", "[]"})
    BOOST_TEST(a.call("PATCH", preferences, R"({"enable_goals_at_risk":)" + std::string{bad} + "}")
                       .status == 422,
               bad);
  BOOST_TEST(a.call("PATCH", preferences, "[]").status == 422);
  BOOST_TEST(a.books.beside.all<ledger::insight_preferences>().empty());
}

BOOST_AUTO_TEST_CASE(a_stale_tag_of_preferences_is_a_conflict) {
  reader a;
  const auto tag = *header(a.call("GET", preferences), "ETag");
  const auto off = R"({"enable_goals_at_risk":false})";
  BOOST_TEST(a.call("PATCH", preferences, off, {{"If-Match", tag}}).status == 200);
  const auto stale = a.call("PATCH", preferences, "{}", {{"If-Match", tag}});
  BOOST_TEST(stale.status == 409);
  BOOST_TEST(stale.code == "VERSION_CONFLICT");
  const auto now = *header(a.call("GET", preferences), "ETag");
  BOOST_TEST(a.call("PATCH", preferences, off, {{"If-Match", now}}).status == 200);
  BOOST_TEST(*header(a.call("GET", preferences), "ETag") == now); // nothing was changed
}

// -- switched off, failing ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(off_answers_nothing_to_everything) {
  reader a;
  a.s.settings.insights = false;
  for (const auto& [method, path] : {std::pair<std::string, std::string>{"GET", "/api/insights"},
                                     {"POST", feedback},
                                     {"GET", preferences},
                                     {"PATCH", preferences}}) {
    for (const char* body : {"", "{}", "no", R"({"enable_goals_at_risk":false})"}) {
      const auto answer = a.call(method, path, body, {{"Idempotency-Key", "k"}});
      BOOST_TEST(answer.status == 204, method << path << body);
      BOOST_TEST(answer.body.empty());
    }
    BOOST_TEST(a.call(method, path, "{}", {{"Authorization", ""}}).status == 403);
  }
  BOOST_TEST(a.say("goal_at_risk", "h", "ignored").status == 204);
  BOOST_TEST(a.books.executions == 0);
  BOOST_TEST(a.books.beside.all<ledger::insight_feedback>().empty());
}

BOOST_AUTO_TEST_CASE(the_hooks_hear_of_each_reading) {
  reader a;
  std::vector<std::string> heard;
  a.s.hooks.on_insights = [&](std::chrono::nanoseconds took) {
    BOOST_TEST((took.count() >= 0));
    heard.emplace_back("ok");
  };
  a.s.hooks.on_insights_failed = [&](const http::request& r, const ledger::user_id& user,
                                     const base::failure& why) {
    heard.push_back(r.request_id + ' ' + user.text() + ' ' + std::string{why.code});
  };
  a.read();
  a.books.broken = base::failure{"DB_UNAVAILABLE", {}};
  const auto& ana = a.books.users[ledger::user_id{"ana"}];
  http::request asked;
  asked.request_id = "rid";
  BOOST_TEST(http::get_insights(a.s, asked, ana).status == 503);
  a.books.broken.reset();
  a.s.settings.insights = false;
  a.call("GET", "/api/insights");
  BOOST_TEST((heard == std::vector<std::string>{"ok", "rid ana DB_UNAVAILABLE"}));
}

BOOST_AUTO_TEST_SUITE_END()
