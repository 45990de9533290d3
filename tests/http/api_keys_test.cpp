// Idempotency-Key, batches and the key's own path (api-contract §3, §7).
#include "tests/http/api_fixture.hpp"

#include <array>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_keys)

namespace {

std::string item(const std::string& amount, const std::string& extra = {}) {
  return R"({"date":"2026-11-24","account_id":"a1","category_id":"c1","type":"expense","amount_cents":)" +
         amount + R"(,"description":"x")" + extra + '}';
}

http::fields key(const std::string& text) { return {{"Idempotency-Key", text}}; }

int status_of(const base::json::value& result) {
  return static_cast<int>(*result.find("status")->as_int64());
}

} // namespace

BOOST_AUTO_TEST_CASE(a_repeated_request_gets_the_first_answer_byte_for_byte) {
  api a;
  std::vector<observability::idempotency_result> counted;
  a.s.hooks.on_key = [&](std::string_view route, observability::idempotency_result how) {
    BOOST_TEST(route == "/api/transactions");
    counted.push_back(how);
  };
  const auto first = a.call("POST", "/api/transactions", item("7"), key("k1"));
  BOOST_TEST(first.status == 200);
  BOOST_TEST(header(first, "Idempotent-Replayed") == nullptr);
  BOOST_TEST(a.books.executed->key->scope.endpoint == "POST /api/transactions");
  BOOST_TEST(a.books.executed->key->scope.key == "k1");

  a.clock.at.count += 1;
  // The same content in another order, with a default spelled out and a field that nobody knows.
  const auto again = a.call(
      "POST", "/api/transactions/",
      R"({"description":"x","unknown":1,"tags":[],"amount_cents":7,"type":"expense","category_id":"c1","account_id":"a1","date":"2026-11-24"})",
      key(" k1 "));
  BOOST_TEST(again.status == 200);
  BOOST_TEST(again.body == first.body);
  BOOST_REQUIRE(header(again, "Idempotent-Replayed") != nullptr);
  BOOST_TEST(*header(again, "Idempotent-Replayed") == "true");

  const auto other = a.call("POST", "/api/transactions", item("8"), key("k1"));
  BOOST_TEST(other.status == 400);
  BOOST_TEST(code_of(other) == "IDEMPOTENCY_KEY_REUSED");
  BOOST_TEST(a.books.posted.size() == 1u);
  using how = observability::idempotency_result;
  BOOST_TEST((counted == std::vector{how::first, how::replayed, how::mismatch}));
}

BOOST_AUTO_TEST_CASE(a_pinned_refusal_is_repeated_with_its_code) {
  api a;
  a.books.refusal = base::failure{"TX_INSUFFICIENT_BALANCE", "Saldo atual: 0.00; valor: 0.07."};
  const auto first = a.call("POST", "/api/transactions", item("7"), key("k1"));
  BOOST_TEST(first.status == 422);
  a.books.refusal.reset();
  const auto again = a.call("POST", "/api/transactions", item("7"), key("k1"));
  BOOST_TEST(again.status == 422);
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(again.code == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(header(again, "Idempotent-Replayed") != nullptr);
  BOOST_TEST(a.books.posted.empty());
}

BOOST_AUTO_TEST_CASE(other_refusals_keep_their_headers_and_are_not_pinned) {
  api a;
  a.books.refusal = base::failure{"OVERLOADED", {}};
  const auto first = a.call("POST", "/api/transactions", item("7"), key("k1"));
  BOOST_TEST(first.status == 503);
  BOOST_TEST(header(first, "Retry-After") != nullptr);
  a.books.refusal.reset();
  BOOST_TEST(a.call("POST", "/api/transactions", item("7"), key("k1")).status == 200);
}

BOOST_AUTO_TEST_CASE(path_and_query_are_part_of_the_request) {
  api a;
  BOOST_TEST(a.call("PUT", "/api/accounts/a1", R"({"name":"x"})", key("k")).status == 200);
  const auto elsewhere = a.call("PUT", "/api/accounts/a2", R"({"name":"x"})", key("k"));
  BOOST_TEST(code_of(elsewhere) == "IDEMPOTENCY_KEY_REUSED");
  // Another method or template is another scope.
  BOOST_TEST(a.call("DELETE", "/api/accounts/a1", {}, key("k")).status == 200);
  BOOST_TEST(a.call("DELETE", "/api/accounts/a1", {}, key("k")).status == 200);
  BOOST_TEST(a.call("DELETE", "/api/accounts/a1", {}, key("k2")).status == 400);
}

BOOST_AUTO_TEST_CASE(a_key_is_1_to_64_printable_characters) {
  api a;
  const auto fault = [&](const std::string& text) {
    const auto answer = a.call("POST", "/api/transactions", item("7"), key(text));
    return answer.status == 200 ? std::string{} : faults_of(answer)[0];
  };
  BOOST_TEST(fault(std::string(64, '~')) == "");
  BOOST_TEST(fault("with spaces inside") == "");
  BOOST_TEST(a.books.executed->key.has_value());
  BOOST_TEST(fault("   ") == "");
  BOOST_TEST(!a.books.executed->key.has_value());
  BOOST_TEST(fault(std::string(65, 'k')) ==
             "string_too_long header.Idempotency-Key String should have at most 64 characters");
  const std::string pattern = "string_pattern_mismatch header.Idempotency-Key String should match "
                              "pattern '^[ -~]{1,64}$'";
  BOOST_TEST(fault("chave-é") == pattern);
  BOOST_TEST(fault("a\tb") == pattern);
  // A whole key is in no error body.
  const auto answer = a.call("POST", "/api/transactions", item("7"), key(std::string(65, 'k')));
  BOOST_TEST(answer.body.find("kkkkkkkkk") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_mutating_route_passes_its_key) {
  api a;
  const auto category = R"({"name":"n","type":"income","color":"#000000","icon":"i"})";
  const auto id =
      *parsed(a.call("POST", "/api/transactions", item("7")).body).find("id")->if_string();
  const auto one = "/api/transactions/" + id;
  const auto new_hold = [&] {
    const auto made =
        a.call("POST", "/api/accounts/a1/holds", R"({"amount_cents":5,"description":"x"})");
    return "/api/holds/" + *parsed(made.body).find("id")->if_string();
  };
  const auto first_hold = new_hold();
  const auto second_hold = new_hold();
  const auto made = [&](const std::string& path, const std::string& body) {
    return path + '/' + *parsed(a.call("POST", path, body).body).find("id")->if_string();
  };
  const auto goal = R"({"name":"n","target_amount_cents":9,"target_date":"2027-01-01",)"
                    R"("category":"c","priority":"low"})";
  const auto envelope = R"({"name":"n","balance":9})";
  const auto rule = R"({"name":"n","type":"round_up","conditions":{},"actions":{}})";
  const auto a_goal = made("/api/goals", goal);
  const auto an_envelope = made("/api/envelopes", envelope);
  const auto a_rule = made("/api/automations", rule);
  const auto due =
      R"({"name":"n","type":"recurring_transaction","conditions":{"frequency":"daily"},)"
      R"("actions":{"account_id":"a1","category_id":"c1","amount_cents":5}})";
  const auto a_due_rule = made("/api/automations", due);
  ledger::login_session session;
  session.id = ledger::session_id{"s1"};
  session.user = ledger::user_id{"ana"};
  session.expires_at = base::utc_us{a.clock.at.count + base::us_per_day};
  a.books.beside.put(session);
  ledger::notification told;
  told.id = ledger::notification_id{"n1"};
  told.user = session.user;
  a.books.beside.put(told);
  ledger::shared_expense of_ana, of_bia;
  of_ana.id = ledger::shared_expense_id{"e1"};
  of_ana.user = session.user;
  of_bia.id = ledger::shared_expense_id{"e2"};
  of_bia.user = ledger::user_id{"bia"};
  ledger::expense_share own, asked;
  own.id = ledger::share_id{"p1"};
  own.expense = of_ana.id;
  asked.id = ledger::share_id{"p2"};
  asked.expense = of_bia.id;
  own.user = asked.user = session.user;
  asked.status = "pending";
  ledger::feed_item news;
  news.id = ledger::feed_item_id{"f1"};
  news.user = session.user;
  for (ledger::user_row r : ledger::user_rows{of_ana, of_bia, own, asked, news})
    a.books.beside.put(std::move(r));
  const std::vector<std::array<std::string, 4>> calls{
      {"POST", "/api/accounts", R"({"name":"n","type":"cash"})", "POST /api/accounts"},
      {"PUT", "/api/accounts/a1", "{}", "PUT /api/accounts/{id}"},
      {"DELETE", "/api/accounts/a2", "", "DELETE /api/accounts/{id}"},
      {"POST", "/api/categories", category, "POST /api/categories"},
      {"PUT", "/api/categories/c1", "{}", "PUT /api/categories/{id}"},
      {"POST", "/api/transactions", item("7"), "POST /api/transactions"},
      {"PUT", one, "{}", "PUT /api/transactions/{id}"},
      {"DELETE", one, "", "DELETE /api/transactions/{id}"},
      {"POST", one + "/restore", "", "POST /api/transactions/{id}/restore"},
      {"DELETE", "/api/transactions", R"({"ids":["x"]})", "DELETE /api/transactions"},
      {"POST", "/api/transactions/batch", "{\"items\":[" + item("1") + "]}",
       "POST /api/transactions/batch"},
      {"POST", "/api/postings",
       R"({"date":"2026-11-24","description":"x","legs":[{"account_id":"a1","amount_cents":-7},)"
       R"({"category_id":"c1","amount_cents":7}]})",
       "POST /api/postings"},
      {"POST", "/api/shared-expenses",
       R"({"total_cents":9,"description":"x","invited_email":"bia@example.com",)"
       R"("account_id":"a1","category_id":"c1"})",
       "POST /api/shared-expenses"},
      {"PATCH", "/api/shared-expenses/shares/p2", R"({"action":"accept"})",
       "PATCH /api/shared-expenses/shares/{id}"},
      {"DELETE", "/api/shared-expenses/e1", "", "DELETE /api/shared-expenses/{id}"},
      {"PATCH", "/api/activity-feed/f1/read", "", "PATCH /api/activity-feed/{id}/read"},
      {"PATCH", "/api/activity-feed/read-all", "", "PATCH /api/activity-feed/read-all"},
      {"POST", "/api/insights/feedback",
       R"({"insight_type":"goal_at_risk","insight_hash":"goal_at_risk:1","status":"seen"})",
       "POST /api/insights/feedback"},
      {"PATCH", "/api/insights/preferences", R"({"enable_goals_at_risk":false})",
       "PATCH /api/insights/preferences"},
      {"POST", "/api/accounts/a1/holds", R"({"amount_cents":5,"description":"x"})",
       "POST /api/accounts/{id}/holds"},
      {"POST", first_hold + "/post", R"({"category_id":"c1"})", "POST /api/holds/{id}/post"},
      {"POST", second_hold + "/void", "", "POST /api/holds/{id}/void"},
      {"DELETE", "/api/categories/c1", "", "DELETE /api/categories/{id}"},
      {"DELETE", "/api/auth/sessions/s1", "", "DELETE /api/auth/sessions/{id}"},
      {"PUT", "/api/auth/me", R"({"email":"ana@new.example"})", "PUT /api/auth/me"},
      {"POST", "/api/auth/logout-all", "", "POST /api/auth/logout-all"},
      {"POST", "/api/goals", goal, "POST /api/goals"},
      {"PUT", a_goal, "{}", "PUT /api/goals/{id}"},
      {"POST", a_goal + "/add-value", R"({"amount_cents":1})", "POST /api/goals/{id}/add-value"},
      {"DELETE", a_goal, "", "DELETE /api/goals/{id}"},
      {"POST", "/api/envelopes", envelope, "POST /api/envelopes"},
      {"PUT", an_envelope, "{}", "PUT /api/envelopes/{id}"},
      {"POST", an_envelope + "/add-value?amount=1", "", "POST /api/envelopes/{id}/add-value"},
      {"POST", an_envelope + "/withdraw-value?amount=1", "",
       "POST /api/envelopes/{id}/withdraw-value"},
      {"DELETE", an_envelope, "", "DELETE /api/envelopes/{id}"},
      {"POST", "/api/automations", rule, "POST /api/automations"},
      {"PUT", a_rule, "{}", "PUT /api/automations/{id}"},
      {"DELETE", a_rule, "", "DELETE /api/automations/{id}"},
      {"POST", a_due_rule + "/execute", "", "POST /api/automations/{id}/execute"},
      {"PATCH", "/api/notifications/n1/read", "", "PATCH /api/notifications/{id}/read"},
      {"POST", "/api/me/data", "{}", "POST /api/me/data"},
      {"PUT", "/api/me/data", "{}", "PUT /api/me/data"},
      {"POST", "/api/me/sync", "{}", "POST /api/me/sync"},
      {"POST", "/api/notifications/mark-all-read", "", "POST /api/notifications/mark-all-read"}};
  for (const auto& [method, target, body, endpoint] : calls) {
    const auto first = a.call(method, target, body, key("same"));
    BOOST_TEST((first.status == 200 || first.status == 204),
               method << ' ' << target << ' ' << first.body);
    BOOST_TEST(a.books.executed->key->scope.endpoint == endpoint);
    BOOST_TEST(a.call(method, target, body, key("same")).body == first.body);
  }
  for (const auto& route : a.routes.all()) {
    if (!route.start) continue; // no single command: api_action_keys_test
    // Their key goes through the owner of the jobs, or they are no commands:
    // jobs_operations_test, schedules_api_test, blackbox_jobs.
    if (route.group == "jobs" || route.group == "workers" || route.group == "schedules") continue;
    const bool named = std::any_of(calls.begin(), calls.end(), [&](const auto& c) {
      return c[3] == route.method + ' ' + route.path;
    });
    BOOST_TEST(route.flags.takes_key == named, route.method << ' ' << route.path);
  }
}

// -- batch ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_batch_answers_each_item_as_the_single_post_would) {
  api a;
  const auto answer = a.call("POST", "/api/transactions/batch",
                             "{\"items\":[" + item("1") + ',' + item("\"2\"") + ',' +
                                 item("3", R"(,"currency":"USD")") + R"(,5,)" + item("4") + "]}");
  BOOST_TEST(answer.status == 200);
  const auto body = parsed(answer.body);
  BOOST_TEST(*body.find("created")->as_int64() == 2);
  BOOST_TEST(*body.find("failed")->as_int64() == 3);
  const auto& results = *body.find("results")->if_array();
  BOOST_REQUIRE(results.size() == 5u);
  const std::vector<int> statuses{200, 422, 422, 422, 200};
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST(*results[i].find("index")->as_int64() == static_cast<std::int64_t>(i));
    BOOST_TEST(status_of(results[i]) == statuses[i]);
    BOOST_TEST(results[i].find("transaction")->is_null() == (statuses[i] != 200));
    BOOST_TEST(results[i].find("error")->is_null() == (statuses[i] == 200));
  }
  BOOST_TEST(*results[4].find("transaction")->find("amount_str")->if_string() == "0.04");
  const auto& fault = results[1].find("error")->find("detail")->if_array()->front();
  BOOST_TEST(base::json::write(*fault.find("loc")) == R"(["body","items",1,"amount_cents"])");
  BOOST_TEST(*results[1].find("error")->find("code")->if_string() == "VALIDATION_ERROR");
}

BOOST_AUTO_TEST_CASE(a_refused_item_is_told_in_the_words_of_its_own_type) {
  api a;
  auto expense = item("1");
  const auto unknown = item("1").replace(item("1").find("\"c1\""), 4, "\"cx\"");
  const auto answer =
      a.call("POST", "/api/transactions/batch", "{\"items\":[" + expense + ',' + unknown + "]}");
  const auto body = parsed(answer.body);
  const auto& second = (*body.find("results")->if_array())[1];
  BOOST_TEST(status_of(second) == 404);
  BOOST_TEST(*second.find("error")->find("detail")->find("details")->if_string() ==
             "Nenhuma categoria com id 'cx' pertence ao usuário.");
}

BOOST_AUTO_TEST_CASE(an_atomic_batch_is_rejected_as_a_whole) {
  api a;
  const auto answer = a.call("POST", "/api/transactions/batch",
                             "{\"atomic\":true,\"items\":[" + item("1") + ',' + item("0") + "]}");
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(answer.code == "BATCH_REJECTED");
  const auto body = parsed(answer.body);
  BOOST_TEST(*body.find("code")->if_string() == "BATCH_REJECTED");
  BOOST_TEST(*body.find("created")->as_int64() == 0);
  BOOST_TEST(*body.find("failed")->as_int64() == 2);
  const auto& results = *body.find("results")->if_array();
  BOOST_TEST(status_of(results[0]) == 424);
  BOOST_TEST(results[0].find("transaction")->is_null());
  BOOST_TEST(status_of(results[1]) == 422);
}

BOOST_AUTO_TEST_CASE(an_items_key_is_in_the_scope_of_the_single_post) {
  api a;
  const auto single = a.call("POST", "/api/transactions", item("7"), key("k1"));
  const auto batch = "{\"items\":[" + item("7", R"(,"key":"k1")") + ',' +
                     item("8", R"(,"key":"k2")") + ',' + item("9", R"(,"key":" ")") + "]}";
  const auto answer = a.call("POST", "/api/transactions/batch", batch);
  const auto body = parsed(answer.body);
  BOOST_TEST(*body.find("created")->as_int64() == 3);
  const auto& results = *body.find("results")->if_array();
  BOOST_TEST(base::json::write(*results[0].find("transaction")) ==
             base::json::write(parsed(single.body)));
  BOOST_TEST(a.books.posted.size() == 3u);
  const auto& sent = std::get<ledger::post_batch>(a.books.executed->what);
  BOOST_TEST(!(*sent.items)[2].scope.has_value());

  // And the other way: the single POST finds what the batch did.
  const auto later = a.call("POST", "/api/transactions", item("8"), key("k2"));
  BOOST_TEST(header(later, "Idempotent-Replayed") != nullptr);
  BOOST_TEST(base::json::write(parsed(later.body)) ==
             base::json::write(*results[1].find("transaction")));
}

BOOST_AUTO_TEST_CASE(faults_of_the_batch_itself) {
  api a;
  const auto fault = [&](const std::string& body) {
    return faults_of(a.call("POST", "/api/transactions/batch", body))[0];
  };
  BOOST_TEST(fault("{}") == "missing body.items Field required");
  BOOST_TEST(fault(R"({"items":{}})") == "list_type body.items Input should be a valid list");
  BOOST_TEST(fault(R"({"items":[]})") ==
             "too_short body.items List should have at least 1 item after validation, not 0");
  BOOST_TEST(fault(R"({"items":[1],"atomic":"yes"})") ==
             "bool_type body.atomic Input should be a valid boolean");
  std::string many = "{\"items\":[0";
  for (int i = 0; i < 1000; ++i) many += ",0";
  BOOST_TEST(fault(many + "]}") ==
             "too_long body.items List should have at most 1000 items after validation, not 1001");
  BOOST_TEST(a.books.executions == 0);
  const auto bad_key =
      a.call("POST", "/api/transactions/batch",
             "{\"items\":[" + item("7", ",\"key\":\"" + std::string(65, 'k') + '"') + "]}");
  const auto body = parsed(bad_key.body);
  BOOST_TEST(status_of(body.find("results")->if_array()->front()) == 422);
}

// -- the key's own path ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_key_shows_what_became_of_it) {
  api a;
  BOOST_TEST(a.call("GET", "/api/idempotency/k1").body ==
             R"({"key":"k1","state":"absent","results":[]})");
  http::key_state done;
  done.endpoint = "POST /api/transactions";
  done.answer = ledger::stored_answer{200, R"({"id":"t1"})"};
  done.created_at = a.clock.at;
  done.expires_at = instant("2026-11-25T18:00:00Z");
  a.books.key_rows = {done};
  BOOST_TEST(
      a.call("GET", "/api/idempotency/k1").body ==
      R"({"key":"k1","state":"completed","results":[{"endpoint":"POST /api/transactions","state":"completed","status":200,"body":{"id":"t1"},"created_at":"2026-11-24T18:00:00Z","expires_at":"2026-11-25T18:00:00Z"}]})");
  http::key_state running = done;
  running.what = http::key_state::state::in_flight;
  running.answer.reset();
  a.books.key_rows = {running};
  BOOST_TEST(
      a.call("GET", "/api/idempotency/k1").body ==
      R"({"key":"k1","state":"in_flight","results":[{"endpoint":"POST /api/transactions","state":"in_flight","status":null,"body":null,"created_at":"2026-11-24T18:00:00Z","expires_at":null}]})");
  BOOST_TEST(faults_of(a.call("GET", "/api/idempotency/" + std::string(65, 'k')))[0] ==
             "string_too_long path.key String should have at most 64 characters");
}

BOOST_AUTO_TEST_SUITE_END()
