// What   What the rest of the system may ask of a database: journal, reads, migrations. Domain
//        types and completion callbacks only.
// Why    Actors and HTTP cannot tell SQLite from PostgreSQL; one contract suite (tests/contract)
//        holds both to this text.
// Errors Every callback is called exactly once, with a value or a failure whose code is one of
//        storage::errc.
// Threads Methods may be called from any thread. Callbacks run on a storage thread: they must only
//        hand over (anon_send, notify a waiting slot) and never block.
// Source design.md §3, §5; engineering.md f.
#pragma once

#include "base/result.hpp"
#include "ledger/audit_log.hpp"
#include "ledger/backfill.hpp"
#include "ledger/command.hpp"
#include "ledger/commit.hpp"
#include "ledger/idempotency.hpp"
#include "ledger/query.hpp"
#include "ledger/user_row.hpp"
#include "scheduler/job_row.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace storage {

enum class errc : std::uint8_t {
  unavailable, ///< no connection, or lost before the first byte: nothing was done
  timed_out,   ///< a read took too long
  read_only,   ///< SQLSTATE 25006, a read-only file
  full,        ///< disk or quota
  schema,      ///< missing, altered or newer schema
  overloaded,  ///< a bound of the adapter was reached
  broken,      ///< anything else that the database refused: a fault of ours
  shutting_down,
  in_use, ///< another process serves this database
};

std::string_view code_text(errc e); ///< DB_UNAVAILABLE, DB_TIMEOUT, DB_READ_ONLY, DB_FULL,
                                    ///< DB_SCHEMA, OVERLOADED, DB_BROKEN, SHUTTING_DOWN,
                                    ///< DB_IN_USE

template <class T> using callback = std::function<void(base::result<T>)>;

// -- journal
// -------------------------------------------------------------------------------------------------

/// The part of a batch that one command wants: committed whole or not at all.
struct commit_item {
  ledger::user_id user;
  ledger::shard_id shard = 0;
  std::vector<ledger::entry_draft> entries;
  std::vector<ledger::user_record> users_new;
  std::vector<ledger::user_change> users_changed;
  std::vector<ledger::account_record> accounts_new; ///< with a balance row 0, version 0
  std::vector<ledger::account_record>
      accounts_changed; ///< by id: name, type, color, icon, floor, ceiling, active, updated_at
  std::vector<ledger::hold_record> holds_new;
  std::vector<ledger::hold_record>
      holds_changed; ///< by id: how an open one ends; one that is not open is a conflict
  std::vector<ledger::transaction_record> transactions_new;
  std::vector<ledger::transaction_record>
      transactions_changed; ///< by id: all that an edit may change
  std::vector<ledger::idempotency_record>
      answers; ///< replaces an expired record, collides with a live one
  std::vector<ledger::transaction_id>
      transactions_reborn; ///< their first entries were lost; those of this item are
  /// Accounts whose balance is taken from their entries and not from their row, which is written
  /// anew. Of a correction: all accounts of its entries too.
  std::vector<ledger::account_id> corrects;
  std::optional<ledger::audit_note> note; ///< goes into the audit log
  ledger::user_rows user_rows;            ///< take the place of those with the same key
  /// New facts: a second one with the same key is a duplicate_key, and so is a schedule that is not
  /// newer by one version, or whose watermark would move back. Others take the place of those with
  /// the same key. An outcome ends the row of rest of its job.
  scheduler::job_rows job_rows;

  std::size_t rows() const {
    return entries.size() + users_new.size() + users_changed.size() + accounts_new.size() +
           accounts_changed.size() + holds_new.size() + holds_changed.size() +
           transactions_new.size() + transactions_changed.size() + answers.size() +
           transactions_reborn.size() + corrects.size() + user_rows.size() + job_rows.size() +
           (note ? 1 : 0);
  }
  /// Needs a correction_basis, and a batch of its own.
  bool corrective() const { return !corrects.empty() || note.has_value(); }
};

struct balance_row {
  ledger::account_id account;
  base::centavos balance;
  std::uint64_t version = 0;
  std::uint64_t previous_version =
      0; ///< must still be in the row, else the batch fails as `conflict`
};

/// One SQL transaction. Records first, in shard order, so that a former owner waits at statement
/// one.
struct journal_batch {
  std::vector<ledger::commit_record> records; ///< one for each shard of the batch, ascending
  std::vector<ledger::entry> entries;
  std::vector<balance_row> balances;
  std::vector<balance_row> balances_corrected; ///< whatever stands in the row, or when it is gone
  std::vector<ledger::audit_record> audit;
  std::vector<std::shared_ptr<const commit_item>> items;
};

enum class commit_class : std::uint8_t {
  committed, ///< durable
  definite,  ///< an SQL error of one of our rows: surely not committed, and again would fail again
  duplicate_key, ///< as definite: a unique value is taken (e-mail, idempotency key, outcome)
  transient,     ///< surely not committed; the same batch may be sent again
  read_only,     ///< surely not committed; the database takes no writes
  full,          ///< surely not committed; no space
  unavailable,   ///< not sent
  fenced,        ///< somebody else wrote (shard, seq), or our last commit is gone: step down
  conflict,      ///< a balance row was not as we left it: a foreign hand; surely not committed
  in_doubt,      ///< sent, and no answer: ask resolve()
};

struct commit_result {
  commit_class what = commit_class::unavailable;
  std::string detail; ///< SQLSTATE and message, for the log
};

/// The final fate of an in-doubt batch.
struct resolution {
  enum class fate : std::uint8_t { applied, absent, fenced } what = fate::absent;
  ledger::shard_head fence; ///< absent: the record that now stands where the batch would have been
};

struct loaded_account {
  ledger::account_record record;
  base::centavos balance;
  std::uint64_t version = 0;
  std::vector<ledger::held> holds =
      {}; ///< open ones, also those whose time is over; by load() only
};

/// What is stored of an account, and what its entries say.
struct account_check {
  ledger::account_record record;
  struct position {
    base::centavos balance;
    std::uint64_t version = 0;

    bool operator==(const position&) const = default;
  };
  std::optional<position> stored; ///< nothing: the balance row is gone
  position from_ledger;           ///< sum of the entries, highest version

  bool same() const { return stored == from_ledger; }
};

/// What a correction builds on, read right before it by the one who writes.
struct correction_basis {
  std::vector<account_check> accounts; ///< unknown ids are left out
  ledger::audit_head head;             ///< of the shard's chain of the audit log
};

/// One writer: a connection of its own, one operation at a time (the journal actor keeps that
/// order).
struct journal_port {
  virtual ~journal_port() = default;
  /// Reads the heads of the shards and commits an empty record with epoch + 1 for each. Waits for a
  /// former backend that is still committing. Answers the new heads in the order of `shards`.
  virtual void take_over(std::vector<ledger::shard_id> shards, std::string node, base::utc_us now,
                         callback<std::vector<ledger::shard_head>> done) = 0;
  /// Rows and balances on the writer's connection; unknown ids are left out.
  virtual void load(std::vector<ledger::account_id> ids,
                    callback<std::vector<loaded_account>> done) = 0;
  /// Sums all entries of the accounts: O(n), so for corrections only.
  virtual void basis(ledger::shard_id shard, std::vector<ledger::account_id> ids,
                     callback<correction_basis> done) = 0;
  virtual void commit(std::shared_ptr<const journal_batch> batch,
                      std::function<void(commit_result)> done) = 0;
  /// Reconnects (with backoff, for as long as it takes) and asks by inserting a fence record at the
  /// first record's (shard, seq). Fails only with shutting_down.
  virtual void resolve(std::shared_ptr<const journal_batch> batch, callback<resolution> done) = 0;
};

// -- reads
// -------------------------------------------------------------------------------------------------

/// Everything that a book needs to know of its user.
struct book_rows {
  std::optional<ledger::user_record> user;
  std::vector<ledger::account_record> accounts; ///< all roles, closed and archived ones too
  std::vector<std::uint64_t>
      key_hashes;            ///< scope_hash of live keys, at most limits::known_keys_max
  bool keys_complete = true; ///< false: there are more, ask for each
  std::vector<ledger::automation> watching; ///< active rules that look at postings
};

struct read_port {
  virtual ~read_port() = default;
  virtual void user_by_id(ledger::user_id id,
                          callback<std::optional<ledger::user_record>> done) = 0;
  virtual void user_by_email(std::string email,
                             callback<std::optional<ledger::user_record>> done) = 0;
  virtual void book(ledger::user_id user, base::utc_us now, callback<book_rows> done) = 0;
  /// role money or category; oldest first (created_at, id). What is available counts the holds that
  /// are open at `now`, not the reservations under way.
  virtual void accounts(ledger::user_id user, ledger::account_role role, bool include_inactive,
                        base::utc_us now, callback<std::vector<ledger::account_view>> done) = 0;
  virtual void account(ledger::user_id user, ledger::account_id id, base::utc_us now,
                       callback<std::optional<ledger::account_view>> done) = 0;
  virtual void hold(ledger::user_id user, ledger::hold_id id,
                    callback<std::optional<ledger::hold_record>> done) = 0;
  /// Newest first.
  virtual void holds(ledger::user_id user, ledger::hold_filter filter,
                     callback<ledger::hold_page> done) = 0;
  virtual void entries(ledger::entry_filter filter, callback<ledger::entry_page> done) = 0;
  virtual void entries_of_transaction(ledger::transaction_id id,
                                      std::optional<ledger::transaction_id> partner,
                                      callback<std::vector<ledger::entry_view>> done) = 0;
  /// Balance after the last entry booked at or before the instant: O(log n).
  virtual void balance_booked(ledger::account_id id, base::utc_us at,
                              callback<ledger::balance_at> done) = 0;
  /// Sum of the entries whose effective day is not after the day: one row of the projection, and
  /// the entries that it does not know yet (storage/projection.hpp).
  virtual void balance_effective(ledger::account_id id, base::civil_day until,
                                 callback<ledger::balance_at> done) = 0;
  /// With its partner when it has one: {transaction, partner}. Deleted ones too. Empty when unknown
  /// or of someone else.
  virtual void transactions_by_id(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                                  bool with_partners,
                                  callback<std::vector<ledger::transaction_record>> done) = 0;
  virtual void transactions(ledger::transaction_filter filter,
                            callback<ledger::transaction_page> done) = 0;
  virtual void monthly(ledger::user_id user, base::civil_day first, base::civil_day last,
                       callback<ledger::monthly_sums> done) = 0;
  virtual void tags(ledger::user_id user, callback<std::vector<ledger::tag_count>> done) = 0;
  virtual void user_rows(ledger::row_question asked, callback<ledger::user_rows> done) = 0;
  virtual void answer(ledger::user_id user, ledger::key_scope scope, base::utc_us now,
                      callback<std::optional<ledger::idempotency_record>> done) = 0;
  /// Every endpoint's live record under the key.
  virtual void answers(ledger::user_id user, std::string key, base::utc_us now,
                       callback<std::vector<ledger::idempotency_record>> done) = 0;
};

// -- the ledger as a whole, for verify (bounded memory: ordered pages)
// -----------------------------------------

struct audit_port {
  virtual ~audit_port() = default;
  virtual void commits(ledger::shard_id shard, std::uint64_t after_seq, std::int64_t limit,
                       callback<std::vector<ledger::commit_record>> done) = 0;
  /// The last commit of the shard; nothing: there is none.
  virtual void head(ledger::shard_id shard,
                    callback<std::optional<ledger::commit_record>> done) = 0;
  /// Entries of the shard with first_seq <= seq <= last_seq, ordered by (seq, position).
  virtual void entries_of_commits(ledger::shard_id shard, std::uint64_t first_seq,
                                  std::uint64_t last_seq,
                                  callback<std::vector<ledger::entry>> done) = 0;
  /// Account rows with balances, ordered by id, after the id.
  virtual void accounts_after(ledger::account_id after, std::int64_t limit,
                              callback<std::vector<loaded_account>> done) = 0;
  /// Entries ordered by (account, version) behind the position.
  virtual void entries_after(ledger::account_id account, std::uint64_t version, std::int64_t limit,
                             callback<std::vector<ledger::entry>> done) = 0;
  /// Transactions ordered by id, after the id.
  virtual void transactions_after(ledger::transaction_id after, std::int64_t limit,
                                  callback<std::vector<ledger::transaction_record>> done) = 0;
  /// Transactions that entries name and that have no row. Ids, at most `limit`.
  virtual void without_transaction(std::int64_t limit, callback<std::vector<std::string>> done) = 0;
};

// -- recovery: what should be there and is not, and who corrected it
// -----------------------------------------

struct recovery_port {
  virtual ~recovery_port() = default;
  /// Transactions ordered by id, after the id, each with what its entries sum to.
  virtual void states_after(ledger::transaction_id after, std::int64_t limit,
                            callback<std::vector<ledger::transaction_state>> done) = 0;
  /// Of the user, with their partners; unknown ids are left out.
  virtual void states_of(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                         callback<std::vector<ledger::transaction_state>> done) = 0;
  /// Accounts ordered by id, after the id.
  virtual void checks_after(ledger::account_id after, std::int64_t limit,
                            callback<std::vector<account_check>> done) = 0;
  virtual void check_of(ledger::account_id id, callback<std::optional<account_check>> done) = 0;
  /// Newest first.
  virtual void audit_log(ledger::audit_filter filter, callback<ledger::audit_page> done) = 0;
  /// Of a shard, in the order of numbers, after the number.
  virtual void audit_records(ledger::shard_id shard, std::uint64_t after, std::int64_t limit,
                             callback<std::vector<ledger::audit_record>> done) = 0;
};

// -- the whole
// ------------------------------------------------------------------------------------------------

/// Below this somebody should make room where we write.
inline constexpr std::uint64_t free_bytes_low = 1ULL << 30;

struct store_health {
  bool up = false;
  bool read_only = false;
  std::string error_class; ///< OperationalError, TimeoutError, SchemaError when not up
  std::int64_t schema_current = 0;
  std::int64_t schema_expected = 0;
  /// Where the database lies; nothing when that is no disk of this machine (PostgreSQL, memory).
  std::optional<std::uint64_t> free_bytes = {};

  bool disk_low() const { return free_bytes && *free_bytes < free_bytes_low; }
};

inline constexpr std::int64_t old_transaction_s = 10;

/// One that has been open for longer than that: it holds locks, and vacuum, back.
struct old_transaction {
  std::int64_t pid = 0;
  base::utc_us since;
  std::int64_t age_s = 0;
  std::string state;       ///< active, idle in transaction, …
  std::string application; ///< what it calls itself

  bool operator==(const old_transaction&) const = default;
};

/// What the database says of itself.
struct database_usage {
  struct connections {
    std::int64_t in_use = 0; ///< of everybody, in all databases of the server
    std::int64_t max = 0;
  };
  struct file {
    std::int64_t page_bytes = 0;
    std::int64_t pages = 0;
    std::int64_t pages_free = 0; ///< of them, for rows to come
    std::int64_t wal_bytes = 0;
  };
  std::string version;
  std::int64_t size_bytes = 0;                              ///< without the log of writes
  std::optional<connections> server;                        ///< PostgreSQL only
  std::optional<std::vector<old_transaction>> transactions; ///< same; oldest first, at most 100
  std::optional<file> on_disk;                              ///< SQLite only
};

struct pool_usage {
  std::size_t idle = 0, busy = 0, broken = 0;
};

struct store_usage {
  std::string adapter; ///< sqlite, postgres
  pool_usage readers, journals;
  std::optional<database_usage> database; ///< nothing: it is away, or says nothing in time
};

/// Owns connections and threads. Opened by open_store() (storage/open.hpp).
struct projection_port; // storage/projection.hpp
struct job_port;        // storage/job_port.hpp
struct lock_port;       // storage/lock_port.hpp
struct pruning_port;    // storage/pruning.hpp

struct store {
  virtual ~store() = default;
  virtual std::uint32_t shards() const = 0; ///< as fixed at the first start
  /// Made with the tables, and restored with them: a database that is another one has another.
  virtual const std::string& installation() const = 0;
  virtual std::size_t journal_count() const = 0;
  virtual journal_port& journal(std::size_t index) = 0;
  virtual read_port& reads() = 0;
  virtual audit_port& audit() = 0;
  virtual projection_port& projections() = 0;
  virtual recovery_port& recovery() = 0;
  virtual job_port& jobs() = 0;
  virtual lock_port& locks() = 0;
  virtual pruning_port& pruning() = 0;
  virtual store_health
  health() = 0; ///< from a probe that runs by itself once a second; never blocks
  /// Never fails. Asked on the connection of the probe, within a few seconds, also when all readers
  /// are busy.
  virtual void usage(callback<store_usage> done) = 0;
  /// Grants or revokes the role admin; false when there is no such user. For the command line.
  virtual void set_admin(std::string email, bool admin, base::utc_us now, callback<bool> done) = 0;
  /// Refuses new work, answers what is open, closes connections, joins threads. Idempotent.
  virtual void stop() = 0;
};

} // namespace storage
