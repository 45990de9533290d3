// proves J5 as far as rules go: over any sequence of wake-ups, clock jumps and restarts each tick
// of a schedule is exactly one of run, skipped and capped. Method: random schedules are woken at
// random times; what was decided is written down, and at the end compared with the rule's ticks.
#include "scheduler/misfire.hpp"
#include "tests/support/sample_zones.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

BOOST_AUTO_TEST_SUITE(misfire_ticks)

namespace {

using namespace scheduler;
constexpr std::int64_t second = base::us_per_second;

int draw(int low, int high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1));
}

struct case_of {
  schedule_rule rule;
  std::int64_t gap_s; ///< about that long from tick to tick
};

case_of any_rule() {
  const auto expression = [](const char* text) { return std::get<cron>(read_cron(text)); };
  const auto calendar = [](calendar_freq freq, const char* start) {
    return calendar_rule{freq, 1, support::wall_time(start), 0, month_end::clamp};
  };
  switch (draw(0, 6)) {
  case 0: return {expression("* * * * *"), 60};
  case 1: return {expression("*/15 * * * * *"), 15};
  case 2: return {expression("*/20 1-3 * * *"), 9600};
  case 3: return {expression("0,30 1,2 * * *"), 21'600};
  case 4: return {calendar(calendar_freq::daily, "2025-01-01T02:30"), 86'400};
  case 5: return {calendar(calendar_freq::monthly, "2025-01-31T09:00"), 30 * 86'400};
  default: return {interval_rule{700, support::instant("2026-03-01T00:00:00Z")}, 700};
  }
}

/// What became of each tick; a tick that comes again is seen here.
class ledger_of_ticks {
public:
  void add(base::utc_us at, const char* end) {
    if (!ends_.emplace(at, end).second) RC_FAIL("twice: " + base::to_text(at));
  }
  const std::map<base::utc_us, std::string>& all() const { return ends_; }

private:
  std::map<base::utc_us, std::string> ends_;
};

std::vector<base::utc_us> nominal(const schedule_rule& rule, const zone_rules& zone,
                                  base::utc_us after, base::utc_us until) {
  std::vector<base::utc_us> found;
  for (auto at = next_after(rule, after, zone); at && *at <= until;
       at = next_after(rule, *at, zone))
    found.push_back(*at);
  return found;
}

void check_policy(const due_ticks& d, const tick_state& s, base::utc_us now) {
  const auto late = [&](base::utc_us at) { return now.count - at.count > late_us; };
  const auto late_runs = std::count_if(d.run.begin(), d.run.end(), late);
  RC_ASSERT(std::is_sorted(d.run.begin(), d.run.end()));
  RC_ASSERT(std::is_sorted(d.skipped.begin(), d.skipped.end()));
  for (const auto& t : d.run) RC_ASSERT(t <= now);
  if (s.misfire == misfire_policy::skip) RC_ASSERT(late_runs == 0);
  if (s.misfire == misfire_policy::once) RC_ASSERT(late_runs <= 1);
  if (s.misfire == misfire_policy::all && s.overlap != overlap_policy::skip)
    RC_ASSERT(d.skipped.empty());
  RC_ASSERT(static_cast<std::size_t>(late_runs) <= catch_up_max);
  if (d.held > 0) RC_ASSERT((s.misfire == misfire_policy::all && d.next <= now));
  if (d.held == 0) RC_ASSERT((!d.next || *d.next > now));
  if (s.overlap == overlap_policy::queue)
    RC_ASSERT(d.run.empty() || s.unfinished + d.run.size() <= overlap_max);
  if (s.overlap == overlap_policy::skip)
    RC_ASSERT(d.run.size() + s.unfinished <= 1 || d.run.empty());
}

} // namespace

BOOST_AUTO_TEST_CASE(each_tick_has_exactly_one_end) {
  BOOST_TEST(rc::check("ticks", [] {
    const auto [rule, gap_s] = any_rule();
    const auto zone = draw(0, 1) == 0 ? support::new_york() : support::utc();
    auto now = support::instant(draw(0, 1) == 0 ? "2026-03-07T12:00:00Z" : "2026-10-31T12:00:00Z");
    tick_state s;
    s.watermark = now;
    s.misfire = static_cast<misfire_policy>(draw(0, 2));
    s.overlap = static_cast<overlap_policy>(draw(0, 2));
    if (draw(0, 3) == 0) s.end.count = draw(0, 600);
    if (!s.end.count && draw(0, 3) == 0) s.end.at = {now.count + draw(0, 1000) * gap_s * second};
    const auto begin = s;
    ledger_of_ticks book;
    for (int steps = draw(1, 30); steps > 0; --steps) {
      switch (draw(0, 9)) {
      case 0: now.count -= draw(0, 3000) * gap_s * second / 10; break; // the clock went back
      case 1: now.count += draw(0, 9000) * gap_s * second / 10; break; // long gone
      case 2:
        s.unfinished -= std::min<std::size_t>(s.unfinished, static_cast<std::size_t>(draw(0, 20)));
        break;
      default: now.count += draw(0, 3'000'000) * gap_s; break; // up to three ticks
      }
      const auto d = due(rule, zone, s, now);
      check_policy(d, s, now);
      if (draw(0, 9) == 0) continue; // killed before the commit: nothing of it remains
      for (const auto& t : d.run) book.add(t, "run");
      for (const auto& t : d.skipped) book.add(t, "skipped");
      if (d.capped.count > 0) {
        const auto capped = nominal(rule, zone, s.watermark, *d.capped.last);
        RC_ASSERT(static_cast<std::int64_t>(capped.size()) == d.capped.count);
        RC_ASSERT(capped.front() == *d.capped.first);
        for (const auto& t : capped) book.add(t, "capped");
      }
      RC_ASSERT(d.settles_any() == (d.watermark > s.watermark));
      s.watermark = d.watermark;
      s.end.count = d.ticks_left;
      s.unfinished += d.run.size();
    }
    // None was lost: what the rule names up to the watermark is in the book, and nothing else.
    const auto wanted = nominal(rule, zone, begin.watermark, s.watermark);
    std::vector<base::utc_us> found;
    for (const auto& [at, end] : book.all()) found.push_back(at);
    RC_ASSERT(found == wanted);
    if (begin.end.at) RC_ASSERT((found.empty() || found.back() <= *begin.end.at));
    if (begin.end.count)
      RC_ASSERT(static_cast<std::int64_t>(found.size()) == *begin.end.count - *s.end.count);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
