// What   One journal: owns a group of shards and a database writer; commits items in batches, tells
//        every account concerned, then the book.
// Why    The only writer of its shards. A batch has one fate, and only that fate ends reservations.
// Bounds limits::journal_*; one storage operation at a time.
// Errors See batcher's failure_of. `fenced` and a broken invariant end the actor; the supervisor
//        stops its shards.
// Threads confined to its actor; storage answers by message.
// Source design.md §3.3, §3.5; engineering.md d (money laws A, B, C, E), e.
#pragma once

#include "actors/actor_base.hpp"
#include "actors/batcher.hpp"
#include "actors/handles.hpp"

#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

namespace actors {

class journal final : public house_actor<journal_actor> {
public:
  journal(caf::actor_config& cfg, environment& env, std::size_t index,
          std::vector<ledger::shard_id> shards);

  behavior_type make_behavior() override;
  /// Handles go with the actor's end, not with its memory: two that hold each other would
  /// never be freed.
  void on_exit() override;

private:
  /// opening: the take-over runs. closed: it failed. pausing: a transient failure. The last two go
  /// on with a tick.
  enum class stage : std::uint8_t {
    opening,
    closed,
    idle,
    loading,
    committing,
    resolving,
    pausing
  };

  /// The database is known to be away: answer at once instead of collecting.
  bool away() const;

  void on_hand_over(const hand_over& m);
  void on_storage(const storage_event& m);
  void on_opened(const base::result<std::vector<ledger::shard_head>>& heads);
  void on_loaded(const base::result<std::vector<storage::loaded_account>>& rows);
  void on_commit(const storage::commit_result& outcome);
  void on_resolved(const base::result<storage::resolution>& fate);
  void on_basis(const base::result<storage::correction_basis>& basis);
  void on_tick();

  void open();
  void pump();
  void leave_when_drained();
  void load(std::vector<ledger::account_id> ids);
  void committed();
  void compare(const std::vector<ledger::shard_head>& heads);
  void ask_what_is_lost();
  void remember(const ledger::shard_head& durable);
  void refresh(const storage::journal_batch& batch);
  void refresh_effective(const ledger::account_id& id);
  void suspect(const storage::journal_batch& batch);
  void corrected(const storage::journal_batch& batch);
  void count(const storage::journal_batch& batch);
  void end(const std::vector<ended_item>& items);
  void refuse(const hand_over& m, const base::failure& why,
              const std::vector<ended_item::fact>& held = {});
  void step_down();
  void answer_flushed();
  void answer_owned();
  void schedule_tick(std::chrono::milliseconds delay);
  template <class T> auto to_me();

  std::size_t index_;
  storage::journal_port& port_;
  std::vector<ledger::shard_id> my_shards_;
  batcher mind_;
  stage stage_ = stage::opening;
  std::uint64_t generation_ = 0; ///< of the storage operation whose answer counts
  std::uint64_t next_ticket_ = 1;
  std::map<std::uint64_t, hand_over> open_; ///< ticket -> who is told
  /// Who waits, with the last ticket before each.
  std::deque<std::pair<std::uint64_t, std::shared_ptr<yes_or_no>>> marks_;
  std::vector<std::shared_ptr<yes_or_no>> owner_waiters_; ///< until the take-over has ended
  std::unordered_map<ledger::account_id, std::vector<loaded_sink>> load_waiters_;
  std::vector<ledger::account_id> loading_;
  std::uint64_t correcting_ = 0; ///< ticket of the correction whose basis is being read
  std::shared_ptr<const storage::journal_batch> batch_;
  base::failure last_failure_; ///< why nothing can be committed now
  std::int64_t stage_since_ns_ = 0;
  int attempts_ = 0; ///< of the batch in flight after transient failures
  bool was_open_ = false;
  bool draining_ = false;
};

} // namespace actors
