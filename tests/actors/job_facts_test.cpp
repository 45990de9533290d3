// What   Facts of jobs: every change of a state is told once, metrics and events read the same.
// Method A random life of many jobs; the levels that the facts add up to are those of the owner.
#include "tests/actors/job_fixture.hpp"

#include "actors/job_facts.hpp"
#include "observability/job_metrics.hpp"

#include <random>

BOOST_AUTO_TEST_SUITE(job_facts)

using namespace std::chrono_literals;
using actors::job_done;
using observability::attempt_outcome;
using observability::live_state;
using scheduler::control_action;
using scheduler::job_state;
using tests::job_fixture;

namespace {

struct watched : job_fixture {
  http::job_caller root{base::user_id{"root"}, true};

  observability::job_metrics& metrics() { return env.metrics.jobs(); }
  double level(live_state s) { return metrics().queue("default").jobs(s).value(); }
  double attempts(attempt_outcome o) { return metrics().kind("work").attempts(o).value(); }
  std::string lives() {
    std::string all;
    for (const auto& f : feed->events(root, 0, 10'000).items) {
      if (!all.empty()) all += ' ';
      all += f.from ? std::string{scheduler::to_text(*f.from)} : std::string{"-"};
      all += '>' + std::string{scheduler::to_text(f.to)};
    }
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_life_is_told_step_by_step, watched) {
  put();
  ends(transient());
  pass(2100ms);
  settle();
  ends(job_done{});
  BOOST_TEST(lives() == "->ready ready>running running>retrying retrying>ready ready>running "
                        "running>committing committing>succeeded");
  const auto all = feed->events(root, 0, 100).items;
  BOOST_TEST(all.at(2).error_code == "BUSY");
  BOOST_TEST(all.at(2).attempt == 1);
  BOOST_TEST(all.at(4).attempt == 2);
  BOOST_TEST(attempts(attempt_outcome::retried) == 1);
  BOOST_TEST(attempts(attempt_outcome::succeeded) == 1);
  BOOST_TEST(metrics().kind("work").enqueued.value() == 1);
  BOOST_TEST(metrics().queue("default").started.value() == 2);
  BOOST_TEST(metrics().finished(observability::final_state::succeeded).value() == 1);
  BOOST_TEST(metrics().queue("default").end_to_end.count() == 1u);
  BOOST_TEST(metrics().run(observability::run_result::failed).count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(no_way_out_is_silent, watched) {
  auto j = wish();
  j.max_attempts = 1;
  const auto dead = put(j);
  ends(transient());
  BOOST_TEST(level(live_state::dead) == 1);
  BOOST_TEST(attempts(attempt_outcome::dead) == 1);
  act(dead, control_action::discard);
  BOOST_TEST(level(live_state::dead) == 0);
  const auto late = put([this] {
    auto w = wish();
    w.run_at = {env.time.now().count + 3600 * base::us_per_second};
    return w;
  }());
  BOOST_TEST(level(live_state::scheduled) == 1);
  act(late, control_action::park);
  BOOST_TEST(level(live_state::parked) == 1);
  act(late, control_action::release);
  act(late, control_action::cancel);
  BOOST_TEST(level(live_state::scheduled) == 0);
  const auto runs = put();
  act(runs, control_action::cancel);
  BOOST_TEST(level(live_state::running) == 1); // told to stop
  ends(job_done{});
  BOOST_TEST(attempts(attempt_outcome::cancelled) == 1);
  put();
  ends(actors::job_snoozed{{env.time.now().count + 60 * base::us_per_second}});
  BOOST_TEST(attempts(attempt_outcome::snoozed) == 1);
  BOOST_TEST(level(live_state::scheduled) == 1);
  BOOST_TEST(metrics().finished(observability::final_state::cancelled).value() == 2);
  BOOST_TEST(metrics().finished(observability::final_state::discarded).value() == 1);
}

BOOST_FIXTURE_TEST_CASE(the_levels_are_those_of_the_owner_whatever_happens, watched) {
  std::mt19937 chance(7);
  std::vector<scheduler::job_id> all;
  for (int round = 0; round < 300; ++round) {
    switch (chance() % 8) {
    case 0:
    case 1: {
      auto w = wish();
      w.max_attempts = 1 + static_cast<std::int32_t>(chance() % 3);
      if (chance() % 3 == 0) w.lane = "l";
      if (chance() % 4 == 0) w.on_failure = scheduler::lane_policy::park_lane;
      if (chance() % 4 == 0) w.run_at = {env.time.now().count + 30 * base::us_per_second};
      const auto answer = enqueue({w});
      settle();
      if (answer->has_value() && **answer) all.push_back((**answer)->jobs.front().what.id);
      break;
    }
    case 2:
      if (!at->running.empty()) ends(job_done{});
      break;
    case 3:
      if (!at->running.empty()) ends(transient());
      break;
    case 4:
      if (chance() % 3 == 0) store.outcomes.push_back(storage::commit_class::unavailable);
      break;
    case 5:
      pass(std::chrono::milliseconds{chance() % 5000});
      settle();
      break;
    default:
      if (!all.empty()) act(all[chance() % all.size()], static_cast<control_action>(chance() % 8));
    }
  }
  pass(2s);
  settle();
  std::map<live_state, double> truth;
  for (const auto& id : all) {
    const auto v = view(id);
    if (!v) continue;
    const auto name = v->state == job_state::cancelling ? "running" : scheduler::to_text(v->state);
    ++truth[observability::label_of(name, live_state::waiting)];
  }
  for (std::size_t i = 0; i < 8; ++i) {
    const auto s = static_cast<live_state>(i);
    BOOST_TEST(level(s) == truth[s], observability::text_of(s));
  }
}

BOOST_FIXTURE_TEST_CASE(a_new_owner_counts_what_it_finds, watched) {
  put([this] {
    auto w = wish();
    w.run_at = {env.time.now().count + 60 * base::us_per_second};
    return w;
  }());
  restart_owner();
  pass(1s);
  settle();
  BOOST_TEST(level(live_state::scheduled) == 1);
  BOOST_TEST(metrics().recovered(observability::recovered_reason::restart).value() == 1);
}

BOOST_FIXTURE_TEST_CASE(an_attempt_of_the_system_that_fails_is_told_and_counted, watched) {
  const auto lines = [this] {
    log.flush();
    return std::count_if(logged.begin(), logged.end(), [](const std::string& line) {
      return line.find("Erro crítico no job prune: a tentativa falhou") != line.npos;
    });
  };
  auto& failures = env.metrics.job_failures(observability::job_name::prune);
  auto& duration = env.metrics.job_duration(observability::job_name::prune);
  ana.admin = true;
  put(wish("prune"));
  ends(transient());
  BOOST_TEST(lines() == 1);
  BOOST_TEST(failures.value() == 1);
  pass(2100ms);
  settle();
  pass(61s); // it never answers
  settle();
  BOOST_TEST(lines() == 2);
  BOOST_TEST(failures.value() == 2);
  pass(5s);
  settle();
  at->running.pop_front();
  ends(job_done{});
  BOOST_TEST(lines() == 2);
  BOOST_TEST(failures.value() == 2);
  BOOST_TEST(duration.count() == 3u);
  put(wish("work"));
  ends(transient());
  BOOST_TEST(lines() == 2); // of a user: no line of its own
}

BOOST_FIXTURE_TEST_CASE(the_time_that_jobs_wait_is_counted_by_what_keeps_them, watched) {
  using observability::waits_for;
  const auto waited = [this](waits_for w) { return metrics().gate_wait(w).value(); };
  pass(1s);
  settle();
  auto later = wish();
  later.run_at = {env.time.now().count + 60 * base::us_per_second};
  put(later);
  auto first = wish(), second = wish();
  first.lane = second.lane = "l";
  put(first);
  put(second);
  put(wish("pulled")); // nobody pulls
  const double due = waited(waits_for::not_due), lane = waited(waits_for::lane_head),
               nobody = waited(waits_for::no_executor);
  for (int s = 0; s < 5; ++s) {
    pass(1s);
    settle();
  }
  BOOST_TEST(waited(waits_for::not_due) - due == 5);
  BOOST_TEST(waited(waits_for::lane_head) - lane == 5);
  BOOST_TEST(waited(waits_for::no_executor) - nobody == 5);
  BOOST_TEST(waited(waits_for::turn) == 0);
  BOOST_TEST(waited(waits_for::lane_shut) == 0);
}

BOOST_AUTO_TEST_CASE(a_reader_sees_the_own_jobs_and_learns_of_a_gap) {
  std::vector<actors::job_kind> kinds(1);
  kinds[0].name = "hidden";
  kinds[0].user_visible = false;
  actors::job_feed feed{std::make_shared<const actors::job_kinds>(kinds), base::utc_us{5}};
  const auto put = [&](const std::string& user, const std::string& kind) {
    scheduler::job_fact f;
    f.user = base::user_id{user};
    f.kind = kind;
    feed.put(f);
  };
  const http::job_caller ana{base::user_id{"ana"}, false};
  const http::job_caller admin{base::user_id{"ana"}, true};
  put("ana", "work");
  put("bia", "work");
  put("ana", "hidden");
  BOOST_TEST(feed.epoch() == "5");
  BOOST_TEST(feed.events(ana, 0, 10).items.size() == 1u);
  BOOST_TEST(feed.events(ana, 0, 10).next == 3u);
  BOOST_TEST(feed.events(admin, 0, 2).items.size() == 2u);
  BOOST_TEST(feed.events(admin, 0, 2).next == 2u);
  BOOST_TEST(feed.events(admin, 2, 2).items.size() == 1u);
  BOOST_TEST(!feed.events(admin, 3, 2).gap);
  BOOST_TEST(feed.events(admin, 99, 2).next == 3u); // of another process
  for (std::size_t i = 0; i < actors::feed_facts_max; ++i) put("ana", "work");
  const auto late = feed.events(admin, 1, 1);
  BOOST_TEST(late.gap);
  BOOST_TEST(late.items.at(0).number == 4u);
  BOOST_TEST(!feed.events(admin, 3, 1).gap);
}

BOOST_AUTO_TEST_SUITE_END()
