// What   The seam between work that is written once (journal_work, read_work, migrate) and the two
//        adapters: session, schema_session, database.
// Why    SQLite answers synchronously on the executor that it was given, PostgreSQL suspends on its
//        socket; the coroutines above cannot tell.
// Bounds One operation of a session at a time (its owner keeps that order). Every wait ends at its
//        deadline.
// Errors execute, connect: failures of storage::errc. commit: commit_result, see the rules below.
//        No member throws, except by a broken invariant.
// Threads A session is confined to the executor it was made with. close() too. A database: any.
// Source engineering.md f; design.md §3.5.
#pragma once

#include "base/result.hpp"
#include "observability/log.hpp"
#include "storage/open.hpp"
#include "storage/port.hpp"
#include "storage/statement.hpp"
#include "storage/value.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace storage {

using deadline = std::chrono::steady_clock::time_point;

/// A statement with its arguments.
struct step {
  const statement* what = nullptr;
  params values;                   ///< of a single statement
  std::vector<column> columns;     ///< of a batch, all of the same length
  std::int64_t rows_expected = -1; ///< of a counted statement: never negative; else ignored

  std::size_t batch_rows() const { return columns.empty() ? 0 : columns.front().cells.size(); }
};

/// How a lost unique value is classed; both adapters ask it. `constraint` is the name in the
/// PostgreSQL schema: ledger_commits_pkey -> fenced, ledger_entries_pkey -> conflict,
/// users_email_key, idempotency_pkey, accounts_pkey and those of facts of jobs -> duplicate_key,
/// every other one -> definite.
commit_class class_of_unique(std::string_view constraint);

struct session {
  virtual ~session() = default;

  /// Connects (again) and prepares all_statements(). errc::unavailable, or errc::schema with the
  /// name of the statement that the database refused. Does nothing when connected() already.
  virtual boost::asio::awaitable<base::status> connect(deadline until) = 0;
  virtual bool connected() const = 0;

  /// A read, or one write that is a transaction of its own (the fence of a resolution). A batch of
  /// no rows answers nothing without asking. After errc::unavailable and errc::timed_out the
  /// session may be closed: look at connected().
  virtual boost::asio::awaitable<base::result<rows>> execute(step what, deadline until) = 0;

  /// All steps in one transaction, or nothing. Steps of no rows are left out. PostgreSQL: one
  /// pipeline, closed by one sync. SQLite: begin immediate, steps, commit.
  ///   committed    only after the database said so (a COMMIT that answers ROLLBACK did not)
  ///   unavailable  not one byte was sent
  ///   in_doubt     sent, and no answer: lost connection, FATAL, deadline, I/O error in COMMIT. The
  ///                session is closed then.
  /// The order of results of `returning` is of no use here: a commit answers no rows.
  virtual boost::asio::awaitable<commit_result> commit(const std::vector<step>& steps,
                                                       deadline until) = 0;

  /// Asks the database to end what is left on its side of our former connection, when a resolution
  /// waits for it too long (pg_terminate_backend). Nothing to do on SQLite.
  virtual boost::asio::awaitable<void> end_former(deadline until) = 0;

  /// A round trip to the database, for health: true when it takes no writes now (recovery,
  /// read-only default, read-only file). Connects when it has to.
  virtual boost::asio::awaitable<base::result<bool>> probe_read_only(deadline until) = 0;

  /// What the database says of itself, for an operator. Connects when it has to. Its texts are the
  /// adapter's own: no text answers this on both databases.
  virtual boost::asio::awaitable<base::result<database_usage>> usage(deadline until);

  virtual void close() noexcept = 0;

  // -- one transaction over many calls, for export and import ------------------------------------

  /// read: one snapshot for all that follows, however long it takes. write: nobody sees anything
  /// before end(). Once per session; when its connection is lost the transaction is, and the
  /// session with it: it never connects again. A session that nobody needs this of refuses.
  virtual boost::asio::awaitable<base::status> begin(transaction_use use, deadline until);
  /// Writes within the transaction; after anything but `committed` it can only be given up.
  virtual boost::asio::awaitable<commit_result> append(const std::vector<step>& steps,
                                                       deadline until);
  /// Makes all that was appended durable, at once. close() instead gives it up.
  virtual boost::asio::awaitable<commit_result> end(deadline until);
};

/// Blocking, used at start and by migrations, before anything serves.
struct schema_session {
  virtual ~schema_session() = default;
  /// One transaction, under a lock at which a second starter waits (pg_advisory_xact_lock; begin
  /// immediate). errc::unavailable, errc::timed_out, errc::read_only.
  virtual base::status begin() = 0;
  /// A query without parameters; every column comes as text or integer by its type.
  virtual base::result<rows> query(const std::string& text) = 0;
  /// Several statements, none with a result. errc::broken with the message of the database.
  virtual base::status run(const std::string& script) = 0;
  virtual base::status commit() = 0;
  virtual void rollback() noexcept = 0;
  /// The name of one of our tables, or of anything else that stands in the schema: does it exist?
  virtual base::result<bool> has_table(std::string_view name) = 0;
};

/// A configured database. The factories check what has to hold for it to be durable and ours
/// (settings.require_durable) and answer a text for the operator when it does not.
struct database {
  virtual ~database() = default;
  virtual std::string_view dialect() const = 0; ///< "sqlite", "postgres": names the schema files
  /// true: a session blocks its thread, so each gets a thread of its own. false: sessions of one
  /// kind may share an executor.
  virtual bool blocks() const = 0;
  virtual std::size_t journals_max() const = 0; ///< SQLite: 1
  /// As in store_health. Asks the file system, not the database.
  virtual std::optional<std::uint64_t> free_bytes() const { return std::nullopt; }
  virtual base::result<std::unique_ptr<schema_session>> open_schema() = 0;
  /// For presence::alone: no server is connected, and none connects before this object dies. A lock
  /// on the file says so already on SQLite.
  virtual base::status stay_alone() { return {}; }
  virtual std::unique_ptr<session> journal_session(boost::asio::any_io_executor on) = 0;
  virtual std::unique_ptr<session> read_session(boost::asio::any_io_executor on) = 0;
  /// A lock of a job belongs to a session, which may be another process's; else to this process.
  virtual bool locks_by_session() const { return false; }
  /// For lock_statements() and nothing else.
  virtual std::unique_ptr<session> lock_session(boost::asio::any_io_executor) { return nullptr; }
};

/// sqlite/sqlite_database.cpp
base::result<std::unique_ptr<database>> open_sqlite(const open_settings& settings,
                                                    observability::log& log);
/// postgres/pg_database.cpp
base::result<std::unique_ptr<database>> open_postgres(const open_settings& settings,
                                                      observability::log& log);

} // namespace storage
