// Goal: whatever ends an attempt, the job is where the table of states says, its token is free, and
// a start finds it there. Method: as in jobs_test.cpp.
#include "actors/gateway.hpp"
#include "tests/actors/job_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;
using actors::job_done;
using scheduler::control_action;

BOOST_AUTO_TEST_SUITE(job_endings)

// In a lane that parks its head, what is wrong for good is dead all the same; both shut the lane.
BOOST_FIXTURE_TEST_CASE(a_lane_that_parks_says_how_its_head_ended, job_fixture) {
  auto j = wish();
  j.lane = "l";
  j.on_failure = scheduler::lane_policy::park_lane;
  const auto head_state = [&](const scheduler::job_id& behind) {
    const auto e = ask<std::optional<http::job_explanation>>(
        [&](actors::job_owner& o) { return o.explain(ana, behind); });
    BOOST_TEST_REQUIRE((e && !e->gates.empty()));
    BOOST_TEST(e->gates.front().gate == "lane_shut");
    std::string state;
    for (const auto& [name, text] : e->gates.front().details)
      if (name == "head_state") state = text;
    return state + ' ' + e->gates.front().open_by.front();
  };
  const auto broken = put(j);
  const auto behind = put(j);
  ends(actors::job_failed{{"NO_SUCH_FILE", "", {}}, false, {}});
  BOOST_TEST(state(broken) == "dead");
  BOOST_TEST(head_state(behind) == "dead redrive");
  BOOST_TEST(act(broken, control_action::discard) == "discarded");
  BOOST_TEST(state(behind) == "running");
  ends(transient());
  BOOST_TEST(state(behind) == "parked");
  const auto third = put(j);
  BOOST_TEST(head_state(third) == "parked release");
}

// Whoever looks at its effects later sees that they are not in the order of the lane.
BOOST_FIXTURE_TEST_CASE(a_head_that_comes_back_to_its_lane_is_marked, job_fixture) {
  using scheduler::lane_policy;
  for (const auto policy : {lane_policy::park_head, lane_policy::block}) {
    auto j = wish();
    j.lane = "l";
    j.on_failure = policy;
    j.tags = {"aluguel"};
    const auto head = put(j);
    ends(actors::job_failed{{"NO_SUCH_FILE", "", {}}, false, {}});
    BOOST_TEST(state(head) == "dead");
    BOOST_TEST(view(head)->what.tags.size() == 1u);
    BOOST_TEST(act(head, control_action::redrive) != "dead");
    const bool left = policy == lane_policy::park_head;
    const std::vector<std::string> wanted =
        left ? std::vector<std::string>{"aluguel", "out_of_order"} : j.tags;
    BOOST_TEST((view(head)->what.tags == wanted));
    ends(actors::job_failed{{"NO_SUCH_FILE", "", {}}, false, {}});
    BOOST_TEST(act(head, control_action::redrive) != "dead");
    BOOST_TEST((view(head)->what.tags == wanted)); // once
    restart_owner();
    BOOST_TEST((view(head)->what.tags == wanted));
    ends(job_done{});
  }
}

BOOST_FIXTURE_TEST_CASE(the_later_word_about_its_time_counts_at_a_start, job_fixture) {
  auto j = wish();
  j.run_at = {clock.at.count + 60 * base::us_per_second};
  const auto id = put(j);
  http::job_act sooner;
  sooner.caller = ana;
  sooner.job = id;
  sooner.what = control_action::reschedule;
  sooner.run_at = base::utc_us{clock.at.count + 5 * base::us_per_second};
  BOOST_TEST(act(sooner) == "scheduled");
  pass(6s);
  settle();
  BOOST_TEST(state(id) == "running");
  ends(transient());
  restart_owner();
  BOOST_TEST(state(id) == "retrying"); // and not ready, as the older wish has it
  BOOST_TEST(at->running.empty());
  sooner.run_at = base::utc_us{clock.at.count + 100 * base::us_per_second};
  BOOST_TEST(act(sooner) == "scheduled");
  restart_owner();
  BOOST_TEST(state(id) == "scheduled");
  BOOST_TEST((view(id)->next_at == sooner.run_at));
}

BOOST_FIXTURE_TEST_CASE(queues_are_counted_by_state, job_fixture) {
  auto later = wish();
  later.run_at = {clock.at.count + 60 * base::us_per_second};
  put(later);
  put();
  ends(transient());
  put();
  ends(actors::job_failed{{"NO", "", {}}, false, {}});
  put();
  const auto parked = put(later);
  act(parked, control_action::park);
  put(wish("pulled"));
  const auto before = clock.at;
  pass(1s);
  put(wish("pulled"));
  const auto queues =
      ask<std::vector<http::queue_view>>([](actors::job_owner& o) { return o.queues(); });
  BOOST_TEST_REQUIRE(queues.size() == 1u);
  const auto& q = queues.front();
  BOOST_TEST(q.scheduled == 1);
  BOOST_TEST(q.retrying == 1);
  BOOST_TEST(q.dead == 1);
  BOOST_TEST(q.running == 1);
  BOOST_TEST(q.parked == 1);
  BOOST_TEST(q.ready == 2);
  BOOST_TEST((q.oldest_ready == before));
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_cannot_be_written_is_said_and_its_job_not_lost,
                        job_fixture) {
  const auto id = put();
  store.outcomes.push_back(storage::commit_class::definite);
  ends(transient());
  BOOST_TEST(state(id) == "retrying");
  log.flush(); // a thread of its own writes the lines
  BOOST_TEST_REQUIRE(logged.size() == 1u);
  BOOST_TEST(logged.front().find("jobs.write_failed") != std::string::npos);
  pass(31s);
  settle();
  restart_owner();
  BOOST_TEST(state(id) == "running");
}

// A cancel that cannot be written is tried again: the job must not hold its token for ever.
BOOST_FIXTURE_TEST_CASE(an_end_that_is_refused_is_tried_again, job_fixture) {
  const auto id = put();
  BOOST_TEST(act(id, control_action::cancel) == "cancelling");
  store.outcomes.push_back(storage::commit_class::definite);
  ends(job_done{});
  BOOST_TEST(state(id) == "cancelling");
  store.outcomes.push_back(storage::commit_class::definite);
  pass(11s);
  settle();
  BOOST_TEST(state(id) == "cancelling");
  pass(11s);
  settle();
  BOOST_TEST(state(id) == "cancelled");
}

BOOST_FIXTURE_TEST_CASE(a_cancel_counts_though_the_attempt_ends_before_it_is_durable, job_fixture) {
  const auto id = put();
  const auto said = asks(act_of(id, control_action::cancel));
  returns(transient());
  settle();
  BOOST_TEST(*said == "retrying");
  BOOST_TEST(state(id) == "cancelled");
}

// A cancel that was said to be durable counts, whatever the database says to the next owner.
BOOST_FIXTURE_TEST_CASE(what_was_cancelled_while_it_ran_never_runs_again, job_fixture) {
  using storage::commit_class;
  for (const auto refusal : {commit_class::unavailable, commit_class::definite}) {
    const auto id = put();
    BOOST_TEST(act(id, control_action::cancel) == "cancelling");
    store.outcomes.push_back(refusal);
    restart_owner();
    for (int i = 0; i < 12; ++i) {
      BOOST_TEST(at->running.empty());
      pass(1s);
      settle();
    }
    BOOST_TEST(state(id) == "cancelled");
  }
}

BOOST_FIXTURE_TEST_CASE(what_has_expired_does_not_run_when_that_cannot_be_written, job_fixture) {
  using storage::commit_class;
  for (const auto refusal : {commit_class::unavailable, commit_class::definite}) {
    auto j = wish();
    j.run_at = {clock.at.count + 60 * base::us_per_second};
    j.expires_at = base::utc_us{clock.at.count + 30 * base::us_per_second};
    const auto id = put(j);
    pass(29s);
    settle();
    store.outcomes.push_back(refusal);
    for (int i = 0; i < 40; ++i) {
      pass(1s);
      settle();
      BOOST_TEST(at->running.empty());
    }
    BOOST_TEST(state(id) == "discarded");
  }
}

BOOST_FIXTURE_TEST_CASE(whoever_sleeps_long_holds_no_start_back, job_fixture) {
  const auto id = put();
  ends(actors::job_snoozed{{clock.at.count + std::int64_t{86'400} * base::us_per_second}});
  BOOST_TEST(state(id) == "scheduled");
  pass(31s);
  settle();
  BOOST_TEST(store.jobs_kept.watermarks.empty()); // nothing has ended: it stays where it was
  put();
  ends(job_done{});
  pass(31s);
  settle();
  BOOST_TEST((store.jobs_kept.watermarks.at(0) > id));
  restart_owner();
  BOOST_TEST(state(id) == "scheduled");
  pass(std::chrono::hours{24});
  settle();
  BOOST_TEST(state(id) == "running");
}

BOOST_FIXTURE_TEST_CASE(a_job_is_put_off_a_thousand_times_at_most, job_fixture) {
  const auto id = put();
  for (int i = 0; i < 1000; ++i) {
    ends(actors::job_snoozed{{}}); // at least a second
    pass(1s);
    settle();
  }
  BOOST_TEST(state(id) == "running");
  ends(actors::job_snoozed{{}});
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(view(id)->error.code == "SNOOZED_TOO_OFTEN");
}

BOOST_FIXTURE_TEST_CASE(a_change_of_a_dead_job_leaves_it_dead, job_fixture) {
  const auto id = put();
  ends(actors::job_failed{{"NO", "", {}}, false, {}});
  const auto rest = store.jobs_kept.rests.at(id);
  BOOST_TEST(act(id, control_action::edit, 1) == "dead");
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(at->running.empty());
  BOOST_TEST((store.jobs_kept.rests.at(id) == rest));
}

BOOST_FIXTURE_TEST_CASE(a_system_job_has_no_books_to_post_to, job_fixture) {
  auto j = wish();
  j.user.reset();
  const auto id = put(j);
  job_done done;
  done.effects.transactions.push_back(expense(250));
  ends(done);
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(view(id)->error.code == "NO_USER");
}

// Outcomes of one turn travel together. What is wrong with one is none of the others' business.
BOOST_FIXTURE_TEST_CASE(outcomes_that_travel_together_are_refused_alone, job_fixture) {
  const std::vector ids{put(), put(), put()};
  BOOST_TEST_REQUIRE(at->running.size() == 3u);
  using storage::commit_class;
  // The item of all three; then the first; the others in one batch, and each of them alone.
  store.outcomes = {commit_class::duplicate_key, commit_class::committed,
                    commit_class::duplicate_key, commit_class::duplicate_key,
                    commit_class::committed};
  for (auto& t : std::exchange(at->running, {})) t.ended(job_done{});
  settle();
  BOOST_TEST(store.outcomes.empty());
  const auto stats = ask<http::job_stats>([](actors::job_owner& o) { return o.stats(); });
  BOOST_TEST(stats.succeeded == 2u);
  BOOST_TEST(stats.duplicates_suppressed == 1u);
  BOOST_TEST(stats.live == 0);
  BOOST_TEST(store.jobs_kept.outcomes.contains(ids[0]));
  BOOST_TEST(store.jobs_kept.outcomes.contains(ids[2]));
}

// However many sleep: what is due does not wait for them, and what has to know them does.
BOOST_FIXTURE_TEST_CASE(what_is_due_starts_before_those_are_read_that_only_sleep, job_fixture) {
  auto rent = wish();
  rent.unique.emplace();
  rent.unique->key = "rent";
  auto later = rent;
  later.run_at = {clock.at.count + base::us_per_day};
  const auto sleeper = put(later);
  const auto due = put();
  store.jobs_kept.refused["sleepers"] = 1;
  actors::gateway door(env, routes, 1s);
  BOOST_TEST(door.health().ready);
  status.jobs_awaited = true; // as a node begins
  restart_owner();
  BOOST_TEST(store.jobs_kept.refused["sleepers"] == 0);
  BOOST_TEST(!door.health().ready);
  BOOST_TEST(door.health().reasons == std::vector<std::string>{"starting"},
             boost::test_tools::per_element());
  BOOST_TEST_REQUIRE(at->running.size() == 1u);
  BOOST_TEST((at->running.front().what->id == due));
  BOOST_TEST((**enqueue({wish()})).error().code == "DB_UNAVAILABLE");

  job_done done; // with a follower that is there already, asleep
  done.effects.jobs.push_back(rent);
  ends(std::move(done));
  BOOST_TEST(!store.jobs_kept.outcomes.contains(due));
  pass(1s);
  settle();
  BOOST_TEST(door.health().ready);
  BOOST_TEST(state(due) == "succeeded");
  BOOST_TEST(state(sleeper) == "scheduled");
  BOOST_TEST(store.jobs_kept.all.size() == 2u);
}

// What a former owner commits until its shards are taken over has to be found.
BOOST_FIXTURE_TEST_CASE(jobs_are_read_when_the_journals_own_the_shards, job_fixture) {
  auto j = store.jobs_kept.all.at(put());
  store.open_fails = true;
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  settle();
  restart_owner();
  BOOST_TEST(at->running.empty());
  j.id = scheduler::job_id::of(key_of(j.id) + 1);
  store.jobs_kept.all.emplace(j.id, j);
  store.open_fails = false;
  for (int i = 0; i < 20; ++i) {
    pass(100ms);
    settle();
  }
  BOOST_TEST(at->running.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_journal_that_dies_before_it_says_whose_the_shards_are_is_asked_again,
                        job_fixture) {
  put();
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  run(); // its successor asks for the shards
  caf::anon_send_exit(*routes->jobs(), caf::exit_reason::kill);
  at->running.clear();
  run(); // the new owner asks whose they are
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  settle();
  pass(1s);
  settle();
  BOOST_TEST(at->running.size() == 1u);
}

// Nothing starts before it is known what is paused.
BOOST_FIXTURE_TEST_CASE(a_start_asks_again_until_it_knows_what_is_paused, job_fixture) {
  const auto id = put();
  scheduler::pause p;
  p.target = "queue:default";
  p.since = clock.at;
  call([p](actors::job_owner& o) { o.set_pause(p, [](const auto&) {}); });
  settle();
  for (const auto* question : {"pauses", "queues", "windows"}) {
    store.jobs_kept.refused[question] = 1;
    restart_owner();
    BOOST_TEST(store.jobs_kept.refused[question] == 0);
    BOOST_TEST(at->running.empty());
    const auto early = enqueue({wish()});
    BOOST_TEST((**early).error().code == "DB_UNAVAILABLE");
    pass(1s);
    settle();
    BOOST_TEST(state(id) == "ready");
    BOOST_TEST(at->running.empty());
  }
  p.over = true;
  call([p](actors::job_owner& o) { o.set_pause(p, [](const auto&) {}); });
  settle();
  BOOST_TEST(state(id) == "running");
}

// The row of an attempt may be lost with its node, and that of the next one be there.
BOOST_FIXTURE_TEST_CASE(the_next_attempt_comes_behind_the_last_that_is_there, job_fixture) {
  const auto id = put();
  for (int i = 0; i < 3; ++i) {
    ends(transient());
    pass(10s);
    settle();
  }
  auto& rows = store.jobs_kept.tries[id];
  BOOST_TEST_REQUIRE(rows.size() == 3u);
  rows.erase(rows.begin() + 1);
  restart_owner();
  BOOST_TEST_REQUIRE(at->running.size() == 1u);
  BOOST_TEST(at->running.front().attempt == 4);
}

// The tables have attempts, wishes and the end of a job in the order in which they were.
BOOST_FIXTURE_TEST_CASE(the_end_of_an_attempt_is_durable_before_anything_follows, job_fixture) {
  const auto id = put();
  returns(transient());
  run();
  pass(3s); // its time has come, and the row of its first attempt waits for the database
  BOOST_TEST(state(id) == "ready");
  BOOST_TEST(at->running.empty());
  const auto said = asks(act_of(id, control_action::cancel));
  run();
  BOOST_TEST(*said == "VERSION_CONFLICT");
  settle();
  BOOST_TEST(store.jobs_kept.tries[id].size() == 1u);
  BOOST_TEST(state(id) == "running");
}

BOOST_FIXTURE_TEST_CASE(what_expires_ends_behind_its_last_attempt, job_fixture) {
  auto j = wish();
  j.expires_at = base::utc_us{clock.at.count + base::us_per_second};
  const auto id = put(j);
  returns(transient());
  run();
  pass(2s);
  BOOST_TEST(store.jobs_kept.tries[id].empty());
  settle();
  BOOST_TEST(store.jobs_kept.tries[id].size() == 1u);
  BOOST_TEST(state(id) == "discarded");
}

BOOST_FIXTURE_TEST_CASE(handlers_that_do_not_stop_are_counted, job_fixture) {
  auto j = wish();
  j.timeout_s = 5;
  for (int i = 0; i < 3; ++i) put(j);
  const auto deaf = std::exchange(at->running, {});
  pass(6s);
  settle();
  BOOST_TEST(status.stuck_threads == 0u); // they have ten seconds
  pass(11s);
  settle();
  BOOST_TEST(status.stuck_threads == 3u);
  for (const auto& t : deaf) t.ended(job_done{});
  pass(1s);
  settle();
  BOOST_TEST(status.stuck_threads == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
