#include "scheduler/unique_index.hpp"

#include "base/sha256.hpp"

#include <algorithm>
#include <cstring>

namespace scheduler {

bool holds(const unique_holder& h, base::utc_us now) {
  switch (h.until) {
  case unique_rule::period::window: return now < h.window_ends;
  case unique_rule::period::until_started: return !h.over && !h.begun;
  case unique_rule::period::until_finished: break;
  }
  return !h.over;
}

unique_verdict decide(const unique_rule& rule, const unique_holder& h, base::utc_us now) {
  if (!holds(h, now)) return {};
  const bool may_change = !h.over && !h.begun;
  switch (rule.on_conflict) {
  case unique_rule::conflict::refuse: return {unique_verdict::refuse, h.job, {}};
  case unique_rule::conflict::replace:
    if (may_change) return {unique_verdict::replace, h.job, {}};
    break;
  case unique_rule::conflict::debounce:
    if (may_change) {
      auto run_at = now.count + rule.delay_us;
      if (rule.max_wait_us > 0) run_at = std::min(run_at, h.since.count + rule.max_wait_us);
      return {unique_verdict::debounce, h.job, {run_at}};
    }
    break;
  case unique_rule::conflict::give_back: break;
  }
  return {unique_verdict::give_back, h.job, {}};
}

std::size_t unique_index::key_hash::operator()(const key& k) const noexcept {
  std::size_t bits = 0; // it is a hash already
  std::memcpy(&bits, k.data(), sizeof bits);
  return bits;
}

unique_index::key unique_index::key_of(const job& j) {
  std::string text = j.user ? j.user->text() : std::string{};
  text += '\0';
  text += j.kind;
  text += '\0';
  text += j.unique->key;
  const auto digest = base::sha256(text);
  key k{};
  std::copy_n(digest.begin(), k.size(), k.begin());
  return k;
}

unique_verdict unique_index::decide(const job& j, base::utc_us now) const {
  if (!j.unique) return {};
  const auto at = by_key_.find(key_of(j));
  if (at == by_key_.end()) return {};
  return scheduler::decide(*j.unique, at->second, now);
}

void unique_index::add(const job& j, base::utc_us now, bool begun) {
  if (!j.unique) return;
  unique_holder h{j.id, j.unique->until, j.created_at, {}, begun, false};
  if (h.until == unique_rule::period::window)
    h.window_ends = {j.created_at.count + j.unique->window_us};
  if (!holds(h, now)) return;
  const auto k = key_of(j);
  // Two of them live when the elder has let its key go; the younger has it.
  if (const auto at = by_key_.find(k); at != by_key_.end()) {
    if (holds(at->second, now) && h.job < at->second.job) return;
    let_go(at->second.job);
  }
  if (h.until == unique_rule::period::window) windows_.emplace(h.window_ends, k);
  by_job_.insert_or_assign(j.id, k);
  by_key_.insert_or_assign(k, h);
}

/// Nothing, when another one has its key by now.
unique_holder* unique_index::held_by(const job_id& id) {
  const auto at = by_job_.find(id);
  return at == by_job_.end() ? nullptr : &by_key_.at(at->second);
}

void unique_index::let_go(const job_id& id) {
  const auto at = by_job_.find(id);
  if (at == by_job_.end()) return;
  by_key_.erase(at->second);
  by_job_.erase(at);
}

void unique_index::started(const job_id& id, base::utc_us) {
  auto* h = held_by(id);
  if (h == nullptr) return;
  h->begun = true;
  if (h->until == unique_rule::period::until_started) let_go(id);
}

void unique_index::erase(const job_id& id) {
  auto* h = held_by(id);
  if (h == nullptr) return;
  if (h->until != unique_rule::period::window) return let_go(id);
  h->over = true;
  by_job_.erase(id);
}

void unique_index::drop(const job_id& id) { let_go(id); }

void unique_index::expire(base::utc_us now) {
  while (!windows_.empty() && windows_.begin()->first <= now) {
    const auto at = by_key_.find(windows_.begin()->second);
    if (at != by_key_.end() && at->second.until == unique_rule::period::window &&
        at->second.window_ends <= now) {
      by_job_.erase(at->second.job);
      by_key_.erase(at);
    }
    windows_.erase(windows_.begin());
  }
}

} // namespace scheduler
