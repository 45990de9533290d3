// What   sqlite_connection: one open database file with its pragmas, deadline and prepared
//        statements; what an error code means.
// Why    The one home of sqlite3.h; session and schema session are thin above it.
// Bounds Waits for a lock and runs statements until the deadline that was set, never longer.
// Errors Members answer sqlite3 result codes; failure_of and class_of translate the last one.
// Threads One at a time.
// Source engineering.md f.
#pragma once

#include "base/result.hpp"
#include "storage/session.hpp"

#include <sqlite3.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace storage {

struct sqlite_location {
  std::string path; ///< a file, or the URI of a named database in memory
  bool memory = false;
  bool read_only = false;
  bool durable = true;        ///< false: synchronous=off, for tests
  std::int64_t pages_max = 0; ///< a quota of the file; 0: none
};

enum class sqlite_role : std::uint8_t { writer, reader };

class sqlite_connection {
public:
  /// Opens, sets the pragmas and reads back those that durability rests on.
  static base::result<std::unique_ptr<sqlite_connection>> open(const sqlite_location& where,
                                                               sqlite_role role);
  ~sqlite_connection();
  sqlite_connection(const sqlite_connection&) = delete;
  sqlite_connection& operator=(const sqlite_connection&) = delete;

  void set_deadline(deadline until) { until_ = until; }

  /// Prepares all_statements(); errc::schema with the name of the first that is refused.
  base::status prepare_all();

  /// Runs a prepared statement, a batch once for each row. Appends result rows to `out` when it is
  /// not null; adds the rows that it changed to `changed`.
  int run(const step& what, rows* out, std::int64_t& changed);
  /// Runs a text without results, of one or many statements.
  int run_text(const char* text);
  int query_text(const std::string& text, rows& out);

  bool read_only() const;
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  void rollback() noexcept;

  std::string message() const;
  base::failure failure_of(int code) const;
  commit_class class_of(int code) const;

private:
  struct prepared {
    sqlite3_stmt* handle = nullptr;
    std::vector<int> parameters; ///< the index in SQLite of each parameter
    std::vector<cell_type> results;
  };

  sqlite_connection() = default;
  base::status prepare(const statement& what);
  int bind_row(const prepared& p, const step& what, std::size_t at);
  int step_through(const prepared& p, rows* out);
  static int busy(void* self, int tries);
  static int progress(void* self);
  bool late() const { return std::chrono::steady_clock::now() >= until_; }

  sqlite3* handle_ = nullptr;
  deadline until_ = deadline::max();
  std::unordered_map<const statement*, prepared> prepared_;
};

} // namespace storage
