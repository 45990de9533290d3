#include "actors/job_feed.hpp"

namespace actors {

job_feed::job_feed(std::shared_ptr<const job_kinds> kinds, base::utc_us begun)
    : kinds_(std::move(kinds)), epoch_(std::to_string(begun.count)) {}

void job_feed::put(scheduler::job_fact fact) {
  const std::lock_guard hold{mutex_};
  fact.number = ++newest_;
  kept_.push_back(std::move(fact));
  if (kept_.size() > feed_facts_max) kept_.pop_front();
}

std::uint64_t job_feed::newest() const {
  const std::lock_guard hold{mutex_};
  return newest_;
}

bool job_feed::may_see(const http::job_caller& who, const scheduler::job_fact& f) const {
  if (who.admin) return true;
  const auto* kind = kinds_->find(f.kind);
  return f.user == who.user && (kind == nullptr || kind->user_visible);
}

http::job_events job_feed::events(const http::job_caller& who, std::uint64_t after,
                                  std::size_t limit) const {
  const std::lock_guard hold{mutex_};
  http::job_events found;
  found.next = after;
  if (after > newest_) after = found.next = newest_; // of another process
  const auto first = newest_ - kept_.size() + 1;
  found.gap = after + 1 < first;
  if (found.gap) found.next = after = first - 1;
  for (auto at = kept_.begin() + static_cast<std::ptrdiff_t>(after + 1 - first);
       at != kept_.end() && found.items.size() < limit; ++at) {
    found.next = at->number;
    if (may_see(who, *at)) found.items.push_back(*at);
  }
  return found;
}

} // namespace actors
