// Goals and envelopes (api-contract §8, §9).
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_planning)

namespace {

struct planner : api {
  base::json::value ok(const std::string& method, const std::string& target,
                       const std::string& body = {}, http::fields headers = {}) {
    const auto answer = call(method, target, body, std::move(headers));
    BOOST_REQUIRE_MESSAGE(answer.status == 200, method << ' ' << target << ' ' << answer.body);
    return parsed(answer.body);
  }
  http::response refused(int status, const std::string& method, const std::string& target,
                         const std::string& body = {}) {
    auto answer = call(method, target, body);
    BOOST_TEST(answer.status == status, method << ' ' << target << ' ' << answer.body);
    return answer;
  }
  std::string goal(std::int64_t target = 10'000, const std::string& due = "2027-12-31") {
    return *ok("POST", "/api/goals",
               R"({"name":"Viagem","target_amount_cents":)" + std::to_string(target) +
                   R"(,"target_date":")" + due + R"(","category":"lazer","priority":"high"})")
                .find("id")
                ->if_string();
  }
  std::string envelope(const std::string& more = {}) {
    return *ok("POST", "/api/envelopes", R"({"name":"Reserva")" + more + "}")
                .find("id")
                ->if_string();
  }
  std::vector<std::int64_t> movements() {
    std::vector<std::int64_t> all;
    for (const auto& m : books.beside.all<ledger::earmark_movement>())
      all.push_back(m.amount.minor);
    return all;
  }
};

std::string text(const base::json::value& v, std::string_view name) {
  return base::json::write(*v.find(name));
}

} // namespace

// -- goals ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_new_goal_is_empty_and_active) {
  planner p;
  const auto answer =
      p.call("POST", "/api/goals",
             R"({"name":"Viagem","target_amount_cents":150007,"target_date":"2027-12-31",)"
             R"("category":"lazer","priority":"high"})");
  BOOST_TEST(answer.body ==
             R"({"id":"new-1","name":"Viagem","target_amount":1500.07,)"
             R"("target_amount_str":"1500.07","current_amount":0.00,"current_amount_str":"0.00",)"
             R"("target_date":"2027-12-31T00:00:00Z","description":null,"category":"lazer",)"
             R"("priority":"high","status":"active","progress_percentage":0,)"
             R"("created_at":"2026-11-24T18:00:00Z","updated_at":null})");
  BOOST_TEST(p.movements().empty());
}

BOOST_AUTO_TEST_CASE(what_is_added_stops_at_the_target) {
  planner p;
  const auto path = "/api/goals/" + p.goal();
  BOOST_TEST(p.call("POST", path + "/add-value", R"({"amount_cents":3333})").body ==
             R"({"message":"Valor adicionado com sucesso","new_amount":33.33,)"
             R"("progress_percentage":33.33})");
  BOOST_TEST(text(p.ok("POST", path + "/add-value", R"({"amount_cents":99999})"), "new_amount") ==
             "100.00");
  BOOST_TEST(text(p.ok("POST", path + "/add-value", R"({"amount_cents":1})"), "new_amount") ==
             "100.00");
  BOOST_TEST((p.movements() == std::vector<std::int64_t>{3333, 6667})); // the last moved nothing
  BOOST_TEST(text(p.ok("GET", path), "status") == R"("achieved")");
  for (const char* bad : {"0", "-1", "1.5", "\"7\"", "true", "null", "1000000000000000"})
    p.refused(422, "POST", path + "/add-value", R"({"amount_cents":)" + std::string{bad} + "}");
}

BOOST_AUTO_TEST_CASE(a_key_adds_once) {
  planner p;
  const auto path = "/api/goals/" + p.goal() + "/add-value";
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(text(p.ok("POST", path, R"({"amount_cents":7})", {{"Idempotency-Key", "k"}}),
                    "new_amount") == "0.07");
  BOOST_TEST((p.movements() == std::vector<std::int64_t>{7}));
}

BOOST_AUTO_TEST_CASE(current_stays_within_the_target) {
  planner p;
  const auto path = "/api/goals/" + p.goal();
  BOOST_TEST(text(p.ok("PUT", path, R"({"current_amount_cents":9000})"), "current_amount") ==
             "90.00");
  p.refused(422, "PUT", path, R"({"current_amount_cents":10001})");
  p.refused(422, "PUT", path, R"({"target_amount_cents":8999})");
  p.refused(422, "PUT", path, R"({"current_amount_cents":-1})");
  BOOST_TEST(text(p.ok("PUT", path, R"({"target_amount_cents":9000})"), "status") ==
             R"("achieved")");
  BOOST_TEST(text(p.ok("PUT", path, R"({"current_amount_cents":0})"), "current_amount") == "0.00");
  BOOST_TEST((p.movements() == std::vector<std::int64_t>{9000, -9000}));
}

BOOST_AUTO_TEST_CASE(the_status_is_derived_on_every_read) {
  planner p;
  const auto path = "/api/goals/" + p.goal(10'000, "2026-12-24"); // 30 days from now
  const auto status = [&] { return text(p.ok("GET", path), "status"); };
  BOOST_TEST(status() == R"("at_risk")");
  BOOST_TEST(text(p.ok("PUT", path, R"({"status":"achieved"})"), "status") == R"("at_risk")");
  p.ok("PUT", path, R"({"current_amount_cents":7499})");
  BOOST_TEST(status() == R"("at_risk")");
  p.ok("PUT", path, R"({"current_amount_cents":7500})");
  BOOST_TEST(status() == R"("on_track")");
  p.ok("PUT", path, R"({"target_date":"2026-12-25","current_amount_cents":4999})");
  BOOST_TEST(status() == R"("active")");
  p.ok("PUT", path, R"({"current_amount_cents":5000})");
  BOOST_TEST(status() == R"("on_track")");
  p.ok("PUT", path, R"({"target_date":"2026-11-24"})");
  BOOST_TEST(status() == R"("at_risk")"); // its day has not passed
  p.ok("PUT", path, R"({"target_date":"2026-11-23"})");
  BOOST_TEST(status() == R"("overdue")");
  p.ok("PUT", path, R"({"current_amount_cents":10000})");
  BOOST_TEST(status() == R"("achieved")");
  const auto list = p.ok("GET", "/api/goals");
  BOOST_TEST(text(list.if_array()->front(), "status") == R"("achieved")");
}

BOOST_AUTO_TEST_CASE(all_faults_of_a_goal_at_once) {
  planner p;
  const auto answer = p.refused(422, "POST", "/api/goals",
                                R"({"name":" ","target_amount_cents":0,"target_date":"amanhã",)"
                                R"("priority":"urgent"})");
  BOOST_TEST(faults_of(answer).size() == 5u);
  const auto path = "/api/goals/" + p.goal();
  p.refused(422, "PUT", path, R"({"status":"done"})");
  p.refused(422, "PUT", path, R"({"name":null})");
}

BOOST_AUTO_TEST_CASE(a_goal_is_its_owners_until_it_is_deleted) {
  planner p;
  const auto path = "/api/goals/" + p.goal();
  const auto mine = p.bearer;
  p.bearer = "Bearer " + p.token_of("bia");
  for (const char* method : {"GET", "DELETE"})
    BOOST_TEST(*parsed(p.refused(404, method, path).body).find("detail")->if_string() ==
               "Meta não encontrada");
  p.refused(404, "PUT", path, "{}");
  p.refused(404, "POST", path + "/add-value", R"({"amount_cents":1})");
  BOOST_TEST(p.call("GET", "/api/goals").body == "[]");
  p.bearer = mine;
  BOOST_TEST(p.call("DELETE", path).body == R"({"message":"Meta removida com sucesso"})");
  p.refused(404, "GET", path);
  p.refused(404, "DELETE", path);
  BOOST_TEST(p.call("GET", "/api/goals").body == "[]");
}

BOOST_AUTO_TEST_CASE(a_stale_tag_is_a_conflict) {
  planner p;
  for (const auto& path : {"/api/goals/" + p.goal(), "/api/envelopes/" + p.envelope()}) {
    const auto tag = *header(p.call("GET", path), "ETag");
    p.clock.at.count += 1;
    BOOST_TEST(p.call("PUT", path, R"({"name":"a"})", {{"If-Match", tag}}).status == 200);
    const auto stale = p.call("PUT", path, R"({"name":"b"})", {{"If-Match", tag}});
    BOOST_TEST(stale.status == 409);
    BOOST_TEST(stale.code == "VERSION_CONFLICT");
    BOOST_TEST(p.call("DELETE", path, {}, {{"If-Match", tag}}).status == 409);
    const auto now = *header(p.call("GET", path), "ETag");
    BOOST_TEST(p.call("DELETE", path, {}, {{"If-Match", now}}).status == 200);
  }
}

// -- envelopes ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_envelope_counts_in_integer_centavos) {
  planner p;
  BOOST_TEST(p.call("POST", "/api/envelopes",
                    R"({"name":"Reserva","balance":1007,"target_amount":4028,"color":"#22c55e"})")
                 .body == R"({"id":"new-1","name":"Reserva","balance":1007,"target_amount":4028,)"
                          R"("color":"#22c55e","description":null,"progress_percentage":25,)"
                          R"("created_at":"2026-11-24T18:00:00Z"})");
  BOOST_TEST(text(p.ok("POST", "/api/envelopes/new-1/add-value?amount=3"), "new_balance") ==
             "1010");
  BOOST_TEST(p.call("POST", "/api/envelopes/new-1/withdraw-value?amount=1010").body ==
             R"({"message":"Valor retirado com sucesso","new_balance":0})");
  BOOST_TEST((p.movements() == std::vector<std::int64_t>{1007, 3, -1010}));
}

BOOST_AUTO_TEST_CASE(more_than_there_is_does_not_come_out) {
  planner p;
  const auto path = "/api/envelopes/" + p.envelope(R"(,"balance":100)");
  const auto answer = p.refused(400, "POST", path + "/withdraw-value?amount=101");
  BOOST_TEST(answer.code == "ENVELOPE_INSUFFICIENT");
  BOOST_TEST(*parsed(answer.body).find("detail")->if_string() == "Saldo insuficiente");
  BOOST_TEST(text(p.ok("GET", path), "balance") == "100");
  for (const char* bad : {"", "?amount=", "?amount=0", "?amount=-1", "?amount=1.5", "?amount=x"})
    p.refused(422, "POST", path + "/add-value" + bad);
  p.ok("POST", path + "/add-value?amount=999999999999899");
  p.refused(422, "POST", path + "/add-value?amount=1");
}

BOOST_AUTO_TEST_CASE(an_edit_of_the_balance_is_a_movement) {
  planner p;
  const auto path = "/api/envelopes/" + p.envelope();
  p.ok("PUT", path, R"({"balance":500})");
  p.ok("PUT", path, R"({"balance":200,"name":"Outra","target_amount":300})");
  p.ok("PUT", path, R"({"target_amount":null})");
  const auto e = p.ok("GET", path);
  BOOST_TEST(text(e, "balance") == "200");
  BOOST_TEST(text(e, "name") == R"("Outra")");
  BOOST_TEST(text(e, "progress_percentage") == "null");
  BOOST_TEST((p.movements() == std::vector<std::int64_t>{500, -300}));
  const auto all = p.books.beside.all<ledger::earmark_movement>();
  BOOST_TEST(all[1].version == 2u);
  BOOST_TEST(all[1].after.minor == 200);
  p.refused(422, "PUT", path, R"({"balance":"7"})");
  p.refused(422, "PUT", path, R"({"target_amount":0})");
  p.refused(422, "PUT", path, R"({"color":"red"})");
}

BOOST_AUTO_TEST_CASE(an_envelope_is_its_owners_until_it_is_deleted) {
  planner p;
  const auto path = "/api/envelopes/" + p.envelope();
  const auto mine = p.bearer;
  p.bearer = "Bearer " + p.token_of("bia");
  p.refused(404, "GET", path);
  p.refused(404, "POST", path + "/add-value?amount=1");
  p.bearer = mine;
  BOOST_TEST(p.call("DELETE", path).body == R"({"message":"Caixinha removida com sucesso"})");
  p.refused(404, "POST", path + "/add-value?amount=1");
  BOOST_TEST(p.call("GET", "/api/envelopes").body == "[]");
}

BOOST_AUTO_TEST_SUITE_END()
