// Goal: a tick of a schedule gives one job, never none and never two, whatever happens to time, to
// the owner or to the database. Method: virtual time, an owner that is killed, a store that answers
// when the test says so.
#include "tests/actors/schedule_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;
using scheduler::misfire_policy;
using scheduler::overlap_policy;
using scheduler::tick_end;

BOOST_AUTO_TEST_SUITE(schedules)

namespace {} // namespace

BOOST_FIXTURE_TEST_CASE(a_tick_its_job_and_the_watermark_are_one_commit, schedule_fixture) {
  const auto id = make(hourly());
  const auto first = after(1h);
  BOOST_TEST((row(id).next_at == first));
  const auto before = store.committed.size();
  live(1h, 10min);
  BOOST_TEST((ticks() == std::vector{first}));
  BOOST_TEST((row(id).watermark == first));
  BOOST_TEST(row(id).version == 2);
  const auto& [job, made] = *store.jobs_kept.all.begin();
  BOOST_TEST((made.schedule == id));
  BOOST_TEST((made.tick == first));
  BOOST_TEST((made.user == base::user_id{"ana"}));
  BOOST_TEST((made.lane == "schedule:" + id.text()));
  BOOST_TEST((store.jobs_kept.settled.at({id, first}).job == job));
  std::size_t together = 0;
  for (std::size_t i = before; i < store.committed.size(); ++i)
    for (const auto& item : store.committed[i]->items) together += item->job_rows.size() == 3;
  BOOST_TEST(together == 1u);
  BOOST_TEST(state(job) == "running");
}

BOOST_FIXTURE_TEST_CASE(a_year_with_both_changes_of_the_clocks, schedule_fixture) {
  clock.at = support::instant("2026-01-01T00:00Z");
  auto s = plan(R"({"cron":"30 2 * * *"})");
  s.zone = "America/New_York";
  s.misfire = misfire_policy::all;
  const auto id = make(s);
  auto hours = hourly();
  hours.zone = "America/New_York";
  hours.misfire = misfire_policy::all;
  make(hours);
  // Each local day has one tick: at 02:30, where the clocks skip it at the end of the gap, where
  // they show it twice the first time.
  const auto zone = support::new_york();
  std::vector<base::utc_us> wanted;
  const auto start = clock.at;
  const base::utc_us end{start.count + 364 * base::us_per_day};
  bool seen = true; // it is evening there
  auto last_day = zone.local_of(start).count / base::us_per_day;
  for (auto t = start; t <= end; t.count += 60 * base::us_per_second) {
    const auto local = zone.local_of(t).count;
    if (local / base::us_per_day != last_day) seen = false;
    last_day = local / base::us_per_day;
    if (!seen && local % base::us_per_day >= 150 * 60 * base::us_per_second && t > start) {
      seen = true;
      wanted.push_back(t);
    }
  }
  for (auto step = 0; step < 364 * 8; ++step) {
    pass(3h);
    settle();
    finish();
  }
  std::vector<base::utc_us> daily;
  std::size_t hourly_ticks = 0;
  std::set<scheduler::job_id> jobs;
  for (const auto& [place, t] : store.jobs_kept.settled) {
    BOOST_TEST((t.end == tick_end::ran));
    if (t.job) jobs.insert(*t.job);
    if (t.schedule == id)
      daily.push_back(t.at);
    else
      ++hourly_ticks;
  }
  BOOST_TEST(daily.size() == wanted.size());
  BOOST_TEST((daily == wanted));
  BOOST_TEST(hourly_ticks == 364u * 24);
  BOOST_TEST(jobs.size() == daily.size() + hourly_ticks); // finished ones are not kept a year
}

BOOST_FIXTURE_TEST_CASE(an_owner_that_dies_loses_no_tick_and_doubles_none, schedule_fixture) {
  auto s = hourly();
  s.misfire = misfire_policy::all;
  make(s);
  for (int hour = 0; hour < 12; ++hour) {
    pass(1h);
    if (hour % 3 == 0) { // with the write of the tick on its way
      run();
      caf::anon_send_exit(*routes->jobs(), caf::exit_reason::kill);
      at->running.clear();
    }
    settle();
    live(20s, 1s);
    if (hour % 3 == 1) restart_owner();
    live(20s, 1s);
    finish();
  }
  BOOST_TEST(ticks().size() == 12u);
  BOOST_TEST(jobs_made() == 12u);
}

BOOST_FIXTURE_TEST_CASE(what_was_missed_is_settled_as_the_policy_says, schedule_fixture) {
  auto skip = hourly(), once = hourly(), all = hourly();
  skip.misfire = misfire_policy::skip;
  once.misfire = misfire_policy::once;
  all.misfire = misfire_policy::all;
  const std::vector ids{make(skip), make(once), make(all)};
  status.recovery.begin(clock.at); // nothing fires meanwhile
  live(5h + 30min, 30min);
  BOOST_TEST(store.jobs_kept.settled.empty());
  status.recovery.finish();
  live(10s, 1s);
  std::map<scheduler::schedule_id, std::map<tick_end, int>> count;
  for (const auto& [place, t] : store.jobs_kept.settled) ++count[t.schedule][t.end];
  BOOST_TEST(count[ids[0]][tick_end::skipped] == 5);
  BOOST_TEST(count[ids[0]][tick_end::ran] == 0);
  BOOST_TEST(count[ids[1]][tick_end::skipped] == 4);
  BOOST_TEST(count[ids[1]][tick_end::ran] == 1);
  BOOST_TEST(count[ids[2]][tick_end::ran] == 5);
}

BOOST_FIXTURE_TEST_CASE(one_that_skips_overlaps_waits_for_no_job, schedule_fixture) {
  auto s = hourly();
  s.overlap = overlap_policy::skip;
  make(s);
  live(3h, 10s * 6);
  BOOST_TEST(ticks().size() == 1u); // its job runs still
  BOOST_TEST(ticks(tick_end::skipped).size() == 2u);
  finish();
  live(1h, 1min);
  BOOST_TEST(ticks().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(ticks_that_have_no_room_are_held_until_there_is_some, schedule_fixture) {
  auto s = hourly();
  s.misfire = misfire_policy::all;
  const auto id = make(s);
  live(14h, 1min);
  BOOST_TEST(ticks().size() == scheduler::overlap_max);
  const auto seen = done(http::resumed_schedule{id}).view;
  BOOST_TEST(seen.held);
  BOOST_TEST(seen.unfinished == 10);
  ends(actors::job_done{});
  BOOST_TEST(ticks().size() == 11u); // at once
  for (int i = 0; i < 20; ++i) finish();
  BOOST_TEST(ticks().size() == 14u);
  BOOST_TEST(jobs_made() == 14u);
}

BOOST_FIXTURE_TEST_CASE(a_pause_ends_by_itself_and_its_ticks_are_late, schedule_fixture) {
  auto s = hourly();
  s.misfire = misfire_policy::all;
  const auto id = make(s);
  const auto paused = done(http::paused_schedule{id, "deploy", after(150min)}).view.what;
  BOOST_TEST(refused(http::paused_schedule{id, "late", after(-1s)}) == "BAD_RANGE");
  BOOST_TEST(paused.paused);
  BOOST_TEST(paused.pause_reason == "deploy");
  BOOST_TEST(paused.paused_by == "ana");
  live(149min, 1min);
  BOOST_TEST(ticks().empty());
  live(2min, 1min);
  BOOST_TEST(ticks().size() == 2u);
  BOOST_TEST(!row(id).paused);
  live(31min, 1min);
  BOOST_TEST(ticks().size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_pause_without_an_end_costs_no_memory, schedule_fixture) {
  auto s = hourly();
  s.misfire = misfire_policy::all;
  const auto id = make(s);
  done(http::paused_schedule{id, "deploy", {}});
  BOOST_TEST(!row(id).next_at);
  live(3h, 10min);
  BOOST_TEST(in_memory() == 0u);
  status.jobs_awaited = true; // as a node begins
  restart_owner();
  settle();
  BOOST_TEST(!status.jobs_awaited);
  live(1h, 10min);
  BOOST_TEST(ticks().empty());
  done(http::resumed_schedule{id, true}); // what fell into it is not made up for
  live(1h, 1min);
  BOOST_TEST(ticks().size() == 1u);
  done(http::paused_schedule{id, "deploy", {}});
  live(2h, 10min);
  done(http::resumed_schedule{id});
  live(1min, 1s);
  BOOST_TEST(ticks().size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(run_by_hand_is_no_tick_of_the_rule, schedule_fixture) {
  const auto id = make(hourly());
  const auto first = done(http::schedule_run{id}, "k1");
  BOOST_TEST_REQUIRE(first.stored.has_value());
  BOOST_TEST(!first.replayed);
  const auto again = done(http::schedule_run{id}, "k1");
  BOOST_TEST(again.replayed);
  BOOST_TEST(again.stored->body == first.stored->body);
  BOOST_TEST(jobs_made() == 1u);
  done(http::schedule_run{id});
  BOOST_TEST(jobs_made() == 2u);
  BOOST_TEST(ticks(tick_end::manual).size() == 2u);
  live(1h, 1min);
  BOOST_TEST(ticks().size() == 1u);
  auto alone = hourly();
  alone.overlap = overlap_policy::skip;
  const auto other = make(alone);
  done(http::schedule_run{other});
  BOOST_TEST(refused(http::schedule_run{other}) == "OVERLAPPING");
}

BOOST_FIXTURE_TEST_CASE(what_was_done_under_a_key_is_told_again, schedule_fixture) {
  const auto made = done(http::new_schedule{hourly()}, "k1");
  const auto again = done(http::new_schedule{hourly()}, "k1");
  BOOST_TEST(again.replayed);
  BOOST_TEST(again.stored->body == made.stored->body);
  BOOST_TEST(store.jobs_kept.plans.size() == 1u);
  const auto id = store.jobs_kept.plans.begin()->first;
  done(http::removed_schedule{id}, "k2");
  BOOST_TEST(done(http::removed_schedule{id}, "k2").replayed); // though it is gone
  BOOST_TEST(refused(http::removed_schedule{id}) == "NOT_FOUND");
}

BOOST_FIXTURE_TEST_CASE(an_edit_acts_from_now_on, schedule_fixture) {
  const auto id = make(hourly());
  const auto tag = scheduler::edition_of(row(id));
  live(1h + 30min, 1min);
  BOOST_TEST(ticks().size() == 1u);
  BOOST_TEST(scheduler::edition_of(row(id)) == tag); // a tick is no edit
  auto next = plan(R"({"cron":"45 * * * *"})");
  next.payload = R"({"a":1})";
  BOOST_TEST(refused(http::replaced_schedule{id, next, false, 1}) == "VERSION_CONFLICT");
  const auto seen = done(http::replaced_schedule{id, next, false, tag}).view.what;
  BOOST_TEST(refused(http::replaced_schedule{id, next, false, tag}) == "VERSION_CONFLICT");
  BOOST_TEST((seen.watermark == clock.at));
  BOOST_TEST((seen.next_at == after(15min)));
  live(15min, 1min);
  BOOST_TEST(ticks().size() == 2u);
  BOOST_TEST(store.jobs_kept.all.rbegin()->second.payload == R"({"a":1})");
  // Other words for the same times settle nothing.
  next.name = "outro";
  const auto watermark = row(id).watermark;
  BOOST_TEST((done(http::replaced_schedule{id, next, false, {}}).view.what.watermark == watermark));
}

BOOST_FIXTURE_TEST_CASE(one_that_is_deleted_fires_no_more, schedule_fixture) {
  const auto id = make(hourly());
  done(http::removed_schedule{id});
  live(3h, 10min);
  BOOST_TEST(ticks().empty());
  BOOST_TEST(in_memory() == 0u);
  BOOST_TEST(refused(http::schedule_run{id}) == "NOT_FOUND");
}

BOOST_FIXTURE_TEST_CASE(an_end_by_count_is_an_end, schedule_fixture) {
  auto s = hourly();
  s.ticks_left = 2;
  const auto id = make(s);
  live(5h, 10min);
  BOOST_TEST(ticks().size() == 2u);
  BOOST_TEST(!row(id).next_at);
  BOOST_TEST(row(id).ticks_left.value_or(-1) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_range_that_lies_behind_is_filled_once, schedule_fixture) {
  const auto id = make(hourly());
  live(2h + 1min, 1min);
  finish();
  BOOST_TEST(ticks().size() == 2u);
  http::backfill_wish wish{id, after(-6h), after(0min), {}};
  const auto preview = done(wish).filled.value();
  BOOST_TEST(preview.existing == 2);
  BOOST_TEST(preview.count == 4); // before it was made: the rule had ticks then, too
  BOOST_TEST(jobs_made() == 2u);
  done(wish, "k1");
  BOOST_TEST(done(wish, "k1").replayed); // with the token of the first time
  auto turned = wish;
  std::swap(turned.from, turned.to);
  BOOST_TEST(refused(turned) == "BAD_RANGE");
  auto ancient = wish; // the rows of its ticks are gone
  ancient.from = after(-401h * 24);
  BOOST_TEST(refused(ancient) == "BAD_RANGE");
  auto forged = wish;
  forged.token = "1.4.00";
  BOOST_TEST(refused(forged) == "PREVIEW_STALE");
  auto other = wish;
  other.token = preview.token;
  other.from = after(-7h);
  BOOST_TEST(refused(other) == "PREVIEW_STALE");
  wish.token = preview.token;
  BOOST_TEST(done(wish).filled->count == 4);
  BOOST_TEST(ticks().size() == 6u);
  BOOST_TEST(jobs_made() == 6u);
  BOOST_TEST(done(wish).filled->count == 0); // all of them are there
  BOOST_TEST(jobs_made() == 6u);
  pass(6min);
  BOOST_TEST(refused(wish) == "PREVIEW_STALE");
}

BOOST_FIXTURE_TEST_CASE(others_see_nothing_of_it, schedule_fixture) {
  const auto id = make(hourly());
  const http::job_caller bia{base::user_id{"bia"}, false};
  BOOST_TEST(refused(http::schedule_run{id}, bia) == "NOT_FOUND");
  BOOST_TEST(refused(http::removed_schedule{id}, bia) == "NOT_FOUND");
  BOOST_TEST(refused(http::schedule_run{id}, admin) == "done");
  BOOST_TEST(refused(http::new_schedule{hourly("hidden")}) == "UNKNOWN_KIND");
  BOOST_TEST(refused(http::new_schedule{hourly("hidden")}, admin) == "done");
}

BOOST_FIXTURE_TEST_CASE(a_kind_that_is_gone_leaves_jobs_that_wait, schedule_fixture) {
  const auto id = make(hourly());
  auto lost = row(id);
  lost.kind = "gone";
  ++lost.version;
  store.jobs_kept.plans[id] = lost;
  restart_owner();
  live(1h, 1min);
  BOOST_TEST(ticks().size() == 1u);
  const auto job = store.jobs_kept.all.begin()->first;
  const auto e = ask<std::optional<http::job_explanation>>(
      [&](actors::job_owner& o) { return o.explain(admin, job); });
  BOOST_TEST_REQUIRE(e->gates.size() >= 1u);
  BOOST_TEST(e->gates.front().gate == "unknown_kind");
}

BOOST_FIXTURE_TEST_CASE(a_database_that_is_away_costs_no_tick, schedule_fixture) {
  auto s = hourly();
  s.misfire = misfire_policy::all;
  make(s);
  pass(59min);
  settle();
  store.outcomes = std::deque(20, storage::commit_class::unavailable);
  live(1min + 10s, 1s);
  BOOST_TEST(ticks().empty());
  live(60s, 1s);
  BOOST_TEST(ticks().size() == 1u);
  BOOST_TEST(jobs_made() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_job_takes_the_lock_of_its_tick_over, schedule_fixture) {
  const auto id = make(hourly("locked"));
  live(1h, 10min);
  BOOST_TEST(ticks().size() == 1u);
  const auto job = store.jobs_kept.all.begin()->first;
  BOOST_TEST(state(job) == "running"); // at once, under the lock of its tick
  BOOST_TEST(store.locks_kept.held.contains("insights_job"));
  BOOST_TEST(refused(http::schedule_run{id}) == "LOCK_CONTENDED"); // by our own job
  finish();
  live(2s, 1s);
  BOOST_TEST(!store.locks_kept.held.contains("insights_job"));
  BOOST_TEST(refused(http::schedule_run{id}) == "done");
  BOOST_TEST(at->running.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_tick_that_finds_its_lock_taken_makes_no_job, schedule_fixture) {
  make(hourly("locked"));
  auto each = hourly("locked");
  each.misfire = misfire_policy::all;
  const auto patient = make(each);
  store.locks_kept.hold_elsewhere("insights_job");
  live(1h, 10min);
  BOOST_TEST(jobs_made() == 0u);
  BOOST_TEST(ticks(tick_end::contended).size() ==
             1u); // the other one waits: each of its ticks counts
  store.locks_kept.foreign.clear();
  live(2min, 10s);
  BOOST_TEST(ticks().size() == 1u);
  BOOST_TEST((store.jobs_kept.all.begin()->second.schedule == patient));
  finish();
  live(1h, 1min);
  BOOST_TEST(ticks().size() >= 2u);
}

BOOST_FIXTURE_TEST_CASE(only_what_is_due_soon_is_in_memory, schedule_fixture) {
  for (int i = 0; i < 2500; ++i) {
    auto s = plan(i < 2400 ? R"({"cron":"0 9 1 * *"})" : R"({"cron":"5 * * * *"})");
    s.id = scheduler::schedule_id::of(1'000'000 + i);
    s.queue = "default";
    s.watermark = s.created_at = clock.at;
    s.next_at = i < 2400 ? support::instant("2026-12-01T09:00Z") : after(5min);
    store.jobs_kept.plans[s.id] = s;
  }
  restart_owner();
  BOOST_TEST(in_memory() == 100u);
  live(6min, 30s);
  BOOST_TEST(ticks().size() == 100u);
  BOOST_TEST(in_memory() == 0u);
  clock.at = support::instant("2026-12-01T08:54Z"); // and the clock jumps
  live(6min + 10s, 10s);
  for (int i = 0; i < 3; ++i) finish();
  std::size_t monthly = 0;
  for (const auto& [place, t] : store.jobs_kept.settled)
    monthly += t.at == support::instant("2026-12-01T09:00Z") && t.end == tick_end::ran;
  BOOST_TEST(monthly == 2400u);
}

BOOST_AUTO_TEST_SUITE_END()
