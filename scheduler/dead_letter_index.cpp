#include "scheduler/dead_letter_index.hpp"

#include "base/assert.hpp"

namespace scheduler {

void dead_letter_index::add(const std::string& fingerprint) {
  ++dead_[fingerprint];
  ++all_;
}

void dead_letter_index::erase(const std::string& fingerprint) {
  const auto at = dead_.find(fingerprint);
  ENSURE(at != dead_.end(), "who leaves a group of dead jobs was in it");
  if (--at->second == 0) dead_.erase(at);
  --all_;
}

void dead_letter_index::mute(const std::string& fingerprint, std::optional<base::utc_us> until) {
  if (until)
    mutes_.insert_or_assign(fingerprint, *until);
  else
    mutes_.erase(fingerprint);
}

bool dead_letter_index::muted(const std::string& fingerprint, base::utc_us now) const {
  const auto at = mutes_.find(fingerprint);
  return at != mutes_.end() && now < at->second;
}

bool dead_letter_index::may_mute(const std::string& fingerprint, base::utc_us now) {
  expire(now);
  return mutes_.size() < dead_mutes_max || mutes_.contains(fingerprint);
}

dead_letter_index::counts dead_letter_index::count(base::utc_us now) {
  expire(now);
  counts c;
  for (const auto& [fingerprint, until] : mutes_)
    if (const auto at = dead_.find(fingerprint); at != dead_.end()) c.muted += at->second;
  c.open = all_ - c.muted;
  return c;
}

void dead_letter_index::expire(base::utc_us now) {
  std::erase_if(mutes_, [now](const auto& m) { return m.second <= now; });
}

} // namespace scheduler
