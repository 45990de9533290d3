// What   The books of one user: which accounts and categories there are, which commands run, which
//        keys are in use. Coordinates the accounts of a command and hands the complete item to the
//        journal.
// Why    Idempotency, ownership and the order of edits are matters of a user, not of one account.
//        The book never decides about money: it asks the account actors, and it never waits holding
//        a lock.
// Bounds limits::book_operations; accounts and categories per user as in base::limits.
// Errors Answers carry ledger::errc, storage::errc or OVERLOADED codes.
// Threads confined to its actor.
// Source design.md §3.2, §4; docs/decisions/0001 (why amendments queue).
#pragma once

#include "actors/actor_base.hpp"
#include "actors/handles.hpp"
#include "actors/operation.hpp"
#include "base/random.hpp"
#include "ledger/follow_ups.hpp"

#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace actors {

class book final : public house_actor<book_actor> {
public:
  book(caf::actor_config& cfg, environment& env, ledger::user_id user, ledger::shard_id shard,
       journal_actor journal, shard_actor parent);

  behavior_type make_behavior() override;
  /// Handles go with the actor's end, not with its memory: two that hold each other would
  /// never be freed.
  void on_exit() override;

private:
  static constexpr auto waiter_beat = std::chrono::milliseconds{50};
  static constexpr std::chrono::microseconds expiry_patience = std::chrono::seconds{9};
  enum class stage : std::uint8_t { loading, ready };
  struct member {
    ledger::account_record record;
    std::optional<account_actor> actor; ///< spawned on first use
  };
  struct waiter {
    reply_promise to;
    base::utc_us deadline;
  };
  struct running_key {
    operation_id owner = 0;
    base::digest fingerprint{};
    std::vector<waiter> waiters;
  };

  // life
  void read_book();
  void on_owned(const owned& m);
  void on_book(const book_read& m);
  void on_submit(const submit& m);
  void on_event(const operation_event& m);
  void on_tick();
  void on_retire(const retire& m);
  void stop_accounts();
  /// An inactive user's book runs what administrators send, and what is its own.
  bool takes(const ledger::command& c) const;
  bool idle() const { return operations_.empty() && running_.empty() && before_ready_.empty(); }

  // keys (book_keys.cpp)
  bool claim(operation& op, const ledger::key_scope& scope, const base::digest& fingerprint);
  bool maybe_stored(const ledger::key_scope& scope) const;
  void read_answer(operation& op, std::size_t index, const ledger::key_scope& scope);
  void release_keys(operation& op, const ledger::reply& answer);

  // steps
  void begin(operation& op);
  void dispatch(operation& op);
  void wait(operation& op, std::function<void(operation&)> next);
  void arrived(operation& op);
  void ask_accounts(operation& op, const std::vector<ledger::effect>& effects,
                    std::function<void(operation&)> next);
  void ask_exclusive(operation& op, const std::vector<ledger::account_id>& accounts,
                     std::function<void(operation&)> next);
  void read_rows(operation& op, std::vector<ledger::transaction_id> ids,
                 std::function<void(operation&)> next);
  void commit(operation& op);
  // book_follow_ups.cpp
  bool takes_turn(const ledger::command& c) const;
  bool looks_at_watched(const ledger::command& c) const;
  bool follow_up(operation& op);
  void learn_rules(const storage::commit_item& item);
  bool awaits_unwatched();
  void finish(operation& op, base::result<ledger::outcome> result);
  void refused_late(operation& op, base::failure why);
  void answer(operation& op, ledger::reply reply);
  void start_amendments();

  // commands (book_accounts.cpp, book_transactions.cpp, book_batch.cpp, book_legs.cpp,
  // book_holds.cpp, book_corrections.cpp, book_user_rows.cpp, book_merge.cpp)
  void run(operation& op, const ledger::create_account& c);
  void run(operation& op, const ledger::update_account& c);
  void run(operation& op, const ledger::close_account& c);
  void run(operation& op, const ledger::create_category& c);
  void run(operation& op, const ledger::update_category& c);
  void run(operation& op, const ledger::archive_category& c);
  void run(operation& op, const ledger::create_transaction& c);
  void run(operation& op, const ledger::edit_transaction& c);
  void run(operation& op, const ledger::delete_transaction& c);
  void run(operation& op, const ledger::restore_transaction& c);
  void run(operation& op, const ledger::delete_many& c);
  void run(operation& op, const ledger::post_batch& c);
  void run(operation& op, const ledger::post_legs& c);
  void run(operation& op, const ledger::place_hold& c);
  void run(operation& op, const ledger::post_hold& c);
  void run(operation& op, const ledger::void_hold& c);
  void run(operation& op, const ledger::expire_hold& c);
  void read_hold(operation& op, ledger::hold_id id, std::function<void(operation&)> next);
  void end_hold(operation& op, const ledger::hold_record& ended);
  void on_hold_due(const hold_due& m);
  void run(operation& op, const ledger::repair_entries& c);
  void run(operation& op, const ledger::sync_balances& c);
  void run(operation& op, const ledger::note_action& c);
  void run(operation& op, const ledger::seed_members& c);
  void run(operation& op, const ledger::change_rows& c);
  void read_user_rows(operation& op, const std::vector<ledger::row_question>& asked,
                      std::function<void(operation&)> next);
  void run(operation& op, const ledger::merge_books& c);
  void merge(operation& op);
  base::status merge_accounts(operation& op, const ledger::merge_books& wish, base::utc_us now,
                              ledger::merged_books& made);
  base::status merge_categories(operation& op, const ledger::merge_books& wish, base::utc_us now,
                                ledger::merged_books& made);
  /// Without what an edit says.
  ledger::account_record new_category(const ledger::account_id& id, base::utc_us now) const;
  /// An opening or adjustment against the equity account, as a plan.
  ledger::plan plan_system(ledger::transaction_type type, const ledger::account_id& account,
                           base::centavos effect, base::utc_us now);
  void post_beside_rows(operation& op);
  void tell_deliveries(const ledger::user_rows& rows);
  bool knows(const ledger::account_id& id) const; ///< an account of this user, of any role
  void correct(operation& op, std::vector<ledger::account_id> accounts);
  void amend(operation& op, const ledger::transaction_record& current,
             base::result<ledger::plan> plan);
  void take_accounts(operation& op, const ledger::post_batch& c);
  void decide_batch(operation& op, const ledger::post_batch& c);
  static bool decides_singly(const ledger::command& c); ///< what it holds, item by item
  bool decide_again(operation& op, const item_ended& refused);

  base::result<ledger::plan> plan_new(const ledger::create_transaction& c, base::utc_us now);
  base::result<ledger::plan> plan_legs(const ledger::post_legs& c, base::utc_us now);
  base::result<ledger::plan> plan_change(const ledger::edit_transaction& c,
                                         const ledger::transaction_record& current,
                                         const ledger::transaction_record* partner,
                                         base::utc_us now);
  base::status decide_in(operation& op, const ledger::plan& plan);
  std::shared_ptr<storage::commit_item> new_item() const;
  base::id_key new_id(base::utc_us now) {
    return env().ids.next(now, static_cast<std::uint8_t>(shard_));
  }
  member* find_account(const ledger::account_id& id);
  ledger::account_record* find_category(const ledger::account_id& id); ///< active ones
  account_actor& actor_of(member& m);
  void learn(const ledger::account_record& record);

  ledger::user_id user_;
  ledger::shard_id shard_;
  journal_actor journal_;
  shard_actor parent_;
  stage stage_ = stage::loading;
  bool reading_ = false;       ///< the rows of the book are on their way
  bool provisional_ = false;   ///< they may be old: the journal has not taken the shard over
  bool active_ = false;        ///< the user is
  std::uint64_t received_ = 0; ///< commands seen; the shard compares it before it lets us go

  std::unordered_map<ledger::account_id, member> accounts_;
  std::unordered_map<ledger::account_id, ledger::account_record> categories_;
  ledger::account_id equity_;
  ledger::watching watching_;         ///< the user's rules that look at postings
  operation_id unwatched_before_ = 0; ///< older ones began before a rule was known
  std::unordered_set<std::uint64_t>
      known_keys_; ///< scope_hash of every live key, while known_complete_
  bool known_complete_ = true;

  std::deque<submit> before_ready_;
  operation_id next_id_ = 1;
  std::unordered_map<operation_id, std::unique_ptr<operation>> operations_;
  std::map<ledger::key_scope, running_key> running_;
  std::size_t waiters_ = 0;
  std::deque<operation_id> amendments_; ///< the first one runs
  operation_id started_amendment_ = 0;
  bool starting_ = false;
  bool ticking_ = false;
};

/// Among rows that were read; null when it is not there.
const ledger::transaction_record* find_row(const std::vector<ledger::transaction_record>& rows,
                                           const ledger::transaction_id& id);
const ledger::transaction_record* partner_of(const std::vector<ledger::transaction_record>& rows,
                                             const ledger::transaction_record& t);

void edit_category(ledger::account_record& record, const ledger::update_category& edit);

/// What several commands of a book refuse in the same words.
bool blank(const std::string& text);
base::failure no_category(const ledger::account_id& id);

/// Adds a plan to an item; its postings are numbered behind those that are there.
void append(storage::commit_item& item, const ledger::plan& plan);

} // namespace actors
