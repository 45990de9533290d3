// Goal: rules as JSON, all faults at once; and a year of every form. Method: written documents.
#include "scheduler/schedule_rule.hpp"

#include "tests/support/sample_zones.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;
using support::instant;

BOOST_AUTO_TEST_SUITE(schedule_rules)

namespace {

base::json::value document(const std::string& text) {
  auto v = base::json::read(text);
  if (const auto* f = std::get_if<base::json::fault>(&v)) BOOST_FAIL(text << ": " << f->reason);
  return std::get<base::json::value>(std::move(v));
}

/// Paths and messages of the faults, one a line; or the rule as it is written again.
template <class Read> std::string outcome(const std::string& text, Read read) {
  rule_faults bad;
  const auto written = read(document(text), bad);
  std::string all;
  for (const auto& f : bad) {
    all += f.path + ": " + f.message;
    if (f.position) all += " @" + std::to_string(*f.position);
    all += "\n";
  }
  BOOST_TEST(bad.empty() == written.has_value(), text);
  return written && bad.empty() ? base::json::write(*written) : all;
}
std::string rule(const std::string& text) {
  return outcome(text, [](const auto& v, rule_faults& bad) {
    const auto r = read_rule(v, bad);
    if (!r) return std::optional<base::json::value>{};
    rule_faults again;
    BOOST_TEST((read_rule(write_rule(*r), again) == r));
    return std::optional{write_rule(*r)};
  });
}
std::string end_of(const std::string& text) {
  return outcome(text, [](const auto& v, rule_faults& bad) {
    const auto e = read_end(v, bad);
    return e ? std::optional{write_end(*e)} : std::optional<base::json::value>{};
  });
}

schedule_rule made(const std::string& text) {
  rule_faults bad;
  auto r = read_rule(document(text), bad);
  BOOST_REQUIRE_MESSAGE(r, text);
  return *std::move(r);
}

std::string close(const std::string& text) {
  rule_faults bad;
  refuse_close_ticks(made(text), bad);
  return bad.empty() ? "fine" : bad.front().path + ": " + bad.front().message;
}

} // namespace

BOOST_AUTO_TEST_CASE(each_form_is_read_and_written_again) {
  for (
      const auto* same :
      {R"({"cron":"0 9 * * MON-FRI"})",
       R"({"calendar":{"freq":"daily","interval":2,"start":"2026-01-31T09:00:00"}})",
       R"({"calendar":{"freq":"weekly","interval":1,"start":"2026-01-31T09:00:00","days":["SUN","WED"]}})",
       R"({"calendar":{"freq":"monthly","interval":1,"start":"2026-01-31T09:00:30","month_end":"skip"}})",
       R"({"calendar":{"freq":"monthly","interval":1,"start":"2026-01-31T09:00:00","days":[1,15],"month_end":"clamp"}})",
       R"({"calendar":{"freq":"yearly","interval":1,"start":"2028-02-29T09:00:00","month_end":"clamp"}})",
       R"({"every_s":90,"anchor":"2026-01-01T00:00:00Z"})"})
    BOOST_TEST(rule(same) == same);
}

BOOST_AUTO_TEST_CASE(what_is_left_out_has_a_default) {
  BOOST_TEST(
      rule(R"({"calendar":{"freq":"monthly","start":"2026-01-31T09:00"}})") ==
      R"({"calendar":{"freq":"monthly","interval":1,"start":"2026-01-31T09:00:00","month_end":"clamp"}})");
  BOOST_TEST(rule(R"({"every_s":90,"anchor":"2026-01-01T00:00:00-03:00"})") ==
             R"({"every_s":90,"anchor":"2026-01-01T03:00:00Z"})");
}

BOOST_AUTO_TEST_CASE(all_faults_are_told_at_once) {
  BOOST_TEST(rule("7") == ": no object\n");
  BOOST_TEST(rule("{}") == ": one rule, please\n");
  BOOST_TEST(rule(R"({"cron":"0 9 * * *","every_s":60,"anchor":"2026-01-01T00:00:00Z"})") ==
             ": one rule, please\n");
  BOOST_TEST(rule(R"({"cron":"0 25 * * *","zone":"x"})") ==
             "zone: unknown member\ncron: hour out of range @2\n");
  BOOST_TEST(rule(R"({"cron":5})") == "cron: no text\n");
  BOOST_TEST(rule(R"({"calendar":[]})") == "calendar: no object\n");
  BOOST_TEST(rule(R"({"calendar":{}})") == "calendar.freq: missing\ncalendar.start: missing\n");
  BOOST_TEST(
      rule(
          R"({"calendar":{"freq":"hourly","interval":0,"start":"2026-01-31","month_end":"x","business_day":"next"}})") ==
      "calendar.business_day: unknown member\ncalendar.freq: no frequency\n"
      "calendar.interval: out of range\ncalendar.start: no local date and time\n"
      "calendar.month_end: no such rule\n");
  for (const auto* start : {"2026-01-31T09:00Z", "2026-01-31T09:00-03:00", "2026-01-31T09:00:00.5",
                            "2026-02-30T09:00", ""})
    BOOST_TEST(rule(R"({"calendar":{"freq":"daily","start":")" + std::string{start} + R"("}})") ==
               "calendar.start: no local date and time\n");
  BOOST_TEST(rule(R"({"every_s":1.5})") == "every_s: no whole number\nanchor: missing\n");
  BOOST_TEST(rule(R"({"every_s":0,"anchor":"2026-01-31T09:00"})") ==
             "every_s: out of range\nanchor: no instant\n");
  BOOST_TEST(rule(R"({"every_s":252460801,"anchor":"2026-01-31T09:00Z"})") ==
             "every_s: out of range\n");
}

BOOST_AUTO_TEST_CASE(days_belong_to_weeks_and_months) {
  const auto with = [](const char* freq, const char* days) {
    return rule(R"({"calendar":{"freq":")" + std::string{freq} +
                R"(","start":"2026-02-10T09:00","interval":12,"month_end":"skip","days":)" + days +
                "}}");
  };
  BOOST_TEST(with("weekly", R"(["MON","Mon",1])") ==
             "calendar.days.1: no weekday\ncalendar.days.2: no weekday\n");
  BOOST_TEST(with("monthly", R"([0,31,32,"MON",1.5])") ==
             "calendar.days.0: no day of a month\ncalendar.days.2: no day of a month\n"
             "calendar.days.3: no day of a month\ncalendar.days.4: no day of a month\n");
  BOOST_TEST(with("daily", "[1]") == "calendar.days: only of weekly and monthly rules\n");
  BOOST_TEST(with("monthly", "[]") == "calendar.days: none or too many\n");
  BOOST_TEST(with("monthly", "1") == "calendar.days: no list\n");
  BOOST_TEST(with("monthly", "[30,31]") == "calendar.days: never fires\n"); // only Februaries
}

BOOST_AUTO_TEST_CASE(ends) {
  BOOST_TEST(end_of("null") == "null");
  BOOST_TEST(end_of("{}") == "null");
  BOOST_TEST(end_of(R"({"count":12})") == R"({"count":12})");
  BOOST_TEST(end_of(R"({"at":"2026-12-31T23:59:59-03:00"})") == R"({"at":"2027-01-01T02:59:59Z"})");
  BOOST_TEST(end_of("[]") == ": no object\n");
  BOOST_TEST(end_of(R"({"at":"2026-12-31","count":0,"x":1})") ==
             "x: unknown member\n: either at or count\nat: no instant\ncount: out of range\n");
}

BOOST_AUTO_TEST_CASE(users_wait_a_minute_between_ticks) {
  BOOST_TEST(close(R"({"cron":"* * * * *"})") == "fine");
  BOOST_TEST(close(R"({"cron":"30 * * * * *"})") == "fine");
  BOOST_TEST(close(R"({"cron":"0,30 0 9 1 1 *"})") == "cron: ticks are less than 60 s apart");
  BOOST_TEST(close(R"({"every_s":60,"anchor":"2026-01-01T00:00Z"})") == "fine");
  BOOST_TEST(close(R"({"every_s":59,"anchor":"2026-01-01T00:00Z"})") ==
             "every_s: ticks are less than 60 s apart");
  BOOST_TEST(close(R"({"calendar":{"freq":"daily","start":"2026-01-31T09:00"}})") == "fine");
}

BOOST_AUTO_TEST_CASE(intervals_begin_at_their_anchor) {
  const auto r = made(R"({"every_s":100,"anchor":"2026-01-01T00:00:00Z"})");
  const auto next = [&](const char* after) {
    return base::to_text(next_after(r, instant(after), support::new_york()).value());
  };
  BOOST_TEST(next("2000-01-01") == "2026-01-01T00:00:00Z");
  BOOST_TEST(next("2026-01-01T00:00:00Z") == "2026-01-01T00:01:40Z");
  BOOST_TEST(next("2026-01-01T00:01:39.999999Z") == "2026-01-01T00:01:40Z");
  BOOST_TEST(next("2026-03-08T07:00:00Z") == "2026-03-08T07:01:40Z");
  BOOST_TEST(!next_after(r, instant("2199-12-31T23:59:59Z"), support::utc()));
}

// The year 2026 of New York, with both changes: ticks that do not come or come twice are seen in
// the counts.
BOOST_AUTO_TEST_CASE(a_year_of_every_form) {
  const std::vector<std::pair<std::string, int>> forms{
      {R"({"cron":"* * * * *"})", 365 * 1440},
      {R"({"cron":"*/15 * * * *"})", 365 * 96},
      {R"({"cron":"*/15 2 * * *"})", 364 * 4 + 1},
      {R"({"cron":"30 1,2 * * *"})", 730},
      {R"({"cron":"30 1-2 * * *"})", 730}, // one less in March, one more in November
      {R"({"cron":"0 30 2/1 * * *"})", 364 * 22 + 21},
      {R"({"cron":"@hourly"})", 8760},
      {R"({"cron":"@daily"})", 365},
      {R"({"cron":"0 9 L,15W * 5#2"})", 35}, // on 14 August two are one
      {R"({"cron":"0 9 LW * *"})", 12},
      {R"({"cron":"@yearly"})", 1},
      {R"({"calendar":{"freq":"daily","start":"1900-01-01T02:30"}})", 365},
      {R"({"calendar":{"freq":"weekly","start":"2026-01-01T01:30","days":["SUN"]}})", 52},
      {R"({"calendar":{"freq":"monthly","start":"2025-01-31T09:00"}})", 12},
      {R"({"calendar":{"freq":"monthly","start":"2025-01-31T09:00","month_end":"skip"}})", 7},
      {R"({"calendar":{"freq":"yearly","start":"2024-02-29T09:00"}})", 1},
      {R"({"every_s":60,"anchor":"2020-01-01T00:00:00Z"})", 365 * 1440}};
  const auto zone = support::new_york();
  for (const auto& [text, expected] : forms) {
    const auto r = made(text);
    int count = 0;
    auto at = next_after(r, {instant("2026-01-01T05:00:00Z").count - 1}, zone);
    for (; at && *at < instant("2027-01-01T05:00:00Z"); at = next_after(r, *at, zone)) ++count;
    BOOST_TEST(count == expected, text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
