#include "base/assert.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

using namespace base;

BOOST_AUTO_TEST_SUITE(json_text)

namespace {

constexpr auto depth_max = limits::json_depth_max;

/// Reads and writes again; a refusal as "@offset".
std::string echo(std::string_view text) {
  const auto read = json::read(text);
  if (const auto* f = std::get_if<json::fault>(&read)) {
    BOOST_TEST(!f->reason.empty());
    return '@' + std::to_string(f->offset);
  }
  return json::write(std::get<json::value>(read));
}

json::value parsed(std::string_view text) {
  auto read = json::read(text);
  BOOST_REQUIRE(std::holds_alternative<json::value>(read));
  return std::get<json::value>(std::move(read));
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += part;
  return all;
}

std::string quoted(std::string_view bytes) { return '"' + std::string{bytes} + '"'; }

/// Whether the bytes are one code point in its shortest form: decoded and judged by value, where
/// the reader judges byte by byte.
bool one_code_point(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned lead = byte(0);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xc0 ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                                         : 4;
  if (size != s.size() || lead >= 0xf8) return false;
  if (size == 1) return true;
  std::uint32_t point = lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0u) != 0x80u) return false;
    point = point << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return point >= smallest[size] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

} // namespace

// -- values ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(compact_texts_come_back_as_they_were) {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-1",
                           "\"\"",
                           "\"a\"",
                           "[]",
                           "{}",
                           "[[]]",
                           "[{}]",
                           "[1,2,3]",
                           R"({"a":1})",
                           R"({"":""})",
                           R"({"b":[true,false,null],"a":{"x":{}}})",
                           R"("\"\\\b\f\n\r\t")",
                           R"("\u0001\u001f")",
                           "\"\x7f\"",
                           R"("/")",
                           "\"São Paulo € 😀\"",
                           "[[[[1]]],[],{\"a\":[]}]"}) {
    BOOST_TEST(echo(text) == text);
  }
}

BOOST_AUTO_TEST_CASE(white_space_and_escapes_are_normalised) {
  BOOST_TEST(echo(" \t\r\n[ 1 , { \"a\" : null } ] \n") == R"([1,{"a":null}])");
  BOOST_TEST(echo(R"("\/")") == "\"/\"");
  BOOST_TEST(echo(R"("\u0041\u00e9\u20ac")") == "\"Aé€\"");
  BOOST_TEST(echo(R"("\ud83d\ude00")") == "\"😀\"");
  BOOST_TEST(echo(R"("\uD83D\uDE00")") == "\"😀\"");
  BOOST_TEST(echo(R"("\u000a")") == R"("\n")");
  BOOST_TEST(echo(R"({"\u0061":1})") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(numbers_keep_their_text) {
  for (const char* text : {"0",
                           "-0",
                           "10",
                           "10.00",
                           "10.0",
                           "0.07",
                           "-10.00",
                           "1e3",
                           "1E+3",
                           "1e-3",
                           "0.1e1",
                           "9999999999999.99",
                           "123456789012345678901234567890",
                           "0.10000000000000000000000000001",
                           "9223372036854775807",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551616",
                           "2147483648",
                           "-2147483649",
                           "4294967296",
                           "1e308",
                           "1e-400",
                           "5e-2147483648",
                           "0.000000000000000000000000000000000000001"}) {
    const auto v = parsed(text);
    BOOST_REQUIRE(v.if_number() != nullptr);
    BOOST_TEST(v.if_number()->text == text);
    BOOST_TEST(echo('[' + std::string{text} + ',' + text + ']') ==
               '[' + std::string{text} + ',' + text + ']');
  }
  BOOST_TEST(echo(std::string(300, '9')) == std::string(300, '9'));
}

BOOST_AUTO_TEST_CASE(whole_numbers) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  const auto whole = [](std::string_view text) { return parsed(text).as_int64(); };
  BOOST_CHECK(whole("0") == 0);
  BOOST_CHECK(whole("-0") == 0);
  BOOST_CHECK(whole("-700") == -700);
  BOOST_CHECK(whole("9223372036854775807") == most);
  BOOST_CHECK(whole("-9223372036854775808") == least);
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "1.0", "1e2", "\"1\"",
                           "true", "null", "[1]", "{}"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_CHECK(!whole(text)); }
  }
  BOOST_CHECK(json::value{most}.as_int64() == most);
  BOOST_CHECK(json::value{least}.as_int64() == least);
}

BOOST_AUTO_TEST_CASE(money_is_written_with_two_decimals) {
  BOOST_TEST(json::write(json::money({1000})) == "10.00");
  BOOST_TEST(json::write(json::money({-7})) == "-0.07");
  BOOST_TEST(json::write(json::money({amount_minor_max})) == "9999999999999.99");
}

BOOST_AUTO_TEST_CASE(members_are_found_by_name) {
  const auto v = parsed(R"({"a":1,"b":{"a":2},"":3})");
  BOOST_REQUIRE(v.find("a") != nullptr);
  BOOST_CHECK(v.find("a")->as_int64() == 1);
  BOOST_REQUIRE(v.find("b") != nullptr);
  BOOST_CHECK(v.find("b")->find("a")->as_int64() == 2);
  BOOST_CHECK(v.find("")->as_int64() == 3);
  BOOST_CHECK(v.find("c") == nullptr);
  BOOST_CHECK(parsed("[1]").find("a") == nullptr);
  BOOST_CHECK(parsed("\"a\"").find("a") == nullptr);
}

BOOST_AUTO_TEST_CASE(built_values_are_written) {
  const json::value v{json::object{{"s", "a\"b"},
                                   {"n", 5},
                                   {"b", true},
                                   {"z", nullptr},
                                   {"l", json::array{json::number{"1.50"}, std::string{"x"}}},
                                   {"nul", std::string_view{"\0", 1}}}};
  BOOST_TEST(json::write(v) ==
             R"({"s":"a\"b","n":5,"b":true,"z":null,"l":[1.50,"x"],"nul":"\u0000"})");
  std::string out = "before ";
  json::write(v, out);
  BOOST_TEST(out == "before " + json::write(v));
  BOOST_CHECK_THROW(json::write(json::number{}), broken_invariant);
}

// -- duplicates and order -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_last_of_a_repeated_key_wins) {
  BOOST_TEST(echo(R"({"a":1,"a":2})") == R"({"a":2})");
  BOOST_TEST(echo(R"({"a":1,"b":0,"a":{"c":1},"a":[3]})") == R"({"a":[3],"b":0})");
  BOOST_TEST(echo(R"({"a":1,"\u0061":2})") == R"({"a":2})");
  BOOST_TEST(echo(R"({"o":{"a":1,"a":2},"a":3})") == R"({"o":{"a":2},"a":3})");
  BOOST_TEST(echo(R"([{"a":1},{"a":2}])") == R"([{"a":1},{"a":2}])");
  BOOST_TEST(echo(R"({"a":1,"A":2,"aa":3})") == R"({"a":1,"A":2,"aa":3})");
}

// Goal: the search for duplicates in big objects drops the right ones. Method: both sides of the
// size where the way of searching changes, each key three times.
BOOST_AUTO_TEST_CASE(duplicates_in_objects_of_every_size) {
  for (std::size_t keys = 1; keys <= 40; ++keys) {
    std::string text = "{", expected = "{";
    for (int round = 0; round < 3; ++round) {
      for (std::size_t k = 0; k < keys; ++k) {
        const auto name = "\"k" + std::to_string(k * 7 % 41) + "\":";
        if (text.size() > 1) text += ',';
        text += name + std::to_string(round);
        if (round == 0) expected += (k == 0 ? "" : ",") + name + '2';
      }
    }
    BOOST_TEST(echo(text + '}') == expected + '}');
  }
}

BOOST_AUTO_TEST_CASE(big_objects) {
  constexpr int members = 100'000;
  std::string text = "{";
  for (int i = 0; i < members; ++i) {
    text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i * 7919LL % members) +
            "\":" + std::to_string(i);
  }
  text += '}';
  BOOST_CHECK(echo(text) == text);
  std::string same = "{\"a\":0";
  for (int i = 1; i < members; ++i) same += ",\"a\":" + std::to_string(i);
  BOOST_TEST(echo(same + '}') == R"({"a":99999})");
}

BOOST_AUTO_TEST_CASE(the_canonical_form_does_not_depend_on_the_order_of_members) {
  const auto canonical = [](std::string_view text) { return json::write_canonical(parsed(text)); };
  BOOST_TEST(canonical(R"({"b":1,"a":{"d":[{"z":1,"y":2}],"c":3}})") ==
             R"({"a":{"c":3,"d":[{"y":2,"z":1}]},"b":1})");
  BOOST_TEST(canonical(R"({"a":1,"b":2})") == canonical(R"( { "b" : 2 , "a" : 1 } )"));
  BOOST_TEST(canonical(R"({"b":1,"B":2,"é":3,"":4,"aa":5,"a":6})") ==
             R"({"":4,"B":2,"a":6,"aa":5,"b":1,"é":3})");
  BOOST_TEST(canonical("[3,1,2]") == "[3,1,2]");
  BOOST_TEST(canonical("[1,2]") != canonical("[2,1]"));
  BOOST_TEST(canonical("10.0") == "10.0");
}

// -- refusals -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(refusals_name_the_byte) {
  BOOST_TEST(echo("") == "@0");
  BOOST_TEST(echo("  ") == "@2");
  BOOST_TEST(echo("[1,2") == "@4");
  BOOST_TEST(echo("[1 2]") == "@3");
  BOOST_TEST(echo("[1,]") == "@3");
  BOOST_TEST(echo("[,1]") == "@1");
  BOOST_TEST(echo("{\"a\":1,}") == "@7");
  BOOST_TEST(echo("{\"a\" 1}") == "@5");
  BOOST_TEST(echo("{a:1}") == "@1");
  BOOST_TEST(echo("{1:1}") == "@1");
  BOOST_TEST(echo("{\"a\":}") == "@5");
  BOOST_TEST(echo("[1}") == "@2");
  BOOST_TEST(echo("]") == "@0");
  BOOST_TEST(echo("[1] x") == "@4");
  BOOST_TEST(echo("1 2") == "@2");
  BOOST_TEST(echo("{}{}") == "@2");
}

BOOST_AUTO_TEST_CASE(what_is_no_json) {
  for (const char* text : {"nul",
                           "nulll",
                           "True",
                           "tru",
                           "NaN",
                           "-NaN",
                           "Infinity",
                           "-Infinity",
                           "[NaN]",
                           "inf",
                           "01",
                           "-01",
                           "+1",
                           ".5",
                           "5.",
                           "-",
                           "1e",
                           "1e+",
                           "1.e5",
                           "0x10",
                           "1_000",
                           "'a'",
                           "\"a",
                           "\"\\x41\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\\"",
                           "// c\n1",
                           "/* c */1",
                           "[1]]",
                           "\"a\nb\"",
                           "\"\t\"",
                           "\"a\" \"b\"",
                           "undefined",
                           "\xef\xbb\xbf{}",
                           "\v1",
                           "1\f",
                           "\"\\U0041\"",
                           "{\"a\":1 \"b\":2}",
                           "[1;2]",
                           "{\"a\",1}",
                           "{null:1}"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(echo(text).front() == '@'); }
  }
}

BOOST_AUTO_TEST_CASE(numbers_beyond_a_double_are_refused) {
  BOOST_TEST(echo("[1e400]") == "@1");
  BOOST_TEST(echo("[-1e999999999999]") == "@1");
  BOOST_TEST(echo(std::string(400, '9')) == "@0");
}

BOOST_AUTO_TEST_CASE(nul_is_refused_wherever_it_stands) {
  BOOST_TEST(echo(R"(["a","b\u0000c"])") == "@5");
  BOOST_TEST(echo(R"({"k\u0000":1})") == "@1");
  BOOST_TEST(echo(R"({"a":"\u0000"})") == "@5");
  BOOST_TEST(echo(R"("\\u0000")") == R"("\\u0000")"); // an escaped backslash, no NUL
  using namespace std::string_view_literals;
  BOOST_TEST(echo("\0"sv) == "@0");
  BOOST_TEST(echo("1\0"sv) == "@1");
  BOOST_TEST(echo("[1]\0"sv) == "@3");
  BOOST_TEST(echo("[1]\0[2]"sv) == "@3");
  BOOST_TEST(echo("[1,\0 2]"sv) == "@3");
  BOOST_TEST(echo("\"a\0b\""sv).front() == '@');
  BOOST_TEST(echo("{\"a\0\":1}"sv).front() == '@');
}

BOOST_AUTO_TEST_CASE(lone_surrogates_are_refused) {
  for (const char* text :
       {R"("\ud800")", R"("\udbff")", R"("\udc00")", R"("\udfff")", R"("\ud800x")",
        R"("\ud800\u0041")", R"("\ud800\ud800")", R"("\udc00\ud800")", R"("\ud83d\ude00\ude00")",
        R"({"\udc00":1})", R"(["a\n","\uDFFF"])", R"("\ud800\n")", R"("\ud800\\udc00")"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(echo(text).front() == '@'); }
  }
  BOOST_TEST(echo(R"(["a","\udc00"])") == "@5");
  BOOST_TEST(echo(R"("\ud7ff\ue000")") == "\"\xed\x9f\xbf\xee\x80\x80\"");
}

// -- UTF-8 ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(invalid_utf8_names_the_byte) {
  BOOST_TEST(echo("\"\xff\"") == "@1");
  BOOST_TEST(echo("[\"abcdefgh\",\"ab\xc3\"]") == "@15");
  BOOST_TEST(echo("\"\xc0\x80\"") == "@1");         // NUL in two bytes
  BOOST_TEST(echo("\"\xed\xa0\x80\"") == "@1");     // surrogate
  BOOST_TEST(echo("\"\xf4\x90\x80\x80\"") == "@1"); // beyond U+10FFFF
  BOOST_TEST(echo("\"\xe2\x82") == "@1");           // cut off
  BOOST_TEST(echo("{\"\x80\":1}") == "@2");
  BOOST_TEST(echo("\xc3\xa9") == "@0"); // valid, but no JSON
}

// Goal: no place is skipped by the look at eight bytes at once. Method: one wrong byte, at every
// place.
BOOST_AUTO_TEST_CASE(invalid_utf8_is_found_at_every_place) {
  for (std::size_t place = 0; place < 24; ++place) {
    std::string bytes(24, 'x');
    bytes[place] = '\xff';
    BOOST_TEST(echo(quoted(bytes)) == '@' + std::to_string(1 + place));
    BOOST_TEST(echo(' ' + quoted(bytes)) == '@' + std::to_string(2 + place));
  }
}

// Goal: exactly the well-formed sequences pass. Method: every lead and second byte, edges of the
// rest, against a decoder of another make.
BOOST_AUTO_TEST_CASE(utf8_against_a_decoder) {
  const std::string edges = "\x7f\x80\xbf\xc0";
  std::size_t wrong = 0, accepted = 0;
  const auto check = [&](const std::string& bytes) {
    for (const std::size_t pad : {std::size_t{0}, std::size_t{5}}) {
      const auto text = quoted(std::string(pad, 'x') + bytes);
      const bool ok = std::holds_alternative<json::value>(json::read(text));
      if (ok != one_code_point(bytes)) ++wrong;
      if (ok) ++accepted;
    }
  };
  for (unsigned lead = 0x80; lead <= 0xff; ++lead) {
    for (unsigned second = 0x80; second <= 0xff; ++second) {
      std::string s{static_cast<char>(lead), static_cast<char>(second)};
      check(s);
      if (lead < 0xe0) continue;
      for (const char third : edges) {
        check(s + third);
        if (lead < 0xf0) continue;
        for (const char fourth : edges) check(s + third + fourth);
      }
    }
  }
  BOOST_TEST(wrong == 0u);
  BOOST_TEST(accepted > 2u * 30 * 64);
}

// -- depth and size -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  const auto nested = [](std::size_t depth) { return repeated("[", depth) + repeated("]", depth); };
  BOOST_TEST(echo(nested(depth_max)) == nested(depth_max));
  BOOST_TEST(echo(nested(depth_max + 1)) == '@' + std::to_string(depth_max));
  const auto objects = [](std::size_t depth) {
    return repeated(R"({"a":)", depth) + '1' + repeated("}", depth);
  };
  BOOST_TEST(echo(objects(depth_max)) == objects(depth_max));
  BOOST_TEST(echo(objects(depth_max + 1)) == '@' + std::to_string(5 * depth_max));
  // Closed brackets do not count.
  const auto wide = '[' + repeated("[[]],", 1000) + "[]]";
  BOOST_TEST(echo(wide) == wide);
}

BOOST_AUTO_TEST_CASE(deep_input_does_not_reach_the_end_of_the_stack) {
  BOOST_TEST(echo(std::string(5'000'000, '[')) == '@' + std::to_string(depth_max));
  BOOST_TEST(echo(repeated(R"({"a":)", 1'000'000)) == '@' + std::to_string(5 * depth_max));
}

BOOST_AUTO_TEST_CASE(huge_input) {
  std::string many = "[0";
  for (int i = 1; i < 300'000; ++i) many += ',' + std::to_string(i);
  many += ']';
  BOOST_CHECK(echo(many) == many);
  const auto item =
      R"({"amount_cents":1250,"description":"Pão e café","tags":["a","b"],"paid":true})";
  const auto items = '[' + repeated(std::string{item} + ',', 999) + item + ']';
  BOOST_CHECK(echo(items) == items);
  const auto text = quoted(repeated("São Paulo ", 100'000));
  BOOST_CHECK(echo(text) == text);
}

BOOST_AUTO_TEST_SUITE_END()
