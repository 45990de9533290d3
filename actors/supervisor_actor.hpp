// What   The supervisor: starts journals and shards, restarts what fails, quarantines what must not
//        go on, stops all in order. routing: where the shards are right now, for the gateway's
//        threads.
// Why    A crashing handler never takes the process down; a broken invariant never commits again.
// Bounds restart intensity: more than 3 restarts of one group in 10 s escalate to quarantine.
// Threads supervisor is confined to its actor; routing may be read from any thread.
// Source design.md §7.
#pragma once

#include "actors/actor_base.hpp"
#include "actors/handles.hpp"

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace actors {

/// Shards and journals by index. Empty: stopped (SHARD_STOPPED) or not started yet.
class routing {
public:
  routing(std::uint32_t shards, std::size_t journals) : shards_(shards), journals_(journals) {}

  std::optional<shard_actor> shard(ledger::shard_id id) const {
    const std::lock_guard hold(mutex_);
    return shards_.at(id);
  }
  std::optional<journal_actor> journal_of(ledger::shard_id id) const {
    const std::lock_guard hold(mutex_);
    return journals_.at(id % journals_.size());
  }
  void set_shard(ledger::shard_id id, std::optional<shard_actor> to) {
    const std::lock_guard hold(mutex_);
    shards_.at(id) = std::move(to);
  }
  void set_journal(std::size_t index, std::optional<journal_actor> to) {
    const std::lock_guard hold(mutex_);
    journals_.at(index) = std::move(to);
  }
  std::optional<job_owner_actor> jobs() const {
    const std::lock_guard hold(mutex_);
    return jobs_;
  }
  void set_jobs(std::optional<job_owner_actor> to) {
    const std::lock_guard hold(mutex_);
    jobs_ = std::move(to);
  }
  std::optional<lock_keeper_actor> locks() const {
    const std::lock_guard hold(mutex_);
    return locks_;
  }
  void set_locks(std::optional<lock_keeper_actor> to) {
    const std::lock_guard hold(mutex_);
    locks_ = std::move(to);
  }
  std::uint32_t shard_count() const { return static_cast<std::uint32_t>(shards_.size()); }
  std::size_t journal_count() const { return journals_.size(); }

private:
  mutable std::mutex mutex_;
  std::vector<std::optional<shard_actor>> shards_;
  std::vector<std::optional<journal_actor>> journals_;
  std::optional<job_owner_actor> jobs_;
  std::optional<lock_keeper_actor> locks_;
};

/// Starts the owner of the jobs as a child of the supervisor; empty: there is none.
using spawn_jobs =
    std::function<job_owner_actor(caf::scheduled_actor& parent, const std::shared_ptr<routing>&)>;

/// Stop in order: jobs (handed back), journals (flushed), then shards (their books have heard all
/// ends by then), then the supervisor itself.
struct stop_all {
  std::shared_ptr<promise<bool>> stopped;
};

using supervisor_actor = caf::typed_actor<caf::reacts_to<stop_all>>;

class supervisor final : public house_actor<supervisor_actor> {
public:
  supervisor(caf::actor_config& cfg, environment& env, std::shared_ptr<routing> routes,
             spawn_jobs jobs = {});

  behavior_type make_behavior() override;
  /// Handles go with the actor's end, not with its memory: two that hold each other would
  /// never be freed.
  void on_exit() override;

private:
  enum class role : std::uint8_t { journal, shard, jobs, locks };
  struct child {
    role what = role::journal;
    std::size_t group = 0;
    ledger::shard_id shard = 0;
  };
  struct group {
    std::optional<journal_actor> journal;
    std::unordered_map<ledger::shard_id, shard_actor> shards;
    std::deque<std::int64_t> restarts_ns; ///< of the last intensity window
    bool restarting = false;              ///< waits for its shards to end
    bool quarantined = false;
  };

  void start_group(std::size_t index);
  void start_shard(std::size_t index, ledger::shard_id id);
  void start_jobs();
  void on_jobs_down(const caf::error& reason);
  void on_locks_down();
  void drain_journals();
  void on_down(const caf::down_msg& down);
  void on_journal_down(std::size_t index, const caf::error& reason);
  void on_shard_down(std::size_t index, ledger::shard_id id, const caf::error& reason);
  bool may_restart(group& g);
  void quarantine(std::size_t index);
  void continue_stop();

  std::shared_ptr<routing> routes_;
  std::vector<group> groups_;
  std::unordered_map<caf::actor_addr, child> children_;
  spawn_jobs spawn_jobs_;
  std::optional<job_owner_actor> jobs_;
  std::optional<lock_keeper_actor> locks_; ///< of their locks; lives as long as there are jobs
  std::deque<std::int64_t> job_restarts_ns_;
  std::optional<stop_all> stopping_;
  bool shards_told_ = false;
};

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::stop_all)
