// What   previews: what somebody has looked at and may do now, by a token.
// Why    Who acts on many things has seen how many they are, and does that and nothing else.
// Bounds previews_max, the oldest go first; each lives for preview_life_us. A restart forgets them:
//        then one looks again.
// Errors find() answers nothing for a token that is unknown, old, or of somebody else.
// Threads any, all members.
// Source jobs.md §18
#pragma once

#include "base/time.hpp"
#include "base/user_id.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace http {

inline constexpr std::int64_t preview_life_us = 300 * base::us_per_second;
inline constexpr std::size_t previews_max = 1000;

template <class Wish> class previews {
public:
  struct seen {
    Wish what;
    std::int64_t count = 0;
    base::user_id by;
    base::utc_us until;
  };

  std::string keep(std::string token, const base::user_id& by, Wish what, std::int64_t count,
                   base::utc_us until, base::utc_us now) {
    const std::lock_guard hold{mutex_};
    std::erase_if(all_, [&](const auto& one) { return one.second.until <= now; });
    if (all_.size() >= previews_max) all_.erase(all_.begin()); // tokens are in the order of time
    all_.insert_or_assign(token, seen{std::move(what), count, by, until});
    return token;
  }
  /// It stays: with a key the same request may come again.
  std::optional<seen> find(const std::string& token, const base::user_id& by, base::utc_us now) {
    const std::lock_guard hold{mutex_};
    const auto at = all_.find(token);
    if (at == all_.end() || at->second.by != by || at->second.until <= now) return std::nullopt;
    return at->second;
  }

private:
  std::mutex mutex_;
  std::map<std::string, seen> all_;
};

} // namespace http
