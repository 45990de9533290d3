// Goal: which of the states of a cell it is, under which circumstances; and that a unique key is
// held in every state that a live job can be in. Method: a table of single circumstances; a walk
// over all states that events lead to.
#include "scheduler/job_lifecycle.hpp"
#include "scheduler/unique_index.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <set>
#include <vector>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(job_circumstances)

namespace {

circumstances with(const std::function<void(circumstances&)>& change) {
  circumstances c;
  c.due = false;
  change(c);
  return c;
}

/// A walk from the first state of a job, with the calls that its owner makes at its index.
struct walker {
  std::set<job_state> seen;

  void go(job_state from, bool started) {
    for (std::size_t e = 0; e < job_event_count; ++e)
      for (int bits = 0; bits < 64; ++bits) {
        circumstances c;
        c.due = bits & 1;
        c.may_retry = bits & 2;
        c.parks_lane = bits & 4;
        c.lease_lives = bits & 8;
        c.crash_suspect = bits & 16;
        c.waits_for_others = bits & 32;
        const auto v = advance(from, static_cast<job_event>(e), c);
        if (v.what == verdict::moved && seen.insert(v.state).second) look(v.state, started);
      }
  }
  void look(job_state state, bool started) {
    started = started || state == job_state::running;
    job j;
    j.id = job_id::of(1);
    j.kind = "k";
    j.unique = unique_rule{};
    unique_index index;
    index.add(j, {0});
    if (started) index.started(j.id, {0});
    if (is_final(state)) index.erase(j.id);
    const bool free = index.decide(j, {1}).what == unique_verdict::enqueue;
    BOOST_TEST(free == is_final(state), to_text(state));
    go(state, started);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(circumstances_choose_within_a_cell) {
  using c = circumstances;
  using parent = circumstances::parent_failure;
  struct line {
    job_state from;
    job_event event;
    std::function<void(circumstances&)> around;
    job_state to;
  };
  const auto nothing = [](c&) {};
  const auto due = [](c& a) { a.due = true; };
  const std::vector<line> lines{
      {job_state::waiting, job_event::deps_done, nothing, job_state::scheduled},
      {job_state::waiting, job_event::deps_done, due, job_state::ready},
      {job_state::waiting, job_event::deps_failed, nothing, job_state::cancelled},
      {job_state::waiting, job_event::deps_failed, [](c& a) { a.on_parent = parent::park; },
       job_state::parked},
      {job_state::waiting, job_event::deps_failed, [](c& a) { a.on_parent = parent::run; },
       job_state::ready},
      {job_state::committing, job_event::commit_absent, nothing, job_state::committing},
      {job_state::committing, job_event::commit_absent, [](c& a) { a.commits_tried = 2; },
       job_state::committing},
      {job_state::committing, job_event::commit_absent, [](c& a) { a.commits_tried = 3; },
       job_state::ready},
      {job_state::committing, job_event::recovered, nothing, job_state::ready},
      {job_state::committing, job_event::recovered, [](c& a) { a.outcome_there = true; },
       job_state::succeeded},
      {job_state::running, job_event::recovered, nothing, job_state::ready},
      {job_state::running, job_event::recovered, [](c& a) { a.crash_suspect = true; },
       job_state::dead},
      // The process that died was ours; the worker's lease lives.
      {job_state::running, job_event::recovered,
       [](c& a) { a.crash_suspect = a.lease_lives = true; }, job_state::running},
      {job_state::parked, job_event::release, nothing, job_state::scheduled},
      {job_state::parked, job_event::release, due, job_state::ready},
      {job_state::parked, job_event::release, [](c& a) { a.due = a.waits_for_others = true; },
       job_state::waiting},
      {job_state::committing, job_event::commit_refused, nothing, job_state::dead},
      {job_state::committing, job_event::commit_refused, [](c& a) { a.may_retry = true; },
       job_state::retrying},
      {job_state::running, job_event::executor_lost, [](c& a) { a.parks_lane = true; },
       job_state::parked},
  };
  for (const auto& l : lines) {
    const auto v = advance(l.from, l.event, with(l.around));
    BOOST_TEST((v == verdict{verdict::moved, l.to}),
               to_text(l.event) << " in " << to_text(l.from) << " gives " << to_text(v.state));
  }
}

BOOST_AUTO_TEST_CASE(every_live_state_holds_the_unique_key_and_no_final_one) {
  walker w;
  w.seen.insert(job_state::scheduled);
  w.look(job_state::scheduled, false);
  w.seen.insert(job_state::waiting); // of jobs that depend on others
  w.look(job_state::waiting, false);
  BOOST_TEST(w.seen.size() == job_state_count);
}

BOOST_AUTO_TEST_SUITE_END()
