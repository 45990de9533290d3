// Goal: a schedule that the system keeps is there once, says what its keeper wants, and rests when
// a person or its keeper says so; and what schedules tell of themselves.
#include "observability/job_metrics.hpp"
#include "tests/actors/schedule_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;
using observability::schedule_level;
using observability::tick_result;
using scheduler::misfire_policy;
using scheduler::overlap_policy;
using scheduler::tick_end;

BOOST_AUTO_TEST_SUITE(kept_schedules)

namespace {

struct kept_fixture : schedule_fixture {
  http::job_caller keeper{base::user_id{"system"}, true};

  static http::kept_schedule nightly(const std::string& cron = "0 4 * * *") {
    http::kept_schedule k;
    k.what.id = scheduler::schedule_id{"prune"};
    k.what.name = k.what.kind = "prune";
    k.what.rule = "{\"cron\":\"" + cron + "\"}";
    k.what.zone = "UTC";
    k.what.overlap = overlap_policy::skip;
    k.what.timeout_s = 3600;
    return k;
  }
  scheduler::schedule kept(http::kept_schedule k = nightly()) {
    const auto got = ask_for(std::move(k), {}, keeper);
    settle();
    BOOST_TEST_REQUIRE(got->has_value());
    BOOST_TEST_REQUIRE((**got).has_value(), (**got ? "" : (**got).error().code));
    return (**got)->view.what;
  }
  const scheduler::schedule_id id{"prune"};

  double level(schedule_level l) { return metrics.jobs().schedules(l).value(); }
  double told(tick_result r) { return metrics.jobs().ticks(r).value(); }
  std::string levels() {
    std::string all;
    for (const auto l : {schedule_level::active, schedule_level::paused, schedule_level::ended})
      all += std::to_string(static_cast<int>(level(l))) + ' ';
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(it_is_made_once_under_the_id_of_its_keeper, kept_fixture) {
  const auto made = kept();
  BOOST_TEST((made.id == id));
  BOOST_TEST(made.version == 1);
  BOOST_TEST(!made.user.has_value());
  BOOST_TEST(made.queue == "default");
  BOOST_TEST(row(id).next_at.has_value());
  const auto before = store.committed.size();
  BOOST_TEST((kept() == made));
  BOOST_TEST(store.committed.size() == before); // nothing to write
  BOOST_TEST(store.jobs_kept.plans.size() == 1u);
  restart_owner();
  BOOST_TEST((kept() == made));
  BOOST_TEST(row(id).version == 1);
}

BOOST_FIXTURE_TEST_CASE(two_who_keep_it_at_once_are_both_answered, kept_fixture) {
  const auto one = ask_for(nightly(), {}, keeper);
  const auto two = ask_for(nightly(), {}, keeper);
  settle();
  BOOST_TEST_REQUIRE((one->has_value() && two->has_value()));
  BOOST_TEST((**one).has_value());
  BOOST_TEST((**two).has_value());
  BOOST_TEST(row(id).version == 1);
}

BOOST_FIXTURE_TEST_CASE(somebody_else_makes_it_meanwhile, kept_fixture) {
  const auto got = ask_for(nightly(), {}, keeper);
  auto theirs = nightly().what; // another node
  theirs.queue = "default";
  theirs.watermark = theirs.created_at = clock.at;
  theirs.next_at = after(2h);
  for (int i = 0; i < 100 && !got->has_value(); ++i) {
    store.jobs_kept.plans.try_emplace(id, theirs);
    settle();
  }
  BOOST_TEST_REQUIRE(got->has_value());
  BOOST_TEST(((**got).has_value() || (**got).error().code == "DUPLICATE_KEY"));
  BOOST_TEST((kept().id == id)); // asked again it is so
  BOOST_TEST(store.jobs_kept.plans.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(it_becomes_as_its_keeper_wants_it, kept_fixture) {
  kept();
  const auto now = kept(nightly("30 * * * *"));
  BOOST_TEST(now.version == 2);
  BOOST_TEST(now.rule == R"({"cron":"30 * * * *"})");
  live(1h, 10min);
  BOOST_TEST(ticks().size() == 1u);
  auto other_zone = nightly("30 * * * *");
  other_zone.what.zone = "America/New_York";
  BOOST_TEST(kept(other_zone).zone == "America/New_York");
  auto bad = nightly("0 0 30 2 *");
  const auto got = ask_for(bad, {}, keeper);
  settle();
  BOOST_TEST_REQUIRE(got->has_value());
  BOOST_TEST((**got).error().code == "BAD_RULE");
  BOOST_TEST(row(id).zone == "America/New_York");
}

BOOST_FIXTURE_TEST_CASE(a_person_may_pause_it_and_nothing_else, kept_fixture) {
  kept(nightly("0 * * * *"));
  ana.admin = true;
  done(http::paused_schedule{id, "an incident", {}});
  restart_owner();
  const auto still = kept(nightly("0 * * * *"));
  BOOST_TEST(still.paused);
  BOOST_TEST(still.pause_reason == "an incident");
  const auto changed = kept(nightly("30 * * * *")); // a new version of the program
  BOOST_TEST(changed.paused);
  BOOST_TEST(!changed.next_at.has_value());
  live(2h, 10min);
  BOOST_TEST(ticks().empty());
  BOOST_TEST(refused(http::removed_schedule{id}) == "SCHEDULE_KEPT");
  http::replaced_schedule wish;
  wish.id = id;
  wish.what = hourly("work");
  BOOST_TEST(refused(wish) == "SCHEDULE_KEPT");
  BOOST_TEST(row(id).kind == "prune");
  done(http::resumed_schedule{id});
  live(1h, 10min);
  BOOST_TEST(ticks().size() >= 1u);
}

BOOST_FIXTURE_TEST_CASE(its_keeper_lets_it_rest_and_wakes_it, kept_fixture) {
  auto resting = nightly("0 * * * *");
  resting.what.misfire = misfire_policy::all;
  resting.rests = true;
  resting.why = "a regra está inativa";
  auto awake = resting;
  awake.rests = false;
  kept(awake);
  BOOST_TEST(kept(resting).paused_by == "system");
  live(3h, 10min);
  BOOST_TEST(ticks().empty());
  BOOST_TEST(!kept(awake).paused);
  BOOST_TEST(ticks().empty()); // what fell into its rest is none of its own
  live(1h, 10min);
  BOOST_TEST(ticks().size() == 1u);
  // A person's pause is not its keeper's to end.
  ana.admin = true;
  done(http::paused_schedule{id, "an incident", {}});
  BOOST_TEST(kept(awake).paused);
}

BOOST_FIXTURE_TEST_CASE(one_that_rests_from_its_beginning_does_not_tick, kept_fixture) {
  auto resting = nightly("0 * * * *");
  resting.what.misfire = misfire_policy::all;
  resting.rests = true;
  resting.why = "a regra está inativa";
  resting.settled_until = base::utc_us{clock.at.count - 3 * 3600 * base::us_per_second};
  const auto made = kept(resting);
  BOOST_TEST(made.paused);
  BOOST_TEST(made.paused_by == "system");
  BOOST_TEST(made.pause_reason == "a regra está inativa");
  live(3h, 10min);
  BOOST_TEST(ticks().empty());
  resting.rests = false;
  resting.settled_until = clock.at;
  BOOST_TEST(!kept(resting).paused);
  live(1h, 10min);
  BOOST_TEST(ticks().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(it_goes_with_what_it_was_kept_for_and_may_come_back, kept_fixture) {
  kept();
  const auto got = ask_for(http::removed_schedule{id, true}, {}, keeper);
  settle();
  BOOST_TEST((**got).has_value());
  BOOST_TEST(row(id).deleted_at.has_value());
  const auto again = kept();
  BOOST_TEST(!again.deleted_at.has_value());
  BOOST_TEST(row(id).version == 3);
  BOOST_TEST(row(id).next_at.has_value());
}

BOOST_FIXTURE_TEST_CASE(one_that_begins_in_the_past_makes_up_for_it, kept_fixture) {
  auto late = nightly("0 * * * *");
  late.what.misfire = misfire_policy::all;
  late.what.overlap = overlap_policy::queue;
  late.settled_until = base::utc_us{clock.at.count - 3 * 3600 * base::us_per_second};
  kept(late);
  live(10s, 1s);
  BOOST_TEST(ticks().size() == 3u);
  finish();
  kept(late); // the same again changes nothing
  live(10s, 1s);
  BOOST_TEST(ticks().size() == 3u);
  BOOST_TEST(told(tick_result::caught_up) == 2);
  BOOST_TEST(told(tick_result::on_time) == 1); // that of this hour
}

// -- what schedules tell --------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(their_levels_follow_each_change, kept_fixture) {
  const auto one = make(hourly());
  auto twice = hourly();
  twice.ticks_left = 1;
  make(twice);
  BOOST_TEST(levels() == "2 0 0 ");
  live(1h, 10min);
  BOOST_TEST(levels() == "1 0 1 ");
  done(http::paused_schedule{one, "deploy", {}});
  BOOST_TEST(levels() == "0 1 1 ");
  kept();
  BOOST_TEST(levels() == "1 1 1 ");
  metrics.jobs().schedules(schedule_level::active).set(77);
  restart_owner(); // counts what is there
  BOOST_TEST(levels() == "1 1 1 ");
  done(http::removed_schedule{one});
  BOOST_TEST(levels() == "1 0 1 ");
}

BOOST_FIXTURE_TEST_CASE(each_tick_is_told_once_by_its_end, kept_fixture) {
  auto s = hourly();
  s.overlap = overlap_policy::skip;
  s.misfire = misfire_policy::once;
  make(s);
  live(3h, 10s);
  BOOST_TEST(told(tick_result::on_time) == 1);
  BOOST_TEST(told(tick_result::overlap) == 2); // its job runs still
  finish();
  status.recovery.begin(clock.at);
  live(4h + 30min, 30min);
  status.recovery.finish();
  live(10s, 1s);
  BOOST_TEST(told(tick_result::skipped) == 3);
  BOOST_TEST(told(tick_result::late) == 1);
  BOOST_TEST(told(tick_result::on_time) == 1);
  BOOST_TEST(told(tick_result::caught_up) == 0);
  BOOST_TEST(metrics.jobs().tick_lateness.count() == 2u);
  BOOST_TEST(metrics.jobs().tick_lateness.sum() > 1800);
  double all = 0;
  for (const auto r : {tick_result::on_time, tick_result::late, tick_result::caught_up,
                       tick_result::skipped, tick_result::overlap})
    all += told(r);
  BOOST_TEST(all == static_cast<double>(store.jobs_kept.settled.size()));
}

BOOST_FIXTURE_TEST_CASE(what_was_not_done_is_told_as_well, kept_fixture) {
  make(hourly("locked"));
  store.locks_kept.hold_elsewhere("insights_job");
  live(1h, 10min);
  BOOST_TEST(told(tick_result::contended) == 1);
  auto each = plan(R"({"every_s":60,"anchor":"2026-01-01T00:00:00Z"})", "work");
  each.misfire = misfire_policy::all;
  const auto minutes = make(each);
  status.recovery.begin(clock.at);
  pass(10h);
  status.recovery.finish();
  live(10s, 1s);
  // Ten hours of minutes: 400 late ones are kept, and their lane has room for ten.
  BOOST_TEST(told(tick_result::capped) >= 198);
  BOOST_TEST(told(tick_result::capped) <= 199);
  BOOST_TEST(told(tick_result::caught_up) + told(tick_result::late) == 10);
  done(http::removed_schedule{minutes}); // else the others come as these end
}

BOOST_AUTO_TEST_SUITE_END()
