// Goal: order in lanes, tokens, turns, pauses and what explains a wait. Method: small scripts with
// a clock that the test moves; the random ones are in tests/property/ready_queue_property.cpp.
#include "scheduler/ready_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(ready_queues)

namespace {

struct bed {
  ready_queue q;
  base::utc_us now{1'000};
  bed() { q.add_kind("k", true); }

  job_id enter(base::id_key n, std::optional<std::string> lane = {}, std::int32_t priority = 5,
               base::id_key user = 1, lane_policy policy = lane_policy::block) {
    const auto id = job_id::of(n);
    q.enter({id, base::user_id::of(user), "default", "k", std::move(lane), priority, now, policy},
            now);
    ++now.count;
    return id;
  }
  std::string next() {
    const auto id = q.next(now, [](auto, auto) { return true; });
    return id ? std::to_string(key_of(*id)) : "-";
  }
  std::vector<std::string> gates(const job_id& id) {
    std::vector<std::string> names;
    for (const auto& g : q.gates(id, now)) names.push_back(g.name);
    return names;
  }
};

using words = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_CASE(a_lane_is_strict_and_costs_the_others_nothing) {
  bed b;
  const auto first = b.enter(1, "l");
  const auto second = b.enter(2, "l");
  b.enter(3);
  BOOST_TEST(b.next() == "1");
  BOOST_TEST(b.next() == "3");
  BOOST_TEST(b.next() == "-");
  BOOST_TEST((b.gates(second) == words{"lane_head"}));
  b.q.rest(first, {2'000}); // its retry waits, and the lane with it
  BOOST_TEST(b.next() == "-");
  b.now = {2'000};
  b.q.wake(first, b.now);
  BOOST_TEST(b.next() == "1");
  b.q.leave(first);
  BOOST_TEST(b.next() == "2");
}

BOOST_AUTO_TEST_CASE(a_dead_head_shuts_its_lane_as_the_policy_says) {
  bed b;
  const auto head = b.enter(1, "l");
  const auto behind = b.enter(2, "l");
  b.next();
  b.q.fail(head, b.now);
  BOOST_TEST(b.next() == "-");
  BOOST_TEST((b.gates(behind) == words{"lane_shut"}));
  BOOST_TEST_REQUIRE(b.q.shut_lanes().size() == 1u);
  BOOST_TEST((b.q.shut_lanes()[0].head == head));
  BOOST_TEST(b.q.shut_lanes()[0].behind == 1);
  BOOST_TEST(b.q.lanes().shut == 1);
  b.q.revive(head, b.now, b.now); // redriven: at its old place
  BOOST_TEST(b.next() == "1");
  b.q.leave(head);
  BOOST_TEST(b.next() == "2");

  bed p;
  const auto parks = p.enter(1, "l", 5, 1, lane_policy::park_head);
  p.enter(2, "l", 5, 1, lane_policy::park_head);
  p.next();
  p.q.fail(parks, p.now);
  BOOST_TEST(p.next() == "2");
}

BOOST_AUTO_TEST_CASE(a_job_of_tomorrow_blocks_nobody_in_its_lane) {
  bed b;
  const auto later = job_id::of(1);
  b.q.enter({later, base::user_id::of(1), "default", "k", "l", 5, {9'000}, lane_policy::block},
            b.now);
  b.enter(2, "l");
  BOOST_TEST((b.gates(later) == words{"not_due"}));
  BOOST_TEST(b.next() == "2");
  b.now = {9'000};
  b.q.wake(later, b.now);
  BOOST_TEST(b.next() == "-");
  b.q.leave(job_id::of(2));
  BOOST_TEST(b.next() == "1");
}

BOOST_AUTO_TEST_CASE(better_classes_go_first_and_waiting_makes_better) {
  bed b;
  b.enter(1, {}, 9);
  b.enter(2, {}, 5);
  b.enter(3, {}, 0);
  BOOST_TEST(b.next() == "3");
  BOOST_TEST(b.next() == "2");
  b.now.count += 8 * aging_step_us; // the one of class 9 waits as one of class 1
  b.enter(4, {}, 2);
  BOOST_TEST(b.next() == "1");
}

BOOST_AUTO_TEST_CASE(a_lane_competes_with_the_best_that_waits_in_it) {
  bed b;
  b.enter(1, "l", 9);
  b.enter(2, "l", 0);
  b.enter(3, {}, 5);
  BOOST_TEST(b.next() == "1");
}

BOOST_AUTO_TEST_CASE(users_take_turns) {
  bed b;
  for (base::id_key n = 1; n <= 6; ++n) b.enter(n, {}, 5, 1);
  b.enter(10, {}, 5, 2);
  b.enter(11, {}, 5, 2);
  b.enter(20, {}, 5, 3);
  std::vector<std::string> order;
  for (int i = 0; i < 6; ++i) order.push_back(b.next());
  // All three within the first three starts, then the others in turn.
  BOOST_TEST((std::set<std::string>(order.begin(), order.begin() + 3) ==
              std::set<std::string>{"1", "10", "20"}));
  BOOST_TEST((std::set<std::string>(order.begin() + 3, order.begin() + 5) ==
              std::set<std::string>{"2", "11"}));
}

BOOST_AUTO_TEST_CASE(a_token_comes_back_with_the_handler_and_the_lane_with_the_end) {
  bed b;
  b.q.set_concurrency("default", 1);
  const auto head = b.enter(1, "l");
  b.enter(2, "l");
  const auto other = b.enter(3);
  BOOST_TEST(b.next() == "1");
  BOOST_TEST(b.next() == "-");
  b.q.give_back(head);
  b.q.give_back(head); // once is all
  BOOST_TEST(b.q.running("default") == 0u);
  BOOST_TEST(b.next() == "3");
  b.q.give_back(other);
  BOOST_TEST(b.next() == "-"); // the head has not ended
  b.q.leave(head);
  BOOST_TEST(b.next() == "2");
  BOOST_TEST(b.q.running("default") == 1u);
}

BOOST_AUTO_TEST_CASE(tokens_are_running_jobs) {
  bed b;
  b.q.set_concurrency("default", 2);
  const auto a = b.enter(1);
  b.enter(2);
  const auto c = b.enter(3);
  BOOST_TEST(b.next() == "1");
  BOOST_TEST(b.next() == "2");
  BOOST_TEST(b.next() == "-");
  BOOST_TEST((b.gates(c) == words{"concurrency"}));
  b.q.leave(a);
  BOOST_TEST(b.q.running("default") == 1u);
  BOOST_TEST(b.next() == "3");
}

BOOST_AUTO_TEST_CASE(a_rate_spaces_the_starts_of_its_queue_and_says_until_when) {
  bed b;
  b.q.set_rate("default", start_rate{1, 2, 2}, b.now); // one in two seconds, two after a rest
  const auto set = b.now;
  const auto first = b.enter(1);
  BOOST_TEST(b.next() == "-"); // it begins empty
  const auto explained = b.q.gates(first, b.now);
  BOOST_TEST_REQUIRE(explained.size() == 1u);
  BOOST_TEST(explained[0].name == "rate");
  BOOST_TEST((explained[0].until == base::utc_us{set.count + 2 * base::us_per_second}));
  BOOST_TEST(!explained[0].exact);
  BOOST_TEST((b.q.opens_at(b.now) == explained[0].until));
  BOOST_TEST(b.q.tallies().front().too_fast);

  b.now = *explained[0].until;
  BOOST_TEST((b.gates(first) == words{"turn"}));
  BOOST_TEST(b.next() == "1");
  BOOST_TEST(!b.q.opens_at(b.now).has_value()); // nobody waits
  b.q.enter({job_id::of(9), {}, "other", "k", {}, 5, b.now, lane_policy::block}, b.now);
  b.enter(2);
  BOOST_TEST(b.next() == "9"); // other queues do not hear of it
  b.now.count += 60 * base::us_per_second;
  b.enter(3);
  const auto last = b.enter(4);
  BOOST_TEST(b.next() == "2");
  BOOST_TEST(b.next() == "3"); // the burst, and not thirty
  BOOST_TEST(b.next() == "-");
  BOOST_TEST((b.gates(last) == words{"rate"}));

  b.q.set_rate("default", start_rate{1, 2, 2}, b.now); // the same again changes nothing
  b.now.count += 2 * base::us_per_second;
  BOOST_TEST(b.next() == "4");
  b.q.set_rate("default", std::nullopt, b.now);
  b.enter(5);
  BOOST_TEST(b.next() == "5");
}

BOOST_AUTO_TEST_CASE(a_rate_wakes_nobody_for_a_queue_that_something_else_holds) {
  bed b;
  b.q.set_rate("default", start_rate{1, 60, 1}, b.now);
  b.enter(1);
  BOOST_TEST(b.q.opens_at(b.now).has_value());
  b.q.set_concurrency("default", 0);
  BOOST_TEST(!b.q.opens_at(b.now).has_value());
  b.q.set_concurrency("default", 1);
  b.q.set_pause({"queue:default", "deploy", "ana", b.now, {}, false});
  BOOST_TEST(!b.q.opens_at(b.now).has_value());
}

BOOST_AUTO_TEST_CASE(pauses_hold_and_end_by_themselves) {
  for (const std::string target : {"queue:default", "kind:k", "user:", "lane:"}) {
    bed b;
    const auto id = b.enter(1, "l");
    const auto user = base::user_id::of(1).text();
    auto name = target;
    if (target == "user:") name += user;
    if (target == "lane:") name += user + "/l";
    b.q.set_pause({name, "deploy", "ana", b.now, base::utc_us{50'000}, false});
    BOOST_TEST(b.next() == "-", name);
    BOOST_TEST((b.gates(id) == words{"paused"}), name);
    BOOST_TEST((b.q.opens_at(b.now) == base::utc_us{50'000}));
    b.q.set_pause({name, "done", "ana", b.now, {}, true});
    BOOST_TEST(b.next() == "1", name);
  }
}

BOOST_AUTO_TEST_CASE(without_an_executor_it_waits_and_says_so) {
  bed b;
  b.q.add_kind("pulled", false);
  const auto id = job_id::of(1);
  b.q.enter({id, {}, "default", "pulled", {}, 5, b.now, lane_policy::block}, b.now);
  BOOST_TEST((b.gates(id) == words{"no_executor"}));
  b.q.set_executor("pulled", true, b.now);
  BOOST_TEST((b.gates(id) == words{"turn"}));
  const auto strange = job_id::of(2);
  b.q.enter({strange, {}, "default", "nobody_knows", {}, 5, b.now, lane_policy::block}, b.now);
  BOOST_TEST((b.gates(strange) == words{"unknown_kind"}));
}

BOOST_AUTO_TEST_CASE(what_is_held_or_parked_does_not_start) {
  bed b;
  const auto id = b.enter(1);
  b.q.hold(id);
  BOOST_TEST(b.next() == "-");
  b.q.unhold(id);
  b.q.park(id, b.now);
  BOOST_TEST(b.next() == "-");
  b.q.revive(id, b.now, b.now);
  b.q.change(id, 0);
  BOOST_TEST((b.q.position(id).in_queue == 1));
  BOOST_TEST(b.next() == "1");
}

BOOST_AUTO_TEST_CASE(who_comes_late_with_an_earlier_place_waits_for_the_one_that_runs) {
  bed b;
  b.enter(2, "l");
  BOOST_TEST(b.next() == "2");
  const auto late = job_id::of(1); // its timer rang late: it was due before the other
  b.q.enter({late, base::user_id::of(1), "default", "k", "l", 5, {10}, lane_policy::block}, b.now);
  BOOST_TEST(b.next() == "-");
  BOOST_TEST((b.gates(late) == words{"lane_head"}));
  b.q.rest(job_id::of(2), {50'000}); // nobody runs: now it is before the one that failed
  BOOST_TEST(b.next() == "1");
}

BOOST_AUTO_TEST_CASE(an_end_that_is_reached_opens_by_itself) {
  const auto user = base::user_id::of(1).text();
  for (const auto& name : words{"queue:default", "kind:k", "user:" + user, "lane:" + user + "/l"}) {
    bed b;
    b.q.set_pause({name, "deploy", "ana", b.now, base::utc_us{50'000}, false});
    b.enter(1, "l");
    BOOST_TEST(b.next() == "-", name);
    b.now = {49'999};
    BOOST_TEST(b.next() == "-", name);
    b.now = {50'000};
    BOOST_TEST(b.next() == "1", name);
    BOOST_TEST(!b.q.opens_at(b.now).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_new_pause_takes_the_place_of_the_former) {
  bed b;
  b.enter(1);
  b.q.set_pause({"queue:default", "a", "ana", b.now, base::utc_us{50'000}, false});
  b.q.set_pause({"queue:default", "b", "ana", b.now, {}, false});
  b.now = {60'000};
  BOOST_TEST(b.next() == "-");
  BOOST_TEST(!b.q.opens_at(b.now).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_put_off_leaves_its_lane_and_what_is_hurried_joins_it_now) {
  bed b;
  const auto first = b.enter(1, "l");
  b.enter(2, "l");
  b.q.revive(first, {90'000}, b.now); // rescheduled
  BOOST_TEST(b.next() == "2");
  b.q.leave(job_id::of(2));
  b.enter(3, "l");
  b.q.revive(first, b.now, b.now); // run now: behind the one that was due before
  BOOST_TEST(b.next() == "3");
  b.q.leave(job_id::of(3));
  BOOST_TEST(b.next() == "1");
}

BOOST_AUTO_TEST_CASE(a_shut_lane_says_who_and_why) {
  bed b;
  const auto head = b.enter(1, "l", 5, 1, lane_policy::park_lane);
  const auto behind = b.enter(2, "l");
  b.next();
  b.q.fail(head, {7'000}, "TX_INSUFFICIENT_BALANCE");
  const auto gates = b.q.gates(behind, b.now);
  BOOST_TEST_REQUIRE(gates.size() == 1u);
  BOOST_TEST((gates[0].since == base::utc_us{7'000}));
  BOOST_TEST(!gates[0].until.has_value());
  BOOST_TEST(gates[0].exact);
  BOOST_TEST((gates[0].open_by == words{"release", "discard"}));
  BOOST_TEST(
      (gates[0].details ==
       std::vector<std::pair<std::string, std::string>>{
           {"head", head.text()}, {"head_state", "parked"}, {"error", "TX_INSUFFICIENT_BALANCE"}}));
  BOOST_TEST((b.q.lane_head(base::user_id::of(1), "l") == head));
  BOOST_TEST((b.q.shut_lanes()[0].oldest == base::utc_us{1'001}));
  BOOST_TEST(b.q.shut_lanes()[0].why == "TX_INSUFFICIENT_BALANCE");
  b.q.leave(head); // skipped
  BOOST_TEST(b.next() == "2");
  BOOST_TEST(b.q.lanes().shut == 0);
}

BOOST_AUTO_TEST_CASE(the_head_of_a_lane_says_until_when_it_waits_at_least) {
  bed b;
  const auto head = b.enter(1, "l");
  const auto behind = b.enter(2, "l");
  b.next();
  b.q.rest(head, {80'000});
  const auto gates = b.q.gates(behind, b.now);
  BOOST_TEST_REQUIRE(gates.size() == 1u);
  BOOST_TEST((gates[0].until == base::utc_us{80'000}));
  BOOST_TEST(!gates[0].exact);
}

BOOST_AUTO_TEST_CASE(a_retry_is_as_old_as_its_new_wait) {
  bed b;
  const auto again = b.enter(1, {}, 9);
  b.next();
  b.q.rest(again, {60 * aging_step_us}); // an hour later it comes back as what it was
  b.now = {60 * aging_step_us};
  b.q.wake(again, b.now);
  b.enter(2, {}, 8);
  BOOST_TEST(b.next() == "2");
}

BOOST_AUTO_TEST_CASE(each_job_is_counted_once) {
  bed b;
  const auto one = b.enter(1);
  b.enter(2);
  b.enter(3, "l");
  b.q.enter({job_id::of(4), {}, "default", "k", {}, 5, {90'000}, lane_policy::block}, b.now);
  BOOST_TEST((b.q.oldest_ready("default") == base::utc_us{1'000}));
  BOOST_TEST(!b.q.oldest_ready("none").has_value());
  b.next();
  b.q.fail(one, b.now);
  b.next();
  BOOST_TEST_REQUIRE(b.q.tallies().size() == 1u);
  const auto t = b.q.tallies()[0];
  BOOST_TEST(t.queue == "default");
  BOOST_TEST(t.kind == "k");
  BOOST_TEST(t.failed == 1);
  BOOST_TEST(t.running == 1);
  BOOST_TEST(t.ready == 1);
  BOOST_TEST(t.not_due == 1);
  BOOST_TEST(t.resting + t.parked == 0);
}

BOOST_AUTO_TEST_CASE(a_tally_says_how_many_could_start_and_what_keeps_them) {
  bed b;
  const auto tally = [&] { return b.q.tallies().at(0); };
  const auto head = b.enter(1, "l");
  b.enter(2, "l");
  b.enter(3);
  BOOST_TEST(tally().ready == 3);
  BOOST_TEST(tally().offered == 2); // a lane keeps the other
  BOOST_TEST((tally().known && tally().executor && !tally().paused && !tally().full));
  BOOST_TEST(b.next() == "1");
  BOOST_TEST(tally().offered == 1);
  b.q.fail(head, b.now);
  BOOST_TEST(tally().offered == 1);
  BOOST_TEST(b.q.behind_shut_lanes() == 1);
  b.q.leave(head);
  BOOST_TEST(b.q.behind_shut_lanes() == 0);
  BOOST_TEST(tally().offered == 2);
  b.q.set_concurrency("default", 0);
  BOOST_TEST(tally().full);
  b.q.set_concurrency("default", 8);
  scheduler::pause p;
  p.target = "kind:k";
  b.q.set_pause(p);
  BOOST_TEST(tally().paused);
  p.over = true;
  b.q.set_pause(p);
  BOOST_TEST(!tally().paused);
  b.next();
  b.next();
  BOOST_TEST(tally().offered == 0);
  BOOST_TEST(tally().running == 2);
}

BOOST_AUTO_TEST_CASE(places_are_counted_by_class_and_age) {
  bed b;
  b.enter(1, {}, 5);
  b.now.count += 2 * aging_step_us;
  const auto fresh = b.enter(2, {}, 4);
  const auto equal = b.enter(3, {}, 3);
  const auto best = b.enter(4, {}, 2);
  BOOST_TEST((b.q.position(job_id::of(1)).in_queue == 2)); // aged to class 3, the oldest of it
  BOOST_TEST((b.q.position(fresh).in_queue == 4));
  BOOST_TEST((b.q.position(equal).in_queue == 3));
  BOOST_TEST((b.q.position(best).in_queue == 1));
  BOOST_TEST(!b.q.position(best).in_lane.has_value());
}

BOOST_AUTO_TEST_CASE(an_edit_of_one_that_is_to_be_tried_again_leaves_it_its_place) {
  bed b;
  const auto head = b.enter(1, "l");
  b.enter(2, "l");
  b.next();
  b.q.rest(head, {80'000});
  b.q.revive(head, {80'000}, b.now); // nothing but its payload has changed
  BOOST_TEST(b.next() == "-");
  b.q.revive(head, {90'000}, b.now); // but who is put off blocks nobody
  BOOST_TEST(b.next() == "2");
}

BOOST_AUTO_TEST_SUITE_END()
