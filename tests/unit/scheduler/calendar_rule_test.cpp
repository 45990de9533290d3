// Goal: occurrences are counted from the start. Method: written local days.
#include "scheduler/calendar_rule.hpp"

#include "tests/support/sample_zones.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;
using support::instant;
using support::wall_time;

BOOST_AUTO_TEST_SUITE(calendar_rules)

namespace {

calendar_rule each(calendar_freq freq, std::int32_t interval, const char* start,
                   std::uint32_t days = 0, month_end at_end = month_end::clamp) {
  return {freq, interval, wall_time(start), days, at_end};
}

/// The next days on the clocks of the zone: "2026-01-31 2026-02-28".
std::string days(const calendar_rule& r, const char* after, int count,
                 const zone_rules& zone = support::utc()) {
  std::string all;
  auto next = r.next_tick(instant(after), zone);
  for (int n = 0; next && n < count; ++n) {
    all += (all.empty() ? "" : " ") + base::to_text(base::day_of({next->wanted.count}));
    next = r.next_tick(next->at, zone);
  }
  return all;
}

constexpr std::uint32_t bits(std::initializer_list<unsigned> days) {
  std::uint32_t all = 0;
  for (const auto d : days) all |= 1u << d;
  return all;
}

using freq = calendar_freq;

} // namespace

BOOST_AUTO_TEST_CASE(the_31st_comes_back_after_february) {
  const auto r = each(freq::monthly, 1, "2026-01-31T09:00");
  BOOST_TEST(days(r, "2026-01-01", 5) == "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31");
  BOOST_TEST(days(r, "2028-02-01", 2) == "2028-02-29 2028-03-31");
  const auto clamped = r.next_tick(instant("2026-02-01"), support::utc());
  BOOST_TEST_REQUIRE(clamped.has_value());
  BOOST_TEST(clamped->clamped_from == 31u);
  BOOST_TEST(r.next_tick(clamped->at, support::utc())->clamped_from == 0u);
}

BOOST_AUTO_TEST_CASE(a_day_that_the_month_lacks_may_be_skipped) {
  const auto r = each(freq::monthly, 1, "2026-01-31T09:00", 0, month_end::skip);
  BOOST_TEST(days(r, "2026-01-01", 3) == "2026-01-31 2026-03-31 2026-05-31");
  const auto leap = each(freq::yearly, 1, "2028-02-29T09:00", 0, month_end::skip);
  BOOST_TEST(days(leap, "2028-01-01", 2) == "2028-02-29 2032-02-29");
  const auto kept = each(freq::yearly, 1, "2028-02-29T09:00");
  BOOST_TEST(days(kept, "2028-01-01", 3) == "2028-02-29 2029-02-28 2030-02-28");
  BOOST_TEST(days(kept, "2032-01-01", 1) == "2032-02-29");
}

BOOST_AUTO_TEST_CASE(intervals_count_from_the_start) {
  BOOST_TEST(days(each(freq::daily, 3, "2026-01-30T09:00"), "2026-02-01", 3) ==
             "2026-02-02 2026-02-05 2026-02-08");
  BOOST_TEST(days(each(freq::weekly, 2, "2026-01-01T09:00"), "2026-01-01T10:00", 2) ==
             "2026-01-15 2026-01-29");
  BOOST_TEST(days(each(freq::monthly, 3, "2026-11-30T09:00"), "2026-11-30T09:00", 3) ==
             "2027-02-28 2027-05-30 2027-08-30");
  BOOST_TEST(days(each(freq::yearly, 4, "2026-06-01T09:00"), "2027-01-01", 2) ==
             "2030-06-01 2034-06-01");
  // Far ones are found without counting up to them.
  BOOST_TEST(days(each(freq::daily, 1000, "1900-01-01T00:00"), "2190-01-01", 2) ==
             "2190-03-21 2192-12-15");
}

BOOST_AUTO_TEST_CASE(nothing_before_the_start_and_nothing_behind_time) {
  const auto r = each(freq::weekly, 1, "2026-01-07T09:00", bits({1, 3, 5})); // Mon Wed Fri
  BOOST_TEST(days(r, "2000-01-01", 3) == "2026-01-07 2026-01-09 2026-01-12");
  BOOST_TEST(days(each(freq::yearly, 1000, "2026-01-07T09:00"), "2026-02-01", 1) == "");
  BOOST_TEST(days(each(freq::daily, 1, "2026-01-07T09:00"), "2199-12-31T08:00", 9) == "2199-12-31");
}

BOOST_AUTO_TEST_CASE(days_of_the_week) {
  // The week of the start counts from its Monday.
  const auto r = each(freq::weekly, 2, "2026-01-08T09:00", bits({0, 1})); // Sun, Mon; a Thursday
  BOOST_TEST(days(r, "2026-01-01", 5) == "2026-01-11 2026-01-19 2026-01-25 2026-02-02 2026-02-08");
}

BOOST_AUTO_TEST_CASE(days_of_the_month) {
  const auto r = each(freq::monthly, 1, "2026-01-10T09:00", bits({5, 30, 31}));
  BOOST_TEST(days(r, "2026-01-01", 6) ==
             "2026-01-30 2026-01-31 2026-02-05 2026-02-28 2026-03-05 2026-03-30");
  const auto skipping = each(freq::monthly, 1, "2026-01-10T09:00", bits({31}), month_end::skip);
  BOOST_TEST(days(skipping, "2026-01-01", 3) == "2026-01-31 2026-03-31 2026-05-31");
}

BOOST_AUTO_TEST_CASE(clock_changes) {
  const auto at = [](const calendar_rule& r, const char* after, const zone_rules& z) {
    return base::to_text(r.next_after(instant(after), z).value());
  };
  const auto gap = each(freq::daily, 1, "2026-01-01T02:30");
  BOOST_TEST(at(gap, "2026-03-07T12:00Z", support::new_york()) == "2026-03-08T07:00:00Z");
  BOOST_TEST(at(gap, "2026-03-08T07:00Z", support::new_york()) == "2026-03-09T06:30:00Z");
  const auto doubled = each(freq::daily, 1, "2026-01-01T01:30");
  BOOST_TEST(at(doubled, "2026-10-31T12:00Z", support::new_york()) == "2026-11-01T05:30:00Z");
  for (const auto* after : {"2026-11-01T05:30Z", "2026-11-01T06:00Z", "2026-11-01T06:30Z"})
    BOOST_TEST(at(doubled, after, support::new_york()) == "2026-11-02T06:30:00Z", after);
  // 30 December never came; what is due on the 31st at midnight is the same instant.
  const auto midnight = each(freq::daily, 1, "2011-12-01T00:00");
  BOOST_TEST(at(midnight, "2011-12-29T10:00Z", support::apia()) == "2011-12-30T10:00:00Z");
  BOOST_TEST(at(midnight, "2011-12-30T10:00Z", support::apia()) == "2011-12-31T10:00:00Z");
}

BOOST_AUTO_TEST_SUITE_END()
