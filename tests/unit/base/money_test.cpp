#include "base/money.hpp"
#include "base/random.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

using namespace base;

BOOST_AUTO_TEST_SUITE(money)

namespace {

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

// Money has no formatter, so the checks compare texts of their own.
std::string text_of(std::optional<centavos> amount) {
  return amount ? std::to_string(amount->minor) : "nothing";
}

std::string reading(std::string_view text) { return text_of(parse_reais(text)); }

} // namespace

BOOST_AUTO_TEST_CASE(addition_and_subtraction_answer_nothing_on_overflow) {
  BOOST_TEST(text_of(add({2}, {3})) == "5");
  BOOST_TEST(text_of(add({most}, {0})) == std::to_string(most));
  BOOST_TEST(text_of(add({most - 1}, {1})) == std::to_string(most));
  BOOST_TEST(text_of(add({most}, {1})) == "nothing");
  BOOST_TEST(text_of(add({1}, {most})) == "nothing");
  BOOST_TEST(text_of(add({least}, {-1})) == "nothing");
  BOOST_TEST(text_of(add({least}, {most})) == "-1");
  BOOST_TEST(text_of(subtract({2}, {3})) == "-1");
  BOOST_TEST(text_of(subtract({least}, {0})) == std::to_string(least));
  BOOST_TEST(text_of(subtract({least}, {1})) == "nothing");
  BOOST_TEST(text_of(subtract({most}, {-1})) == "nothing");
  BOOST_TEST(text_of(subtract({0}, {least})) == "nothing");
  BOOST_TEST(text_of(subtract({-1}, {least})) == std::to_string(most));
}

BOOST_AUTO_TEST_CASE(printing) {
  BOOST_TEST(decimal_text({0}) == "0.00");
  BOOST_TEST(decimal_text({7}) == "0.07");
  BOOST_TEST(decimal_text({-7}) == "-0.07");
  BOOST_TEST(decimal_text({10}) == "0.10");
  BOOST_TEST(decimal_text({99}) == "0.99");
  BOOST_TEST(decimal_text({100}) == "1.00");
  BOOST_TEST(decimal_text({1000}) == "10.00");
  BOOST_TEST(decimal_text({-1000}) == "-10.00");
  BOOST_TEST(decimal_text({amount_minor_max}) == "9999999999999.99");
  BOOST_TEST(decimal_text({most}) == "92233720368547758.07");
  BOOST_TEST(decimal_text({least}) == "-92233720368547758.08");
}

BOOST_AUTO_TEST_CASE(reading_of_plain_numbers) {
  BOOST_TEST(reading("12") == "1200");
  BOOST_TEST(reading("-12") == "-1200");
  BOOST_TEST(reading("+12") == "1200");
  BOOST_TEST(reading("0.1") == "10");
  BOOST_TEST(reading("0.07") == "7");
  BOOST_TEST(reading("7.50") == "750");
  BOOST_TEST(reading(" 7.5 ") == "750");
  BOOST_TEST(reading("\t7.5\r\n") == "750");
  BOOST_TEST(reading(".5") == "50");
  BOOST_TEST(reading("5.") == "500");
  BOOST_TEST(reading("000012.3400000") == "1234");
  BOOST_TEST(reading("-0") == "0");
  BOOST_TEST(reading("-0.00") == "0");
}

BOOST_AUTO_TEST_CASE(halves_go_away_from_zero) {
  BOOST_TEST(reading("0.005") == "1");
  BOOST_TEST(reading("-0.005") == "-1");
  BOOST_TEST(reading("0.0049999999999999999999999999") == "0");
  BOOST_TEST(reading("-0.0049999999999999999999999999") == "0");
  BOOST_TEST(reading("0.0050000000000000000000000001") == "1");
  BOOST_TEST(reading("0.015") == "2");
  BOOST_TEST(reading("0.025") == "3"); // half to even would give 2
  BOOST_TEST(reading("-0.075") == "-8");
  BOOST_TEST(reading("1.005") == "101"); // a double lies below this half
  BOOST_TEST(reading("2.675") == "268");
  BOOST_TEST(reading("9.995") == "1000");
  BOOST_TEST(reading("0.05") == "5");
  BOOST_TEST(reading("0.0005") == "0");
}

BOOST_AUTO_TEST_CASE(exponents) {
  BOOST_TEST(reading("1e3") == "100000");
  BOOST_TEST(reading("1E+3") == "100000");
  BOOST_TEST(reading("1.2345e2") == "12345");
  BOOST_TEST(reading("12345e-2") == "12345");
  BOOST_TEST(reading("12345e-4") == "123");
  BOOST_TEST(reading("12350e-4") == "124");
  BOOST_TEST(reading("5e-3") == "1");
  BOOST_TEST(reading("4e-3") == "0");
  BOOST_TEST(reading("5e-4") == "0");
  BOOST_TEST(reading("0.00001e5") == "100");
  BOOST_TEST(reading("1e0000000000000000000000002") == "10000");
}

BOOST_AUTO_TEST_CASE(the_edge_of_the_range) {
  BOOST_TEST(reading("9999999999999.99") == "999999999999999");
  BOOST_TEST(reading("-9999999999999.99") == "-999999999999999");
  BOOST_TEST(reading("9999999999999.994") == "999999999999999");
  BOOST_TEST(reading("9999999999999.995") == "nothing");
  BOOST_TEST(reading("-9999999999999.995") == "nothing");
  BOOST_TEST(reading("10000000000000") == "nothing");
  BOOST_TEST(reading("1e12") == "100000000000000");
  BOOST_TEST(reading("1e13") == "nothing");
  BOOST_TEST(reading("92233720368547758.08") == "nothing");
  BOOST_TEST(reading("184467440737095516.17") == "nothing"); // 2^64 + 1 centavos
}

// Goal: the work depends on the length of the text only. A loop over the exponent would not end
// here.
BOOST_AUTO_TEST_CASE(huge_exponents_and_texts) {
  BOOST_TEST(reading("1e999999999999999999999999999999") == "nothing");
  BOOST_TEST(reading("-1e9223372036854775807") == "nothing");
  BOOST_TEST(reading("1e-9223372036854775808") == "0");
  BOOST_TEST(reading("9e-999999999999999999999999999999") == "0");
  BOOST_TEST(reading("0e999999999999999999999999999999") == "0");
  BOOST_TEST(reading("0.000e-99999999999") == "0");
  const std::string zeros(1'000'000, '0');
  BOOST_TEST(reading("0." + zeros + "123e1000003") == "12300");
  BOOST_TEST(reading("123" + zeros + "e-1000000") == "12300");
  BOOST_TEST(reading(zeros + "7") == "700");
  BOOST_TEST(reading("7." + zeros + "9") == "700");
  BOOST_TEST(reading("1e" + zeros) == "100");
  BOOST_TEST(reading("1" + zeros) == "nothing");
}

BOOST_AUTO_TEST_CASE(what_is_no_number) {
  for (const char* text :
       {"",     " ",       "-",     "+",     ".",    "-.",       "e5",       ".e5",
        "1e",   "1e+",     "1e-",   "1e1.5", "--1",  "+-1",      "1-",       "1 2",
        "1,5",  "1.2.3",   "1_000", "0x10",  "NaN",  "nan",      "Infinity", "-inf",
        "R$ 5", "5 reais", "- 1",   "1e 5",  "true", "\xd9\xa1", "1\xc2\xa0"}) {
    BOOST_TEST_CONTEXT('"' << text << '"') { BOOST_TEST(reading(text) == "nothing"); }
  }
  BOOST_TEST(reading(std::string_view{"1\0", 2}) == "nothing");
}

BOOST_AUTO_TEST_CASE(what_was_printed_reads_back) {
  base::random chance{20261124};
  for (int i = 0; i < 20'000; ++i) {
    const centavos amount{chance.between(-amount_minor_max, amount_minor_max) >> chance.below(50)};
    const auto text = decimal_text(amount);
    BOOST_TEST_CONTEXT(text) {
      BOOST_REQUIRE_EQUAL(reading(text), std::to_string(amount.minor));
      BOOST_REQUIRE_EQUAL(reading(std::to_string(amount.minor) + "e-2"),
                          std::to_string(amount.minor));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
