// What   recovery_mode: why this node takes no writes of clients, and which commits are missing.
// Why    A database that came back older than what was acknowledged must not go on as if nothing
//        were: whoever writes first buries what could still be found.
// Bounds one finding for each shard.
// Threads any. on() costs one load.
// Source api-contract.md §15.4; docs/decisions/0013.
#pragma once

#include "base/time.hpp"
#include "ledger/lost_commits.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace actors {

class recovery_mode {
public:
  /// By the operator's wish.
  void begin(base::utc_us now) {
    const std::lock_guard hold(mutex_);
    turn_on(now);
  }
  /// The first finding of a shard stays: what is appended later tells less. True: it is the first.
  bool begin(const ledger::lost_commits& finding, base::utc_us now) {
    const std::lock_guard hold(mutex_);
    turn_on(now);
    return found_.emplace(finding.shard, finding).second;
  }
  bool on() const { return on_.load(); }
  base::utc_us since() const {
    const std::lock_guard hold(mutex_);
    return since_;
  }
  std::vector<ledger::lost_commits> findings() const {
    const std::lock_guard hold(mutex_);
    std::vector<ledger::lost_commits> all;
    for (const auto& [shard, finding] : found_) all.push_back(finding);
    return all;
  }
  void finish() {
    const std::lock_guard hold(mutex_);
    found_.clear();
    on_.store(false);
  }

private:
  void turn_on(base::utc_us now) {
    if (!on_.exchange(true)) since_ = now;
  }

  mutable std::mutex mutex_;
  std::map<ledger::shard_id, ledger::lost_commits> found_;
  base::utc_us since_;
  std::atomic<bool> on_{false};
};

} // namespace actors
