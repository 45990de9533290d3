// What   attempt_throttle: how often somebody may try a password in vain, for each account and for
//        each address.
// Why    Guessing has to be slow, and to stay slow for who asks with the right password as well,
//        else the answer would tell that it is the right one.
// Bounds A sliding window: an attempt counts for `window` after it was made. At most keys_max keys
//        of a scope are known; a new one takes the place of the one that was tried longest ago. No
//        e-mail or address is kept, only its hash.
// Errors none.
// Threads any.
// Source api-contract §4 (throttling), §16 (list and unblock)
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace http {

enum class throttle_scope : std::uint8_t { account, ip, registration, reset };
std::string_view to_text(throttle_scope scope); ///< "account", "ip", …

struct throttle_settings {
  bool enabled = true;
  std::size_t per_account = 10;
  std::size_t per_ip = 50;
  std::size_t registrations_per_ip = 50;
  std::size_t resets_per_ip = 50; ///< asked for, and tried
  std::chrono::seconds window{900};
  std::size_t keys_max = 100'000; ///< of each scope
};

/// One key that was tried in vain, as administrators see it.
struct throttled {
  std::string id; ///< of scope and key; says neither
  throttle_scope scope = throttle_scope::account;
  std::size_t failures = 0;
  std::optional<base::utc_us> blocked_until;
};

class attempt_throttle {
public:
  explicit attempt_throttle(throttle_settings settings) : settings_(settings) {}

  /// Takes an attempt before it is known how it ends, so that many at once cannot slip through.
  /// Nothing: go on. Else how long to wait, at least a second; nothing was taken then.
  std::optional<std::chrono::seconds> take(throttle_scope scope, std::string_view key,
                                           base::utc_us now);
  /// The attempt was a good one, or came to no verdict: it does not count.
  void give_back(throttle_scope scope, std::string_view key);
  /// Forgets all of the key.
  void clear(throttle_scope scope, std::string_view key);

  /// Those with attempts within the window, the latest first.
  std::vector<throttled> list(base::utc_us now);
  bool unblock(std::string_view id); ///< false: there is no such id

private:
  struct entry {
    std::string id;
    throttle_scope scope;
    std::deque<std::int64_t> attempts; ///< µs, oldest first
  };
  using entries = std::list<entry>; ///< the latest first

  std::size_t allowed(throttle_scope scope) const;
  void forget_old(entry& e, base::utc_us now) const;
  std::optional<base::utc_us> blocked_until(const entry& e) const;

  throttle_settings settings_;
  std::mutex mutex_;
  entries entries_[4];
  std::unordered_map<std::string, entries::iterator> by_id_;
};

} // namespace http
