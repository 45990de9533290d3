// proves the bounds of the ready queue: users take turns, nobody starves, a lane keeps its order.
// Method: scripts in which only the number of users, tokens and jobs and their times are random.
#include "scheduler/ready_queue.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(start_bounds)

namespace {

constexpr std::int64_t minute = 60'000'000;

bool anything(std::string_view, std::string_view) { return true; }

} // namespace

// With U users that have ready work each starts within U starts, whoever owns the backlog; an
// instant does not move meanwhile, so nobody ages.
BOOST_AUTO_TEST_CASE(with_u_users_each_starts_within_u_starts) {
  BOOST_TEST(rc::check("fairness", [] {
    const auto users = *rc::gen::inRange<std::size_t>(2, 12);
    const auto tokens = *rc::gen::inRange<std::size_t>(1, 5);
    ready_queue q;
    const base::utc_us now{minute};
    q.set_concurrency("q", tokens);
    base::id_key id = 0;
    std::map<job_id, std::size_t> owner;
    std::vector<std::size_t> left(users, 0);
    const auto enter = [&](std::size_t u) {
      const auto job = job_id::of(++id);
      q.enter({job,
               base::user_id::of(static_cast<base::id_key>(u)),
               "q",
               "k",
               {},
               5,
               now,
               lane_policy::block},
              now);
      owner[job] = u;
      ++left[u];
    };
    for (std::size_t n = 0; n < 10 * users; ++n) enter(0); // who owns nine tenths
    for (std::size_t u = 1; u < users; ++u)
      for (auto n = *rc::gen::inRange<std::size_t>(0, 4); n > 0; --n) enter(u);
    std::vector<std::size_t> waited(users, 0);
    std::vector<job_id> running;
    for (int starts = 0; starts < 200; ++starts) {
      if (running.size() == tokens) {
        q.leave(running.front());
        running.erase(running.begin());
      }
      if (*rc::gen::inRange(0, 4) == 0) enter(*rc::gen::inRange<std::size_t>(0, users));
      const auto job = q.next(now, anything);
      if (!job) break;
      running.push_back(*job);
      const auto lucky = owner.at(*job);
      --left[lucky];
      for (std::size_t u = 0; u < users; ++u) {
        if (u == lucky || left[u] == 0) {
          waited[u] = 0;
        } else {
          RC_ASSERT(++waited[u] < users);
        }
      }
    }
  }));
}

// Others bring jobs of class 0 faster than they can be run, and still one of class p starts p
// minutes later, within one round of its users.
BOOST_AUTO_TEST_CASE(nothing_starves_behind_better_classes) {
  BOOST_TEST(rc::check("aging", [] {
    const auto priority = *rc::gen::inRange<std::int32_t>(0, 10);
    const auto users = *rc::gen::inRange<std::uint32_t>(1, 6);
    const auto in_lane = *rc::gen::arbitrary<bool>();
    ready_queue q;
    q.set_concurrency("q", 1);
    base::utc_us now{minute};
    base::id_key id = 0;
    const auto enter = [&](std::uint32_t u, std::int32_t p, std::optional<std::string> lane) {
      const auto job = job_id::of(++id);
      q.enter({job, base::user_id::of(u), "q", "k", std::move(lane), p, now, lane_policy::block},
              now);
      return job;
    };
    for (std::uint32_t u = 1; u <= users; ++u) enter(u, 0, {});
    const auto late = enter(0, priority, in_lane ? std::optional<std::string>{"l"} : std::nullopt);
    const base::utc_us bound{now.count + priority * minute};
    std::uint32_t starts_after = 0;
    while (true) {
      for (std::uint32_t u = 1; u <= users; ++u) enter(u, 0, {});
      const auto job = q.next(now, anything);
      RC_ASSERT(job.has_value());
      if (*job == late) return;
      if (now >= bound) RC_ASSERT(++starts_after <= users);
      q.leave(*job);
      now.count += *rc::gen::inRange<std::int64_t>(4, 20) * 1'000'000;
    }
  }));
}

// Whatever else a lane goes through, of jobs that all end well the order of starts is the order of
// their places.
BOOST_AUTO_TEST_CASE(a_lane_starts_in_the_order_of_its_places) {
  BOOST_TEST(rc::check("lane", [] {
    const auto count = *rc::gen::inRange<base::id_key>(1, 40);
    ready_queue q;
    base::utc_us now{minute};
    std::vector<std::pair<base::utc_us, job_id>> places;
    for (base::id_key id = 1; id <= count; ++id) {
      const base::utc_us due{now.count - *rc::gen::inRange<std::int64_t>(0, 10)};
      const auto priority = *rc::gen::inRange<std::int32_t>(0, 10);
      q.enter({job_id::of(id),
               {},
               id % 2 == 0 ? "q" : "r",
               "k",
               "l",
               priority,
               due,
               lane_policy::block},
              now);
      places.emplace_back(due, job_id::of(id));
    }
    std::sort(places.begin(), places.end());
    for (const auto& [due, id] : places) {
      for (auto tries = *rc::gen::inRange(0, 3); tries > 0; --tries) { // it fails, the lane waits
        RC_ASSERT(q.next(now, anything) == id);
        RC_ASSERT(!q.next(now, anything).has_value());
        q.rest(id, {now.count + 5});
        RC_ASSERT(!q.next(now, anything).has_value());
        now.count += 5;
        q.wake(id, now);
      }
      RC_ASSERT(q.next(now, anything) == id);
      RC_ASSERT(!q.next(now, anything).has_value());
      q.leave(id);
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
