#include "scheduler/zone_rules.hpp"

#include "base/assert.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(zone_rules_)

namespace {

base::utc_us at(const char* text) {
  const auto parsed = base::parse_instant(text);
  BOOST_REQUIRE_MESSAGE(parsed, text);
  return parsed->at;
}
base::civil_day day(const char* text) { return base::parse_day(text).value(); }
local_us local(const char* text) { return {at(text).count}; }
constexpr std::int32_t hour = 3600;

std::string start(const zone_rules& z, const char* d) {
  return base::to_text(z.start_of_day(day(d)));
}
std::string day_at(const zone_rules& z, const char* t) { return base::to_text(z.day_of(at(t))); }

// Days tile the line: each begins where the one before ends, and day_of agrees at the borders.
void check_tiles(const zone_rules& z, base::civil_day from, base::civil_day to) {
  for (base::civil_day d = from; d < to; ++d.count) {
    const auto begin = z.start_of_day(d);
    const auto end = z.start_of_day({d.count + 1});
    BOOST_REQUIRE_MESSAGE(begin <= end, base::to_text(d));
    if (begin == end) continue; // a day that the zone skipped
    BOOST_REQUIRE_MESSAGE(z.day_of(begin) == d, base::to_text(d));
    BOOST_REQUIRE_MESSAGE(z.day_of({end.count - 1}) == d, base::to_text(d));
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(a_fixed_offset) {
  const zone_rules z{"X", -3 * hour, {}};
  BOOST_TEST(start(z, "2026-11-24") == "2026-11-24T03:00:00Z");
  BOOST_TEST(day_at(z, "2026-11-24T02:59:59.999999Z") == "2026-11-23");
  BOOST_TEST(day_at(z, "2026-11-24T03:00:00Z") == "2026-11-24");
  BOOST_TEST(base::to_text(z.start_of_month(2026, 12)) == "2026-12-01T03:00:00Z");
  check_tiles(z, day("1969-12-01"), day("1970-02-01"));
}

BOOST_AUTO_TEST_CASE(a_gap_over_midnight_starts_the_day_late) {
  const zone_rules z{"X", -3 * hour, {{at("2018-11-04T03:00:00Z"), -2 * hour}}};
  BOOST_TEST(start(z, "2018-11-04") == "2018-11-04T03:00:00Z"); // 01:00 local
  BOOST_TEST(start(z, "2018-11-05") == "2018-11-05T02:00:00Z");
  BOOST_TEST(base::to_text(z.first_instant_of(local("2018-11-04T00:30:00Z"))) ==
             "2018-11-04T03:00:00Z");
  check_tiles(z, day("2018-11-01"), day("2018-11-08"));
}

BOOST_AUTO_TEST_CASE(a_doubled_time_means_its_first_pass) {
  const zone_rules z{"X", -2 * hour, {{at("2018-02-18T02:00:00Z"), -3 * hour}}};
  BOOST_TEST(base::to_text(z.first_instant_of(local("2018-02-17T23:30:00Z"))) ==
             "2018-02-18T01:30:00Z");
  BOOST_TEST(start(z, "2018-02-18") == "2018-02-18T03:00:00Z"); // Saturday has 25 hours
  BOOST_TEST(day_at(z, "2018-02-18T02:30:00Z") == "2018-02-17");
  check_tiles(z, day("2018-02-15"), day("2018-02-21"));
}

BOOST_AUTO_TEST_CASE(clocks_that_go_back_over_midnight_do_not_bring_the_old_day_back) {
  // 00:01 becomes 23:01 of the day before, as in America/St_Johns until 2011.
  const zone_rules z{"X", 0, {{at("2010-11-07T00:01:00Z"), -hour}}};
  BOOST_TEST(start(z, "2010-11-07") == "2010-11-07T00:00:00Z");
  BOOST_TEST(day_at(z, "2010-11-07T00:00:30Z") == "2010-11-07");
  BOOST_TEST(day_at(z, "2010-11-07T00:30:00Z") == "2010-11-07"); // clocks show 23:30 of the 6th
  check_tiles(z, day("2010-11-04"), day("2010-11-10"));
}

BOOST_AUTO_TEST_CASE(a_skipped_day_is_empty) {
  const zone_rules z{"X", -10 * hour, {{at("2011-12-30T10:00:00Z"), 14 * hour}}};
  BOOST_TEST(start(z, "2011-12-30") == "2011-12-30T10:00:00Z");
  BOOST_TEST(start(z, "2011-12-31") == "2011-12-30T10:00:00Z");
  BOOST_TEST(day_at(z, "2011-12-30T09:59:59Z") == "2011-12-29");
  BOOST_TEST(day_at(z, "2011-12-30T10:00:00Z") == "2011-12-31");
  check_tiles(z, day("2011-12-27"), day("2012-01-03"));
}

BOOST_AUTO_TEST_CASE(a_doubled_day_is_one_long_day) {
  const zone_rules z{"X", 12 * hour, {{at("1969-09-30T12:00:00Z"), -12 * hour}}};
  BOOST_TEST(start(z, "1969-09-30") == "1969-09-29T12:00:00Z");
  BOOST_TEST(start(z, "1969-10-01") == "1969-10-01T12:00:00Z");
  check_tiles(z, day("1969-09-27"), day("1969-10-04"));
}

BOOST_AUTO_TEST_CASE(what_clocks_have_shown_is_the_border_of_first_instants) {
  const std::vector<zone_rules> zones{
      {"gap and pass",
       -3 * hour,
       {{at("2018-11-04T03:00:00Z"), -2 * hour}, {at("2019-02-17T02:00:00Z"), -3 * hour}}},
      {"twice back",
       2 * hour,
       {{at("2018-11-04T03:00:00Z"), hour}, {at("2018-11-04T03:40:00Z"), 0}}},
      {"a day back", 12 * hour, {{at("2018-11-04T12:00:00Z"), -12 * hour}}}};
  for (const auto& z : zones)
    for (auto t = at("2018-11-03T00:00:00Z").count; t < at("2018-11-06T00:00:00Z").count;
         t += 600 * base::us_per_second) {
      const auto latest = z.latest_local({t});
      BOOST_TEST_REQUIRE((z.first_instant_of(latest) <= base::utc_us{t}), z.name());
      BOOST_TEST_REQUIRE((z.first_instant_of({latest.count + 1}) > base::utc_us{t}), z.name());
    }
}

BOOST_AUTO_TEST_CASE(changes_are_found_in_their_order) {
  const zone_rules z{"X", 0, {{at("2018-01-01"), hour}, {at("2019-01-01"), 0}}};
  BOOST_TEST((z.change_after(at("1950-01-01")) == offset_change{at("2018-01-01"), hour}));
  BOOST_TEST((z.change_after(at("2018-01-01")) == offset_change{at("2019-01-01"), 0}));
  BOOST_TEST(!z.change_after(at("2019-01-01")));
}

BOOST_AUTO_TEST_CASE(changes_must_ascend) {
  const std::vector<offset_change> twice{{at("2000-01-01"), 0}, {at("2000-01-01"), hour}};
  BOOST_CHECK_THROW((zone_rules{"X", 0, twice}), base::broken_invariant);
  BOOST_CHECK_THROW((zone_rules{"X", 27 * hour, {}}), base::broken_invariant);
}

BOOST_AUTO_TEST_SUITE_END()
