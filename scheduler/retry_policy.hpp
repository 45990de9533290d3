// What   delay_us: how long to wait after a failed attempt; may_retry: whether there is another.
// Why    Full jitter spreads the attempts of jobs that failed together.
// Bounds 0.1 s … the cap of the job, or the hint, at most 24 h; saturating.
// Threads any (pure; the generator belongs to the caller).
// Source jobs.md §6. With a = failed attempts, b base, f factor, C cap, U uniform in (0, 1]:
//          raw = b (fixed) | b·a (linear) | b·f^(min(a,32)-1) (exponential) | list[min(a,len)-1]
//          c   = min(C, raw);  delay = max(0.1 s, hint, c·U | c/2 + c/2·U | c)
#pragma once

#include "base/random.hpp"
#include "scheduler/job.hpp"

namespace scheduler {

std::int64_t delay_us(const backoff& b, std::int32_t failed, std::int64_t hint_us,
                      base::random& chance);

/// `counted` attempts have failed; the next one would begin at `next`.
bool may_retry(const job& j, std::int32_t counted, base::utc_us next);

/// A job that leaves to its kind how often, how long, and what becomes of its lane.
job wish_for(std::string kind);
/// Fills in what a wish has left to its kind.
void follow(job& wish, const attempt_policy& of_kind);

} // namespace scheduler
