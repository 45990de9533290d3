// What   stopped_shards: the shards that must not commit again in this process.
// Why    Whoever finds a broken invariant or a foreign hand says so here; journals look before each
//        batch, also those that were restarted, and health counts them. A foreign hand on balance
//        rows is mended by a correction, so such a stop remembers the accounts and can be lifted;
//        all others end with the process.
// Bounds at most the number of shards.
// Threads any. contains() costs one load while nothing is stopped.
#pragma once

#include "ledger/commit.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <vector>

namespace actors {

class stopped_shards {
public:
  void add(ledger::shard_id shard) {
    const std::lock_guard hold(mutex_);
    all_[shard].final = true;
    count_.store(static_cast<std::uint32_t>(all_.size()));
  }
  /// A commit found that a foreign hand changed the row of one of these accounts.
  void suspect(ledger::shard_id shard, const std::set<ledger::account_id>& accounts) {
    const std::lock_guard hold(mutex_);
    all_[shard].suspects.insert(accounts.begin(), accounts.end());
    count_.store(static_cast<std::uint32_t>(all_.size()));
  }
  bool contains(ledger::shard_id shard) const {
    if (count_.load() == 0) return false;
    const std::lock_guard hold(mutex_);
    return all_.contains(shard);
  }
  /// Corrections still go through: stopped for nothing but suspected balance rows.
  bool correctable(ledger::shard_id shard) const {
    const std::lock_guard hold(mutex_);
    const auto found = all_.find(shard);
    return found != all_.end() && !found->second.final;
  }
  std::vector<ledger::account_id> suspects(ledger::shard_id shard) const {
    const std::lock_guard hold(mutex_);
    const auto found = all_.find(shard);
    if (found == all_.end()) return {};
    return {found->second.suspects.begin(), found->second.suspects.end()};
  }
  /// The rows of these accounts are those of the entries now. True when this lifted the stop.
  bool corrected(ledger::shard_id shard, const std::vector<ledger::account_id>& accounts) {
    if (count_.load() == 0) return false;
    const std::lock_guard hold(mutex_);
    const auto found = all_.find(shard);
    if (found == all_.end()) return false;
    for (const auto& id : accounts) found->second.suspects.erase(id);
    if (found->second.final || !found->second.suspects.empty()) return false;
    all_.erase(found);
    count_.store(static_cast<std::uint32_t>(all_.size()));
    return true;
  }
  std::uint32_t count() const { return count_.load(); }

private:
  struct stop {
    bool final = false;
    std::set<ledger::account_id> suspects;
  };

  mutable std::mutex mutex_;
  std::map<ledger::shard_id, stop> all_;
  std::atomic<std::uint32_t> count_{0};
};

} // namespace actors
