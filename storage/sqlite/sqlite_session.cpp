#include "storage/sqlite/sqlite_session.hpp"

#include "base/probe.hpp"
#include "storage/row_codec.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace storage {

namespace {

commit_result counted_wrong(const step& what, std::int64_t changed) {
  const auto& s = *what.what;
  return {s.counted == counting::duplicate_key ? commit_class::duplicate_key
                                               : commit_class::conflict,
          fmt::format("{}: row count {} instead of {}", s.name, changed, what.rows_expected)};
}

} // namespace

base::status sqlite_session::open() {
  if (connection_) return {};
  if (begun_) return base::fail(errc::unavailable, "the transaction was lost");
  auto opened = sqlite_connection::open(where_, role_);
  if (!opened) return opened.error();
  if (auto ready = (*opened)->prepare_all(); !ready) return ready;
  connection_ = std::move(*opened);
  return {};
}

boost::asio::awaitable<base::status> sqlite_session::connect(deadline) { co_return open(); }

boost::asio::awaitable<base::result<rows>> sqlite_session::execute(step what, deadline until) {
  if (what.what->kind == statement_kind::batch && what.batch_rows() == 0) co_return rows{};
  if (auto ready = open(); !ready) co_return ready.error();
  connection_->set_deadline(until);
  rows found;
  std::int64_t changed = 0;
  const int code = connection_->run(what, &found, changed);
  if (code == SQLITE_OK) co_return found;
  auto failed = connection_->failure_of(code);
  failed.detail = fmt::format("{}: {}", what.what->name, failed.detail);
  if (failed.code == code_text(errc::unavailable)) close();
  co_return failed;
}

boost::asio::awaitable<commit_result> sqlite_session::commit(const std::vector<step>& steps,
                                                             deadline until) {
  if (auto ready = open(); !ready)
    co_return commit_result{commit_class::unavailable, ready.error().detail};
  connection_->set_deadline(until);
  // A read transaction that turns to writing fails as busy at once, so take the lock first.
  if (const int code = connection_->run_text("begin immediate"); code != SQLITE_OK)
    co_return commit_result{connection_->class_of(code), connection_->failure_of(code).detail};
  auto done = run_all(steps);
  if (done.what != commit_class::committed) {
    connection_->rollback();
    co_return done;
  }
  CRASH_POINT("storage_commit_before");
  done = finish();
  CRASH_POINT("storage_commit_after");
  co_return done;
}

commit_result sqlite_session::run_all(const std::vector<step>& steps) {
  for (const auto& one : steps) {
    std::int64_t changed = 0;
    const int code = connection_->run(one, nullptr, changed);
    if (code != SQLITE_OK)
      return {connection_->class_of(code),
              fmt::format("{}: {}", one.what->name, connection_->failure_of(code).detail)};
    if (one.what->counted != counting::none && changed != one.rows_expected &&
        !base::mutant("row_count_not_checked"))
      return counted_wrong(one, changed);
  }
  return {commit_class::committed, {}};
}

commit_result sqlite_session::finish() {
  // The fsync takes as long as it takes; to give up on it would only lose the answer.
  connection_->set_deadline(deadline::max());
  const int code = connection_->run_text("commit");
  if (code == SQLITE_OK) return {commit_class::committed, {}};
  commit_result failed{connection_->class_of(code),
                       "commit: " + connection_->failure_of(code).detail};
  if ((code & 0xff) == SQLITE_IOERR) {
    // The frame of the commit may stand in the log or not: only a fresh look can tell.
    failed.what = commit_class::in_doubt;
    close();
    return failed;
  }
  connection_->rollback();
  return failed;
}

// -- one transaction over many calls ------------------------------------------------------------

boost::asio::awaitable<base::status> sqlite_session::begin(transaction_use use, deadline until) {
  if (auto ready = open(); !ready) co_return ready;
  connection_->set_deadline(until);
  const bool write = use == transaction_use::write;
  int code = connection_->run_text(write ? "begin immediate" : "begin");
  rows found;
  // Reading something is what fixes the snapshot.
  if (code == SQLITE_OK) code = connection_->query_text("select count(*) from meta", found);
  if (code != SQLITE_OK) co_return connection_->failure_of(code);
  begun_ = true;
  co_return base::status{};
}

boost::asio::awaitable<commit_result> sqlite_session::append(const std::vector<step>& steps,
                                                             deadline until) {
  if (!begun_ || !connection_)
    co_return commit_result{commit_class::unavailable, "the transaction was lost"};
  connection_->set_deadline(until);
  auto done = run_all(steps);
  // SQLite would commit what came before the statement that failed.
  if (done.what != commit_class::committed) close();
  co_return done;
}

boost::asio::awaitable<commit_result> sqlite_session::end(deadline) {
  if (!begun_ || !connection_)
    co_return commit_result{commit_class::unavailable, "the transaction was lost"};
  auto done = finish();
  close();
  co_return done;
}

boost::asio::awaitable<void> sqlite_session::end_former(deadline) { co_return; }

boost::asio::awaitable<base::result<bool>> sqlite_session::probe_read_only(deadline until) {
  if (auto ready = open(); !ready) co_return ready.error();
  connection_->set_deadline(until);
  rows found;
  // Reads a page of the file, so that a disk that is gone is noticed.
  const int code = connection_->query_text("select count(*) from meta", found);
  if (code != SQLITE_OK) {
    auto failed = connection_->failure_of(code);
    close();
    co_return failed;
  }
  co_return connection_->read_only();
}

// -- what it uses -------------------------------------------------------------------------------

namespace {

constexpr const char* file_usage_text =
    "select sqlite_version(), page_size, page_count, freelist_count"
    " from pragma_page_size, pragma_page_count,"
    " pragma_freelist_count";

/// There is none in memory, and none before the first write.
std::int64_t wal_bytes_of(const sqlite_location& where) {
  if (where.memory) return 0;
  std::error_code none;
  const auto bytes = std::filesystem::file_size(where.path + "-wal", none);
  return none ? 0 : static_cast<std::int64_t>(bytes);
}

} // namespace

boost::asio::awaitable<base::result<database_usage>> sqlite_session::usage(deadline until) {
  if (auto ready = open(); !ready) co_return ready.error();
  connection_->set_deadline(until);
  rows found;
  const int code = connection_->query_text(file_usage_text, found);
  if (code != SQLITE_OK) co_return connection_->failure_of(code);
  database_usage said;
  const auto& r = found.at(0);
  said.version = text_at(r, 0);
  said.on_disk = {integer_at(r, 1), integer_at(r, 2), integer_at(r, 3), wal_bytes_of(where_)};
  said.size_bytes = said.on_disk->page_bytes * said.on_disk->pages;
  co_return said;
}

} // namespace storage
