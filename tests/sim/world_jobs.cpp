// The end of a run for its jobs: nothing is wrong any more, so each comes to its own end.
#include "tests/sim/world.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace sim {

namespace {

constexpr std::int64_t jobs_patience_us = 900 * base::us_per_second;
constexpr std::int64_t jobs_beat_us = 250'000;
constexpr int operator_rounds = 60;

} // namespace

/// Until all have ended or wait for a reason that we know.
bool world::wait_for_jobs() {
  const auto until = clock_.steady_us() + jobs_patience_us;
  while (good() && clock_.steady_us() < until) {
    if (!settle()) return false;
    const auto left = jobs_->seen().unfinished_now();
    if (std::all_of(left.begin(), left.end(), [](const auto& u) { return !u.excuse.empty(); }))
      return true;
    advance(jobs_beat_us);
  }
  if (!good()) return false;
  for (const auto& u : jobs_->seen().unfinished_now())
    if (u.excuse.empty())
      judge_->accuse("J1", fmt::format("job {} never ends", jobs_->seen().facts().at(u.id).index));
  return false;
}

void world::finish_jobs() {
  say("jobs come to their ends");
  clock_.set_by(clock_.highest().count - clock_.now().count); // it is right again
  jobs_->end_pauses(to());
  if (!wait_for_jobs()) return;
  say("an operator sees to the jobs");
  for (int round = 0; round < operator_rounds && good(); ++round) {
    if (jobs_->see_to_it(to(), round < 2) == 0) return;
    if (!wait_for_jobs()) return;
  }
  const auto left = jobs_->seen().unfinished_now();
  if (good() && !left.empty())
    judge_->accuse("J1", fmt::format("{} jobs are left when all was seen to, one is job {}: {}",
                                     left.size(), jobs_->seen().facts().at(left.front().id).index,
                                     left.front().excuse));
}

} // namespace sim
