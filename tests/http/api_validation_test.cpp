// Decoding and validation (api-contract §1.2, §1.3, §2.1, §2.4): one table per kind of value.
#include "tests/http/api_fixture.hpp"

#include "http/api/text.hpp"
#include "http/api/written_date.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <ostream>

namespace bdata = boost::unit_test::data;
using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_validation)

namespace {

/// A sound transaction with one member replaced by the given text (empty: left out).
std::string transaction_with(const std::string& key, const std::string& value) {
  std::string body = "{";
  const std::pair<const char*, const char*> members[] = {
      {"date", "\"2026-11-24\""}, {"account_id", "\"a1\""}, {"category_id", "\"c1\""},
      {"type", "\"income\""},     {"amount_cents", "100"},  {"description", "\"café\""}};
  for (const auto& [name, text] : members) {
    if (name == key) continue;
    body += std::string{body.size() > 1 ? "," : ""} + '"' + name + "\":" + text;
  }
  if (!value.empty()) body += ",\"" + key + "\":" + value;
  return body + '}';
}

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

struct value_case {
  std::string key, value;
  std::string fault; ///< empty: accepted
};
std::ostream& operator<<(std::ostream& out, const value_case& c) {
  return out << c.key << '=' << c.value.substr(0, 60);
}

/// Numbers beyond a double are no JSON for the reader; where, is not the point here.
const std::string json_invalid = "json_invalid";

const std::string whole = "value_error body.amount_cents Value error, amount_cents must be integer";
const std::string positive = "greater_than body.amount_cents Input should be greater than 0";
const std::string too_much =
    "less_than_equal body.amount_cents Input should be less than or equal to 999999999999999";
const std::string bad_date = "datetime_parsing body.date Input should be a valid date or datetime, "
                             "unable to read it as ISO-8601 between 1900 and 2199";

const std::vector<value_case> transaction_cases{
    {"amount_cents", "1", ""},
    {"amount_cents", "999999999999999", ""},
    {"amount_cents", "1000000000000000", too_much},
    {"amount_cents", "9223372036854775807", too_much},
    {"amount_cents", "9223372036854775808", too_much},
    {"amount_cents", "-9223372036854775808", positive},
    {"amount_cents", "-9223372036854775809", positive},
    {"amount_cents", repeated("9", 300), too_much},
    {"amount_cents", "0", positive},
    {"amount_cents", "-0", positive},
    {"amount_cents", "-1", positive},
    {"amount_cents", "1e300", whole},
    {"amount_cents", "1e400", json_invalid},
    {"amount_cents", "1e2", whole},
    {"amount_cents", "0.5", whole},
    {"amount_cents", "10.0", whole},
    {"amount_cents", "\"10\"", whole},
    {"amount_cents", "true", whole},
    {"amount_cents", "null", whole},
    {"amount_cents", "[1]", whole},
    {"amount_cents", "", "missing body.amount_cents Field required"},
    {"date", "\"2026-11-24T10:00:00Z\"", ""},
    {"date", "\"2026-11-24 10:00:00.123456-03:00\"", ""},
    {"date", "\"2026-02-29\"", bad_date},
    {"date", "\"1899-12-31\"", bad_date},
    {"date", "\"2200-01-01\"", bad_date},
    {"date", "\"24/11/2026\"", bad_date},
    {"date", "\"\"", bad_date},
    {"date", "1790000000", bad_date},
    {"date", "null", bad_date},
    {"date", "", "missing body.date Field required"},
    {"account_id", "\"\"",
     "string_too_short body.account_id String should have at least 1 character"},
    {"account_id", quoted(repeated("x", 65)),
     "string_too_long body.account_id String should have at most 64 characters"},
    {"account_id", "7", "string_type body.account_id Input should be a valid string"},
    {"account_id", "null", "string_type body.account_id Input should be a valid string"},
    {"category_id", "", "missing body.category_id Field required"},
    {"type", "5", "string_type body.type Input should be a valid string"},
    {"type", "", "missing body.type Field required"},
    {"description", quoted(repeated("é", 200)), ""},
    {"description", quoted(repeated("é", 201)),
     "string_too_long body.description String should have at most 200 characters"},
    {"description", quoted(repeated("\\u0001", 300) + "x"), ""},
    {"description", "false", "string_type body.description Input should be a valid string"},
    {"tags", "null", ""},
    {"tags", "[]", ""},
    {"tags", "[\"a\",\"a\"]", ""},
    {"tags", "\"a\"", "list_type body.tags Input should be a valid list"},
    {"tags", "[\"a\",7]", "string_type body.tags.1 Input should be a valid string"},
    {"tags", "[\" \"]", "string_too_short body.tags.0 String should have at least 1 character"},
    {"tags", '[' + quoted(repeated("é", 51)) + ']',
     "string_too_long body.tags.0 String should have at most 50 characters"},
    {"tags", "[1,2,3,4,5,6,7,8,9,10,11]",
     "too_long body.tags List should have at most 10 items after validation, not 11"},
    {"to_account_id", "null", ""},
    {"to_account_id", "5", "string_type body.to_account_id Input should be a valid string"},
    {"currency", "\"BRL\"", ""},
    {"currency", "\"USD\"", "enum body.currency Input should be 'BRL'"},
    {"currency", "null", "enum body.currency Input should be 'BRL'"},
    {"something_else", "{\"deep\":[1,2]}", ""},
};

const std::string bad_number =
    "float_parsing body.balance Input should be a valid number, unable to parse string as a number";
const std::string no_number = "float_type body.balance Input should be a valid number";
const std::string above =
    "less_than_equal body.balance Input should be less than or equal to 9999999999999.99";
const std::string below =
    "greater_than_equal body.balance Input should be greater than or equal to -9999999999999.99";

const std::vector<value_case> account_cases{
    {"balance", "10", ""},
    {"balance", "\"10\"", ""},
    {"balance", "\" -7.5 \"", ""},
    {"balance", "9999999999999.99", ""},
    {"balance", "-9999999999999.99", ""},
    {"balance", "9999999999999.995", above},
    {"balance", "1e300", above},
    {"balance", "-1e300", below},
    {"balance", "1e400", json_invalid},
    {"balance", "\"1e400\"", above},
    {"balance", "\"-1e400\"", below},
    {"balance", "\"+1.5e3\"", ""},
    {"balance", "\"1e\"", bad_number},
    {"balance", "\"-\"", bad_number},
    {"balance", "true", no_number},
    {"balance", "null", no_number},
    {"balance", "[]", no_number},
    {"balance", "\"NaN\"", bad_number},
    {"balance", "\"Infinity\"", bad_number},
    {"balance", "\"dez\"", bad_number},
    {"balance", "\"\"", bad_number},
    {"balance", "\"1,50\"", bad_number},
    {"floor", "null", ""},
    {"floor", "-500.00", ""},
    {"floor", "false", "float_type body.floor Input should be a valid number"},
    {"name", quoted(repeated("ç", 100)), ""},
    {"name", quoted(repeated("ç", 101)),
     "string_too_long body.name String should have at most 100 characters"},
    {"name", "\"  \"", "string_too_short body.name String should have at least 1 character"},
    {"name", "null", "string_type body.name Input should be a valid string"},
    {"type", "\"wallet\"",
     "enum body.type Input should be 'checking', 'savings', 'investment', 'credit', 'cash', "
     "'refeicao' or 'alimentacao'"},
    {"currency", "\"EUR\"", "enum body.currency Input should be 'BRL'"},
};

const std::vector<value_case> category_cases{
    {"color", "\"#A1b2C3\"", ""},
    {"color", "\"#12345\"",
     "string_pattern_mismatch body.color String should match pattern '^#[0-9A-Fa-f]{6}$'"},
    {"color", "\"#12345g\"",
     "string_pattern_mismatch body.color String should match pattern '^#[0-9A-Fa-f]{6}$'"},
    {"icon", "\"👩‍🚀\"", ""},
    {"icon", quoted(repeated("🎮", 11)),
     "string_too_long body.icon String should have at most 10 characters"},
    {"type", "\"transfer\"", "enum body.type Input should be 'income' or 'expense'"},
    {"name", quoted(repeated("ã", 51)),
     "string_too_long body.name String should have at most 50 characters"},
    {"name", "", "missing body.name Field required"},
};

struct query_case {
  std::string target;
  std::string fault;
};
std::ostream& operator<<(std::ostream& out, const query_case& c) { return out << c.target; }

const std::vector<query_case> query_cases{
    {"/api/transactions?limit=100&skip=0", ""},
    {"/api/transactions?limit=101",
     "less_than_equal query.limit Input should be less than or equal to 100"},
    {"/api/transactions?limit=0",
     "greater_than_equal query.limit Input should be greater than or equal to 1"},
    {"/api/transactions?skip=-1",
     "greater_than_equal query.skip Input should be greater than or equal to 0"},
    {"/api/transactions?skip=x", "int_parsing query.skip Input should be a valid integer, unable "
                                 "to parse string as an integer"},
    {"/api/transactions?offset=1.5", "int_parsing query.offset Input should be a valid integer, "
                                     "unable to parse string as an integer"},
    {"/api/transactions?skip=99999999999999999999",
     "less_than_equal query.skip Input should be less than or equal to 2147483647"},
    {"/api/transactions?skip=-99999999999999999999",
     "greater_than_equal query.skip Input should be greater than or equal to 0"},
    {"/api/transactions?type_filter=transfer",
     "enum query.type_filter Input should be 'income' or 'expense'"},
    {"/api/transactions?type=transfer", ""},
    {"/api/transactions?type=opening",
     "enum query.type Input should be 'income', 'expense' or 'transfer'"},
    {"/api/transactions?start_date=2026-13-01",
     "date_from_datetime_parsing query.start_date Input should be a valid date or datetime, unable "
     "to read it as ISO-8601 between 1900 and 2199"},
    {"/api/transactions?count=maybe", "bool_type query.count Input should be a valid boolean"},
    {"/api/transactions?count=on&include_deleted=0", ""},
    {"/api/transactions?q=a%00b", "value_error query.q Value error, o texto não pode conter NUL"},
    {"/api/transactions?cursor=nonsense", "value_error query.cursor Value error, cursor inválido"},
    {"/api/transactions?cursor=1.ff", "value_error query.cursor Value error, cursor inválido"},
    {"/api/transactions?cursor=01.61", "value_error query.cursor Value error, cursor inválido"},
    {"/api/transactions?cursor=1.4B", "value_error query.cursor Value error, cursor inválido"},
    {"/api/transactions?unknown=1", ""},
    {"/api/transactions/summary/monthly?month=13",
     "less_than_equal query.month Input should be less than or equal to 12"},
    {"/api/transactions/summary/monthly?year=1800",
     "greater_than_equal query.year Input should be greater than or equal to 1900"},
    {"/api/categories?type_filter=all",
     "enum query.type_filter Input should be 'income' or 'expense'"},
    {"/api/accounts/a1/entries?limit=501",
     "less_than_equal query.limit Input should be less than or equal to 500"},
    {"/api/accounts/a1/entries?order=up", "enum query.order Input should be 'asc' or 'desc'"},
    {"/api/accounts/a1/entries?cursor=7", "value_error query.cursor Value error, cursor inválido"},
    {"/api/accounts/a1/entries?cursor=v07",
     "value_error query.cursor Value error, cursor inválido"},
    {"/api/accounts/a1/balance?basis=now",
     "enum query.basis Input should be 'booked' or 'effective'"},
    {"/api/accounts/a1/balance?at=tomorrow",
     "date_from_datetime_parsing query.at Input should be a valid date or datetime, unable to read "
     "it as ISO-8601 between 1900 and 2199"},
};

void check(const http::response& answer, const std::string& fault) {
  if (fault.empty()) {
    BOOST_TEST(answer.status == 200, answer.body);
    return;
  }
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(answer.code == "VALIDATION_ERROR");
  if (fault == json_invalid) {
    BOOST_TEST(faults_of(answer)[0].rfind(json_invalid, 0) == 0u);
    return;
  }
  BOOST_TEST(faults_of(answer) == std::vector<std::string>{fault},
             boost::test_tools::per_element());
}

std::string body_with(std::vector<std::pair<std::string, std::string>> members,
                      const value_case& c) {
  std::string body = "{";
  for (const auto& [name, text] : members)
    if (name != c.key) body += quoted(name) + ':' + text + ',';
  if (!c.value.empty()) body += quoted(c.key) + ':' + c.value + ',';
  body.back() = '}';
  return body;
}

struct date_case {
  std::string text, at, day;
};
std::ostream& operator<<(std::ostream& out, const date_case& c) { return out << c.text; }

} // namespace

BOOST_DATA_TEST_CASE(a_transaction_body, bdata::make(transaction_cases), c) {
  api a;
  check(a.call("POST", "/api/transactions", transaction_with(c.key, c.value)), c.fault);
  BOOST_TEST(a.books.executions == (c.fault.empty() ? 1 : 0));
}

BOOST_DATA_TEST_CASE(an_account_body, bdata::make(account_cases), c) {
  api a;
  const auto body = body_with({{"name", "\"Caixa\""}, {"type", "\"cash\""}}, c);
  check(a.call("POST", "/api/accounts", body), c.fault);
}

BOOST_DATA_TEST_CASE(a_category_body, bdata::make(category_cases), c) {
  api a;
  const auto body = body_with(
      {{"name", "\"Casa\""}, {"type", "\"expense\""}, {"color", "\"#000000\""}, {"icon", "\"x\""}},
      c);
  check(a.call("POST", "/api/categories", body), c.fault);
}

BOOST_DATA_TEST_CASE(a_query, bdata::make(query_cases), c) {
  api a;
  check(a.call("GET", c.target), c.fault);
}

BOOST_AUTO_TEST_CASE(all_faults_of_a_request_stand_in_one_list) {
  api a;
  const auto answer =
      a.call("POST", "/api/transactions", R"({"date":"x","amount_cents":"5","tags":[1]})",
             {{"Idempotency-Key", std::string(65, 'k')}});
  const std::vector<std::string> expected{
      "string_too_long header.Idempotency-Key String should have at most 64 characters",
      bad_date,
      "missing body.account_id Field required",
      "missing body.category_id Field required",
      "missing body.type Field required",
      whole,
      "missing body.description Field required",
      "string_type body.tags.0 Input should be a valid string"};
  BOOST_TEST(faults_of(answer) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_fault_quotes_its_input_and_its_bound) {
  api a;
  const auto answer = a.call("POST", "/api/transactions", transaction_with("amount_cents", "-5"));
  BOOST_TEST(
      answer.body ==
      R"({"detail":[{"type":"greater_than","loc":["body","amount_cents"],"msg":"Input should be greater than 0","input":-5,"ctx":{"gt":0}}],"code":"VALIDATION_ERROR","request_id":"rid"})");
}

BOOST_AUTO_TEST_CASE(a_huge_input_is_not_sent_back) {
  api a;
  const auto answer = a.call("POST", "/api/transactions",
                             transaction_with("account_id", quoted(repeated("x", 5000))));
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(answer.body.size() < 1000u);
  BOOST_TEST(answer.body.find("\"input\":null") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_transfer_needs_a_destination) {
  api a;
  for (const auto* extra : {"", ",\"to_account_id\":null"}) {
    const auto body =
        R"({"date":"2026-11-24","account_id":"a1","category_id":"c1","type":"transfer","amount_cents":1,"description":"x")" +
        std::string{extra} + '}';
    check(a.call("POST", "/api/transactions", body),
          "value_error body Value error, Transferências requerem 'to_account_id'");
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_is_no_json_is_json_invalid_at_its_byte) {
  api a;
  const auto cut = a.call("POST", "/api/transactions", "{\"date\":");
  BOOST_TEST(cut.status == 422);
  BOOST_TEST(faults_of(cut)[0] == "json_invalid body.8 JSON decode error");
  const auto bytes = a.call("POST", "/api/transactions", "{\"date\":\"\xff\"}");
  BOOST_TEST(faults_of(bytes)[0] == "json_invalid body.9 JSON decode error");
  const auto surrogate = a.call("POST", "/api/transactions", R"({"description":"\ud800"})");
  BOOST_TEST(faults_of(surrogate)[0].rfind("json_invalid", 0) == 0u);
  const auto nul = a.call("POST", "/api/transactions", R"({"description":"a\u0000b"})");
  BOOST_TEST(faults_of(nul)[0].rfind("json_invalid", 0) == 0u);
  check(a.call("POST", "/api/transactions", ""), "missing body Field required");
  check(a.call("POST", "/api/transactions", " \n"), "missing body Field required");
  check(a.call("POST", "/api/transactions", "[]"),
        "model_attributes_type body Input should be a valid dictionary or object to extract fields "
        "from");
  BOOST_TEST(a.books.executions == 0);
}

BOOST_AUTO_TEST_CASE(nesting_is_accepted_to_64_and_refused_at_65) {
  api a;
  // The object itself is the first level.
  const auto deep = [](int levels) {
    return transaction_with("extra", repeated("[", levels - 1) + repeated("]", levels - 1));
  };
  BOOST_TEST(a.call("POST", "/api/transactions", deep(64)).status == 200);
  const auto answer = a.call("POST", "/api/transactions", deep(65));
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(faults_of(answer)[0].rfind("json_invalid", 0) == 0u);
}

BOOST_AUTO_TEST_CASE(a_duplicate_member_counts_by_its_last_value) {
  api a;
  const auto answer = a.call(
      "POST", "/api/transactions",
      R"({"date":"2026-11-24","account_id":"a1","category_id":"c1","type":"income","amount_cents":1,"amount_cents":7,"description":"x"})");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(parsed(answer.body).find("amount")->if_number()->text == "0.07");
}

BOOST_AUTO_TEST_CASE(control_characters_are_dropped_except_line_feed_and_tab) {
  BOOST_TEST(http::without_controls("a\x01"
                                    "b\nc\td\x7f"
                                    "e\xc2\x85"
                                    "f\xc2\xa0g") == "ab\nc\tdef\xc2\xa0g");
  BOOST_TEST(http::code_points("aé🎮") == 3u);
}

BOOST_AUTO_TEST_CASE(an_email_is_checked_by_its_syntax) {
  for (const auto* good : {"a@b.co", "first.last+tag@sub.example.com", "x_y'z@e-x.io"})
    BOOST_TEST(http::is_email(good), good);
  for (const auto* bad : {"", "a", "@b.co", "a@", "a@b", "a@b..co", "a@-b.co", "a b@c.de",
                          ".a@b.co", "a..b@c.de", "a@b.co\n", "é@b.co", "a@b@c.de"})
    BOOST_TEST(!http::is_email(bad), bad);
  BOOST_TEST(!http::is_email(repeated("a", 65) + "@b.co"));
}

// America/Sao_Paulo here is UTC-3 all year.
BOOST_DATA_TEST_CASE(the_effective_day_follows_from_the_writing,
                     bdata::make(std::vector<date_case>{
                         {"2026-11-24", "2026-11-24T00:00:00Z", "2026-11-24"},
                         {"2026-11-24T01:00:00", "2026-11-24T01:00:00Z", "2026-11-24"},
                         {"2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z", "2026-11-24"},
                         {"2026-11-24T00:00:01Z", "2026-11-24T00:00:01Z", "2026-11-23"},
                         {"2026-11-24T02:59:59Z", "2026-11-24T02:59:59Z", "2026-11-23"},
                         {"2026-11-24T03:00:00Z", "2026-11-24T03:00:00Z", "2026-11-24"},
                         {"2026-11-23T21:00:00-03:00", "2026-11-24T00:00:00Z", "2026-11-23"},
                         {"2026-11-24T23:30:00-03:00", "2026-11-25T02:30:00Z", "2026-11-24"},
                         {"2026-11-24T05:00:00+09:00", "2026-11-23T20:00:00Z", "2026-11-23"}}),
                     c) {
  api a;
  const auto read = http::read_date(c.text, a.zone);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(base::to_text(read->at) == c.at);
  BOOST_TEST(base::to_text(read->effective) == c.day);
}

BOOST_AUTO_TEST_SUITE_END()
