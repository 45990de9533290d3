#include "scheduler/token_bucket.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace scheduler {

std::int64_t token_bucket::parts(base::utc_us now) const {
  const auto full = rate_.burst * token();
  const auto passed = std::max<std::int64_t>(now.count - at_.count, 0);
  if (passed > (full - parts_) / rate_.starts) return full;
  return parts_ + passed * rate_.starts;
}

base::utc_us token_bucket::opens_at(base::utc_us now) const {
  const auto missing = token() - parts(now);
  if (missing <= 0) return now;
  return {std::max(now, at_).count + (missing + rate_.starts - 1) / rate_.starts};
}

void token_bucket::take(base::utc_us now) {
  const auto left = parts(now) - token();
  ENSURE(left >= 0, "a start has a token");
  parts_ = left;
  at_ = std::max(at_, now);
}

void token_bucket::clock_back(base::utc_us now) { at_ = std::min(at_, now); }

} // namespace scheduler
