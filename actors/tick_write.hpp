// What   tick_write: a schedule as it is to be from now on, the ticks that this settles, and their
//        jobs: one commit.
// Why    Whoever writes these together can neither lose a tick nor give it two jobs.
// Bounds At most http::backfill_max ticks.
// Threads travels from the owner of schedules to the owner of jobs.
// Source jobs.md §9, §12.
#pragma once

#include "http/schedule_backend.hpp"
#include "scheduler/job.hpp"
#include "scheduler/schedule.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace actors {

struct tick_write {
  struct one {
    scheduler::schedule_tick tick;
    std::optional<scheduler::job> job; ///< its id and shard are given by the owner of jobs
  };
  std::optional<scheduler::schedule> row; ///< nothing: it stays as it is
  std::uint32_t shard = 0;
  std::vector<one> ticks;
  std::size_t overlaps = 0; ///< of the skipped ones, the last: because a job of the schedule runs
  std::int64_t capped = 0;  ///< how many the one that is capped stands for
  /// The lock that is held for them: the first job takes it over, or nobody does.
  std::optional<std::string> lock, lock_holder;
  /// Of a person; nothing: the clock did it.
  std::shared_ptr<const http::schedule_request> asked;
  http::schedule_answer answer; ///< rendered inside the commit when the request has a key
};

/// How a tick ended, and its job if it made one.
inline tick_write::one settled_tick(const scheduler::schedule_id& id, base::utc_us at,
                                    scheduler::tick_end how, base::utc_us now) {
  tick_write::one t;
  t.tick.schedule = id;
  t.tick.at = at;
  t.tick.end = how;
  t.tick.settled_at = now;
  return t;
}
inline tick_write::one settled_tick(const scheduler::schedule_id& id, base::utc_us at,
                                    scheduler::tick_end how, base::utc_us now, scheduler::job j) {
  auto t = settled_tick(id, at, how, now);
  t.job = std::move(j);
  return t;
}

/// What became of it; DUPLICATE_KEY: another one came first.
using ticks_written = std::function<void(const base::status&, const std::shared_ptr<tick_write>&)>;

} // namespace actors
