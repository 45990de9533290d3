#include "base/assert.hpp"
#include "base/time.hpp"

#include <boost/test/unit_test.hpp>

using namespace base;

BOOST_AUTO_TEST_SUITE(times)

namespace {

/// What was read, in one text that a failing check can print.
std::string reading(std::string_view text) {
  const auto parsed = parse_instant(text);
  if (!parsed) return "refused";
  return to_text(parsed->at) + (parsed->date_only ? " date" : "") +
         (parsed->has_offset ? " offset" : "");
}

bool leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

unsigned length(int year, unsigned month) {
  constexpr unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : lengths[month - 1];
}

} // namespace

// Goal: the calendar agrees with a plain count of days. Method: walk every day that is accepted.
BOOST_AUTO_TEST_CASE(every_day_from_1900_to_2199) {
  std::int32_t count = -25'567; // 1900-01-01
  BOOST_REQUIRE_EQUAL(make_day(1970, 1, 1).count, 0);
  for (int y = 1900; y <= 2199; ++y) {
    for (unsigned m = 1; m <= 12; ++m) {
      BOOST_REQUIRE_EQUAL(days_in_month(y, m), length(y, m));
      for (unsigned d = 1; d <= length(y, m); ++d, ++count) {
        const civil_day day{count};
        int year = 0;
        unsigned month = 0, dom = 0;
        split_day(day, year, month, dom);
        const bool same = make_day(y, m, d) == day && year == y && month == m && dom == d &&
                          parse_day(to_text(day)) == day && day_of(start_of(day)) == day;
        if (!same) BOOST_FAIL("day " << count << " is " << to_text(day));
      }
    }
  }
  BOOST_TEST(to_text(civil_day{count - 1}) == "2199-12-31");
}

BOOST_AUTO_TEST_CASE(month_ends) {
  BOOST_TEST(days_in_month(2023, 2) == 28u);
  BOOST_TEST(days_in_month(2024, 2) == 29u);
  BOOST_TEST(days_in_month(1900, 2) == 28u);
  BOOST_TEST(days_in_month(2000, 2) == 29u);
  BOOST_TEST(days_in_month(2100, 2) == 28u);
  BOOST_TEST(days_in_month(2026, 4) == 30u);
  BOOST_TEST(days_in_month(2026, 12) == 31u);
  BOOST_TEST(make_day(2024, 3, 1).count - make_day(2024, 2, 28).count == 2);
  BOOST_TEST(make_day(2100, 3, 1).count - make_day(2100, 2, 28).count == 1);
}

BOOST_AUTO_TEST_CASE(days_that_do_not_exist_are_a_fault_of_ours) {
  BOOST_CHECK_THROW(make_day(2023, 2, 29), broken_invariant);
  BOOST_CHECK_THROW(make_day(2023, 0, 1), broken_invariant);
  BOOST_CHECK_THROW(make_day(2023, 4, 31), broken_invariant);
  BOOST_CHECK_THROW(days_in_month(2023, 13), broken_invariant);
}

BOOST_AUTO_TEST_CASE(an_instant_before_1970_belongs_to_the_day_below) {
  BOOST_TEST(day_of(utc_us{0}).count == 0);
  BOOST_TEST(day_of(utc_us{-1}).count == -1);
  BOOST_TEST(day_of(utc_us{-us_per_day}).count == -1);
  BOOST_TEST(day_of(utc_us{-us_per_day - 1}).count == -2);
  BOOST_TEST(day_of(utc_us{us_per_day - 1}).count == 0);
  BOOST_TEST(start_of(civil_day{-1}).count == -us_per_day);
  BOOST_TEST(to_text(utc_us{-1}) == "1969-12-31T23:59:59.999999Z");
  BOOST_TEST(to_text(utc_us{-us_per_second}) == "1969-12-31T23:59:59Z");
}

BOOST_AUTO_TEST_CASE(the_fraction_has_six_digits_or_none) {
  BOOST_TEST(to_text(utc_us{0}) == "1970-01-01T00:00:00Z");
  BOOST_TEST(to_text(utc_us{1}) == "1970-01-01T00:00:00.000001Z");
  BOOST_TEST(to_text(utc_us{100'000}) == "1970-01-01T00:00:00.100000Z");
  BOOST_TEST(to_text(utc_us{1'795'546'484'000'123}) == "2026-11-24T18:54:44.000123Z");
}

BOOST_AUTO_TEST_CASE(accepted_forms) {
  BOOST_TEST(reading("2026-11-24") == "2026-11-24T00:00:00Z date");
  BOOST_TEST(reading("2026-11-24T18:54:44") == "2026-11-24T18:54:44Z");
  BOOST_TEST(reading("2026-11-24 18:54:44") == "2026-11-24T18:54:44Z");
  BOOST_TEST(reading("2026-11-24T18:54") == "2026-11-24T18:54:00Z");
  BOOST_TEST(reading("2026-11-24T18:54:44Z") == "2026-11-24T18:54:44Z offset");
  BOOST_TEST(reading("2026-11-24T00:00:00Z") == "2026-11-24T00:00:00Z offset");
  BOOST_TEST(reading("2026-11-24T18:54:44-03:00") == "2026-11-24T21:54:44Z offset");
  BOOST_TEST(reading("2026-11-24T23:30:00-0300") == "2026-11-25T02:30:00Z offset");
  BOOST_TEST(reading("2026-01-01T00:30+01") == "2025-12-31T23:30:00Z offset");
  BOOST_TEST(reading("2026-11-24T18:54:44+05:45") == "2026-11-24T13:09:44Z offset");
  BOOST_TEST(reading("2026-11-24T18:54:44-00:00") == "2026-11-24T18:54:44Z offset");
  BOOST_TEST(reading("2024-02-29T12:00:00Z") == "2024-02-29T12:00:00Z offset");
}

BOOST_AUTO_TEST_CASE(fractions_are_cut_to_microseconds) {
  BOOST_TEST(reading("2026-11-24T18:54:44.5Z") == "2026-11-24T18:54:44.500000Z offset");
  BOOST_TEST(reading("2026-11-24T18:54:44.000123") == "2026-11-24T18:54:44.000123Z");
  BOOST_TEST(reading("2026-11-24T18:54:44.999999999Z") == "2026-11-24T18:54:44.999999Z offset");
  BOOST_TEST(reading("1969-12-31T23:59:59.9999999Z") == "1969-12-31T23:59:59.999999Z offset");
  BOOST_TEST(reading("2026-11-24T18:54:44.0000001234Z") == "refused");
  BOOST_TEST(reading("2026-11-24T18:54:44.Z") == "refused");
}

BOOST_AUTO_TEST_CASE(the_range_is_that_of_the_instant) {
  BOOST_TEST(reading("1900-01-01") == "1900-01-01T00:00:00Z date");
  BOOST_TEST(reading("2199-12-31T23:59:59.999999Z") == "2199-12-31T23:59:59.999999Z offset");
  BOOST_TEST(reading("1899-12-31") == "refused");
  BOOST_TEST(reading("2200-01-01") == "refused");
  BOOST_TEST(reading("1900-01-01T00:00:00+00:01") == "refused");
  BOOST_TEST(reading("2199-12-31T23:59:59-00:01") == "refused");
  BOOST_TEST(reading("1899-12-31T23:59:00-00:01") == "1900-01-01T00:00:00Z offset");
  BOOST_TEST(!parse_day("1899-12-31").has_value());
  BOOST_TEST(!parse_day("2200-01-01").has_value());
  BOOST_TEST(!parse_day("0000-01-01").has_value());
}

BOOST_AUTO_TEST_CASE(refused_forms) {
  for (const char* text : {"",
                           " ",
                           "2026",
                           "2026-11",
                           "2026-1-24",
                           "26-11-24",
                           "20261124",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-11-00",
                           "2026-11-31",
                           "2023-02-29",
                           "2100-02-29",
                           "2026/11/24",
                           "-2026-11-24",
                           "2026-11-24T",
                           "2026-11-24 ",
                           " 2026-11-24",
                           "2026-11-24Z",
                           "2026-11-24t18:54:44",
                           "2026-11-24  18:54:44",
                           "2026-11-24T18",
                           "2026-11-24T18:5",
                           "2026-11-24T24:00:00",
                           "2026-11-24T18:60:00",
                           "2026-11-24T18:54:60",
                           "2026-11-24T18:54:",
                           "2026-11-24T1854",
                           "2026-11-24T18:54:44z",
                           "2026-11-24T18:54:44 Z",
                           "2026-11-24T18:54:44ZZ",
                           "2026-11-24T18:54:44Z+00:00",
                           "2026-11-24T18:54:44+",
                           "2026-11-24T18:54:44+3",
                           "2026-11-24T18:54:44+03:",
                           "2026-11-24T18:54:44+03:0",
                           "2026-11-24T18:54:44+24:00",
                           "2026-11-24T18:54:44+03:60",
                           "2026-11-24T18:54:44+03:00:00",
                           "2026-11-24T18:54:44,5",
                           "2026-11-24T18:54.5",
                           "+2026-11-24",
                           "2026-11-24T-1:00:00",
                           "1795546484"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(reading(text) == "refused"); }
  }
  for (const char* text : {"", "2026-11-24T00:00:00", "2026-11-24Z", "2023-02-29", "2026-11-2"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(!parse_day(text).has_value()); }
  }
  BOOST_TEST(reading(std::string_view{"2026-11-24\0", 11}) == "refused");
}

BOOST_AUTO_TEST_CASE(every_prefix_of_a_text_is_read_or_refused) {
  const std::string_view whole = "2026-11-24T18:54:44.123456-03:00";
  std::string sizes;
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    if (parse_instant(whole.substr(0, n))) sizes += std::to_string(n) + ' ';
  }
  BOOST_TEST(sizes == "10 16 19 21 22 23 24 25 26 29 32 ");
}

BOOST_AUTO_TEST_CASE(the_wall_clock_gives_an_instant_of_the_accepted_range) {
  system_clock wall;
  BOOST_TEST(reading(to_text(wall.now())) != "refused");
  BOOST_TEST(wall.now().count > parse_instant("2024-01-01")->at.count);
}

BOOST_AUTO_TEST_SUITE_END()
