// Goal: previews say when, in local time, and what is odd. Method: written lines.
#include "scheduler/preview.hpp"

#include "tests/support/sample_zones.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;
using support::instant;

BOOST_AUTO_TEST_SUITE(previews)

namespace {

schedule_rule expression(const char* text) { return std::get<cron>(read_cron(text)); }

/// "instant local note" of each tick.
std::vector<std::string> lines(const schedule_rule& r, const zone_rules& z, const char* after,
                               std::size_t most) {
  std::vector<std::string> all;
  for (const auto& t : preview_of(r, z, {instant(after), most, {}}).ticks)
    all.push_back(base::to_text(t.at) + " " + t.local + (t.note.empty() ? "" : " " + t.note));
  return all;
}

using texts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_CASE(a_clamped_day_is_noted) {
  const schedule_rule rent =
      calendar_rule{calendar_freq::monthly, 1, support::wall_time("2026-01-31T09:00"), 0, {}};
  const zone_rules z{"America/Sao_Paulo", -3 * 3600, {}};
  BOOST_TEST((lines(rent, z, "2026-02-01", 2) ==
              texts{"2026-02-28T12:00:00Z 2026-02-28T09:00:00-03:00 day 31 clamped to 28",
                    "2026-03-31T12:00:00Z 2026-03-31T09:00:00-03:00"}));
}

BOOST_AUTO_TEST_CASE(a_time_in_a_gap_is_noted) {
  BOOST_TEST((lines(expression("30 0 * * *"), support::sao_paulo(), "2018-11-03T12:00Z", 2) ==
              texts{"2018-11-04T03:00:00Z 2018-11-04T01:00:00-02:00 clock change: 00:30 does not "
                    "exist, it runs at 01:00",
                    "2018-11-05T02:30:00Z 2018-11-05T00:30:00-02:00"}));
  const schedule_rule daily =
      calendar_rule{calendar_freq::daily, 1, support::wall_time("2011-12-01T09:00:30"), 0, {}};
  BOOST_TEST((lines(daily, support::apia(), "2011-12-29T20:00Z", 2) ==
              texts{"2011-12-30T10:00:00Z 2011-12-31T00:00:00+14:00 clock change: 2011-12-30 "
                    "09:00:30 does not exist, it runs at 00:00",
                    "2011-12-30T19:00:30Z 2011-12-31T09:00:30+14:00"}));
}

BOOST_AUTO_TEST_CASE(a_doubled_time_is_noted) {
  BOOST_TEST((lines(expression("30 1 * * *"), support::new_york(), "2026-10-31T06:00Z", 2) ==
              texts{"2026-11-01T05:30:00Z 2026-11-01T01:30:00-04:00 clock change: 01:30 comes "
                    "twice, this is the first",
                    "2026-11-02T06:30:00Z 2026-11-02T01:30:00-05:00"}));
  BOOST_TEST((lines(expression("0 1,2 * * *"), support::new_york(), "2026-11-01T04:00Z", 2) ==
              texts{"2026-11-01T05:00:00Z 2026-11-01T01:00:00-04:00 clock change: 01:00 comes "
                    "twice, this is the first",
                    "2026-11-01T07:00:00Z 2026-11-01T02:00:00-05:00"}));
  BOOST_TEST((lines(expression("30 * * * *"), support::new_york(), "2026-11-01T05:00Z", 3) ==
              texts{"2026-11-01T05:30:00Z 2026-11-01T01:30:00-04:00 clock change: 01:30 comes "
                    "twice, this is the first",
                    "2026-11-01T06:30:00Z 2026-11-01T01:30:00-05:00 clock change: 01:30 comes "
                    "twice, this is the second",
                    "2026-11-01T07:30:00Z 2026-11-01T02:30:00-05:00"}));
  // Intervals name no local time.
  BOOST_TEST((lines(interval_rule{3600, instant("2026-11-01T00:30:00Z")}, support::new_york(),
                    "2026-11-01T05:00Z", 1) == texts{"2026-11-01T05:30:00Z "
                                                     "2026-11-01T01:30:00-04:00"}));
}

BOOST_AUTO_TEST_CASE(both_notes) {
  const schedule_rule r =
      calendar_rule{calendar_freq::monthly, 1, support::wall_time("2020-01-31T02:30"), 0, {}};
  const zone_rules z{"X", 0, {{instant("2020-02-29T02:00Z"), 3600}}};
  BOOST_TEST((lines(r, z, "2020-02-01", 1) ==
              texts{"2020-02-29T02:00:00Z 2020-02-29T03:00:00+01:00 day 31 clamped to 29; clock "
                    "change: 02:30 does not exist, it runs at 03:00"}));
}

BOOST_AUTO_TEST_CASE(at_most_a_hundred_and_what_is_left) {
  const auto r = expression("* * * * *");
  const auto p = [&](std::size_t most, rule_end end) {
    const auto found = preview_of(r, support::utc(), {instant("2026-01-01"), most, end});
    return std::to_string(found.ticks.size()) + (found.more ? " more" : "");
  };
  BOOST_TEST(p(12, {}) == "12 more");
  BOOST_TEST(p(1000, {}) == "100 more");
  BOOST_TEST(p(12, {{}, 13}) == "12 more");
  BOOST_TEST(p(12, {{}, 12}) == "12");
  BOOST_TEST(p(12, {{}, 3}) == "3");
  BOOST_TEST(p(12, {{}, 0}) == "0");
  BOOST_TEST(p(12, {instant("2026-01-01T00:05Z"), {}}) == "5");
}

BOOST_AUTO_TEST_CASE(local_texts) {
  const auto text = [](std::int32_t offset) {
    return local_text(instant("2026-01-01T00:00:00Z"), {"X", offset, {}});
  };
  BOOST_TEST(text(0) == "2026-01-01T00:00:00+00:00");
  BOOST_TEST(text(5 * 3600 + 45 * 60) == "2026-01-01T05:45:00+05:45");
  BOOST_TEST(text(-30 * 60) == "2025-12-31T23:30:00-00:30");
  // Local mean time: RFC 3339 has no seconds of an offset, the instant stays.
  BOOST_TEST(text(-(3 * 3600 + 6 * 60 + 28)) == "2025-12-31T20:54:00-03:06");
}

BOOST_AUTO_TEST_SUITE_END()
