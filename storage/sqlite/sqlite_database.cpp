#include "storage/sqlite/data_dir_lock.hpp"
#include "storage/sqlite/sqlite_connection.hpp"
#include "storage/sqlite/sqlite_session.hpp"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <optional>

namespace storage {

namespace {

/// A second starter waits this long for a migration that runs.
constexpr auto migration_wait = std::chrono::seconds{60};

class sqlite_schema_session final : public schema_session {
public:
  explicit sqlite_schema_session(std::unique_ptr<sqlite_connection> connection)
      : connection_(std::move(connection)) {}

  base::status begin() override {
    connection_->set_deadline(std::chrono::steady_clock::now() + migration_wait);
    const auto done = status_of(connection_->run_text("begin immediate"));
    connection_->set_deadline(deadline::max());
    return done;
  }

  base::result<rows> query(const std::string& text) override {
    rows found;
    const int code = connection_->query_text(text, found);
    if (code != SQLITE_OK) return connection_->failure_of(code);
    return found;
  }

  base::status run(const std::string& script) override {
    return status_of(connection_->run_text(script.c_str()));
  }

  base::status commit() override { return status_of(connection_->run_text("commit")); }
  void rollback() noexcept override { connection_->rollback(); }

  base::result<bool> has_table(std::string_view name) override {
    auto found = query(fmt::format("select count(*) from sqlite_schema where name = '{}'", name));
    if (!found) return found.error();
    return std::get<std::int64_t>(found->at(0).at(0)) > 0;
  }

private:
  base::status status_of(int code) {
    if (code == SQLITE_OK) return {};
    return connection_->failure_of(code);
  }

  std::unique_ptr<sqlite_connection> connection_;
};

class sqlite_database final : public database {
public:
  sqlite_database(sqlite_location where, std::optional<data_dir_lock> lock,
                  std::unique_ptr<sqlite_connection> keeper)
      : where_(std::move(where)), lock_(std::move(lock)), keeper_(std::move(keeper)) {}

  std::string_view dialect() const override { return "sqlite"; }
  bool blocks() const override { return true; }
  std::size_t journals_max() const override { return 1; }

  std::optional<std::uint64_t> free_bytes() const override {
    if (where_.memory) return std::nullopt;
    std::error_code unknown;
    const auto space =
        std::filesystem::space(std::filesystem::path{where_.path}.parent_path(), unknown);
    return unknown ? std::nullopt : std::optional<std::uint64_t>{space.available};
  }

  base::result<std::unique_ptr<schema_session>> open_schema() override {
    auto opened = sqlite_connection::open(where_, sqlite_role::writer);
    if (!opened) return opened.error();
    return std::make_unique<sqlite_schema_session>(std::move(*opened));
  }

  std::unique_ptr<session> journal_session(boost::asio::any_io_executor) override {
    return std::make_unique<sqlite_session>(where_, sqlite_role::writer);
  }

  std::unique_ptr<session> read_session(boost::asio::any_io_executor) override {
    return std::make_unique<sqlite_session>(where_, sqlite_role::reader);
  }

private:
  sqlite_location where_;
  std::optional<data_dir_lock> lock_;
  std::unique_ptr<sqlite_connection> keeper_; ///< a database in memory lives as long as it is open
};

std::atomic<unsigned> databases_in_memory{0};

constexpr std::string_view scheme = "sqlite:///";

} // namespace

base::result<std::unique_ptr<database>> open_sqlite(const open_settings& settings,
                                                    observability::log& log) {
  std::string_view url = settings.database_url;
  if (!url.starts_with(scheme))
    return base::fail(errc::unavailable, "a SQLite URL is sqlite:///relative/path, "
                                         "sqlite:////absolute/path or sqlite:///:memory:");
  url.remove_prefix(scheme.size());
  sqlite_location where;
  where.durable = settings.require_durable;
  if (url.ends_with("?mode=ro")) {
    where.read_only = true;
    url.remove_suffix(std::string_view{"?mode=ro"}.size());
  }
  if (url == ":memory:") {
    where.memory = true;
    where.path = fmt::format("file:/vaidepix-{}?vfs=memdb", ++databases_in_memory);
    auto keeper = sqlite_connection::open(where, sqlite_role::writer);
    if (!keeper) return keeper.error();
    log.warning("vai_de_pix.storage", "database in memory: everything is lost at the end");
    return std::make_unique<sqlite_database>(std::move(where), std::nullopt, std::move(*keeper));
  }
  if (url.empty()) return base::fail(errc::unavailable, "the SQLite URL names no file");
  where.path = std::filesystem::absolute(std::filesystem::path{url}).string();
  // Readers of a file in WAL mode see one snapshot each and hinder nobody.
  if (settings.beside_owner) {
    where.read_only = true;
    return std::make_unique<sqlite_database>(std::move(where), std::nullopt, nullptr);
  }
  auto lock = data_dir_lock::acquire(where.path);
  if (!lock && !(where.read_only && lock.error().code == code_text(errc::read_only)))
    return lock.error();
  std::optional<data_dir_lock> held;
  if (lock) held = std::move(*lock);
  return std::make_unique<sqlite_database>(std::move(where), std::move(held), nullptr);
}

} // namespace storage
