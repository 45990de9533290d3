// Goal: one live job under a key, whatever state it is in, and windows that end.
#include "scheduler/unique_index.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(unique_keys)

namespace {

job wish(base::id_key id, unique_rule rule = {}, std::string kind = "k") {
  job j;
  j.id = job_id::of(id);
  j.user = base::user_id::of(7);
  j.kind = std::move(kind);
  rule.key = rule.key.empty() ? "a" : rule.key;
  j.unique = std::move(rule);
  return j;
}

unique_rule with(unique_rule::period until, unique_rule::conflict c, std::int64_t window = 0) {
  unique_rule r;
  r.until = until;
  r.on_conflict = c;
  r.window_us = window;
  return r;
}

using period = unique_rule::period;
using conflict = unique_rule::conflict;

} // namespace

BOOST_AUTO_TEST_CASE(it_counts_until_it_has_its_outcome) {
  unique_index index;
  index.add(wish(1), {0});
  BOOST_TEST((index.decide(wish(2), {0}).what == unique_verdict::give_back));
  BOOST_TEST((index.decide(wish(2), {0}).existing == job_id::of(1)));
  index.started(job_id::of(1), {1}); // running, failed, parked, dead: it is not finished
  BOOST_TEST((index.decide(wish(2), {10}).what == unique_verdict::give_back));
  index.erase(job_id::of(1));
  BOOST_TEST((index.decide(wish(2), {10}).what == unique_verdict::enqueue));
  BOOST_TEST(index.size() == 0u);
}

BOOST_AUTO_TEST_CASE(user_and_kind_are_part_of_the_key) {
  unique_index index;
  index.add(wish(1), {0});
  auto other = wish(2);
  other.user = base::user_id::of(8);
  BOOST_TEST((index.decide(other, {0}).what == unique_verdict::enqueue));
  other.user.reset();
  BOOST_TEST((index.decide(other, {0}).what == unique_verdict::enqueue));
  BOOST_TEST((index.decide(wish(2, {}, "other"), {0}).what == unique_verdict::enqueue));
}

BOOST_AUTO_TEST_CASE(until_started_ends_with_the_start) {
  unique_index index;
  index.add(wish(1, with(period::until_started, conflict::refuse)), {0});
  const auto again = wish(2, with(period::until_started, conflict::refuse));
  BOOST_TEST((index.decide(again, {0}).what == unique_verdict::refuse));
  index.started(job_id::of(1), {1});
  BOOST_TEST((index.decide(again, {1}).what == unique_verdict::enqueue));
}

BOOST_AUTO_TEST_CASE(what_has_not_begun_may_be_replaced_and_put_off) {
  unique_index index;
  auto first = wish(1, with(period::until_finished, conflict::debounce));
  first.unique->delay_us = 10;
  first.unique->max_wait_us = 25;
  index.add(first, {0});
  auto again = first;
  again.id = job_id::of(2);
  BOOST_TEST((index.decide(again, {5}).what == unique_verdict::debounce));
  BOOST_TEST(index.decide(again, {5}).run_at.count == 15);
  BOOST_TEST(index.decide(again, {20}).run_at.count == 25); // never later than that
  again.unique->on_conflict = conflict::replace;
  BOOST_TEST((index.decide(again, {5}).what == unique_verdict::replace));
  index.started(job_id::of(1), {6});
  BOOST_TEST((index.decide(again, {7}).what == unique_verdict::give_back));
}

BOOST_AUTO_TEST_CASE(a_window_outlives_its_job_and_ends) {
  unique_index index;
  const auto rule = with(period::window, conflict::give_back, 100);
  index.add(wish(1, rule), {0});
  index.erase(job_id::of(1));
  BOOST_TEST((index.decide(wish(2, rule), {99}).what == unique_verdict::give_back));
  BOOST_TEST((index.decide(wish(2, rule), {100}).what == unique_verdict::enqueue));
  index.expire({100});
  BOOST_TEST(index.size() == 0u);
}

BOOST_AUTO_TEST_CASE(what_was_never_written_leaves_nothing) {
  unique_index index;
  index.add(wish(1, with(period::window, conflict::refuse, 100)), {0});
  index.drop(job_id::of(1));
  BOOST_TEST((index.decide(wish(2), {1}).what == unique_verdict::enqueue));
}

BOOST_AUTO_TEST_CASE(what_the_elder_has_let_go_belongs_to_the_younger) {
  const auto started = with(period::until_started, conflict::refuse);
  // The elder was running when the process died: its start is written nowhere.
  for (const bool elder_first : {true, false}) {
    unique_index index;
    index.add(wish(elder_first ? 1 : 2, started), {0});
    index.add(wish(elder_first ? 2 : 1, started), {0});
    BOOST_TEST((index.decide(wish(3), {1}).existing == job_id::of(2)));
    index.started(job_id::of(1), {1});
    index.erase(job_id::of(1));
    index.drop(job_id::of(1));
    BOOST_TEST((index.decide(wish(3), {1}).existing == job_id::of(2)));
  }
  // One that is known to have begun holds nothing, in any order.
  unique_index index;
  index.add(wish(2, started), {0});
  index.add(wish(1, started), {0}, true);
  BOOST_TEST((index.decide(wish(3), {1}).existing == job_id::of(2)));
  // A window that is over is free, though its job lives and nobody has cleared it away.
  unique_index windows;
  windows.add(wish(1, with(period::window, conflict::refuse, 100)), {0});
  BOOST_TEST((windows.decide(wish(2), {100}).what == unique_verdict::enqueue));
  windows.add(wish(2), {100});
  windows.erase(job_id::of(1));
  windows.expire({200});
  BOOST_TEST((windows.decide(wish(3), {200}).existing == job_id::of(2)));
}

BOOST_AUTO_TEST_SUITE_END()
