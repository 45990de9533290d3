// Goal: what expressions mean, which are refused and where, and clock changes. Method: written
// days and instants; random expressions are in tests/property/cron_scan_test.cpp.
#include "scheduler/cron.hpp"

#include "tests/support/cron_vectors.hpp"
#include "tests/support/sample_zones.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace scheduler;
using support::instant;

BOOST_AUTO_TEST_SUITE(crons)

namespace {

using lines = std::vector<std::string>;

cron made(const std::string& text) {
  auto c = read_cron(text);
  if (const auto* f = std::get_if<cron_fault>(&c))
    BOOST_FAIL(text << ": " << f->reason << " at " << f->position);
  return std::get<cron>(std::move(c));
}

/// The first `count` ticks from `from` on, itself among them.
lines ticks(const std::string& text, const std::string& from, std::size_t count,
            const zone_rules& zone = support::utc()) {
  const auto c = made(text);
  lines found;
  auto at = c.next_after({instant(from).count - 1}, zone);
  for (; at && found.size() < count; at = c.next_after(*at, zone))
    found.push_back(base::to_text(*at));
  return found;
}

/// The days, short: "01-31 02-28".
std::string days(const std::string& text, const std::string& from, std::size_t count) {
  std::string all;
  for (const auto& t : ticks(text, from, count)) all += (all.empty() ? "" : " ") + t.substr(5, 5);
  return all;
}

/// The times of the day, short: "09:00:00 10:00:00".
std::string times(const std::string& text, std::size_t count) {
  std::string all;
  for (const auto& t : ticks(text, "2026-01-01T00:00:00Z", count))
    all += (all.empty() ? "" : " ") + t.substr(11, 8);
  return all;
}

std::string refused(const std::string& text) {
  const auto c = read_cron(text);
  const auto* f = std::get_if<cron_fault>(&c);
  if (f == nullptr) return "accepted";
  BOOST_TEST(!f->hint.empty(), text);
  return std::to_string(f->position) + " " + f->reason;
}

} // namespace

BOOST_AUTO_TEST_CASE(times_of_the_day) {
  BOOST_TEST(times("0 9 * * *", 2) == "09:00:00 09:00:00");
  BOOST_TEST(times("*/20 * * * *", 4) == "00:00:00 00:20:00 00:40:00 01:00:00");
  BOOST_TEST(times("50/5 3 * * *", 3) == "03:50:00 03:55:00 03:50:00");
  BOOST_TEST(times("5,1-3/2 0 * * *", 4) == "00:01:00 00:03:00 00:05:00 00:01:00");
  BOOST_TEST(times("59 23 * * *", 2) == "23:59:00 23:59:00");
  BOOST_TEST(times("*/30 59 23 * * *", 3) == "23:59:00 23:59:30 23:59:00");
  BOOST_TEST(times("15 0 0 * * *", 2) == "00:00:15 00:00:15");
  BOOST_TEST(times("  0\t9  * * *  ", 1) == "09:00:00");
}

BOOST_AUTO_TEST_CASE(days_of_the_month_and_the_week) {
  const std::string from = "2026-01-01T00:00:00Z"; // a Thursday
  BOOST_TEST(days("0 0 31 * *", from, 3) == "01-31 03-31 05-31");
  BOOST_TEST(days("0 0 1 feb,APR-Jun/2 *", from, 4) == "02-01 04-01 06-01 02-01");
  BOOST_TEST(days("0 0 * * MON", from, 2) == "01-05 01-12");
  BOOST_TEST(days("0 0 * * 0", from, 2) == "01-04 01-11");
  BOOST_TEST(days("0 0 * * 7", from, 2) == "01-04 01-11");
  BOOST_TEST(days("0 0 * * 6-7", from, 4) == "01-03 01-04 01-10 01-11");
  BOOST_TEST(days("0 0 * * FRI-SUN", from, 4) == "01-02 01-03 01-04 01-09");
  BOOST_TEST(days("0 0 * * SUN-SUN,sun-mon", from, 3) == "01-04 01-05 01-11");
  BOOST_TEST(days("0 0 * * 5/1", from, 3) == "01-02 01-03 01-09"); // to Saturday
  BOOST_TEST(days("0 0 ? * MON", from, 2) == "01-05 01-12");
  BOOST_TEST(days("0 0 13 * ?", from, 2) == "01-13 02-13");
}

BOOST_AUTO_TEST_CASE(both_day_fields_restricted_means_either) {
  BOOST_TEST(days("0 0 13 * FRI", "2026-01-01T00:00:00Z", 5) == "01-02 01-09 01-13 01-16 01-23");
  // What lets all days through restricts nothing.
  BOOST_TEST(days("0 0 */1 * FRI", "2026-01-01T00:00:00Z", 2) == "01-02 01-09");
  BOOST_TEST(days("0 0 13 * */1", "2026-01-01T00:00:00Z", 2) == "01-13 02-13");
  // A step restricts.
  BOOST_TEST(days("0 0 */15 * FRI", "2026-01-01T00:00:00Z", 4) == "01-01 01-02 01-09 01-16");
}

BOOST_AUTO_TEST_CASE(ends_of_months) {
  const std::string from = "2026-01-01T00:00:00Z";
  BOOST_TEST(days("0 0 L * *", from, 4) == "01-31 02-28 03-31 04-30");
  BOOST_TEST(days("0 0 L 2 *", "2027-03-01T00:00:00Z", 2) == "02-29 02-28");
  BOOST_TEST(days("0 0 L-3 * *", from, 3) == "01-28 02-25 03-28");
  BOOST_TEST(days("0 0 L-30 * *", from, 3) == "01-01 03-01 05-01");
  BOOST_TEST(days("0 0 1,l * *", from, 4) == "01-01 01-31 02-01 02-28");
  BOOST_TEST(days("0 0 LW * *", from, 3) == "01-30 02-27 03-31"); // Saturday, Saturday, Tuesday
  BOOST_TEST(days("0 0 LW 5 *", from, 1) == "05-29");             // a Sunday
}

BOOST_AUTO_TEST_CASE(the_workday_nearest_to_a_day_stays_in_its_month) {
  BOOST_TEST(days("0 0 15W * *", "2026-01-01T00:00:00Z", 3) == "01-15 02-16 03-16"); // Sundays
  BOOST_TEST(days("0 0 14W * *", "2026-02-01T00:00:00Z", 1) == "02-13");             // Saturday
  BOOST_TEST(days("0 0 1W 8 *", "2026-01-01T00:00:00Z", 1) == "08-03");              // Saturday 1st
  BOOST_TEST(days("0 0 1W 2 *", "2026-01-01T00:00:00Z", 1) == "02-02");              // Sunday 1st
  BOOST_TEST(days("0 0 31W 5 *", "2026-01-01T00:00:00Z", 1) == "05-29");             // Sunday 31st
  BOOST_TEST(days("0 0 31W * *", "2026-01-01T00:00:00Z", 3) == "01-30 03-31 05-29");
}

BOOST_AUTO_TEST_CASE(the_nth_and_the_last_weekday) {
  const std::string from = "2026-01-01T00:00:00Z";
  BOOST_TEST(days("0 0 * * 5L", from, 3) == "01-30 02-27 03-27");
  BOOST_TEST(days("0 0 * * friL", from, 1) == "01-30");
  BOOST_TEST(days("0 0 * * 7L", from, 1) == "01-25");
  BOOST_TEST(days("0 0 * * THU#1", from, 2) == "01-01 02-05");
  BOOST_TEST(days("0 0 * * 1#2,3#3", from, 4) == "01-12 01-21 02-09 02-18");
  BOOST_TEST(days("0 0 * * 0#5", from, 3) == "03-29 05-31 08-30");
}

BOOST_AUTO_TEST_CASE(far_days_are_found_at_once) {
  BOOST_TEST(days("0 0 29 2 *", "2097-01-01T00:00:00Z", 1) == "02-29");
  BOOST_TEST((ticks("0 0 29 2 *", "2096-03-01T00:00:00Z", 1) == lines{"2104-02-29T00:00:00Z"}));
  BOOST_TEST(ticks("0 0 1 1 *", "2199-06-01T00:00:00Z", 1).empty()); // time ends in 2200
}

BOOST_AUTO_TEST_CASE(nicknames) {
  const std::map<std::string, std::string> same{{"@yearly", "0 0 1 1 *"},
                                                {"@monthly", "0 0 1 * *"},
                                                {"@weekly", "0 0 * * 0"},
                                                {"@daily", "0 0 * * *"},
                                                {"@hourly", "0 * * * *"}};
  for (const auto& [nickname, fields] : same) {
    auto named = made(nickname);
    BOOST_TEST(named.text == nickname);
    named.text = fields;
    BOOST_TEST((named == made(fields)), nickname);
  }
}

BOOST_AUTO_TEST_CASE(hours_that_are_plain_numbers_are_fixed) {
  for (const auto* fixed : {"0 2 * * *", "*/5 2,3 * * *", "@daily", "0 0 2 * * *"})
    BOOST_TEST(made(fixed).fixed_hours, fixed);
  for (const auto* real :
       {"0 * * * *", "0 2-3 * * *", "0 */2 * * *", "0 2/3 * * *", "@hourly", "0 1,2-3 * * *"})
    BOOST_TEST(!made(real).fixed_hours, real);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_refused_with_its_place) {
  BOOST_TEST(refused("") == "0 empty");
  BOOST_TEST(refused("   ") == "0 empty");
  BOOST_TEST(refused("0 9 * *") == "7 4 fields");
  BOOST_TEST(refused("0 0 9 * * * 2026") == "12 more than 6 fields");
  BOOST_TEST(refused("60 9 * * *") == "0 minute out of range");
  BOOST_TEST(refused("0 24 * * *") == "2 hour out of range");
  BOOST_TEST(refused("0 9 0 * *") == "4 day of month out of range");
  BOOST_TEST(refused("0 9 1,32 * *") == "6 day of month out of range");
  BOOST_TEST(refused("0 9 * 13 *") == "6 month out of range");
  BOOST_TEST(refused("0 9 * * 8") == "8 weekday out of range");
  BOOST_TEST(refused("0 99999999999999999999 * * *") == "2 hour out of range");
  BOOST_TEST(refused("61 0 9 * * *") == "0 second out of range");
  BOOST_TEST(refused("*/0 * * * *") == "2 step out of range");
  BOOST_TEST(refused("*/60 * * * *") == "2 step out of range");
  BOOST_TEST(refused("*/ * * * *") == "2 no step");
  BOOST_TEST(refused("0 17-9 * * *") == "2 the range ends before it begins");
  BOOST_TEST(refused("0 9 * * 5-0") == "8 the range ends before it begins");
  BOOST_TEST(refused("0 9 * * MON-SUN,SAT-FRI") == "16 the range ends before it begins");
  BOOST_TEST(refused("0 9 * * FUN") == "8 no name of a weekday");
  BOOST_TEST(refused("0 9 * MAI *") == "6 no name of a month");
  BOOST_TEST(refused("0 9 * * MONDAY") == "11 the weekday does not end here");
  BOOST_TEST(refused("0 9 * * L") == "8 L without a weekday");
  BOOST_TEST(refused("0 9 * * 1#6") == "10 number of the weekday in its month out of range");
  BOOST_TEST(refused("0 9 L-31 * *") == "6 number of days before the last out of range");
  BOOST_TEST(refused("0 9 1-5W * *") == "7 the day of month does not end here");
  BOOST_TEST(refused("0 9 5L * *") == "5 the day of month does not end here");
  BOOST_TEST(refused("0 9 * * 5W") == "9 the weekday does not end here");
  BOOST_TEST(refused("0,,5 9 * * *") == "2 an empty entry of a list");
  BOOST_TEST(refused("0, 9 * * *") == "2 an empty entry of a list");
  BOOST_TEST(refused(",0 9 * * *") == "0 an empty entry of a list");
  BOOST_TEST(refused("? 9 * * *") == "0 ? in the minute");
  BOOST_TEST(refused("0 9 ?,1 * *") == "4 no day of month");
  BOOST_TEST(refused("-5 9 * * *") == "0 no minute");
  BOOST_TEST(refused("0 9 * * *\n") == "9 the weekday does not end here");
  BOOST_TEST(refused("0 9h * * *") == "3 the hour does not end here");
  BOOST_TEST(refused("0 \xc3\xa9 * * *") == "2 no hour");
  BOOST_TEST(refused("@reboot") == "0 @reboot names no time");
  BOOST_TEST(refused("@every 5m") == "0 @every is no cron rule");
  BOOST_TEST(refused(" @midnight") == "1 no such nickname");
  BOOST_TEST(refused("@daily 5") == "7 more behind a nickname");
}

BOOST_AUTO_TEST_CASE(up_to_256_characters) {
  const std::string rule = "0 9 * * *";
  BOOST_TEST(refused(rule + std::string(256 - rule.size(), ' ')) == "accepted");
  BOOST_TEST(refused(rule + std::string(257 - rule.size(), ' ')) ==
             "256 longer than 256 characters");
}

BOOST_AUTO_TEST_CASE(what_does_not_fire_within_8_years_is_refused) {
  for (const auto* never :
       {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 L-30 2 *", "0 0 31W 4 *", "0 0 30-31 2 ?"})
    BOOST_TEST(refused(never) == "4 never fires, or not within 8 years", never);
  BOOST_TEST(refused("0 0 ? 2 5#5") == "4 never fires, or not within 8 years"); // each 28 years
  for (const auto* rare : {"0 0 29 2 *", "0 0 29W 2 *", "0 0 30 2 MON", "0 0 ? 1,2 5#5",
                           "0 0 L-30 * *", "0 0 L-29 4 *"})
    BOOST_TEST(refused(rare) == "accepted", rare);
}

BOOST_AUTO_TEST_CASE(the_vectors_of_clock_changes) {
  const std::map<std::string, zone_rules> zones{{"America/Sao_Paulo", support::sao_paulo()},
                                                {"America/New_York", support::new_york()},
                                                {"Australia/Lord_Howe", support::lord_howe()}};
  for (const auto& v : support::cron_vectors()) {
    const auto c = made(v.rule);
    const auto& zone = zones.at(v.zone);
    lines found;
    auto at = c.next_after({instant(v.from).count - 1}, zone);
    for (; at && *at < instant(v.to); at = c.next_after(*at, zone))
      found.push_back(base::to_text(*at));
    BOOST_TEST(found == v.ticks, v.zone << ' ' << v.rule << boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(ticks_on_one_instant_are_one) {
  const auto zone = support::new_york();
  // 02:00, 02:30 and 03:00 are the end of the gap.
  BOOST_TEST((ticks("0,30 2,3 * * *", "2026-03-08T05:00Z", 3, zone) ==
              lines{"2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:00:00Z"}));
  // A skipped day runs at its end, together with what is due then.
  BOOST_TEST((ticks("0 0,9 * * *", "2011-12-29T19:00Z", 3, support::apia()) ==
              lines{"2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"}));
}

BOOST_AUTO_TEST_CASE(a_doubled_hour_at_fixed_hours_and_in_real_time) {
  const auto zone = support::new_york(); // 01:00 to 02:00 twice, from 05:00Z on
  BOOST_TEST((ticks("0,30 1 * * *", "2026-11-01T04:00Z", 3, zone) ==
              lines{"2026-11-01T05:00:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:00:00Z"}));
  BOOST_TEST((ticks("30 1-2 * * *", "2026-11-01T04:00Z", 3, zone) ==
              lines{"2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z"}));
  // In the gap real time shows nothing.
  BOOST_TEST((ticks("30 2-3 * * *", "2026-03-08T05:00Z", 2, zone) ==
              lines{"2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"}));
}

BOOST_AUTO_TEST_CASE(a_tick_lies_behind_the_instant_however_close) {
  const auto c = made("0 9 * * *");
  const auto nine = instant("2026-01-01T09:00:00Z");
  BOOST_TEST((c.next_after({nine.count - 1}, support::utc()) == nine));
  BOOST_TEST((c.next_after(nine, support::utc()) == instant("2026-01-02T09:00:00Z")));
  BOOST_TEST((c.next_after({nine.count + 1}, support::utc()) == instant("2026-01-02T09:00:00Z")));
  BOOST_TEST((c.next_after({INT64_MIN}, support::utc()) == instant("1900-01-01T09:00:00Z")));
  BOOST_TEST(!c.next_after({INT64_MAX}, support::utc()));
}

BOOST_AUTO_TEST_SUITE_END()
