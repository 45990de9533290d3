// Goal: what becomes of ticks that are late. Method: an hourly rule in UTC and written hours;
// whether any is lost or doubled is asked in tests/property/misfire_ticks_test.cpp.
#include "scheduler/misfire.hpp"

#include "tests/support/sample_zones.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;
using support::instant;

BOOST_AUTO_TEST_SUITE(misfires)

namespace {

const std::int64_t hour_us = 3600 * base::us_per_second;

schedule_rule hourly() { return interval_rule{3600, instant("2026-01-01T00:00:00Z")}; }

/// Hours behind 2026-01-01T00:00Z, and seconds.
base::utc_us at(std::int64_t hours, std::int64_t seconds = 0) {
  return {instant("2026-01-01").count + hours * hour_us + seconds * base::us_per_second};
}

std::string hours(const std::vector<base::utc_us>& ticks) {
  std::string all;
  for (const auto& t : ticks) {
    BOOST_TEST((t.count - at(0).count) % hour_us == 0);
    all += (all.empty() ? "" : " ") + std::to_string((t.count - at(0).count) / hour_us);
  }
  return all;
}

/// A schedule whose ticks are settled up to hour 0.
tick_state settled(misfire_policy m, overlap_policy o = overlap_policy::allow,
                   std::size_t unfinished = 0) {
  return {at(0), {}, m, o, unfinished};
}

due_ticks asked(const tick_state& s, base::utc_us now) {
  return due(hourly(), support::utc(), s, now);
}

constexpr misfire_policy policies[]{misfire_policy::skip, misfire_policy::once,
                                    misfire_policy::all};

} // namespace

BOOST_AUTO_TEST_CASE(a_tick_is_on_time_for_a_minute) {
  for (const auto p : policies) {
    const auto early = asked(settled(p), {at(1).count - 1});
    BOOST_TEST(!early.settles_any());
    BOOST_TEST((early.watermark == at(0) && early.next == at(1)));
    for (const auto seconds : {0, 60}) {
      const auto d = asked(settled(p), at(1, seconds));
      BOOST_TEST(hours(d.run) == "1");
      BOOST_TEST(d.skipped.empty());
      BOOST_TEST((d.watermark == at(1) && d.next == at(2)));
    }
  }
  BOOST_TEST(hours(asked(settled(misfire_policy::skip), {at(1, 60).count + 1}).skipped) == "1");
}

BOOST_AUTO_TEST_CASE(late_ticks_by_policy) {
  const auto now = at(4, 20); // 1, 2 and 3 are late, 4 is on time
  const auto skip = asked(settled(misfire_policy::skip), now);
  BOOST_TEST(hours(skip.skipped) == "1 2 3");
  BOOST_TEST(hours(skip.run) == "4");
  const auto once = asked(settled(misfire_policy::once), now);
  BOOST_TEST(hours(once.skipped) == "1 2");
  BOOST_TEST(hours(once.run) == "3 4");
  const auto all = asked(settled(misfire_policy::all), now);
  BOOST_TEST(all.skipped.empty());
  BOOST_TEST(hours(all.run) == "1 2 3 4");
  for (const auto* d : {&skip, &once, &all})
    BOOST_TEST((d->watermark == at(4) && d->next == at(5) && d->capped.count == 0));
}

BOOST_AUTO_TEST_CASE(the_newest_400_are_caught_up_and_the_others_counted) {
  const auto all = asked(settled(misfire_policy::all), at(1000, 61)); // 1000 late ones
  BOOST_TEST(all.capped.count == 600);
  BOOST_TEST((all.capped.first == at(1) && all.capped.last == at(600)));
  BOOST_TEST_REQUIRE(all.run.size() == 400u);
  BOOST_TEST((all.run.front() == at(601) && all.run.back() == at(1000)));
  const auto exact = asked(settled(misfire_policy::all), at(400, 61));
  BOOST_TEST((exact.capped == capped_ticks{}));
  BOOST_TEST(exact.run.size() == 400u);
  // On time is not late: it is not counted against the cap.
  const auto with_one = asked(settled(misfire_policy::all), at(401, 60));
  BOOST_TEST(with_one.capped.count == 0);
  BOOST_TEST(with_one.run.size() == 401u);
  const auto once = asked(settled(misfire_policy::once), at(1000, 61));
  BOOST_TEST(once.skipped.size() == 399u);
  BOOST_TEST(hours(once.run) == "1000");
  BOOST_TEST(once.capped.count == 600);
}

BOOST_AUTO_TEST_CASE(what_is_older_than_400_days_is_not_caught_up) {
  const schedule_rule monthly =
      calendar_rule{calendar_freq::monthly, 1, support::wall_time("2020-01-31T09:00"), 0, {}};
  const tick_state s{instant("2020-01-01"), {}, misfire_policy::all, overlap_policy::allow, 0};
  const auto d = due(monthly, support::utc(), s, instant("2022-03-07T09:00:00Z"));
  BOOST_TEST(d.capped.count == 12); // 31 Jan to 31 Dec 2020; 31 Jan 2021 is exactly 400 days ago
  BOOST_TEST((d.capped.last == instant("2020-12-31T09:00:00Z")));
  BOOST_TEST_REQUIRE(d.run.size() == 14u);
  BOOST_TEST((d.run.front() == instant("2021-01-31T09:00:00Z")));
  BOOST_TEST((d.run.back() == instant("2022-02-28T09:00:00Z")));
}

BOOST_AUTO_TEST_CASE(a_clock_that_went_back_makes_nothing_due) {
  auto s = settled(misfire_policy::all);
  s.watermark = at(7);
  const auto d = asked(s, at(3));
  BOOST_TEST(!d.settles_any());
  BOOST_TEST((d.watermark == at(7) && d.next == at(8)));
}

BOOST_AUTO_TEST_CASE(overlapping_jobs) {
  const auto now = at(4, 20);
  // skip: one job at a time
  const auto free = asked(settled(misfire_policy::all, overlap_policy::skip, 0), now);
  BOOST_TEST(hours(free.run) == "1");
  BOOST_TEST(hours(free.skipped) == "2 3 4");
  BOOST_TEST(free.overlaps == 3u);
  const auto busy = asked(settled(misfire_policy::once, overlap_policy::skip, 1), now);
  BOOST_TEST(busy.run.empty());
  BOOST_TEST(hours(busy.skipped) == "1 2 3 4");
  BOOST_TEST(busy.overlaps == 2u); // 1 and 2 by the misfire policy
  BOOST_TEST((busy.watermark == at(4)));
  // queue: up to ten, then skipped
  const auto full = asked(settled(misfire_policy::once, overlap_policy::queue, 10), now);
  BOOST_TEST(hours(full.skipped) == "1 2 3 4");
  const auto nearly = asked(settled(misfire_policy::once, overlap_policy::queue, 9), now);
  BOOST_TEST(hours(nearly.run) == "3");
  BOOST_TEST(hours(nearly.skipped) == "1 2 4");
  BOOST_TEST(nearly.overlaps == 1u);
  const auto allowed = asked(settled(misfire_policy::all, overlap_policy::allow, 999), now);
  BOOST_TEST(allowed.run.size() == 4u);
  BOOST_TEST(allowed.overlaps == 0u);
}

BOOST_AUTO_TEST_CASE(all_with_queue_holds_back_what_has_no_room) {
  auto s = settled(misfire_policy::all, overlap_policy::queue, 8);
  const auto d = asked(s, at(5, 20));
  BOOST_TEST(hours(d.run) == "1 2");
  BOOST_TEST(d.skipped.empty());
  BOOST_TEST(d.held == 3u);
  BOOST_TEST((d.watermark == at(2) && d.next == at(3)));
  s.watermark = d.watermark;
  s.unfinished = 10;
  const auto none = asked(s, at(6));
  BOOST_TEST(!none.settles_any());
  BOOST_TEST(none.held == 4u);
  BOOST_TEST((none.watermark == at(2) && none.next == at(3)));
  s.unfinished = 0;
  BOOST_TEST(hours(asked(s, at(6)).run) == "3 4 5 6");
}

BOOST_AUTO_TEST_CASE(a_schedule_ends_by_count_or_instant) {
  auto s = settled(misfire_policy::once);
  s.end.count = 3;
  auto d = asked(s, at(2, 90));
  BOOST_TEST(hours(d.run) == "2");
  BOOST_TEST(hours(d.skipped) == "1");
  BOOST_TEST((d.ticks_left == 1 && d.next == at(3)));
  s.watermark = d.watermark;
  s.end.count = d.ticks_left;
  d = asked(s, at(9));
  BOOST_TEST(hours(d.run) == "3");
  BOOST_TEST((d.ticks_left == 0 && !d.next));
  s.watermark = d.watermark;
  s.end.count = d.ticks_left;
  BOOST_TEST(!asked(s, at(20)).settles_any());

  auto until = settled(misfire_policy::all);
  until.end.at = at(2);
  d = asked(until, at(9));
  BOOST_TEST(hours(d.run) == "1 2"); // itself among them
  BOOST_TEST((!d.next && !d.ticks_left));
}

BOOST_AUTO_TEST_CASE(held_ticks_are_still_left) {
  auto s = settled(misfire_policy::all, overlap_policy::queue, 9);
  s.end.count = 4;
  const auto d = asked(s, at(9));
  BOOST_TEST(hours(d.run) == "1");
  BOOST_TEST(d.held == 3u);
  BOOST_TEST((d.ticks_left == 3));
}

BOOST_AUTO_TEST_SUITE_END()
