// Goal: one more than allowed is refused, and as many as allowed are not (api-contract §2.1, §2.4);
//       rules that no job could run are refused (§10).
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_bounds)

namespace {

using lines = std::vector<std::string>;

const std::string old_password = "uma senha boa";

/// Two bytes each: bounds count code points.
std::string letters(std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += "é";
  return all;
}

std::string too_long(const std::string& where, std::size_t most) {
  return "string_too_long body." + where + " String should have at most " + std::to_string(most) +
         " characters";
}

struct bounds : api {
  int fresh = 0;

  /// Of a 422; empty when it was done.
  lines faults(const std::string& method, const std::string& target, const std::string& body) {
    const auto answer = call(method, target, body);
    if (answer.status == 200) return {};
    BOOST_TEST(answer.status == 422, method << ' ' << target << ' ' << answer.body);
    return answer.status == 422 ? faults_of(answer) : lines{answer.body};
  }

  /// The text in the place of "*": `most` letters are taken, one more is not.
  void at_most(std::size_t most, const std::string& name, const std::string& method,
               const std::string& target, const std::string& body) {
    const auto with = [&](std::size_t count) {
      auto filled = body;
      filled.replace(filled.find('*'), 1, letters(count));
      return faults(method, target, filled);
    };
    BOOST_TEST_CONTEXT(method << ' ' << target << ' ' << name) {
      BOOST_TEST(with(most + 1) == lines{too_long(name, most)}, boost::test_tools::per_element());
      BOOST_TEST(with(most) == lines{}, boost::test_tools::per_element());
    }
  }

  std::string registration(const std::string& name, const std::string& password) {
    return R"({"name":")" + name + R"(","email":"p)" + std::to_string(++fresh) +
           R"(@example.com","password":")" + password + "\"}";
  }
  void ana_has_a_password() {
    books.users.at(ledger::user_id{"ana"}).password_hash = *passwords.hash(old_password);
  }
  std::string made(const std::string& path, const std::string& body) {
    const auto answer = call("POST", path, body);
    BOOST_REQUIRE_MESSAGE(answer.status == 200, path << ' ' << answer.body);
    return path + '/' + *parsed(answer.body).find("id")->if_string();
  }
};

std::string goal(const std::string& name, const std::string& category) {
  return R"({"name":")" + name +
         R"(","target_amount_cents":9,"target_date":"2027-01-01","priority":"low","category":")" +
         category + "\"}";
}

std::string rule(const std::string& type, const std::string& conditions) {
  return R"({"name":"n","type":")" + type + R"(","conditions":)" + conditions + R"(,"actions":{}})";
}

} // namespace

BOOST_AUTO_TEST_CASE(a_name_of_a_user_has_100_characters) {
  bounds b;
  const auto registered = [&](std::size_t count) {
    return b.faults("POST", "/api/auth/register",
                    b.registration("  " + letters(count) + ' ', "segredo"));
  };
  BOOST_TEST(registered(101) == lines{too_long("name", 100)}, boost::test_tools::per_element());
  BOOST_TEST(registered(100) == lines{}, boost::test_tools::per_element());
  b.at_most(100, "name", "PUT", "/api/auth/me", R"({"name":"*"})");
}

BOOST_AUTO_TEST_CASE(a_password_has_128_characters) {
  bounds b;
  const auto registered = [&](std::size_t count) {
    return b.call("POST", "/api/auth/register", b.registration("Zoé", letters(count)));
  };
  const auto refused = registered(129);
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(faults_of(refused) == lines{too_long("password", 128)},
             boost::test_tools::per_element());
  BOOST_TEST(refused.body.find("é") == std::string::npos); // a password is never quoted
  BOOST_TEST(registered(128).status == 200);

  b.ana_has_a_password();
  b.at_most(128, "new_password", "POST", "/api/auth/change-password",
            R"({"current_password":")" + old_password + R"(","new_password":"*"})");
  // A token that nobody was sent: the form is looked at first.
  const auto reset = [&](std::size_t count) {
    return b.call("POST", "/api/auth/reset-password",
                  R"({"token":"x","new_password":")" + letters(count) + "\"}");
  };
  BOOST_TEST(faults_of(reset(129)) == lines{too_long("new_password", 128)},
             boost::test_tools::per_element());
  BOOST_TEST(reset(128).status == 400);
}

BOOST_AUTO_TEST_CASE(a_goal_has_a_name_of_100_and_a_category_of_50) {
  bounds b;
  b.at_most(100, "name", "POST", "/api/goals", goal("*", "c"));
  b.at_most(50, "category", "POST", "/api/goals", goal("n", "*"));
  const auto path = b.made("/api/goals", goal("n", "c"));
  b.at_most(100, "name", "PUT", path, R"({"name":"*"})");
  b.at_most(50, "category", "PUT", path, R"({"category":"*"})");
}

BOOST_AUTO_TEST_CASE(an_envelope_has_a_name_of_100) {
  bounds b;
  b.at_most(100, "name", "POST", "/api/envelopes", R"({"name":"*"})");
  b.at_most(100, "name", "PUT", b.made("/api/envelopes", R"({"name":"n"})"), R"({"name":"*"})");
}

BOOST_AUTO_TEST_CASE(a_rule_has_a_name_of_100_and_a_description_of_500) {
  bounds b;
  const std::string rest = R"(,"type":"weekly_report","conditions":{},"actions":{}})";
  b.at_most(100, "name", "POST", "/api/automations", R"({"name":"*")" + rest);
  b.at_most(500, "description", "POST", "/api/automations",
            R"({"name":"n","description":"*")" + rest);
  const auto path = b.made("/api/automations", rule("weekly_report", "{}"));
  b.at_most(100, "name", "PUT", path, R"({"name":"*"})");
  b.at_most(500, "description", "PUT", path, R"({"description":"*"})");
}

BOOST_AUTO_TEST_CASE(a_shared_expense_has_a_description_of_200) {
  bounds b;
  const std::string rest = R"(,"total_cents":9,"invited_email":"bia@example.com"})";
  b.at_most(200, "description", "POST", "/api/shared-expenses", R"({"description":"*")" + rest);
  BOOST_TEST(b.faults("POST", "/api/shared-expenses", R"({"description":" ")" + rest) ==
                 lines{"string_too_short body.description String should have at least 1 character"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_total_of_a_shared_expense_is_a_whole_number_of_centavos) {
  bounds b;
  // One text for all amounts, whatever they are called.
  const std::string whole =
      "value_error body.total_cents Value error, amount_cents must be integer";
  const std::string positive = "greater_than body.total_cents Input should be greater than 0";
  const std::string much =
      "less_than_equal body.total_cents Input should be less than or equal to 999999999999999";
  const std::pair<const char*, std::string> cases[] = {
      {"1.5", whole},     {"10.0", whole},           {"1e2", whole}, {"\"700\"", whole},
      {"true", whole},    {"null", whole},           {"[7]", whole}, {"0", positive},
      {"-700", positive}, {"1000000000000000", much}};
  for (const auto& [sent, fault] : cases) {
    const auto found = b.faults("POST", "/api/shared-expenses",
                                std::string{R"({"description":"x","invited_email":)"
                                            R"("bia@example.com","total_cents":)"} +
                                    sent + '}');
    BOOST_TEST(found == lines{fault}, boost::test_tools::per_element());
  }
  BOOST_TEST(b.faults("POST", "/api/shared-expenses",
                      R"({"description":"x","invited_email":"bia@example.com"})") ==
                 lines{"missing body.total_cents Field required"},
             boost::test_tools::per_element());
  BOOST_TEST(b.books.executions == 0);
  BOOST_TEST(b.faults("POST", "/api/shared-expenses",
                      R"({"description":"x","invited_email":"bia@example.com",)"
                      R"("total_cents":999999999999999})") == lines{},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(rules_of_every_type_need_what_their_job_needs) {
  bounds b;
  const auto found = [&](const std::string& type, const std::string& conditions) {
    return b.faults("POST", "/api/automations", rule(type, conditions));
  };
  const std::string at = "body.conditions";
  const std::string no_amount = "value_error " + at + " Value error, amount_cents é obrigatório";
  const std::tuple<const char*, const char*, lines> cases[] = {
      {"budget_alert", "{}", {"missing " + at + ".category Field required", no_amount}},
      {"budget_alert", R"({"category":"c1"})", {no_amount}},
      {"budget_alert", R"({"amount":7})", {"missing " + at + ".category Field required"}},
      {"budget_alert",
       R"({"category_id":7,"category":"c1","amount":7})",
       {"string_type " + at + ".category_id Input should be a valid string"}},
      {"budget_alert",
       R"({"category":"c1","amount":"muito"})",
       {"float_parsing " + at +
        ".amount Input should be a valid number, unable to parse string as a number"}},
      {"budget_alert",
       R"({"category":"c1","amount":7,"amount_cents":7.5})",
       {"value_error " + at + ".amount_cents Value error, amount_cents must be integer"}},
      {"category_limit",
       R"({"category":"c1","amount_cents":7})",
       {"missing " + at + ".category_id Field required"}},
      {"category_limit", R"({"category_id":"c1"})", {no_amount}},
      {"category_limit",
       R"({"category_id":"c1","amount_cents":0})",
       {"greater_than " + at + ".amount_cents Input should be greater than 0"}},
      {"payment_reminder",
       R"({"days_after_creation":-1})",
       {"greater_than_equal " + at +
        ".days_after_creation Input should be greater than or equal to 0"}},
      {"payment_reminder",
       R"({"days_after_creation":3651})",
       {"less_than_equal " + at +
        ".days_after_creation Input should be less than or equal to 3650"}},
      {"payment_reminder",
       R"({"days_after_creation":"7"})",
       {"int_type " + at + ".days_after_creation Input should be a valid integer"}},
      {"goal_reminder",
       R"({"days_before":-1})",
       {"greater_than_equal " + at + ".days_before Input should be greater than or equal to 0"}},
      {"goal_reminder",
       R"({"days_before":3651})",
       {"less_than_equal " + at + ".days_before Input should be less than or equal to 3650"}},
      {"goal_reminder",
       R"({"days_before":7.5})",
       {"int_type " + at + ".days_before Input should be a valid integer"}}};
  for (const auto& [type, conditions, wanted] : cases) BOOST_TEST_CONTEXT(type << ' ' << conditions)
  BOOST_TEST(found(type, conditions) == wanted, boost::test_tools::per_element());
  BOOST_TEST(b.books.beside.all<ledger::automation>().empty());

  const std::pair<const char*, const char*> sound[] = {
      {"budget_alert", R"({"category":"c1","amount":"12.50"})"},
      {"budget_alert", R"({"category_id":"c1","amount_cents":1250})"},
      {"category_limit", R"({"category_id":"c1","amount_cents":1})"},
      {"payment_reminder", R"({"days_after_creation":0})"},
      {"payment_reminder", R"({"days_after_creation":3650})"},
      {"goal_reminder", R"({"goal_id":"g1","days_before":7})"},
      {"goal_reminder", "{}"}};
  for (const auto& [type, conditions] : sound)
    BOOST_TEST(found(type, conditions) == lines{}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
