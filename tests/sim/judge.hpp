// What   The auditor of a run: sees every request, answer and durable batch, keeps the model, and
//        names the rule that something breaks.
// Why    It judges from outside: what a client may see, and what stands in the tables.
// Bounds The first broken rule is kept; the run ends with it.
// Threads the simulation's only one.
// Source testing.md §6, §7; the names I1..I15 and P1..P18 are from there.
#pragma once

#include "ledger/command.hpp"
#include "storage/port.hpp"
#include "tests/sim/expectation.hpp"
#include "tests/sim/shared_database.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sim {

struct violation {
  std::string invariant;
  std::string text;
};

/// One request of a client.
struct operation {
  std::size_t index = 0;
  std::size_t user = 0;
  std::string key;  ///< empty: none
  std::string body; ///< names the body: equal texts, equal bodies
  wish what;
  bool poison = false; ///< the database refuses its rows
  std::string description;

  // as it went
  std::int64_t invoked_us = 0;
  std::int64_t deadline_us = 0;
  bool alone = false; ///< nothing of its user was open when it began
  bool answered = false;
  bool unknown = false; ///< its client does not know
  bool lingers = false; ///< answered, but the actors may still be at it
  bool committed = false;
  bool failed = false; ///< its client was told that nothing happened
  bool met_same_key = false;
  bool at_former = false; ///< sent to a node that another one has replaced
  bool of_job = false;    ///< the posting of a job: no client waits for it
  model::sums net;        ///< of a committed one
  std::vector<std::string> accounts_made, categories_made; ///< its client does not know them yet
  std::shared_ptr<std::vector<prediction>> allowed;
};
using operation_ptr = std::shared_ptr<operation>;

/// All that ever came under one key.
struct key_history {
  std::optional<std::string> body; ///< of the answer that is stored
  std::optional<ledger::stored_answer> stored;
  std::int64_t expires_us = 0; ///< by the wall
  std::size_t effects = 0;
  std::set<std::string> bodies; ///< that ever came
};

/// Where an account was at an instant of the wall.
struct position {
  std::int64_t booked_us = 0;
  model::money balance = 0;
  std::uint64_t version = 0;
};

struct customer {
  std::string id;
  ledger::shard_id shard = 0;
  std::string equity;
  std::vector<std::string> accounts; ///< closed ones too, in order of their making
  std::vector<std::string> categories;
  model::books books;
  std::map<std::string, key_history> keys;
  std::map<std::string, std::vector<position>> positions; ///< by account
  std::map<std::string, std::string> descriptions;        ///< by transaction
  std::vector<std::string> rows;                          ///< transactions in order of their making
  std::vector<operation_ptr> open;
};

class judge {
public:
  judge(shared_database& db, std::uint32_t shards);

  std::vector<customer> users;
  /// What may excuse an answer that is no answer: faults of this run.
  struct weather {
    bool faults = false; ///< there are, or there were since the last calm
    bool small_doors = false;
    bool poison = false;
    bool stopped = false; ///< a shard was stopped for a reason
    std::int64_t key_wait_us = 0;
  } weather;
  std::function<void(const std::string&)> say;
  /// Sees each durable item first; true: there is nothing of the books in it.
  std::function<bool(const storage::commit_item&)> of_jobs;

  bool ok() const { return !broken_.has_value(); }
  const std::optional<violation>& broken() const { return broken_; }
  void accuse(std::string invariant, std::string text);
  std::size_t commits() const { return commits_; }
  const std::vector<ledger::entry>& entries() const { return entries_; }

  void add_user(const std::string& id, ledger::shard_id shard, const std::string& equity);
  void begin(const operation_ptr& op);
  void answered(const operation_ptr& op, const ledger::reply& reply, const std::string& text);
  /// A job returns a posting, perhaps once more.
  void begin_again(const operation_ptr& op);
  /// Its job has heard how it ended.
  void told(const operation_ptr& op, const std::string& text);
  /// Its client heard nothing: the deadline passed, or the node died.
  void lost(const operation_ptr& op);
  /// Nothing moves any more: what lingered has ended.
  void calm();
  void applied(const storage::journal_batch& batch);
  /// The shard met a foreign hand and must not commit again from this node.
  void must_stop(ledger::shard_id shard, const std::string& node) {
    forbidden_.insert({shard, node});
  }

  /// Tables against the model. `whole`: everything again from the first entry, and ledger::auditor.
  void compare_tables(bool whole);

private:
  struct sent_item;
  operation_ptr owner_of(customer& c, const storage::commit_item& item);
  customer* customer_of(const std::string& id);
  void look_at_open(customer& c);
  static void learn_ids(customer& c, operation& op);
  struct of_account {
    std::string id;
    model::money size = 0;
    bool lowers = false;
  };
  using push = std::vector<of_account>;
  std::vector<push> pushes_of(const customer& c) const;
  void check_floors(const storage::journal_batch& batch);
  void check_entries(const storage::journal_batch& batch);
  void apply_item(customer& c, const storage::commit_item& item, const operation_ptr& op,
                  std::int64_t booked_us);
  void remember_key(customer& c, const storage::commit_item& item, const operation_ptr& op);
  bool excused(const operation& op, const std::string& code) const;
  bool replay_is_right(customer& c, const operation& op, const ledger::reply& reply);
  void compare_rows(const customer& c, const std::vector<ledger::transaction_record>& rows);

  shared_database& db_;
  std::uint32_t shards_;
  std::unique_ptr<storage::session> reader_;
  std::optional<violation> broken_;
  std::vector<ledger::entry> entries_; ///< as committed, in order
  std::map<ledger::shard_id, std::uint64_t> last_seq_;
  std::map<std::pair<ledger::shard_id, std::uint64_t>, ledger::commit_record> records_;
  std::map<std::string, std::pair<model::money, std::uint64_t>> heads_; ///< all accounts
  std::set<std::string> reversed_; ///< transaction and the version of its row
  std::set<std::pair<ledger::shard_id, std::string>> forbidden_;
  std::map<ledger::shard_id, ledger::shard_head> compared_;
  std::size_t comparisons_ = 0;
  std::size_t commits_ = 0;
  int next_operation_ = 1;
};

} // namespace sim
