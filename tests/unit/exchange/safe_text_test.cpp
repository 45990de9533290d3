// The quoting rules: a table of what clients write, and random bytes.
#include "exchange/safe_text.hpp"

#include "base/random.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace exchange;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(safe_text)

namespace {

/// RFC 3986: what reads an encoded text back.
std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return out;
}

/// RFC 4180: what a reader makes of one field, and the apostrophe taken away.
std::string read_csv(const std::string& field) {
  std::string out = field;
  if (field.starts_with('"')) {
    BOOST_REQUIRE(field.size() >= 2 && field.ends_with('"'));
    out.clear();
    for (std::size_t i = 1; i + 1 < field.size(); ++i) {
      out += field[i];
      if (field[i] == '"') BOOST_REQUIRE(field[++i] == '"');
    }
  }
  return out.starts_with('\'') ? out.substr(1) : out;
}

std::vector<std::string> random_texts() {
  const std::vector<std::string> pieces{
      "a", "Z",  "ç", "🍕",      " ",      "  ",  "\t",   "\n",   "\r",          ";",
      ":", "|",  ",", "\"",     "'",      "(",   ")",    "[",    "]",           "*",
      "!", "=",  "+", "-",      "@",      "%",   "%0",   "\\",   "\x7f",        "\x01",
      "é", "＝", " ", "\u00a0", "\u2028", "\0"s, "\xff", "\xc3", "\xed\xa0\x80"};
  base::random chance{7};
  std::vector<std::string> texts;
  for (int n = 0; n < 4000; ++n) {
    std::string t;
    for (auto k = chance.between(0, 12); k > 0; --k)
      t += pieces[static_cast<std::size_t>(
          chance.between(0, static_cast<std::int64_t>(pieces.size()) - 1))];
    texts.push_back(std::move(t));
  }
  return texts;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_readable_text_is_one_line_without_syntax) {
  struct row {
    std::string from, to;
  };
  for (const auto& [from, to] : std::vector<row>{
           {"Almoço", "Almoço"},
           {"", ""},
           {"   ", ""},
           {"  dois  espaços ", "dois espaços"},
           {"linha\nnova\r\ttab", "linha nova tab"},
           {"a;b | c", "a,b | c"},
           {"\u00a0\u3000largo\u2028fim\u0085", "largo fim"},
           {"🍕\u200d🍕", "🍕\u200d🍕"},
           {"\xff\xfe x \xc3", "?? x ?"},
           {"\xed\xa0\x80", "???"},      // half of a surrogate pair
           {"\xc0\xaf", "??"},           // a slash in two bytes
           {"\xf4\x90\x80\x80", "????"}, // beyond Unicode
       })
    BOOST_TEST(readable(from) == to);
  BOOST_TEST(readable(std::string(1000, 'x')).size() == readable_max);
}

BOOST_AUTO_TEST_CASE(a_part_of_an_account_has_no_parts) {
  BOOST_TEST(account_part("a::b:") == "a--b-");
  BOOST_TEST(account_part(" \n ") == "sem nome");
}

BOOST_AUTO_TEST_CASE(an_encoded_text_comes_back) {
  BOOST_TEST(encoded("Almoço de domingo") == "Almoço de domingo");
  BOOST_TEST(encoded(" a  b\n") == "%20a %20b%0A");
  BOOST_TEST(encoded("date:2026, [=x] 100%") == "date%3A2026%2C %5B%3Dx%5D 100%25");
  for (const auto& text : random_texts()) {
    const auto safe = encoded(text);
    BOOST_TEST_REQUIRE(decoded(safe) == text);
    BOOST_TEST_REQUIRE(safe.find_first_of(";:,[]()\"'\n\r\t=|") == std::string::npos);
    BOOST_TEST_REQUIRE(safe.find("  ") == std::string::npos);
    BOOST_TEST_REQUIRE(readable(safe) == safe);
  }
  BOOST_TEST(encoded(std::string(5000, '\n')).size() <= encoded_max);
}

BOOST_AUTO_TEST_CASE(readable_is_safe_whatever_comes) {
  for (const auto& text : random_texts()) {
    const auto safe = readable(text);
    BOOST_TEST_REQUIRE(safe.find_first_of(";\n\r\t") == std::string::npos);
    BOOST_TEST_REQUIRE(safe.find("  ") == std::string::npos);
    BOOST_TEST_REQUIRE(!safe.starts_with(' '));
    BOOST_TEST_REQUIRE(!safe.ends_with(' '));
    BOOST_TEST_REQUIRE(readable(safe) == safe);
  }
}

BOOST_AUTO_TEST_CASE(a_tag_that_means_something_is_another_one) {
  BOOST_TEST(tag_name("comida") == "comida");
  BOOST_TEST(tag_name("casa nova") == "casa+nova");
  BOOST_TEST(tag_name("a+b: c") == "a%2Bb%3A+c");
  for (const auto* name : {"date", "Date2", "TYPE", "payee", "vdp-id", "VDP-x"})
    BOOST_TEST(tag_name(name) == std::string{name} + "_");
}

BOOST_AUTO_TEST_CASE(csv_fields) {
  struct row {
    std::string from, to;
  };
  for (const auto& [from, to] : std::vector<row>{
           {"", ""},
           {"Almoço", "Almoço"},
           {"a,b", "\"a,b\""},
           {"diz \"oi\"", "\"diz \"\"oi\"\"\""},
           {"duas\nlinhas", "\"duas\nlinhas\""},
           {" borda", "\" borda\""},
           {"=SUM(A1)", "'=SUM(A1)"},
           {"=A,B", "\"'=A,B\""},
           {"+55", "'+55"},
           {"-x", "'-x"},
           {"@x", "'@x"},
           {"\tx", "'\tx"},
           {"\rx", "\"'\rx\""},
           {"＝x", "'＝x"},
           {"'x", "''x"},
           {"a=b", "a=b"},
       })
    BOOST_TEST(csv_text(from) == to);
  for (const auto& text : random_texts()) {
    const auto field = csv_text(text);
    BOOST_TEST_REQUIRE(read_csv(field) == text);
    const auto shown = field.starts_with('"') ? field.substr(1) : field;
    BOOST_TEST_REQUIRE(shown.find_first_of("=+-@\t\r") != 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
