#include "http/auth/attempt_throttle.hpp"

#include "base/sha256.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace http {
namespace {

constexpr std::array<std::string_view, 4> names{"account", "ip", "registration", "reset"};
constexpr std::size_t id_digits = 32;

std::string id_of(throttle_scope scope, std::string_view key) {
  auto text = std::string{to_text(scope)} + '\n';
  text += key;
  return base::hex(base::sha256(text)).substr(0, id_digits);
}

std::size_t place(throttle_scope scope) { return static_cast<std::size_t>(scope); }

} // namespace

std::string_view to_text(throttle_scope scope) { return names[place(scope)]; }

std::size_t attempt_throttle::allowed(throttle_scope scope) const {
  switch (scope) {
  case throttle_scope::account: return settings_.per_account;
  case throttle_scope::ip: return settings_.per_ip;
  case throttle_scope::registration: return settings_.registrations_per_ip;
  case throttle_scope::reset: return settings_.resets_per_ip;
  }
  return settings_.per_account;
}

void attempt_throttle::forget_old(entry& e, base::utc_us now) const {
  const auto oldest = now.count - std::chrono::microseconds{settings_.window}.count();
  while (!e.attempts.empty() && e.attempts.front() <= oldest) e.attempts.pop_front();
}

std::optional<base::utc_us> attempt_throttle::blocked_until(const entry& e) const {
  if (e.attempts.size() < allowed(e.scope)) return std::nullopt;
  return base::utc_us{e.attempts.front() + std::chrono::microseconds{settings_.window}.count()};
}

std::optional<std::chrono::seconds> attempt_throttle::take(throttle_scope scope,
                                                           std::string_view key, base::utc_us now) {
  if (!settings_.enabled) return std::nullopt;
  auto id = id_of(scope, key);
  const std::lock_guard hold(mutex_);
  auto& known = entries_[place(scope)];
  auto found = by_id_.find(id);
  if (found == by_id_.end()) {
    if (known.size() >= settings_.keys_max) {
      by_id_.erase(known.back().id);
      known.pop_back();
    }
    known.push_front({id, scope, {}});
    found = by_id_.emplace(std::move(id), known.begin()).first;
  }
  auto& mine = *found->second;
  forget_old(mine, now);
  if (const auto until = blocked_until(mine)) {
    constexpr std::int64_t second = base::us_per_second;
    return std::chrono::seconds{
        std::max<std::int64_t>(1, (until->count - now.count + second - 1) / second)};
  }
  mine.attempts.push_back(now.count);
  known.splice(known.begin(), known, found->second);
  return std::nullopt;
}

void attempt_throttle::give_back(throttle_scope scope, std::string_view key) {
  const std::lock_guard hold(mutex_);
  const auto found = by_id_.find(id_of(scope, key));
  if (found != by_id_.end() && !found->second->attempts.empty()) found->second->attempts.pop_back();
}

void attempt_throttle::clear(throttle_scope scope, std::string_view key) {
  unblock(id_of(scope, key));
}

std::vector<throttled> attempt_throttle::list(base::utc_us now) {
  const std::lock_guard hold(mutex_);
  std::vector<std::pair<std::int64_t, throttled>> found;
  for (auto& known : entries_) {
    for (auto at = known.begin(); at != known.end();) {
      forget_old(*at, now);
      if (at->attempts.empty()) { // nothing to say of it any more
        by_id_.erase(at->id);
        at = known.erase(at);
        continue;
      }
      found.emplace_back(at->attempts.back(),
                         throttled{at->id, at->scope, at->attempts.size(), blocked_until(*at)});
      ++at;
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<throttled> all;
  all.reserve(found.size());
  for (auto& [at, one] : found) all.push_back(std::move(one));
  return all;
}

bool attempt_throttle::unblock(std::string_view id) {
  const std::lock_guard hold(mutex_);
  const auto found = by_id_.find(std::string{id});
  if (found == by_id_.end()) return false;
  entries_[place(found->second->scope)].erase(found->second);
  by_id_.erase(found);
  return true;
}

} // namespace http
