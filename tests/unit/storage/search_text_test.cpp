// Goal    A search finds what a person means: without case and accents, and never as a pattern.
// Method  Letters of the documented ranges, text that stays, and bytes that are no text.
#include "storage/search_text.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using storage::containing;
using storage::folded;

BOOST_AUTO_TEST_SUITE(search_text)

BOOST_AUTO_TEST_CASE(latin_letters_lose_case_and_accents) {
  BOOST_TEST(folded("") == "");
  BOOST_TEST(folded("PADARIA São João nº 1") == "padaria sao joao nº 1");
  BOOST_TEST(folded("ÁÀÂÃÄÅ áàâãäå Ç ç ÉÊ éê Í í ÓÔÕÖ óôõö ÚÜ úü Ñ ñ Ý ÿ") ==
             "aaaaaa aaaaaa c c ee ee i i oooo oooo uu uu n n y y");
  BOOST_TEST(folded("ĀăĄ Č č Ğ ğ İ Ł ł Ő ő Ş ş Ź ž") == "aaa c c g g i l l o o s s z z");
  BOOST_TEST(folded("Straße Ærø œuvre Œ") == "strasse aero oeuvre oe");
  BOOST_TEST(folded("Ð Þ") == "ð þ"); // letters of their own: only the case
}

// The same word typed in the two ways that Unicode allows.
BOOST_AUTO_TEST_CASE(combined_and_separate_accents_are_the_same) {
  BOOST_TEST(folded("caf\xc3\xa9") == "cafe");
  BOOST_TEST(folded("cafe\xcc\x81") == "cafe");
  BOOST_TEST(folded("a\xcc\x80\xcd\xaf"
                    "b") == "ab"); // U+0300 and U+036F, the ends of the range
}

BOOST_AUTO_TEST_CASE(greek_and_cyrillic_lose_only_their_case) {
  BOOST_TEST(folded("ΑΒΩ") == "αβω");
  BOOST_TEST(folded("АЯ") == "ая");
  BOOST_TEST(folded("ЀЂЏ Ё") == "ѐђџ ё");
}

BOOST_AUTO_TEST_CASE(all_else_stays) {
  for (const std::string text : {"0123456789 .,;:!?%_\\'\"\n\t", "中文 日本",
                                 "👩‍👩‍👧 🏖️", "€ × ÷", "ά", "й", "ĳ"})
    BOOST_TEST(folded(text) == text);
}

BOOST_AUTO_TEST_CASE(malformed_bytes_are_kept_one_by_one) {
  for (const std::string bytes : {
           "\xff", "\x80", "a\xc3",                       // no lead byte, a lone follower, cut off
           "\xc0\xaf", "\xc1\x81",                        // overlong forms of / and A
           "\xe2\x82", "\xf0\x9f\x8f", "\xf5\x80\x80\x80" // cut off, and beyond U+10FFFF
       })
    BOOST_TEST(folded(bytes) == bytes);
  BOOST_TEST(folded("\xc3\x41É") == "\xc3"
                                    "ae"); // what follows is text again
  const std::string nul{"A\0É", 4};
  BOOST_TEST(folded(nul) == (std::string{"a\0e", 3}));
}

BOOST_AUTO_TEST_CASE(folding_twice_changes_nothing) {
  std::string all;
  for (unsigned c = 0x80; c < 0x800; ++c) {
    all += static_cast<char>(0xc0U | (c >> 6U));
    all += static_cast<char>(0x80U | (c & 0x3fU));
  }
  for (char c = 1; c < 127; ++c) all += c;
  BOOST_TEST(folded(folded(all)) == folded(all));
}

BOOST_AUTO_TEST_CASE(a_search_is_a_text_and_no_pattern) {
  BOOST_TEST(containing("") == "%%");
  BOOST_TEST(containing("Pão") == "%pao%");
  BOOST_TEST(containing("100%") == "%100\\%%");
  BOOST_TEST(containing("a_b") == "%a\\_b%");
  BOOST_TEST(containing("\\") == "%\\\\%");
}

BOOST_AUTO_TEST_SUITE_END()
