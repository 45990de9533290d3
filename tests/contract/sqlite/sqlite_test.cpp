// The contract on SQLite, and what only SQLite has: the lock, the database in memory.
#include "storage/row_codec.hpp"
#include "storage/sqlite/data_dir_lock.hpp"
#include "storage/sqlite/sqlite_session.hpp"
#include "storage/statements.hpp"
#include "tests/contract/scribe.hpp"
#include "tests/contract/store_contract.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

class sqlite_fixture final : public database_under_test {
public:
  sqlite_fixture() {
    std::string pattern = std::filesystem::temp_directory_path() / "vaidepix-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~sqlite_fixture() override { std::filesystem::remove_all(folder_); }
  sqlite_fixture(const sqlite_fixture&) = delete;
  sqlite_fixture& operator=(const sqlite_fixture&) = delete;

  std::string file() const { return folder_ / "ledger.db"; }

  storage::open_settings settings() const override {
    storage::open_settings s;
    s.database_url = "sqlite:///" + file();
    s.read_connections = 2;
    s.require_durable = false;
    return s;
  }

  storage::open_settings read_only_settings() const override {
    auto s = settings();
    s.database_url += "?mode=ro";
    return s;
  }

  std::string_view adapter_name() const override { return "sqlite"; }

  std::unique_ptr<storage::database> adapter() const override {
    contract::surroundings around;
    auto opened = storage::open_sqlite(settings(), around.log);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().detail));
    return std::move(*opened);
  }

  std::string raw(const std::string& sql) const override {
    sqlite3* handle = nullptr;
    sqlite3_open(file().c_str(), &handle);
    sqlite3_exec(handle, "pragma recursive_triggers = on", nullptr, nullptr, nullptr);
    const int code = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
    const std::string message = code == SQLITE_OK ? "" : sqlite3_errmsg(handle);
    sqlite3_close(handle);
    return message;
  }

  std::string columns() const override {
    std::string found;
    sqlite3* handle = nullptr;
    sqlite3_open(file().c_str(), &handle);
    sqlite3_exec(
        handle,
        "select m.name || '.' || c.name from sqlite_schema m, pragma_table_info(m.name) c"
        " where m.type = 'table' and m.name not like 'sqlite_%'",
        [](void* to, int, char** cells, char**) {
          *static_cast<std::string*>(to) += std::string{cells[0]} + " ";
          return 0;
        },
        &found, nullptr);
    sqlite3_close(handle);
    return found;
  }

  // The plan does not know the values.
  std::string plan(const storage::statement& what, const std::vector<std::string>&) const override {
    std::string found;
    sqlite3* handle = nullptr;
    sqlite3_open(file().c_str(), &handle);
    const auto text = "explain query plan " + std::string{what.text};
    sqlite3_stmt* s = nullptr;
    BOOST_REQUIRE(sqlite3_prepare_v2(handle, text.c_str(), -1, &s, nullptr) == SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW)
      found += std::string{reinterpret_cast<const char*>(sqlite3_column_text(s, 3))} + "\n";
    sqlite3_finalize(s);
    sqlite3_close(handle);
    return found;
  }

  std::vector<std::string> other_ways_to_delete(const std::string& table) const override {
    return {"insert or replace into " + table + " select * from " + table};
  }

private:
  std::filesystem::path folder_;
};

} // namespace

std::unique_ptr<database_under_test> fresh_database() { return std::make_unique<sqlite_fixture>(); }

bool contract_runs(boost::unit_test::test_unit_id) { return true; }

BOOST_AUTO_TEST_SUITE(sqlite_only)

using namespace contract;

BOOST_AUTO_TEST_CASE(a_second_process_is_refused_and_told_who_holds_the_lock) {
  sqlite_fixture db;
  world w{db.settings()};
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    // Only the lock: the threads of the parent do not exist here.
    const auto lock = storage::data_dir_lock::acquire(db.file());
    const auto pid = "pid " + std::to_string(::getppid());
    ::_exit(!lock && lock.error().detail.find(pid) != std::string::npos ? 0 : 1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 0);

  surroundings around;
  const auto second = storage::open_store(db.settings(), storage::migrate_mode::serve, around.clock,
                                          around.log, around.metrics);
  BOOST_REQUIRE(!second);
  BOOST_TEST(second.error().code == storage::code_text(storage::errc::in_use));
}

BOOST_AUTO_TEST_CASE(the_lock_ends_with_the_store) {
  sqlite_fixture db;
  { world w{db.settings()}; }
  world w{db.settings()};
  BOOST_TEST(w.store().health().up);
}

BOOST_AUTO_TEST_CASE(durable_settings_hold) {
  sqlite_fixture db;
  storage::sqlite_location where{db.file(), false, false, true};
  auto opened = storage::sqlite_connection::open(where, storage::sqlite_role::writer);
  BOOST_REQUIRE(opened);
  const auto pragma = [&](const std::string& name) {
    storage::rows found;
    BOOST_REQUIRE((*opened)->query_text("pragma " + name, found) == SQLITE_OK);
    return found.at(0).at(0);
  };
  BOOST_TEST((pragma("synchronous") == storage::cell{std::int64_t{2}}));
  BOOST_TEST((pragma("journal_mode") == storage::cell{"wal"s}));
  BOOST_TEST((pragma("foreign_keys") == storage::cell{std::int64_t{1}}));
  BOOST_TEST((pragma("recursive_triggers") == storage::cell{std::int64_t{1}}));
}

BOOST_AUTO_TEST_CASE(a_database_in_memory_is_shared_by_its_connections) {
  storage::open_settings settings;
  settings.database_url = "sqlite:///:memory:";
  world w{settings};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana), posting(expense(ana, "t1", 100))});
  const auto user = value_of<std::optional<ledger::user_record>>(
      [&](auto done) { w.reads().user_by_id(ana.user.id, std::move(done)); });
  BOOST_TEST((user == ana.user));
  world other{settings};
  BOOST_TEST(other.entries().empty());
  BOOST_TEST(!w.store().health().free_bytes.has_value());
  const auto said =
      value_of<storage::store_usage>([&](auto done) { w.store().usage(std::move(done)); });
  BOOST_REQUIRE(said.database.has_value());
  BOOST_TEST(said.database->on_disk.value().wal_bytes == 0);
}

BOOST_AUTO_TEST_CASE(looking_at_a_missing_file_makes_none) {
  sqlite_fixture db;
  surroundings around;
  for (const auto mode : {storage::migrate_mode::dry_run, storage::migrate_mode::refuse})
    storage::migrate(db.settings(), mode, around.clock, around.log);
  BOOST_TEST(!std::filesystem::exists(db.file()));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_refused) {
  sqlite_fixture db;
  std::ofstream{db.file()} << std::string(4096, 'x');
  surroundings around;
  const auto opened = storage::open_store(db.settings(), storage::migrate_mode::serve, around.clock,
                                          around.log, around.metrics);
  BOOST_REQUIRE(!opened);
  BOOST_TEST(opened.error().code == storage::code_text(storage::errc::unavailable));
}

BOOST_AUTO_TEST_CASE(a_long_read_ends_at_its_deadline) {
  sqlite_fixture db;
  storage::sqlite_location where{db.file(), false, false, false};
  auto opened = storage::sqlite_connection::open(where, storage::sqlite_role::writer);
  BOOST_REQUIRE(opened);
  (*opened)->set_deadline(std::chrono::steady_clock::now());
  storage::rows found;
  const int code = (*opened)->query_text(
      "with recursive n (i) as (select 1 union all select i + 1 from n) select max(i) from n",
      found);
  BOOST_TEST(code == SQLITE_INTERRUPT);
  BOOST_TEST((*opened)->failure_of(code).code == storage::code_text(storage::errc::timed_out));
}

BOOST_AUTO_TEST_CASE(a_full_disk_refuses_the_batch_and_leaves_nothing) {
  sqlite_fixture db;
  world w{db.settings()};
  std::vector<ledger::user_record> many;
  for (int i = 0; i < 1000; ++i) many.push_back(make_person("user" + std::to_string(i)).user);
  storage::batch users{storage::sql::user_insert, many.size()};
  for (const auto& u : many) storage::add_user(users, u);
  std::vector<storage::step> steps;
  steps.push_back(std::move(users).done());

  boost::asio::io_context context;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  storage::sqlite_location where{db.file(), false, false, false};
  where.pages_max = 1; // SQLite takes the present size: nothing may grow
  storage::sqlite_session tight{where, storage::sqlite_role::writer};
  BOOST_TEST(run_on(context, tight.commit(steps, until)).what == storage::commit_class::full);
  where.pages_max = 0;
  storage::sqlite_session wide{where, storage::sqlite_role::writer};
  BOOST_TEST(run_on(context, wide.commit(steps, until)).what == storage::commit_class::committed);
}

/// No file of this process grows beyond the size while it lives.
class file_size_limit {
public:
  explicit file_size_limit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &former_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{bytes, former_.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  }
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &former_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  rlimit former_{};
  void (*handler_)(int) = nullptr;
};

BOOST_AUTO_TEST_CASE(an_io_error_in_commit_is_in_doubt_and_then_resolved) {
  sqlite_fixture db;
  world w{db.settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto b = s.batch({posting(expense(ana, "t1", 100))});
  {
    const file_size_limit tight{std::filesystem::file_size(db.file() + "-wal")};
    BOOST_TEST(w.commit(b).what == storage::commit_class::in_doubt);
  }
  const auto r = w.resolve(b);
  BOOST_TEST(r.what == storage::resolution::fate::absent);
  BOOST_TEST(w.entries().empty());
  s.accept(r.fence);
  s.write(w, {posting(expense(ana, "t1", 100))});
  BOOST_TEST(w.entries().size() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
