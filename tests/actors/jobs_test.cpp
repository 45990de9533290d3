// Goal: a job that was acknowledged ends once, with all of its effects or none, whatever fails in
// between. Method: handlers and database answer when the test says so.
#include "tests/actors/job_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;
using actors::job_done;
using scheduler::control_action;
using scheduler::job_state;

BOOST_AUTO_TEST_SUITE(jobs)

namespace {

job_done posting(std::int64_t amount, const std::string& account = "A") {
  job_done done;
  done.effects.transactions.push_back(expense(amount, account));
  return done;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_job_is_acknowledged_when_it_is_durable_and_runs_then, job_fixture) {
  const auto answer = enqueue({wish()});
  BOOST_TEST(!answer->has_value());
  BOOST_TEST(at->running.empty());
  settle();
  BOOST_TEST_REQUIRE((answer->has_value() && (**answer).has_value()));
  const auto id = (**answer)->jobs.front().what.id;
  BOOST_TEST(store.jobs_kept.all.contains(id));
  BOOST_TEST(state(id) == "running");
  ends(job_done{R"({"rows":3})", {}});
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(store.jobs_kept.outcomes.at(id).result == R"({"rows":3})");
  BOOST_TEST(store.jobs_kept.outcomes.at(id).attempts == 1);
}

BOOST_FIXTURE_TEST_CASE(outcome_and_posting_are_one_commit, job_fixture) {
  const auto id = put();
  const auto before = store.committed.size();
  ends(posting(250));
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(balance("A") == 9'750);
  std::size_t both = 0;
  for (std::size_t i = before; i < store.committed.size(); ++i)
    for (const auto& item : store.committed[i]->items)
      if (!item->transactions_new.empty() && !item->job_rows.empty()) ++both;
  BOOST_TEST(both == 1u);
}

BOOST_FIXTURE_TEST_CASE(several_postings_are_all_or_none, job_fixture) {
  const auto id = put();
  auto effects = posting(250);
  effects.effects.transactions.push_back(expense(50'000)); // the floor of A is 0
  effects.effects.jobs.push_back(wish());
  ends(effects);
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(balance("A") == 10'000);
  BOOST_TEST(store.jobs_kept.outcomes.empty());
  BOOST_TEST(store.jobs_kept.all.size() == 1u); // no follow-up of what did not happen
  BOOST_TEST(view(id)->error.code == "TX_INSUFFICIENT_BALANCE");
}

BOOST_FIXTURE_TEST_CASE(follow_ups_commit_with_the_outcome_and_run, job_fixture) {
  const auto id = put();
  job_done done;
  done.effects.jobs = {wish(), wish()};
  ends(done);
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST_REQUIRE(store.jobs_kept.all.size() == 3u);
  BOOST_TEST(at->running.size() == 2u);
  BOOST_TEST((store.jobs_kept.all.rbegin()->second.parent == id));
  ends(job_done{});
  ends(job_done{});
  BOOST_TEST(store.jobs_kept.outcomes.size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_failure_is_tried_again_later_and_then_dead, job_fixture) {
  auto j = wish();
  j.max_attempts = 2;
  const auto id = put(j);
  ends(transient());
  BOOST_TEST(state(id) == "retrying");
  BOOST_TEST(at->running.empty());
  pass(1s);
  settle();
  BOOST_TEST(at->running.empty()); // the first wait is two seconds
  pass(1100ms);
  settle();
  BOOST_TEST(state(id) == "running");
  BOOST_TEST(at->running.front().attempt == 2);
  ends(transient());
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(store.jobs_kept.tries.at(id).size() == 2u);
  BOOST_TEST(store.jobs_kept.rests.at(id).fingerprint.size() == 16u);
  BOOST_TEST(act(id, control_action::cancel) == "ILLEGAL_TRANSITION");
  BOOST_TEST(act(id, control_action::redrive) == "ready");
  BOOST_TEST(state(id) == "running");
  ends(job_done{});
  BOOST_TEST(state(id) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_for_good_is_dead_at_once, job_fixture) {
  const auto id = put();
  ends(actors::job_failed{{"NO_SUCH_FILE", "a.csv", {}}, false, {}});
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(act(id, control_action::discard) == "discarded");
  BOOST_TEST(state(id) == "discarded");
}

BOOST_FIXTURE_TEST_CASE(an_end_that_cannot_be_written_is_written_later, job_fixture) {
  const auto id = put();
  const auto other = put();
  store.outcomes.push_back(storage::commit_class::unavailable);
  ends(posting(250));
  BOOST_TEST(state(id) == "committing");
  BOOST_TEST(balance("A") == 10'000);
  pass(1100ms);
  settle();
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(balance("A") == 9'750);
  BOOST_TEST(at->running.size() == 1u); // the handler was not repeated
  ends(job_done{});
  BOOST_TEST(state(other) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(nothing_starts_while_the_database_takes_nothing, job_fixture) {
  const auto id = put();
  store.outcomes.push_back(storage::commit_class::unavailable);
  ends(job_done{});
  store.outcomes.push_back(storage::commit_class::unavailable);
  const auto refused = enqueue({wish()});
  settle();
  BOOST_TEST_REQUIRE(refused->has_value());
  BOOST_TEST((**refused).error().code == "DB_UNAVAILABLE");
  BOOST_TEST(at->running.empty());
  pass(1100ms);
  settle();
  BOOST_TEST(state(id) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(an_outcome_that_is_there_already_is_not_doubled, job_fixture) {
  const auto id = put();
  store.outcomes.push_back(storage::commit_class::duplicate_key);
  ends(posting(250));
  BOOST_TEST(balance("A") == 10'000);
  BOOST_TEST(!view(id).has_value());
  const auto stats = ask<http::job_stats>([](actors::job_owner& o) { return o.stats(); });
  BOOST_TEST(stats.duplicates_suppressed == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_new_owner_finds_every_job_as_it_was, job_fixture) {
  auto later = wish();
  later.run_at = {clock.at.count + 3'600 * base::us_per_second};
  auto once = wish();
  once.max_attempts = 1;
  auto lane = wish();
  lane.lane = "l";
  const auto runs = put();
  const auto dies = put(once);
  const auto sleeps = put(later);
  const auto first = put(lane);
  const auto second = put(lane);
  const auto done = put();
  at->running.back().ended(job_done{});
  at->running.pop_back();
  settle();
  auto failing = std::move(at->running[1]);
  at->running.erase(at->running.begin() + 1);
  failing.ended(transient());
  settle();
  const auto late = std::move(at->running.front());
  restart_owner();
  BOOST_TEST(state(runs) == "running");
  BOOST_TEST(state(dies) == "dead");
  BOOST_TEST(state(sleeps) == "scheduled");
  BOOST_TEST(state(first) == "running");
  BOOST_TEST(state(second) == "ready");
  BOOST_TEST(state(done) == "succeeded");
  BOOST_TEST(at->running.size() == 2u);
  BOOST_TEST(at->running.front().attempt == 1); // that attempt never ended
  late.ended(posting(250));                     // the word of the former owner's thread
  settle();
  BOOST_TEST(balance("A") == 10'000);
  while (!at->running.empty()) ends(job_done{});
  BOOST_TEST(state(second) == "succeeded");
}

BOOST_FIXTURE_TEST_CASE(a_running_job_is_told_to_stop_and_is_cancelled, job_fixture) {
  const auto id = put();
  const auto stop = at->running.front().stop;
  BOOST_TEST(act(id, control_action::cancel) == "cancelling");
  BOOST_TEST(stop.stop_requested());
  BOOST_TEST(state(id) == "cancelling");
  ends(posting(250)); // too late: what was not committed never happens
  BOOST_TEST(state(id) == "cancelled");
  BOOST_TEST(balance("A") == 10'000);
  const auto deaf = put();
  act(deaf, control_action::cancel);
  pass(11s);
  settle();
  BOOST_TEST(state(deaf) == "cancelled"); // its handler never came back
  BOOST_TEST(store.jobs_kept.outcomes.at(deaf).by == "ana");
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_takes_too_long_has_failed, job_fixture) {
  auto j = wish();
  j.timeout_s = 5;
  j.max_attempts = 1;
  const auto id = put(j);
  pass(4s);
  settle();
  BOOST_TEST(state(id) == "running");
  pass(2s);
  settle();
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(view(id)->error.code == "TIMEOUT");
  ends(posting(250)); // a late result is dropped
  BOOST_TEST(balance("A") == 10'000);
}

BOOST_FIXTURE_TEST_CASE(the_time_that_a_job_waits_for_a_thread_is_not_its_own, job_fixture) {
  auto j = wish();
  j.timeout_s = 5;
  j.max_attempts = 1;
  at->begins = false;
  const auto id = put(j);
  pass(12s);
  settle();
  BOOST_TEST(state(id) == "running");
  at->running.front().begun->store(clock.at.count);
  pass(4s);
  settle();
  BOOST_TEST(state(id) == "running");
  pass(2s);
  settle();
  BOOST_TEST(state(id) == "dead");
  ends(job_done{});
}

BOOST_FIXTURE_TEST_CASE(others_do_not_see_it_and_hidden_kinds_are_unknown, job_fixture) {
  const auto id = put();
  BOOST_TEST(!ask<bool>([&](actors::job_owner& o) {
    return o.may_see({base::user_id{"bia"}, false}, o.view(id)->what);
  }));
  const auto refused = enqueue({wish("hidden")});
  BOOST_TEST((**refused).error().code == "UNKNOWN_KIND");
}

BOOST_FIXTURE_TEST_CASE(a_unique_key_gives_the_job_back, job_fixture) {
  auto j = wish();
  j.unique.emplace();
  j.unique->key = "rent";
  const auto id = put(j);
  const auto again = enqueue({j});
  BOOST_TEST_REQUIRE((**again).has_value());
  BOOST_TEST((**again)->jobs.front().duplicate);
  BOOST_TEST(((**again)->jobs.front().what.id == id));
  ends(job_done{});
  BOOST_TEST((put(j) != id));
}

BOOST_FIXTURE_TEST_CASE(an_enqueue_that_failed_leaves_its_key_free, job_fixture) {
  auto j = wish();
  j.unique.emplace();
  j.unique->key = "rent";
  store.outcomes.push_back(storage::commit_class::definite);
  const auto refused = enqueue({j});
  settle();
  BOOST_TEST(!(**refused).has_value());
  put(j);
}

BOOST_FIXTURE_TEST_CASE(expired_before_it_began_is_discarded, job_fixture) {
  auto j = wish();
  j.run_at = {clock.at.count + 60 * base::us_per_second};
  j.expires_at = base::utc_us{clock.at.count + 30 * base::us_per_second};
  const auto id = put(j);
  pass(31s);
  settle();
  BOOST_TEST(state(id) == "discarded");
}

// Its hour came while nobody was there, or while it was dead.
BOOST_FIXTURE_TEST_CASE(what_has_expired_does_not_begin_later, job_fixture) {
  auto j = wish();
  j.run_at = {clock.at.count + 20 * base::us_per_second};
  j.expires_at = base::utc_us{clock.at.count + 30 * base::us_per_second};
  const auto asleep = put(j);
  clock.at.count += 31 * base::us_per_second;
  restart_owner();
  BOOST_TEST(at->running.empty());
  BOOST_TEST(state(asleep) == "discarded");

  j = wish();
  j.max_attempts = 1;
  j.expires_at = base::utc_us{clock.at.count + 30 * base::us_per_second};
  const auto dead = put(j);
  ends(transient());
  BOOST_TEST_REQUIRE(state(dead) == "dead");
  pass(31s);
  settle();
  BOOST_TEST(state(dead) == "dead");
  act(dead, control_action::redrive);
  BOOST_TEST(at->running.empty());
  BOOST_TEST(state(dead) == "discarded");
}

BOOST_FIXTURE_TEST_CASE(a_watermark_passes_what_has_ended_and_nothing_on_its_way, job_fixture) {
  const auto first = put();
  const auto second = put();
  ends(job_done{});
  pass(31s);
  settle();
  BOOST_TEST((store.jobs_kept.watermarks.at(0) == second));
  const auto coming = enqueue({wish()}); // its row waits for the database
  ends(job_done{});
  pass(31s);
  settle();
  BOOST_TEST_REQUIRE((**coming).has_value());
  const auto third = (**coming)->jobs.front().what.id;
  BOOST_TEST((store.jobs_kept.watermarks.at(0) <= third));
  restart_owner();
  BOOST_TEST(state(third) == "running");
  ends(job_done{});
  pass(31s);
  settle();
  BOOST_TEST((store.jobs_kept.watermarks.at(0) > third)); // a start has nothing to read
  BOOST_TEST((store.jobs_kept.watermarks.at(0) < put()));
  BOOST_TEST((first < second));
}

BOOST_FIXTURE_TEST_CASE(stopping_hands_back_what_runs, job_fixture) {
  const auto id = put();
  const auto stop = at->running.front().stop;
  const auto ended = std::make_shared<actors::slot<bool>>();
  caf::anon_send(root, actors::stop_all{actors::promise_for(ended, false)});
  settle();
  BOOST_TEST(!stop.stop_requested()); // it may end by itself
  for (int i = 0; i < 20; ++i) {
    pass(1s);
    settle();
  }
  BOOST_TEST(stop.stop_requested());
  BOOST_TEST(ended->wait_for(0us).value_or(false));
  root = actors::supervisor_actor{};
  BOOST_TEST(!store.jobs_kept.outcomes.contains(id)); // the next owner runs it
}

BOOST_FIXTURE_TEST_CASE(a_journal_that_dies_with_an_outcome_does_not_lose_it, job_fixture) {
  const auto id = put();
  auto t = std::move(at->running.front());
  at->running.pop_front();
  store.outcomes.push_back(storage::commit_class::unavailable); // it is not written
  t.ended(job_done{});
  run(); // on its way, and the database silent
  caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
  settle();
  for (int i = 0; i < 5; ++i) {
    pass(1s);
    settle();
  }
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(store.jobs_kept.outcomes.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
