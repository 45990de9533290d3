// What a device has, sent to be kept (api-contract §12.2).
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_merge)

namespace {

constexpr const char* whole_goal =
    R"({"id":"g1","name":"Viagem","targetAmountCents":1000,"currentAmountCents":400,)"
    R"("dueDate":"2027-12-31","category":"lazer","priority":"low"})";

struct device : api {
  http::response send(const std::string& body, http::fields headers = {},
                      const std::string& method = "POST") {
    return call(method, "/api/me/data", body, std::move(headers));
  }
  base::json::value ok(const std::string& body) {
    const auto answer = send(body);
    BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return parsed(answer.body);
  }
  /// Their reasons as "section id reason".
  std::vector<std::string> skipped(const std::string& body) {
    std::vector<std::string> all;
    const auto answer = ok(body);
    for (const auto& one : *answer.find("skipped")->if_array())
      all.push_back(*one.find("section")->if_string() + ' ' + *one.find("id")->if_string() + ' ' +
                    *one.find("reason")->if_string());
    return all;
  }
  const ledger::merge_books& sent() { return std::get<ledger::merge_books>(books.executed->what); }
};

using lines = std::vector<std::string>;

const base::json::value& item(const base::json::value& answer, std::string_view section,
                              const std::string& id) {
  for (const auto& one : *answer.find(section)->if_array())
    if (*one.find("id")->if_string() == id) return one;
  BOOST_FAIL("no " << id);
  throw std::logic_error{"not reached"};
}

} // namespace

BOOST_AUTO_TEST_CASE(new_ones_are_made_with_the_ids_of_the_client) {
  device d;
  const auto answer =
      d.ok(R"({"accounts":[{"id":"conta-1","name":"Nova","type":"credit","balance":-10.07,)"
           R"("floor":"-500"}],)"
           R"("categories":[{"id":"cat-1","name":"Pets","type":"expense","color":"#22c55e",)"
           R"("icon":"🐶"}],"envelopes":[{"id":"env-1","name":"Reserva","balance":70}],"goals":[)" +
           std::string{whole_goal} +
           R"(],"transactions":[{"id":1}],"sharedExpenses":7,"user_id":"bia"})");
  const auto& account = item(answer, "accounts", "conta-1");
  BOOST_TEST(base::json::write(*account.find("balance")) == "-10.07");
  BOOST_TEST(base::json::write(*account.find("floor")) == "-500.00");
  BOOST_TEST(*account.find("kind")->if_string() == "liability");
  BOOST_TEST(item(answer, "categories", "cat-1").find("icon")->if_string()->size() == 4u);
  BOOST_TEST(base::json::write(*item(answer, "envelopes", "env-1").find("balance")) == "70");
  BOOST_TEST(base::json::write(*item(answer, "goals", "g1").find("current_amount")) == "4.00");
  BOOST_TEST(answer.find("skipped")->if_array()->empty());
  // The snapshot: what was there too.
  BOOST_TEST(answer.find("accounts")->if_array()->size() == 3u);
  BOOST_TEST(answer.find("categories")->if_array()->size() == 2u);
  BOOST_TEST(answer.find("transactions")->if_array()->empty());
  BOOST_TEST(!*answer.find("transactions_truncated")->if_bool());
  BOOST_TEST(d.books.executions == 1); // one commit
  BOOST_TEST(d.books.rows.at(ledger::account_id{"conta-1"}).record.owner.text() == "ana");
}

BOOST_AUTO_TEST_CASE(what_is_there_is_changed_where_it_differs) {
  device d;
  d.ok(R"({"goals":[)" + std::string{whole_goal} + "]}");
  d.clock.at.count += 1;
  const auto now = base::to_text(d.clock.at);
  const auto answer = d.ok(R"({"accounts":[{"id":"a1","name":"Outro nome","balance":7},)"
                           R"({"id":"a2","name":"Conta"}],"goals":[{"id":"g1",)"
                           R"("current_amount_cents":500,"target_date":"2028-01-01"}]})");
  BOOST_TEST(*item(answer, "accounts", "a1").find("name")->if_string() == "Outro nome");
  BOOST_TEST(base::json::write(*item(answer, "accounts", "a1").find("balance")) == "7.00");
  BOOST_TEST(*item(answer, "accounts", "a1").find("updated_at")->if_string() == now);
  BOOST_TEST(item(answer, "accounts", "a2").find("updated_at")->is_null()); // nothing to change
  const auto& goal = item(answer, "goals", "g1");
  BOOST_TEST(*goal.find("name")->if_string() == "Viagem");
  BOOST_TEST(base::json::write(*goal.find("current_amount")) == "5.00");
  BOOST_TEST(*goal.find("target_date")->if_string() == "2028-01-01T00:00:00Z");
  BOOST_TEST(!d.sent().accounts.front().type.has_value());
  BOOST_TEST(!d.sent().accounts.front().change_floor);
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_comes_back_changes_nothing) {
  device d;
  d.ok(R"({"envelopes":[{"id":"e","name":"Reserva","target_amount":90,"color":"#22c55e"}],)"
       R"("goals":[)" +
       std::string{whole_goal} + "]}");
  const auto before = d.call("GET", "/api/me/data").body;
  d.clock.at.count += 1;
  for (const char* method : {"POST", "PUT"}) {
    const auto answer = d.send(before, {}, method);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.body ==
               before.substr(0, before.size() - 1) + ",\"skipped\":[]}"); // to the letter
  }
  BOOST_TEST(d.call("POST", "/api/me/sync", before).status == 200);
  BOOST_TEST(d.call("GET", "/api/me/data").body == before);
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_named) {
  device d;
  d.ok(R"({"goals":[)" + std::string{whole_goal} +
       R"(,{"id":"g2","name":"Ida",)"
       R"("targetAmountCents":5,"dueDate":"2027-01-01","category":"c","priority":"low"}]})");
  d.call("DELETE", "/api/goals/g2");
  const auto mine = d.bearer;
  d.bearer = "Bearer " + d.token_of("bia");
  d.ok(R"({"envelopes":[{"id":"dela","name":"dela"}]})");
  d.bearer = mine;
  d.books.checks[ledger::account_id{"b1"}] = {
      ledger::account_id{"b1"}, ledger::user_id{"bia"}, {}, {}};
  d.books.rows.at(ledger::account_id{"a2"}).record.active = false;
  const std::string long_id(65, 'x');
  base::id_source ids;
  const auto ours = base::id_of(ids.next(d.clock.at, 0));
  BOOST_TEST((d.skipped(R"({"accounts":[{"id":")" + long_id +
                        R"(","name":"n"},{"id":"x1","name":" "},{"id":"x1","name":null},)"
                        R"({"id":"x2","name":null},{"id":"b1","name":"n","type":"cash"},)"
                        R"({"id":"a2","name":"n"},{"id":"x3","name":"sem tipo"},{"id":")" +
                        ours +
                        R"(","name":"n","type":"cash"},{"id":"#-7","name":"n","type":"cash"}],)"
                        R"("envelopes":[{"id":"dela","name":"minha"}],)"
                        R"("goals":[{"id":"g2","name":"de volta"},{"id":"g3","name":"só"}]})") ==
              lines{"accounts " + long_id + " id_too_long", "accounts x1 blank_name",
                    "accounts x1 duplicate_id", "accounts x2 blank_name", "accounts b1 other_user",
                    "accounts " + ours + " id_not_allowed", "accounts #-7 id_not_allowed",
                    "envelopes dela other_user", "goals g2 deleted", "accounts a2 deleted",
                    "accounts x3 incomplete", "goals g3 incomplete"}));
  BOOST_TEST(d.books.beside.all<ledger::budget_envelope>().front().name == "dela");
  BOOST_TEST(d.books.rows.at(ledger::account_id{"b1"}).record.name == "Conta");
}

// Also when the other one is somebody else's.
BOOST_AUTO_TEST_CASE(a_goal_and_an_envelope_may_have_one_id) {
  device d;
  const std::string goals = R"("goals":[)" + std::string{whole_goal} + ']';
  const std::string envelopes = R"("envelopes":[{"id":"g1","name":"Reserva","balance":7}])";
  const auto both = d.ok('{' + envelopes + ',' + goals + '}');
  BOOST_TEST(both.find("skipped")->if_array()->empty());
  BOOST_TEST(base::json::write(*item(both, "envelopes", "g1").find("balance")) == "7");
  BOOST_TEST(base::json::write(*item(both, "goals", "g1").find("current_amount")) == "4.00");

  device one_by_one;
  BOOST_TEST(one_by_one.skipped('{' + goals + '}').empty());
  one_by_one.bearer = "Bearer " + one_by_one.token_of("bia");
  BOOST_TEST(one_by_one.skipped('{' + envelopes + '}').empty());
  BOOST_TEST((one_by_one.skipped('{' + goals + '}') == lines{"goals g1 other_user"}));
}

BOOST_AUTO_TEST_CASE(a_wrong_value_refuses_the_whole) {
  device d;
  const auto bad = d.send(R"({"accounts":[{"name":"n"},{"id":"x","name":"n","type":"banco"},7],)"
                          R"("categories":[{"id":"c","name":"n","color":"red"}],)"
                          R"("envelopes":[{"id":"e","name":"n","balance":-1}],)"
                          R"("goals":{"id":"g"}})");
  BOOST_TEST(bad.status == 422);
  const auto faults = faults_of(bad);
  BOOST_REQUIRE(faults.size() == 6u);
  BOOST_TEST(faults[0] == "missing body.accounts.0.id Field required");
  BOOST_TEST(faults[1].starts_with("enum body.accounts.1.type "));
  BOOST_TEST(faults[2].starts_with("model_attributes_type body.accounts.2 "));
  BOOST_TEST(faults[3].starts_with("string_pattern_mismatch body.categories.0.color "));
  BOOST_TEST(faults[4].starts_with("greater_than_equal body.envelopes.0.balance "));
  BOOST_TEST(faults[5] == "list_type body.goals Input should be a valid list");
  BOOST_TEST(d.books.executions == 0);
  BOOST_TEST(d.send("[]").status == 422);
  BOOST_TEST(d.send(R"({"goals":[{"id":"g","targetAmountCents":"7"}]})").status == 422);
  const auto beyond = d.send(R"({"goals":[{"id":"g","name":"n","targetAmountCents":5,)"
                             R"("currentAmountCents":6,"dueDate":"2027-01-01","category":"c",)"
                             R"("priority":"low"}]})");
  BOOST_TEST(beyond.status == 422);
  BOOST_TEST(code_of(beyond) == "GOAL_AMOUNT");
}

BOOST_AUTO_TEST_CASE(a_section_has_its_length) {
  device d;
  const std::pair<const char*, int> most[] = {
      {"accounts", 200}, {"categories", 500}, {"envelopes", 200}, {"goals", 200}};
  for (const auto& [section, count] : most) {
    const auto body = [&, name = section](int n) {
      std::string out = std::string{"{\""} + name + "\":[";
      for (int i = 0; i < n; ++i)
        out += (i > 0 ? "," : "") + std::string{R"({"id":"i)"} + std::to_string(i) +
               R"(","name":" "})";
      return out + "]}";
    };
    BOOST_TEST(d.send(body(count)).status == 200);
    const auto more = d.send(body(count + 1));
    BOOST_TEST(more.status == 400);
    BOOST_TEST(more.body.find("No máximo " + std::to_string(count)) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_key_has_one_effect_and_one_answer) {
  device d;
  const std::string body = R"({"accounts":[{"id":"n","name":"Nova","type":"cash","balance":5}]})";
  const auto first = d.send(body, {{"Idempotency-Key", "k"}});
  BOOST_TEST(first.status == 200);
  const auto data = d.books.rows.size();
  d.call("POST", "/api/envelopes", R"({"name":"depois"})");
  const auto again = d.send(
      R"({"accounts":[{"type":"cash","balance":"5.00","id":"n","ignored":1,"name":"Nova"}]})",
      {{"Idempotency-Key", "k"}});
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(*header(again, "Idempotent-Replayed") == "true");
  BOOST_TEST(d.books.rows.size() == data);
  BOOST_TEST(d.send(R"({"accounts":[]})", {{"Idempotency-Key", "k"}}).status == 400);
  // Another path, another scope.
  BOOST_TEST(d.send(R"({"accounts":[]})", {{"Idempotency-Key", "k"}}, "PUT").status == 200);
}

BOOST_AUTO_TEST_CASE(the_answer_has_a_bound_because_it_is_kept) {
  device d;
  for (int i = 0; i < 5000; ++i) {
    auto& t = d.books.posted[ledger::transaction_id{"t" + std::to_string(i)}];
    t.id = ledger::transaction_id{"t" + std::to_string(i)};
    t.owner = ledger::user_id{"ana"};
    t.account = ledger::account_id{"a1"};
    t.category = ledger::account_id{"c1"};
    t.amount = {1};
    t.description = std::string(1000, 'x');
  }
  const auto answer = d.send("{}");
  BOOST_TEST(answer.body.size() < (std::size_t{4} << 20) + 4096);
  const auto all = parsed(answer.body);
  BOOST_TEST(*all.find("transactions_truncated")->if_bool());
  BOOST_TEST(all.find("transactions")->if_array()->size() > 2000u);
  BOOST_TEST(
      !*parsed(d.call("GET", "/api/me/data").body).find("transactions_truncated")->if_bool());
}

BOOST_AUTO_TEST_SUITE_END()
