// What   The journal's mind: queue of complete items, the batch that is being committed, heads of
//        accounts and shards. Builds batches (versions, balances, positions, chain), takes their
//        outcome, isolates a poison item by bisecting.
// Why    Group commit without a timer: whatever arrived while one batch was being committed is the
//        next batch. Versions and balances are given here, in queue order, so a refusal leaves no
//        gap (money law C).
// Bounds limits::journal_*; a balance within ± base::amount_minor_max, also of categories.
// Errors ended.result carries the API code; see failure_of().
// Threads confined to its actor (pure: no I/O, no clock).
// Source design.md §3.3, §3.5, §3.8.
#pragma once

#include "actors/environment.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace actors {

struct pending_item {
  std::shared_ptr<const storage::commit_item> item;
  std::uint64_t ticket = 0;
  base::utc_us deadline;
  std::int64_t queued_ns = 0;
  bool singly = false; ///< as in hand_over
};

/// The end of one item: durable (with the balances right after it) or surely without effect. Of one
/// that is `singly` and beyond the range of a balance the facts say what its accounts hold.
struct ended_item {
  std::uint64_t ticket = 0;
  base::status result;
  struct fact {
    ledger::account_id account;
    base::centavos balance;
    std::uint64_t version = 0;
  };
  std::vector<fact> facts;
  std::uint64_t seq = 0; ///< of a durable one: its commit
};

/// The failure that a client sees when its item ended with this class.
base::failure failure_of(storage::commit_class what);

class batcher {
public:
  /// Items of stopped shards are refused; `stopped` outlives this.
  batcher(const limits& bounds, std::string node, const stopped_shards& stopped)
      : bounds_(bounds), node_(std::move(node)), stopped_(stopped) {}

  /// After a take-over: these are our shards. Forgets all account heads.
  void adopt(const std::vector<ledger::shard_head>& heads);
  bool owns(ledger::shard_id shard) const { return shards_.contains(shard); }

  bool full() const { return queued_rows_ >= bounds_.journal_queue_rows; }
  bool empty() const { return queue_.empty() && groups_.empty() && in_flight_.empty(); }
  std::size_t queued() const;
  void add(pending_item p);

  /// Accounts whose head the next batch needs and we do not know.
  std::vector<ledger::account_id> missing() const;
  void learn(const std::vector<ledger::account_id>& asked,
             const std::vector<storage::loaded_account>& rows);

  struct built {
    std::shared_ptr<const storage::journal_batch> batch; ///< empty: nothing to commit now
    std::vector<ended_item> refused; ///< past their deadline, over a limit, of a stopped shard
  };
  built build(base::utc_us now);

  /// The correction that the next batch will be, when it has no basis yet: its shard, and its
  /// accounts with those that a foreign hand is suspected to have changed.
  struct correction {
    std::uint64_t ticket = 0;
    ledger::shard_id shard = 0;
    std::vector<ledger::account_id> accounts;
  };
  std::optional<correction> correction_due() const;
  /// Read just now: nothing was committed since, and nothing will be before the correction.
  void learn_basis(std::uint64_t ticket, storage::correction_basis basis);
  /// The correction ends without its basis, unless it has ended meanwhile.
  std::vector<ended_item> refuse_correction(std::uint64_t ticket, const base::failure& why);
  const std::vector<pending_item>& in_flight() const { return in_flight_; }

  /// The batch is durable: all its items, in order.
  std::vector<ended_item> committed();
  /// Forgets heads beyond the bound, after everybody was told of the commit; they are read again
  /// when needed.
  void evict();
  /// The batch is surely not there. One item: it ends. Several: halves are queued in front, nothing
  /// ends.
  std::vector<ended_item> bisect(storage::commit_class what);
  /// The batch is surely not there and all of it ends.
  std::vector<ended_item> fail(storage::commit_class what);
  /// Surely not there; the same items go to the front as one group. `fence`: the record that stands
  /// in their place.
  void again(const ledger::shard_head* fence);
  /// Everything that waits (not the batch in flight) ends.
  std::vector<ended_item> refuse_waiting(const base::failure& why);
  /// Waiting items past their deadline end.
  std::vector<ended_item> expire(base::utc_us now);

private:
  struct account_head {
    base::centavos balance;
    std::uint64_t version = 0;
  };
  struct working_head {
    account_head now;
    std::uint64_t previous_version = 0;
    bool touched = false;
  };
  struct shard_work {
    ledger::commit_record record;
    std::vector<std::size_t> entries; ///< indices in the batch
    std::uint32_t postings = 0;
  };
  enum class fit : std::uint8_t { taken, head_missing, unknown_account, over_limit };

  const pending_item* front() const;
  /// A stopped shard takes no commit, and one that is suspected takes corrections only.
  bool refused_by_stop(const storage::commit_item& item) const;
  void correct(const storage::commit_item& item);
  void note(const storage::commit_item& item, storage::journal_batch& batch) const;
  std::vector<ended_item::fact> held_by(const storage::commit_item& item) const;

  std::vector<pending_item> next_group(base::utc_us now, std::vector<ended_item>& refused);
  fit take(const pending_item& p, storage::journal_batch& batch,
           std::map<ledger::shard_id, shard_work>& work, base::utc_us now);

  limits bounds_;
  std::string node_;
  const stopped_shards& stopped_;
  std::deque<pending_item> queue_;
  std::deque<std::vector<pending_item>> groups_; ///< committed one by one, before the queue
  std::size_t queued_rows_ = 0;
  std::unordered_map<ledger::account_id, account_head> heads_;
  std::unordered_set<ledger::account_id> wanted_;
  std::unordered_set<ledger::account_id> unknown_; ///< asked for and not there
  std::map<ledger::shard_id, ledger::shard_head> shards_;

  std::vector<pending_item> in_flight_;
  std::vector<std::vector<ended_item::fact>> facts_; ///< of in_flight_, same order
  std::unordered_map<ledger::account_id, working_head> working_;
  std::vector<ledger::commit_record> records_;     ///< of the batch in flight
  std::optional<storage::correction_basis> basis_; ///< of the correction that comes next
  std::uint64_t basis_ticket_ = 0;
  std::vector<ledger::account_id> corrected_; ///< by the batch in flight
};

} // namespace actors
