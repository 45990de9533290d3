// What   start_rate: so many starts in so many seconds, and how many at once after a rest.
//        token_bucket: how many may start now, and when the next one may.
// Why    What a queue does to somebody else's server is bounded in time, not only in number.
// Bounds starts and burst 1…100 000, per_s 1…86 400; whole numbers, so nothing is lost by rounding:
//        a bucket stays below 10^16 parts of tokens.
// Errors none. A clock that goes back brings nothing and takes nothing: from there it counts on.
// Threads none (values).
// Source jobs.md §8: tokens(t) = min(B, tokens(t0) + r·(t - t0)), one for each start; opens at
//        t0 + (1 - tokens) / r. It begins empty, so that a restart never exceeds the rate.
#pragma once

#include "base/time.hpp"

#include <cstdint>

namespace scheduler {

inline constexpr std::int64_t rate_starts_max = 100'000;
inline constexpr std::int64_t rate_seconds_max = 86'400;

struct start_rate {
  std::int32_t starts = 1, per_s = 1; ///< r = starts / per_s
  std::int32_t burst = 1;             ///< B

  bool operator==(const start_rate&) const = default;
};

class token_bucket {
public:
  token_bucket(const start_rate& rate, base::utc_us now) : rate_(rate), at_(now) {}

  const start_rate& rate() const { return rate_; }
  base::utc_us opens_at(base::utc_us now) const; ///< `now`: it is open
  bool open(base::utc_us now) const { return opens_at(now) <= now; }
  void take(base::utc_us now);       ///< only while it is open
  void clock_back(base::utc_us now); ///< to before what it was asked for

private:
  /// Each µs brings `starts` parts.
  std::int64_t token() const { return std::int64_t{rate_.per_s} * base::us_per_second; }
  std::int64_t parts(base::utc_us now) const;

  start_rate rate_;
  std::int64_t parts_ = 0; ///< at at_
  base::utc_us at_;
};

} // namespace scheduler
