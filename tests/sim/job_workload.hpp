// What   job_workload: which request about jobs comes next, and what each job is to do.
// Why    As workload: a function of (seed, index) and of what is there; one may be left out.
// Bounds Rates are drawn once for a run. Few jobs of a run share a lane or a unique key by chance.
// Threads the simulation's only one.
// Source testing.md §5; jobs.md §2, §4-§6.
#pragma once

#include "base/random.hpp"
#include "tests/sim/job_judge.hpp"
#include "tests/sim/workload.hpp"

#include <vector>

namespace sim {

class job_workload {
public:
  job_workload(std::uint64_t seed, judge& books, workload& clients, const job_judge& seen,
               std::shared_ptr<drawn_jobs> jobs);

  /// Nothing: no request of this index. `highest`: that the wall has shown.
  job_ask_ptr make(std::size_t index, base::utc_us now, base::utc_us highest);

private:
  struct rates {
    std::uint64_t asks, paid, lanes, sleeps, unique, fails, acts, pauses;
  };
  std::size_t draw(base::random& chance, std::size_t number, std::size_t user, base::utc_us now);
  std::size_t draw_follower(std::size_t number, std::size_t user);
  std::vector<drawn_attempt> draw_plan(base::random& chance) const;
  void act_on_something(job_ask& ask, base::random& chance) const;
  void pause_something(job_ask& ask, base::random& chance, base::utc_us now) const;

  std::uint64_t seed_;
  judge& books_;
  workload& clients_;
  const job_judge& seen_;
  std::shared_ptr<drawn_jobs> jobs_;
  rates rates_{};
  std::vector<job_ask_ptr> keyed_; ///< that may be sent again
};

} // namespace sim
