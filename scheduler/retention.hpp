// What   How long is kept what is written about jobs.
// Why    One place for all of it: the owner throws away, tests and docs say the same.
// Threads any (pure).
// Source jobs.md §17. Rows of controls are the audit of jobs: they stay. Of a job that has posted
//        its line stays (id, kind, outcome), so that each transaction can name its job.
#pragma once

#include "scheduler/job.hpp"

#include <cstddef>
#include <optional>

namespace scheduler {

inline constexpr std::int64_t day_us = std::int64_t{86'400} * base::us_per_second;

inline constexpr std::int64_t succeeded_kept_us = 7 * day_us;
inline constexpr std::int64_t cancelled_kept_us = 7 * day_us;
inline constexpr std::int64_t discarded_kept_us = 30 * day_us;
inline constexpr std::int64_t attempts_kept_us = 14 * day_us; ///< of finished jobs, with their logs
inline constexpr std::int64_t dead_kept_us = 90 * day_us;     ///< then they are discarded
inline constexpr std::int64_t ticks_kept_us = 400 * day_us;
inline constexpr std::size_t pruned_at_once = 500; ///< rows of a kind in one commit

/// A finished job, as far as its age goes.
struct finished_job {
  job_id id;
  job_state state = job_state::succeeded; ///< a final one
  base::utc_us made_at, ended_at;
  std::string kind;
  std::optional<unique_rule> unique;
  bool posted = false;       ///< a transaction names it
  bool whole = true;         ///< it has a payload, a result or a log still
  std::int64_t attempts = 0; ///< rows

  bool operator==(const finished_job&) const = default;
};

enum class what_goes : std::uint8_t {
  nothing,
  attempts, ///< its attempts
  body,     ///< all but its line
  all,
};

/// `money`: its kind may post.
what_goes goes_now(const finished_job& j, bool money, base::utc_us now);

} // namespace scheduler
