#include "scheduler/retry_policy.hpp"

#include <algorithm>
#include <limits>

namespace scheduler {
namespace {

constexpr std::int64_t least_us = 100'000;
constexpr std::int64_t hint_max_us = std::int64_t{24} * 3600 * 1'000'000;
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

std::int64_t times(std::int64_t a, std::int64_t b) {
  if (a <= 0 || b <= 0) return 0;
  return a > most / b ? most : a * b;
}

std::int64_t raw_us(const backoff& b, std::int32_t failed) {
  const std::int64_t a = std::max(failed, 1);
  switch (b.curve) {
  case backoff_curve::fixed: return b.base_us;
  case backoff_curve::linear: return times(b.base_us, a);
  case backoff_curve::list:
    if (b.list_us.empty()) return b.base_us;
    return b.list_us[std::min(static_cast<std::size_t>(a), b.list_us.size()) - 1];
  case backoff_curve::exponential:
  case backoff_curve::of_kind: break;
  }
  std::int64_t raw = b.base_us;
  for (std::int64_t i = 1; i < std::min<std::int64_t>(a, 32); ++i) raw = times(raw, b.factor);
  return raw;
}

} // namespace

std::int64_t delay_us(const backoff& b, std::int32_t failed, std::int64_t hint_us,
                      base::random& chance) {
  const auto c = std::max<std::int64_t>(1, std::min(b.cap_us, raw_us(b, failed)));
  std::int64_t wait = c;
  if (b.spread == jitter::full) wait = chance.between(1, c);
  if (b.spread == jitter::equal) wait = c / 2 + chance.between(1, c - c / 2);
  return std::max({least_us, std::min(hint_us, hint_max_us), wait});
}

bool may_retry(const job& j, std::int32_t counted, base::utc_us next) {
  return counted < j.max_attempts && (!j.retry_until || next <= *j.retry_until);
}

job wish_for(std::string kind) {
  job j;
  j.kind = std::move(kind);
  j.max_attempts = 0;
  j.timeout_s = 0;
  j.retry.curve = backoff_curve::of_kind;
  j.on_failure = lane_policy::of_kind;
  return j;
}

void follow(job& wish, const attempt_policy& of_kind) {
  if (wish.max_attempts == 0) wish.max_attempts = of_kind.max_attempts;
  if (wish.timeout_s == 0) wish.timeout_s = of_kind.timeout_s;
  if (wish.retry.curve == backoff_curve::of_kind) wish.retry = of_kind.retry;
}

} // namespace scheduler
