#include "config/tz_source.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(tz_source)

namespace {

scheduler::zone_rules zone(const char* name) {
  auto z = config::load_zone(name);
  BOOST_REQUIRE_MESSAGE(z.has_value(), name);
  return *z;
}
std::string start(const scheduler::zone_rules& z, const char* day) {
  return base::to_text(z.start_of_day(base::parse_day(day).value()));
}
std::string day_at(const scheduler::zone_rules& z, const char* instant) {
  return base::to_text(z.day_of(base::parse_instant(instant).value().at));
}

} // namespace

BOOST_AUTO_TEST_CASE(sao_paulo_had_days_that_began_at_one) {
  const auto z = zone("America/Sao_Paulo");
  BOOST_TEST(z.name() == "America/Sao_Paulo");
  BOOST_TEST(start(z, "2018-11-04") == "2018-11-04T03:00:00Z"); // 00:00 → 01:00
  BOOST_TEST(start(z, "2018-11-05") == "2018-11-05T02:00:00Z");
  BOOST_TEST(start(z, "2018-02-18") == "2018-02-18T03:00:00Z"); // the day before had 25 hours
  BOOST_TEST(day_at(z, "2018-02-18T02:59:59Z") == "2018-02-17");
  BOOST_TEST(start(z, "2026-11-24") == "2026-11-24T03:00:00Z"); // no daylight saving since 2019
  BOOST_TEST(base::to_text(z.start_of_month(2026, 12)) == "2026-12-01T03:00:00Z");
  BOOST_TEST(base::to_text(z.start_of_month(2150, 1)) == "2150-01-01T03:00:00Z");
  BOOST_TEST(start(z, "1910-01-01") == "1910-01-01T03:06:28Z"); // local mean time
}

BOOST_AUTO_TEST_CASE(new_york_keeps_daylight_saving) {
  const auto z = zone("America/New_York");
  BOOST_TEST(start(z, "2026-03-08") == "2026-03-08T05:00:00Z");
  BOOST_TEST(start(z, "2026-03-09") == "2026-03-09T04:00:00Z");
  BOOST_TEST(start(z, "2026-11-02") == "2026-11-02T05:00:00Z");
  BOOST_TEST(start(z, "2037-07-01") == "2037-07-01T04:00:00Z");
  const auto gap =
      scheduler::local_us{base::parse_instant("2026-03-08T02:15:00Z").value().at.count};
  BOOST_TEST(base::to_text(z.first_instant_of(gap)) == "2026-03-08T07:00:00Z");
}

BOOST_AUTO_TEST_CASE(utc_is_utc) {
  const auto z = zone("UTC");
  BOOST_TEST(start(z, "1900-01-02") == "1900-01-02T00:00:00Z");
  BOOST_TEST(start(z, "2199-12-31") == "2199-12-31T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(apia_skipped_a_day) {
  const auto z = zone("Pacific/Apia");
  BOOST_TEST(start(z, "2011-12-30") == start(z, "2011-12-31"));
  BOOST_TEST(start(z, "2011-12-31") == "2011-12-30T10:00:00Z");
  BOOST_TEST(day_at(z, "2011-12-30T09:59:59Z") == "2011-12-29");
  BOOST_TEST(day_at(z, "2011-12-30T10:00:00Z") == "2011-12-31");
}

BOOST_AUTO_TEST_CASE(days_tile_the_line_in_every_kind_of_zone) {
  for (const char* name : {"America/Sao_Paulo", "America/New_York", "America/St_Johns",
                           "Australia/Lord_Howe", "Pacific/Kwajalein", "Asia/Kathmandu"}) {
    const auto z = zone(name);
    auto begin = z.start_of_day(base::make_day(1985, 1, 1));
    for (auto d = base::make_day(1985, 1, 1); d < base::make_day(2030, 1, 1); ++d.count) {
      const auto end = z.start_of_day({d.count + 1});
      BOOST_REQUIRE_MESSAGE(begin <= end, name << base::to_text(d));
      if (begin < end) {
        BOOST_REQUIRE_MESSAGE(z.day_of(begin) == d, name << base::to_text(d));
        BOOST_REQUIRE_MESSAGE(z.day_of({end.count - 1}) == d, name << base::to_text(d));
      }
      begin = end;
    }
  }
}

BOOST_AUTO_TEST_CASE(unknown_names_and_abbreviations_are_refused) {
  for (const char* name : {"", "BRT", "EST", "America/Nowhere", "../etc/passwd", "/etc/localtime"})
    BOOST_TEST(config::load_zone(name).error().code == "ZONE_UNKNOWN", name);
}

BOOST_AUTO_TEST_SUITE_END()
