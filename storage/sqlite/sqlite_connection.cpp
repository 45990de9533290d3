#include "storage/sqlite/sqlite_connection.hpp"

#include "base/assert.hpp"
#include "storage/search_text.hpp"

#include <fmt/format.h>

#include <thread>

namespace storage {

namespace {

constexpr int progress_operations = 2000; ///< of the virtual machine, some 50 µs

/// The text that SQLite prepares: {rows} is a source of one row, made of the parameters.
std::string filled(const statement& what) {
  std::string text{what.text};
  if (what.kind == statement_kind::single) return text;
  std::string source = "(select ";
  std::size_t number = 0;
  for (const auto& column : columns_of(what.parameters)) {
    if (number != 0) source += ", ";
    source += fmt::format("${} as {}", ++number, column.name);
  }
  source += ") as r";
  const auto hole = text.find("{rows}");
  ENSURE(hole != std::string::npos, "a batch statement has the hole {rows}");
  return text.replace(hole, 6, source);
}

int bind_text(sqlite3_stmt* s, int index, std::string_view text) {
  // An empty view may have no address, and a null pointer would bind NULL.
  return sqlite3_bind_text64(s, index, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                             SQLITE_UTF8);
}

int bind_bytes(sqlite3_stmt* s, int index, std::string_view bytes) {
  return sqlite3_bind_blob64(s, index, bytes.data() ? bytes.data() : "", bytes.size(),
                             SQLITE_STATIC);
}

struct binder {
  sqlite3_stmt* s;
  int index;
  int operator()(std::monostate) const { return sqlite3_bind_null(s, index); }
  int operator()(std::int64_t v) const { return sqlite3_bind_int64(s, index, v); }
  int operator()(const std::string& v) const { return bind_text(s, index, v); }
  int operator()(std::string_view v) const { return bind_text(s, index, v); }
  int operator()(const blob& v) const { return bind_bytes(s, index, v.bytes); }
  int operator()(const blob_view& v) const { return bind_bytes(s, index, v.bytes); }
};

std::string bytes_at(sqlite3_stmt* s, int index) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(s, index));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(s, index));
  return data ? std::string(data, size) : std::string{};
}

cell cell_at(sqlite3_stmt* s, int index) {
  switch (sqlite3_column_type(s, index)) {
  case SQLITE_NULL: return std::monostate{};
  case SQLITE_INTEGER: return static_cast<std::int64_t>(sqlite3_column_int64(s, index));
  case SQLITE_TEXT: return bytes_at(s, index);
  case SQLITE_BLOB: return blob{bytes_at(s, index)};
  default: UNREACHABLE("no statement answers a floating point number");
  }
}

void answer_folded(sqlite3_context* call, int, sqlite3_value** arguments) {
  const auto* words = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  if (words == nullptr) return sqlite3_result_null(call);
  const auto plain = folded({words, static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]))});
  sqlite3_result_text64(call, plain.data(), plain.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// "UNIQUE constraint failed: ledger_commits.shard, ledger_commits.seq" as the name of the
/// constraint in the PostgreSQL schema.
std::string_view unique_constraint(std::string_view message) {
  const auto has = [&](std::string_view part) {
    return message.find(part) != std::string_view::npos;
  };
  if (has(": ledger_commits.")) return "ledger_commits_pkey";
  if (has(": ledger_entries.")) return "ledger_entries_pkey";
  if (has(": users.email")) return "users_email_key";
  if (has(": idempotency.")) return "idempotency_pkey";
  if (has(": accounts.")) return "accounts_pkey";
  if (has(": jobs.")) return "jobs_pkey";
  if (has(": job_attempts.")) return "job_attempts_pkey";
  if (has(": job_outcomes.")) return "job_outcomes_pkey";
  if (has(": job_controls.")) return "job_controls_pkey";
  if (has(": schedule_ticks.")) return "schedule_ticks_pkey";
  return "";
}

} // namespace

// -- open ---------------------------------------------------------------------------------------

base::result<std::unique_ptr<sqlite_connection>>
sqlite_connection::open(const sqlite_location& where, sqlite_role role) {
  std::unique_ptr<sqlite_connection> made{new sqlite_connection};
  int flags = SQLITE_OPEN_NOMUTEX | (where.memory ? SQLITE_OPEN_URI : 0);
  flags |= where.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int opened = sqlite3_open_v2(where.path.c_str(), &made->handle_, flags, nullptr);
  if (made->handle_ == nullptr)
    return base::fail(errc::unavailable, "no memory for a connection to SQLite");
  if (opened != SQLITE_OK)
    return base::fail(errc::unavailable,
                      fmt::format("cannot open {}: {}", where.path, made->message()));
  sqlite3_extended_result_codes(made->handle_, 1);
  sqlite3_busy_handler(made->handle_, &sqlite_connection::busy, made.get());
  sqlite3_progress_handler(made->handle_, progress_operations, &sqlite_connection::progress,
                           made.get());
  made->set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds{30});
  constexpr int pure = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  if (sqlite3_create_function_v2(made->handle_, "vdp_folded", 1, pure, nullptr, &answer_folded,
                                 nullptr, nullptr, nullptr) != SQLITE_OK)
    return base::fail(errc::unavailable, "no memory for a connection to SQLite");

  const bool wal = !where.memory && !where.read_only;
  std::string pragmas = "pragma foreign_keys = on; pragma recursive_triggers = on;"
                        "pragma wal_autocheckpoint = 10000; pragma journal_size_limit = 67108864;"
                        "pragma temp_store = memory;";
  pragmas += where.durable ? "pragma synchronous = full;" : "pragma synchronous = off;";
  pragmas += role == sqlite_role::writer ? "pragma cache_size = -65536;"
                                         : "pragma cache_size = -16384; pragma query_only = on;";
  if (where.pages_max > 0) pragmas += fmt::format("pragma max_page_count = {};", where.pages_max);
  // The change of mode does not wait for another one that is at it, so we do.
  int mode = wal ? made->run_text("pragma journal_mode = wal") : SQLITE_OK;
  for (int tries = 0; (mode & 0xff) == SQLITE_BUSY && busy(made.get(), tries) != 0; ++tries)
    mode = made->run_text("pragma journal_mode = wal");
  if (mode != SQLITE_OK) return made->failure_of(mode);
  if (const int code = made->run_text(pragmas.c_str()); code != SQLITE_OK)
    return made->failure_of(code);

  const auto expect = [&](const std::string& pragma, const cell& value) -> base::status {
    rows found;
    const int code = made->query_text("pragma " + pragma, found);
    if (code != SQLITE_OK) return made->failure_of(code);
    if (found.size() != 1 || found[0][0] != value)
      return base::fail(errc::unavailable,
                        fmt::format("{} does not take the setting {}", where.path, pragma));
    return {};
  };
  if (auto s = expect("foreign_keys", std::int64_t{1}); !s) return s.error();
  if (auto s = expect("recursive_triggers", std::int64_t{1}); !s) return s.error();
  if (auto s = expect("synchronous", std::int64_t{where.durable ? 2 : 0}); !s) return s.error();
  if (wal)
    if (auto s = expect("journal_mode", std::string{"wal"}); !s) return s.error();
  made->set_deadline(deadline::max());
  return made;
}

sqlite_connection::~sqlite_connection() {
  for (auto& [what, p] : prepared_) sqlite3_finalize(p.handle);
  sqlite3_close_v2(handle_);
}

int sqlite_connection::busy(void* self, int) {
  if (static_cast<sqlite_connection*>(self)->late()) return 0;
  // Only a checkpoint, a recovery, or a migration of another process holds a lock against us.
  std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return 1;
}

int sqlite_connection::progress(void* self) {
  return static_cast<sqlite_connection*>(self)->late() ? 1 : 0;
}

// -- statements ---------------------------------------------------------------------------------

base::status sqlite_connection::prepare_all() {
  for (const auto* what : all_statements())
    if (auto done = prepare(*what); !done) return done;
  return {};
}

base::status sqlite_connection::prepare(const statement& what) {
  if (prepared_.contains(&what)) return {};
  const auto text = filled(what);
  prepared made;
  const int code = sqlite3_prepare_v3(handle_, text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made.handle, nullptr);
  if (code != SQLITE_OK)
    return base::fail(errc::schema, fmt::format("the database refuses the statement {}: {}",
                                                what.name, message()));
  const auto parameters = columns_of(what.parameters).size();
  for (std::size_t i = 1; i <= parameters; ++i)
    made.parameters.push_back(
        sqlite3_bind_parameter_index(made.handle, fmt::format("${}", i).c_str()));
  made.results = result_types(what.results);
  const bool fits =
      static_cast<std::size_t>(sqlite3_bind_parameter_count(made.handle)) == parameters &&
      static_cast<std::size_t>(sqlite3_column_count(made.handle)) == made.results.size();
  prepared_.emplace(&what, std::move(made));
  if (!fits)
    return base::fail(errc::schema,
                      fmt::format("the statement {} does not have the declared parameters and "
                                  "results",
                                  what.name));
  return {};
}

int sqlite_connection::bind_row(const prepared& p, const step& what, std::size_t at) {
  const bool batch = what.what->kind == statement_kind::batch;
  for (std::size_t i = 0; i < p.parameters.size(); ++i) {
    const binder to{p.handle, p.parameters[i]};
    const int code =
        batch ? std::visit(to, what.columns[i].cells[at]) : std::visit(to, what.values[i]);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int sqlite_connection::step_through(const prepared& p, rows* out) {
  for (;;) {
    const int code = sqlite3_step(p.handle);
    if (code == SQLITE_DONE) return SQLITE_OK;
    if (code != SQLITE_ROW) return code;
    if (out == nullptr) continue;
    row one;
    one.reserve(p.results.size());
    for (std::size_t i = 0; i < p.results.size(); ++i)
      one.push_back(cell_at(p.handle, static_cast<int>(i)));
    out->push_back(std::move(one));
  }
}

int sqlite_connection::run(const step& what, rows* out, std::int64_t& changed) {
  const auto found = prepared_.find(what.what);
  ENSURE(found != prepared_.end(), "a statement of the table, on a connected session");
  const auto& p = found->second;
  const bool batch = what.what->kind == statement_kind::batch;
  ENSURE((batch ? what.columns.size() : what.values.size()) == p.parameters.size(),
         "a step has an argument for each parameter");
  const std::size_t executions = batch ? what.batch_rows() : 1;
  int code = SQLITE_OK;
  for (std::size_t at = 0; at < executions && code == SQLITE_OK; ++at) {
    code = bind_row(p, what, at);
    if (code == SQLITE_OK) code = step_through(p, out);
    if (code == SQLITE_OK) changed += sqlite3_changes64(handle_);
    sqlite3_reset(p.handle);
  }
  sqlite3_clear_bindings(p.handle);
  return code;
}

int sqlite_connection::run_text(const char* text) {
  return sqlite3_exec(handle_, text, nullptr, nullptr, nullptr);
}

int sqlite_connection::query_text(const std::string& text, rows& out) {
  prepared once;
  int code = sqlite3_prepare_v2(handle_, text.c_str(), -1, &once.handle, nullptr);
  if (code == SQLITE_OK) {
    once.results.resize(static_cast<std::size_t>(sqlite3_column_count(once.handle)));
    code = step_through(once, &out);
  }
  sqlite3_finalize(once.handle);
  return code;
}

void sqlite_connection::rollback() noexcept {
  if (!in_transaction()) return;
  // A rollback must not be cut short by the deadline that caused it.
  until_ = deadline::max();
  run_text("rollback");
}

bool sqlite_connection::read_only() const { return sqlite3_db_readonly(handle_, "main") == 1; }

// -- errors -------------------------------------------------------------------------------------

std::string sqlite_connection::message() const { return sqlite3_errmsg(handle_); }

base::failure sqlite_connection::failure_of(int code) const {
  auto detail = fmt::format("SQLite {}: {}", code, message());
  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_INTERRUPT: return base::fail(errc::timed_out, std::move(detail));
  case SQLITE_READONLY: return base::fail(errc::read_only, std::move(detail));
  case SQLITE_FULL: return base::fail(errc::full, std::move(detail));
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
  case SQLITE_NOMEM: return base::fail(errc::unavailable, std::move(detail));
  default: return base::fail(errc::broken, std::move(detail));
  }
}

commit_class sqlite_connection::class_of(int code) const {
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
    return class_of_unique(unique_constraint(message()));
  if (code == SQLITE_CONSTRAINT_TRIGGER && message() == no_former_text) return commit_class::fenced;
  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_INTERRUPT:
  case SQLITE_NOMEM:
  case SQLITE_IOERR: return commit_class::transient;
  case SQLITE_READONLY: return commit_class::read_only;
  case SQLITE_FULL: return commit_class::full;
  // The file is at fault, not our rows: to blame them would reject money that is right.
  case SQLITE_CANTOPEN:
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT: return commit_class::unavailable;
  default: return commit_class::definite;
  }
}

} // namespace storage
