// Goal: a cron expression ticks when its fields say so, through all clock changes. Method: random
// expressions are compared with a scan that looks at every minute (or second, or day) and asks the
// fields one by one; it shares nothing with the code but base/ and what the clocks show.
#include "config/tz_source.hpp"
#include "scheduler/cron.hpp"
#include "tests/support/cron_vectors.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

BOOST_AUTO_TEST_SUITE(cron_scans)

namespace {

using scheduler::local_us;
using scheduler::zone_rules;
constexpr std::int64_t second = base::us_per_second;

int draw(int low, int high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1));
}
bool chance(int percent) { return draw(1, 100) <= percent; }

// -- expressions ----------------------------------------------------------------------------------

struct field {
  std::string text;
  std::set<int> values;
  bool everything = false; ///< the field restricts nothing
  bool numbers_only = true;
};

struct bounds {
  int least, most;
  bool weekday = false;
};
constexpr bounds sixty{0, 59}, of_hours{0, 23}, of_days{1, 31}, of_months{1, 12},
    of_week{0, 7, true};

void add(field& f, const std::string& text) { f.text += (f.text.empty() ? "" : ",") + text; }

void add_plain(field& f, const bounds& b) {
  const auto end = b.weekday ? 6 : b.most;
  const auto fill = [&](int from, int to, int step) {
    for (int v = from; v <= to; v += step) f.values.insert(b.weekday ? v % 7 : v);
  };
  const auto from = draw(b.least, b.most), to = draw(from, b.most), step = draw(1, b.most);
  const auto range = std::to_string(from) + "-" + std::to_string(to);
  const auto steps = "/" + std::to_string(step);
  const auto form = draw(0, 9);
  f.numbers_only = f.numbers_only && form > 4;
  switch (form) {
  case 0:
    f.everything = true;
    fill(b.least, end, 1);
    return add(f, "*");
  case 1:
    f.everything = f.everything || step == 1;
    fill(b.least, end, step);
    return add(f, "*" + steps);
  case 2: fill(from, to, 1); return add(f, range);
  case 3: fill(from, to, step); return add(f, range + steps);
  case 4: fill(from, std::max(from, end), step); return add(f, std::to_string(from) + steps);
  default: fill(from, from, 1); return add(f, std::to_string(from));
  }
}

field any_field(const bounds& b, int star_percent) {
  field f;
  if (chance(star_percent)) {
    f.text = "*";
    f.everything = true;
    f.numbers_only = false;
    for (int v = b.least; v <= b.most; ++v) f.values.insert(b.weekday ? v % 7 : v);
    return f;
  }
  for (int n = draw(1, 3); n > 0; --n) add_plain(f, b);
  return f;
}

struct expression {
  field seconds, minutes, hours, days, months, weekdays;
  std::vector<int> from_end, nearest;
  bool last_workday = false;
  std::vector<std::pair<int, int>> nth; ///< weekday and number; 0: the last one
  bool with_seconds = false;

  std::string text() const {
    return (with_seconds ? seconds.text + " " : "") + minutes.text + " " + hours.text + " " +
           days.text + " " + months.text + " " + weekdays.text;
  }
};

void add_special_days(expression& e) {
  if (!e.days.everything && chance(40)) {
    switch (draw(0, 3)) {
    case 0:
      e.from_end.push_back(0);
      add(e.days, "L");
      break;
    case 1:
      e.from_end.push_back(draw(0, 30));
      add(e.days, "L-" + std::to_string(e.from_end.back()));
      break;
    case 2:
      e.nearest.push_back(draw(1, 31));
      add(e.days, std::to_string(e.nearest.back()) + "W");
      break;
    default:
      e.last_workday = true;
      add(e.days, "LW");
      break;
    }
  }
  if (!e.weekdays.everything && chance(40)) {
    const auto day = draw(0, 7), number = draw(0, 5);
    e.nth.emplace_back(day % 7, number);
    add(e.weekdays, std::to_string(day) + (number == 0 ? "L" : "#" + std::to_string(number)));
  }
}

// -- what they mean -------------------------------------------------------------------------------

struct date {
  int year = 0;
  unsigned month = 0, day = 0;
  int weekday = 0, length = 0;
};

date date_of(base::civil_day d) {
  date x;
  base::split_day(d, x.year, x.month, x.day);
  x.length = static_cast<int>(base::days_in_month(x.year, x.month));
  x.weekday = ((d.count + 4) % 7 + 7) % 7;
  return x;
}

bool names_day(const expression& e, const date& x) {
  const auto day = static_cast<int>(x.day);
  const auto works = [&](int d) {
    const auto w = ((x.weekday + d - day) % 7 + 7) % 7;
    return d >= 1 && d <= x.length && w >= 1 && w <= 5;
  };
  const auto nearest_to = [&](int d) {
    for (const int away : {0, -1, 1, -2, 2})
      if (d <= x.length && works(d + away)) return d + away;
    return 0;
  };
  bool by_day = e.days.values.contains(day), by_weekday = e.weekdays.values.contains(x.weekday);
  for (const int n : e.from_end) by_day = by_day || day + n == x.length;
  for (const int n : e.nearest) by_day = by_day || day == nearest_to(n);
  by_day = by_day || (e.last_workday && day == nearest_to(x.length));
  for (const auto& [weekday, number] : e.nth) {
    if (weekday != x.weekday) continue;
    by_weekday = by_weekday || (number == 0 ? day + 7 > x.length : (day + 6) / 7 == number);
  }
  if (!e.months.values.contains(static_cast<int>(x.month))) return false;
  if (e.days.everything && e.weekdays.everything) return true;
  if (e.days.everything) return by_weekday;
  if (e.weekdays.everything) return by_day;
  return by_day || by_weekday;
}

class reading {
public:
  explicit reading(const expression& e) : e_(e) {}
  bool names(local_us t) {
    const auto day = base::day_of({t.count});
    if (day != day_) day_named_ = names_day(e_, date_of(day_ = day));
    const auto s = static_cast<int>((t.count - base::start_of(day).count) / second);
    return day_named_ && e_.hours.values.contains(s / 3600) &&
           e_.minutes.values.contains(s / 60 % 60) &&
           (e_.with_seconds ? e_.seconds.values.contains(s % 60) : s % 60 == 0);
  }

private:
  const expression& e_;
  base::civil_day day_{INT32_MAX};
  bool day_named_ = false;
};

struct span {
  base::utc_us after, until;
  std::int64_t step = 0;    ///< at which time is looked at
  std::int64_t history = 0; ///< what the clocks had shown before
};

std::vector<base::utc_us> scan(const expression& e, const zone_rules& zone, const span& s) {
  std::vector<base::utc_us> found;
  reading r{e};
  auto t = (s.after.count - s.history) / s.step * s.step;
  auto latest = zone.local_of({t}).count;
  for (t += s.step; t <= s.until.count; t += s.step) {
    const auto shown = zone.local_of({t}).count;
    bool tick = false;
    if (!e.hours.numbers_only) tick = r.names({shown});
    // Fixed hours: what the clocks show for the first time, and what they jumped over.
    else
      for (; latest < shown; latest += s.step) tick = r.names({latest + s.step}) || tick;
    if (tick && t > s.after.count) found.push_back({t});
  }
  return found;
}

std::vector<base::utc_us> ticks(const scheduler::cron& c, const zone_rules& zone, const span& s) {
  std::vector<base::utc_us> found;
  for (auto at = c.next_after(s.after, zone); at && *at <= s.until; at = c.next_after(*at, zone))
    found.push_back(*at);
  return found;
}

// -- where ----------------------------------------------------------------------------------------

const zone_rules& zone(const std::string& name) {
  static std::map<std::string, zone_rules> known;
  const auto at = known.find(name);
  return at != known.end() ? at->second
                           : known.emplace(name, config::load_zone(name).value()).first->second;
}

const zone_rules& any_zone() {
  static const std::vector<std::string> names{"America/Sao_Paulo", "America/New_York",
                                              "Australia/Lord_Howe", "UTC", "Pacific/Apia"};
  return zone(*rc::gen::elementOf(names));
}

/// A change of the clocks since 1930 if there is any (before it local times have seconds).
base::utc_us any_change(const zone_rules& z) {
  const auto begin = base::start_of(base::make_day(1930, 1, 1));
  std::vector<base::utc_us> changes;
  for (auto c = z.change_after(begin); c; c = z.change_after(c->at)) changes.push_back(c->at);
  if (changes.empty()) return {begin.count + draw(0, 36'500) * base::us_per_day};
  return changes[static_cast<std::size_t>(draw(0, static_cast<int>(changes.size()) - 1))];
}

base::utc_us near(base::utc_us t, int hours_before, int hours_behind) {
  const auto minutes = draw(-60 * hours_before, 60 * hours_behind);
  const auto us = chance(50) ? 0 : draw(-1'000'000, 1'000'000);
  return {t.count + minutes * 60 * second + us};
}

/// Often the hours that clocks show, skip or show again around `t`.
field hours_around(base::utc_us t, const zone_rules& z, int star_percent) {
  if (chance(50)) return any_field(of_hours, star_percent);
  field f;
  const auto in_day = (z.local_of(t).count / second % 86'400 + 86'400) % 86'400;
  for (int n = draw(1, 3); n > 0; --n) {
    const auto hour = (static_cast<int>(in_day / 3600) + draw(22, 25)) % 24;
    f.values.insert(hour);
    add(f, std::to_string(hour));
  }
  return f;
}

std::string told(const std::vector<base::utc_us>& all) {
  std::string text;
  for (const auto& t : all) text += base::to_text(t) + " ";
  return text;
}

void compare(const expression& e, const zone_rules& z, const span& s) {
  const auto read = scheduler::read_cron(e.text());
  if (const auto* f = std::get_if<scheduler::cron_fault>(&read)) {
    RC_LOG(e.text());
    RC_ASSERT(f->reason == "never fires, or not within 8 years");
    RC_DISCARD("never fires");
  }
  const auto& c = std::get<scheduler::cron>(read);
  const auto wanted = scan(e, z, s), found = ticks(c, z, s);
  RC_CLASSIFY(!wanted.empty(), "ticks");
  RC_CLASSIFY(c.fixed_hours && !wanted.empty(), "ticks at fixed hours");
  if (found != wanted) {
    RC_LOG(e.text() + " in " + z.name() + " after " + base::to_text(s.after));
    RC_LOG("scan " + told(wanted));
    RC_LOG("code " + told(found));
  }
  RC_ASSERT(found == wanted);
}

} // namespace

BOOST_AUTO_TEST_CASE(every_minute_agrees_with_a_naive_scan) {
  BOOST_TEST(rc::check("minutes", [] {
    const auto& z = any_zone();
    const auto change = any_change(z);
    expression e;
    e.minutes = any_field(sixty, 10);
    e.hours = hours_around(change, z, 20);
    e.days = any_field(of_days, 60);
    e.months = any_field(of_months, 80);
    e.weekdays = any_field(of_week, 60);
    add_special_days(e);
    const auto after = near(change, 80, 10);
    compare(e, z, {after, {after.count + 4 * base::us_per_day}, 60 * second, 2 * base::us_per_day});
  }));
}

BOOST_AUTO_TEST_CASE(every_second_agrees_with_a_naive_scan) {
  BOOST_TEST(rc::check("seconds", [] {
    const auto& z = any_zone();
    const auto change = any_change(z);
    expression e;
    e.with_seconds = true;
    e.seconds = any_field(sixty, 10);
    e.minutes = any_field(sixty, 20);
    e.hours = hours_around(change, z, 30);
    e.days = any_field(of_days, 80);
    e.months = any_field(of_months, 95);
    e.weekdays = any_field(of_week, 80);
    const auto after = near(change, 3, 2);
    compare(e, z, {after, {after.count + 4 * 3600 * second}, second, 3 * 3600 * second});
  }));
}

BOOST_AUTO_TEST_CASE(days_over_years_agree_with_a_naive_scan) {
  BOOST_TEST(rc::check("days", [] {
    expression e;
    e.minutes.text = e.hours.text = "0";
    e.minutes.values = e.hours.values = {0};
    e.days = any_field(of_days, 30);
    e.months = any_field(of_months, 20);
    e.weekdays = any_field(of_week, 50);
    add_special_days(e);
    const base::utc_us after = base::start_of(base::make_day(draw(1900, 2190), 1, 1));
    // Eight years and what an expression must have in them.
    const span s{after, {after.count + 2923 * base::us_per_day}, base::us_per_day, 0};
    const auto wanted = scan(e, zone("UTC"), s);
    compare(e, zone("UTC"), s);
    RC_ASSERT(!wanted.empty());
  }));
}

BOOST_AUTO_TEST_CASE(what_is_refused_waits_longer_than_8_years) {
  // From 1999, so that the wait for the first one counts too; 400 years come again and again.
  std::vector<std::pair<base::civil_day, date>> cycle;
  for (auto d = base::make_day(1999, 12, 31); d < base::make_day(2410, 1, 1); ++d.count)
    cycle.emplace_back(d, date_of(d));
  int refused = 0;
  BOOST_TEST(rc::check("rare days", [&] {
    expression e;
    e.minutes.text = e.hours.text = "0";
    e.months = any_field(of_months, 0);
    if (chance(50)) {
      e.months = {"2", {2}, false, true};
      if (chance(50)) add_plain(e.months, of_months);
    }
    if (chance(50)) {
      e.days = {};
      add_plain(e.days, {28, 31});
      e.weekdays = {"*", {}, true, false};
    } else {
      e.days = {"?", {}, true, false};
      const auto day = draw(0, 6), number = draw(4, 5);
      e.nth = {{day, number}};
      e.weekdays.text = std::to_string(day) + "#" + std::to_string(number);
    }
    const auto accepted = std::holds_alternative<scheduler::cron>(scheduler::read_cron(e.text()));
    refused += accepted ? 0 : 1;
    auto last = cycle.front().first;
    std::int32_t longest = 0;
    for (const auto& [day, x] : cycle) {
      if (!names_day(e, x)) continue;
      longest = std::max(longest, day.count - last.count);
      last = day;
    }
    longest = std::max(longest, cycle.back().first.count - last.count);
    RC_LOG(e.text());
    RC_ASSERT(accepted == (longest <= 8 * 365 + 2));
  }));
  BOOST_TEST(refused > 0);
}

BOOST_AUTO_TEST_CASE(any_text_is_read_or_refused_at_a_place_in_it) {
  BOOST_TEST(rc::check("texts", [] {
    static const std::string likely = "0123456789*?,-/LW#@ MONFEB\tsun";
    std::string text;
    for (int n = draw(0, 60); n > 0; --n)
      text += chance(2)
                  ? static_cast<char>(draw(-128, 127))
                  : likely[static_cast<std::size_t>(draw(0, static_cast<int>(likely.size()) - 1))];
    if (chance(80)) { // one fault in an expression that is right
      const std::string right = "*/5 1,2-4/2 L-3,15W JAN-MAR MON#2,5L";
      const auto at = static_cast<std::size_t>(draw(0, static_cast<int>(right.size())));
      text = right.substr(0, at) + text.substr(0, static_cast<std::size_t>(draw(0, 2))) +
             right.substr(std::min(right.size(), at + static_cast<std::size_t>(draw(0, 2))));
    }
    const auto read = scheduler::read_cron(text);
    RC_LOG(text);
    if (const auto* f = std::get_if<scheduler::cron_fault>(&read)) {
      RC_ASSERT((f->position <= text.size() && !f->reason.empty() && !f->hint.empty()));
      return;
    }
    const auto& c = std::get<scheduler::cron>(read);
    RC_ASSERT(c.text == text);
    const auto begin = base::start_of(base::make_day(2026, 1, 1));
    const auto next = c.next_after(begin, zone("America/New_York"));
    RC_ASSERT((next && next->count - begin.count <= 2923 * base::us_per_day));
  }));
}

BOOST_AUTO_TEST_CASE(the_vectors_hold_in_the_zones_of_the_system) {
  for (const auto& v : support::cron_vectors()) {
    const auto c = std::get<scheduler::cron>(scheduler::read_cron(v.rule));
    const auto at = [](const std::string& text) { return base::parse_instant(text).value().at; };
    std::vector<std::string> found;
    for (const auto& t : ticks(c, zone(v.zone), {{at(v.from).count - 1}, {at(v.to).count - 1}}))
      found.push_back(base::to_text(t));
    BOOST_TEST(found == v.ticks, v.zone << ' ' << v.rule << boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_SUITE_END()
