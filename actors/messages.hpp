// What   Every message between our actors, one struct per verb. Commands are imperative, facts are
//        participles.
// Why    Typed actors and one page of words: a wrong message does not compile.
// Bounds None leaves the process ("unsafe" to CAF).
// Source engineering.md c.
#pragma once

#include "actors/promise.hpp"
#include "ledger/command.hpp"
#include "ledger/decide.hpp"
#include "scheduler/job_row.hpp"
#include "storage/port.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace actors {

using operation_id =
    std::uint64_t; ///< one running command of a book; also its ticket at every account
using reply_promise = std::shared_ptr<promise<ledger::reply>>;

// -- to a book (and the shard before it) ----------------------------------------------------------

/// What a dry run looks at: filled in before its answer.
struct dry_look {
  std::shared_ptr<const storage::commit_item> item; ///< that would be written
  /// Of each account that was asked: what its word follows, granted or not.
  std::map<ledger::account_id, std::uint64_t> versions;
};

struct submit {
  std::shared_ptr<const ledger::envelope> command;
  reply_promise to;
  /// Rows that commit with its effects: an outcome, jobs that follow from a posting. A refused
  /// command leaves none of them.
  std::shared_ptr<const scheduler::job_rows> beside = {};
  /// Where in the journal of the shard they stand: filled in before a good answer.
  std::shared_ptr<std::uint64_t> seq = {};
  /// Of a dry run, which has no key: told what would be written, instead of the journal.
  std::shared_ptr<dry_look> dry = {};
};

/// Which endpoints are running under a key right now.
struct ask_running {
  ledger::user_id user;
  std::string key;
  std::shared_ptr<promise<std::vector<std::string>>> to;
};

/// An account's word on a reservation. `state` comes with an exclusive one.
struct account_answered {
  ledger::account_id account;
  base::status verdict;
  std::shared_ptr<const ledger::account_state> state;
  std::optional<std::uint64_t> version = {}; ///< of its balance; nothing: it was not loaded
};

/// The journal's fact about a handed-over item: durable, or surely not.
struct item_ended {
  base::status result;
  /// Of its accounts, when it is `singly` and its balances would leave their range.
  std::map<ledger::account_id, base::centavos> held = {};
  std::uint64_t seq = 0; ///< of a durable one: its commit
};

struct transactions_read {
  base::result<std::vector<ledger::transaction_record>> rows;
};

struct states_read {
  base::result<std::vector<ledger::transaction_state>> states;
};

struct answer_read {
  std::size_t index; ///< 0 for the command itself; batch item + 1
  base::result<std::optional<ledger::idempotency_record>> row;
};

struct hold_read {
  base::result<std::optional<ledger::hold_record>> row;
};

struct user_rows_read {
  std::size_t index; ///< of the question
  base::result<ledger::user_rows> rows;
};

/// From an account, and of no operation: the time of a hold is over.
struct hold_due {
  ledger::account_id account;
  ledger::hold_id hold;
};

/// Whatever happens to one running operation.
struct operation_event {
  operation_id id = 0;
  std::variant<account_answered, item_ended, transactions_read, answer_read, hold_read, hold_due,
               states_read, user_rows_read>
      what;
};

/// The journal's word to a book that wants to read its rows: nobody else commits to the shard any
/// more. Not taken over: the database takes nothing now, and the rows may be old.
struct owned {
  bool taken_over = false;
};

struct book_read {
  base::result<storage::book_rows> rows;
};

/// From the shard: quit if you are idle and have seen exactly `forwarded` commands.
struct retire {
  std::uint64_t forwarded = 0;
};

struct tick {
  std::uint64_t generation = 0;
};

// -- to a shard -----------------------------------------------------------------------------------

struct retire_answered {
  ledger::user_id user;
  bool retired = false;
};

/// The journal's word: nothing of this user is on its way any more.
struct flushed {
  ledger::user_id user;
};

// -- to an account --------------------------------------------------------------------------------

using book_sink = caf::typed_actor<caf::reacts_to<operation_event>>;

struct reserve {
  operation_id op = 0;
  base::centavos effect;
  ledger::leg_rule rule = ledger::leg_rule::plain;
  bool exclusive = false; ///< granted when nothing else is open; later ones wait behind it
  book_sink book;
  std::int64_t sent_ns = 0;                           ///< steady clock; for the contention metric
  std::shared_ptr<const ledger::hold_wish> hold = {}; ///< a hold that begins or ends with it
  bool verdict_only = false; ///< of a dry run: nothing is set aside, and nothing released
};

/// The coordinator gives up before hand-over.
struct release {
  operation_id op = 0;
};

/// Fact of the journal: durable. `record` comes with a change of the account itself.
struct settled {
  struct position {
    base::centavos balance;
    std::uint64_t version = 0;
  };
  operation_id op = 0;
  std::optional<position> moved; ///< nothing: the item has no entry of this account
  std::shared_ptr<const ledger::account_record> record;
  bool corrected = false; ///< what the account knew may have been wrong
};

struct account_loaded {
  base::result<std::optional<storage::loaded_account>> row;
};

// -- to the journal -------------------------------------------------------------------------------

using settle_sink = caf::typed_actor<caf::reacts_to<settled>, caf::reacts_to<release>>;
using loaded_sink = caf::typed_actor<caf::reacts_to<account_loaded>>;

/// A complete item. From here on only a fact of the journal ends its reservations (money law A).
struct hand_over {
  std::shared_ptr<const storage::commit_item> item;
  operation_id op = 0;
  struct target {
    settle_sink account;
    ledger::account_id id;
    std::shared_ptr<const ledger::account_record> record;
  };
  std::vector<target> targets;
  base::utc_us deadline;
  std::function<void(const item_ended&)> ended; ///< runs in the journal; only hands over
  bool singly = false; ///< its postings are decided one by one: no balance may leave its range
                       ///< between them either
};

struct load_account {
  ledger::account_id id;
  loaded_sink to;
};

struct storage_event {
  std::uint64_t generation = 0;
  std::variant<base::result<std::vector<ledger::shard_head>>,
               base::result<std::vector<storage::loaded_account>>, storage::commit_result,
               base::result<storage::resolution>, base::result<storage::correction_basis>>
      what;
};

/// Answered when the take-over has ended, one way or the other; no: the database takes nothing now.
/// Nothing: the journal died with the question.
struct ask_owned {
  std::shared_ptr<yes_or_no> to;
};

/// Answered as soon as all that was handed over before it has ended. Nothing: the journal died.
struct ask_flushed {
  std::shared_ptr<yes_or_no> to;
};

// -- to the owner of the jobs ---------------------------------------------------------------------

class job_owner;

/// One of its verbs, run in its turn: jobs have some thirty, and each is a method of the owner.
struct owner_call {
  std::function<void(job_owner&)> run;
};

class schedule_owner;

/// As owner_call, to the owner of schedules.
struct schedule_call {
  std::function<void(schedule_owner&)> run;
};

class lock_keeper;

/// As owner_call, to the keeper of job locks.
struct keeper_call {
  std::function<void(lock_keeper&)> run;
};

/// The end, in order: what came before it is finished and answered, then the actor quits. A message
/// and no exit, because an exit would overtake the answers.
struct drain {};

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::submit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::ask_running)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::operation_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::book_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::retire)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::retire_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::flushed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::owned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::reserve)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::release)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::account_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::hand_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::load_account)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::storage_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::ask_flushed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::ask_owned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::owner_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::schedule_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::keeper_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::drain)
