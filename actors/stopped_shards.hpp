// What   stopped_shards: the shards that must not commit again in this process.
// Why    Whoever finds a broken invariant or a foreign hand says so here; journals look before each
//        batch, also those that were restarted, and health counts them.
// Bounds at most the number of shards.
// Threads any. contains() costs one load while nothing is stopped.
#pragma once

#include "ledger/commit.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>

namespace actors {

class stopped_shards {
public:
  void add(ledger::shard_id shard) {
    const std::lock_guard hold(mutex_);
    all_.insert(shard);
    count_.store(static_cast<std::uint32_t>(all_.size()));
  }
  bool contains(ledger::shard_id shard) const {
    if (count_.load() == 0) return false;
    const std::lock_guard hold(mutex_);
    return all_.contains(shard);
  }
  std::uint32_t count() const { return count_.load(); }

private:
  mutable std::mutex mutex_;
  std::set<ledger::shard_id> all_;
  std::atomic<std::uint32_t> count_{0};
};

} // namespace actors
