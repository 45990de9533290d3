#include "observability/log_line.hpp"

#include "base/json.hpp"

#include <boost/test/unit_test.hpp>

using namespace observability;

BOOST_AUTO_TEST_SUITE(log_line)

namespace {

struct user_tag;
const line_head head{base::utc_us{1'764'010'484'000'123},
                     log_level::warning,
                     "vai_de_pix.ledger",
                     "Lançamento \"recusado\"",
                     "node-1",
                     {"/somewhere/actors/account_actor.cpp", "on_post", 42}};

// What may not be logged does not compile.
template <class T> constexpr bool loggable = std::is_constructible_v<field, literal, T>;
static_assert(loggable<base::strong_id<user_tag>> && loggable<int> && loggable<code> &&
              loggable<bool> && loggable<base::utc_us> && loggable<base::failure> &&
              loggable<std::chrono::milliseconds>);
static_assert(!loggable<base::centavos>);
static_assert(!loggable<std::string> && !loggable<std::string_view> && !loggable<const char*>);
static_assert(!loggable<double> && !loggable<base::json::value>);
static_assert(!std::is_constructible_v<literal, std::string> &&
              !std::is_constructible_v<literal, const char*>);

} // namespace

BOOST_AUTO_TEST_CASE(fields_come_in_the_order_of_the_catalogue_and_extras_last) {
  const base::strong_id<user_tag> user{"u-1"};
  const std::string request = "r-1";
  BOOST_TEST(json_line(head, {{"checked", 7},
                              {"duration_ms", std::chrono::microseconds{12'345}},
                              {"code", base::failure{"TX_ACCOUNT_CLOSED", "not shown"}},
                              {"user_id", user},
                              {"request_id", opaque_id{request}},
                              {"event", "posting.refused"},
                              {"again", true}}) ==
             R"({"timestamp":"2025-11-24T18:54:44.000123Z","level":"WARNING",)"
             R"("logger":"vai_de_pix.ledger","message":"Lançamento \"recusado\"",)"
             R"("event":"posting.refused","request_id":"r-1","user_id":"u-1","node":"node-1",)"
             R"("code":"TX_ACCOUNT_CLOSED","duration_ms":12.345,"module":"account_actor",)"
             R"("function":"on_post","line":42,"checked":7,"again":true})"
             "\n");
}

BOOST_AUTO_TEST_CASE(text_form_quotes_only_what_needs_it) {
  const std::string id = "with blank";
  BOOST_TEST(text_line(head, {{"request_id", opaque_id{id}}, {"count", 3}}) ==
             "2025-11-24T18:54:44.000123Z WARNING  vai_de_pix.ledger Lançamento \"recusado\" "
             "request_id=\"with blank\" node=node-1 count=3\n");
}

BOOST_AUTO_TEST_CASE(hostile_ids_cannot_forge_a_line) {
  const std::string id = "a\"}\n{\"level\":\"ERROR";
  for (const std::string& line : {json_line(head, {{"request_id", opaque_id{id}}}),
                                  text_line(head, {{"request_id", opaque_id{id}}})})
    BOOST_TEST(line.find('\n') == line.size() - 1);
}

BOOST_AUTO_TEST_CASE(a_key_shows_eight_characters_and_never_more_than_half) {
  BOOST_TEST(key_prefix{"0123456789abcdef0123"}.text == "01234567");
  BOOST_TEST(key_prefix{"012345"}.text == "012");
  BOOST_TEST(key_prefix{"x"}.text == "");
}

BOOST_AUTO_TEST_CASE(a_long_line_is_cut_and_stays_json) {
  const std::string large(5000, 'x');
  const std::string line =
      json_line(head, {{"a", opaque_id{large}}, {"b", opaque_id{large}}, {"c", 1}});
  BOOST_TEST(line.size() <= log_line_bytes_max);
  const auto read = base::json::read(line);
  const auto* object = std::get_if<base::json::value>(&read);
  BOOST_REQUIRE(object != nullptr);
  BOOST_TEST(object->find("a") != nullptr);
  BOOST_TEST(object->find("b") == nullptr);
  BOOST_TEST(object->find("c") != nullptr);
  BOOST_TEST(object->find("truncated") != nullptr);
}

BOOST_AUTO_TEST_CASE(negative_durations_keep_their_sign) {
  BOOST_TEST(text_line({base::utc_us{0}, log_level::info, "l", "m", "", {"", "", 0}},
                       {{"skew_ms", std::chrono::microseconds{-1'050}}}) ==
             "1970-01-01T00:00:00Z INFO     l m skew_ms=-1.050\n");
}

BOOST_AUTO_TEST_SUITE_END()
