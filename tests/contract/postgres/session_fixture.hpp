// What   What the cases on pg_session share: a database from the migrated template, sessions on an
//        io_context that the test turns by hand, and small batches of the real schema.
// Threads the test's.
#pragma once

#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "storage/postgres/pg_session.hpp"
#include "storage/statements.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/support/pg_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace contract {

using storage::commit_class;

inline storage::deadline in(std::chrono::milliseconds span) {
  return std::chrono::steady_clock::now() + span;
}
/// Far beyond what any case needs: a case that fails hangs no longer than this.
inline storage::deadline late() { return in(std::chrono::seconds(30)); }

/// A database of its own for one case.
class case_database {
public:
  case_database();
  ~case_database();
  case_database(const case_database&) = delete;
  case_database& operator=(const case_database&) = delete;

  const std::string& name() const { return name_; }
  std::string url() const;

private:
  std::string name_;
};

/// One or several rows for the tables of the ledger, with the texts that the columns point to.
class batch {
public:
  static constexpr const char* node = "node-a";

  batch() = default;
  batch(const batch&) = delete; // the columns point into it
  batch& operator=(const batch&) = delete;

  batch& record(std::int64_t shard, std::int64_t seq, const std::string& hash,
                const std::string& of_node = node);
  batch& user(const std::string& id);
  batch& account(const std::string& id, const std::string& user);
  /// One transfer: two entries and two balances; `version` is the new one of both accounts.
  batch& transfer(std::int64_t shard, std::int64_t seq, const std::string& from,
                  const std::string& to, std::int64_t amount, std::int64_t version);

  std::vector<storage::step> steps() const { return steps_; }
  std::vector<storage::step>& edit() { return steps_; }

private:
  storage::column texts(const std::vector<std::string>& values);
  static storage::column keys(const std::vector<std::string>& ids);
  static storage::column integers(const std::vector<std::int64_t>& values);
  storage::column blobs(const std::vector<std::string>& values);
  void add(const storage::statement& what, std::vector<storage::column> columns,
           std::int64_t expected = -1);

  std::deque<std::string> kept_;
  std::vector<storage::step> steps_;
};

struct fate {
  bool applied = false;
  std::string hash; ///< of what stands there now
};

class session_fixture {
public:
  session_fixture();

  std::unique_ptr<storage::pg_session>
  make(storage::pg_role role = storage::pg_role::journal, const std::string& socket_dir = {},
       std::optional<std::vector<const storage::statement*>> statements = {});
  std::unique_ptr<storage::pg_session> connected(storage::pg_role role = storage::pg_role::journal);

  /// Turns the io_context until the operation has ended.
  template <class T> T run(boost::asio::awaitable<T> work) {
    auto started = start(std::move(work));
    return finish(started);
  }
  template <class T> std::shared_ptr<std::optional<T>> start(boost::asio::awaitable<T> work) {
    auto answer = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(io, std::move(work), [answer](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      answer->emplace(std::move(value));
    });
    return answer;
  }
  template <class T> T finish(const std::shared_ptr<std::optional<T>>& answer) {
    while (!*answer) io.run_one();
    return std::move(**answer);
  }
  void run(boost::asio::awaitable<void> work) {
    bool done = false;
    boost::asio::co_spawn(io, std::move(work), [&done](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
      done = true;
    });
    while (!done) io.run_one();
  }
  /// Turns the io_context beside a blocking wait until the query answers `wanted`.
  void wait_for(const std::string& sql, const std::string& wanted);

  storage::commit_result commit(storage::session& s, const batch& b,
                                storage::deadline until = late());
  commit_class commit_class_of(storage::session& s, const batch& b) { return commit(s, b).what; }
  /// As the journal does it: connect for as long as it takes, ask by inserting a fence record.
  fate resolve(storage::session& s, std::int64_t shard, std::int64_t seq, const std::string& hash);

  /// Users and accounts "a" and "b" with balance 0, at shard 1, seq 1.
  void seed(storage::session& s);
  std::string truth(const std::string& sql) { return admin.query(sql); }

  case_database database;
  support::pg_admin admin;
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open_ =
      boost::asio::make_work_guard(io); ///< else it stops for good when nothing is on the way
  base::system_clock clock;
  observability::metrics metrics;
  observability::log log;
  std::uint64_t seed_ = 1;
  storage::pg_limits limits{std::chrono::seconds(20), std::chrono::seconds(10)};
};

} // namespace contract
