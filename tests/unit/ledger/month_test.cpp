#include "ledger/month.hpp"

#include <boost/test/unit_test.hpp>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(months)

BOOST_AUTO_TEST_CASE(text_and_number_follow_from_each_other) {
  for (const auto& [text, count] : {std::pair{"1970-01", 0},
                                    {"1969-12", -1},
                                    {"2026-11", 682},
                                    {"1900-01", -840},
                                    {"2199-12", 2759}}) {
    BOOST_TEST(to_text(month{count}) == text);
    BOOST_TEST((parse_month(text) == month{count}));
  }
  for (const char* text :
       {"", "2026", "2026-1", "2026-13", "2026-00", "2026/11", "2026-11-01", "2200-01", " 2026-11"})
    BOOST_TEST(!parse_month(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_month_has_its_days) {
  BOOST_TEST((month_of(base::make_day(2024, 2, 29)) == parse_month("2024-02")));
  BOOST_TEST((month_of(base::make_day(1969, 12, 31)) == month{-1}));
  BOOST_TEST((month{682}.next() == parse_month("2026-12")));
  BOOST_TEST((month{684}.previous() == parse_month("2026-12")));
  BOOST_TEST(month{-1}.year() == 1969);
  BOOST_TEST(month{-1}.of_year() == 12u);
}

BOOST_AUTO_TEST_SUITE_END()
