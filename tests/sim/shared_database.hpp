// What   The database that outlives the nodes: SQLite in memory, the faults that it is to suffer,
//        and the commits that are still on their way when their node has given them up.
// Why    A crash takes everything but the database; two nodes share one.
// Bounds At most one commit is on its way. Everything runs at once, on the caller's thread.
// Threads the simulation's only one.
// Source testing.md §5.
#pragma once

#include "base/random.hpp"
#include "storage/open.hpp"
#include "storage/session.hpp"
#include "tests/sim/virtual_time.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sim {

/// Of 1000 calls.
struct fault_rates {
  std::uint64_t lost_before = 0;  ///< the commit is lost on its way there
  std::uint64_t lost_after = 0;   ///< the answer is lost
  std::uint64_t still_going = 0;  ///< no answer, and the backend goes on
  std::uint64_t slow = 0;         ///< within the deadline, before or after the effect
  std::uint64_t late = 0;         ///< beyond the deadline
  std::uint64_t definite = 0;     ///< an error at one of the statements
  std::uint64_t transient = 0;    ///< a deadlock, lock time-out and the like
  std::uint64_t foreign_hand = 0; ///< somebody writes a balance row
  std::uint64_t read_only = 0, full = 0, away = 0; ///< begin of a time of it
  std::uint64_t broken_read = 0, slow_read = 0, no_connection = 0;
  bool any = false;
};

enum class database_mode : std::uint8_t { normal, read_only, full, away };

/// Runs what never suspends.
template <class T> T run_now(boost::asio::awaitable<T> work) {
  boost::asio::io_context io;
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr failed, T value) {
    if (failed) std::rethrow_exception(failed);
    result.emplace(std::move(value));
  });
  io.run();
  return std::move(*result);
}

class shared_database {
public:
  using batch_ptr = std::shared_ptr<const storage::journal_batch>;

  shared_database(virtual_clock& clock, observability::log& log, observability::metrics& metrics,
                  std::uint32_t shards, std::uint64_t seed);

  std::unique_ptr<storage::session> writer();
  std::unique_ptr<storage::session> reader();

  fault_rates rates;
  base::random chance;
  /// A batch is in the tables now, whoever knows.
  std::function<void(const storage::journal_batch&)> applied;
  /// A batch of one item met a balance row that somebody had touched: its shard must stop.
  std::function<void(const storage::journal_batch&)> hand_felt;
  /// A batch of one item met an error of its rows: nobody sends it again.
  std::function<void(const storage::journal_batch&)> refused;
  std::function<void(const std::string&)> say;
  /// A rule that the session itself saw broken.
  std::function<void(std::string invariant, std::string text)> broken;

  bool happens(std::uint64_t rate) { return rate > 0 && chance.below(1000) < rate; }
  database_mode mode();
  void enter(database_mode m, std::int64_t us);
  void stop_faults();

  /// The commit goes on without its node.
  void leave_going(const std::vector<storage::step>& steps, batch_ptr batch);
  bool going() const { return going_.has_value(); }
  /// Who inserts a commit record waits for the one on its way.
  void wait_for_going();
  void pass_time() {
    if (going_ && going_->due_us <= clock_.steady_us()) wait_for_going();
  }
  std::optional<std::int64_t> next_us() const;

  /// Another process takes the shard over.
  void intrude(ledger::shard_id shard);
  /// Moves the version of a balance row, as a foreign hand would; false: it was not as said.
  bool touch_balance(const storage::balance_row& row, bool undo);

  virtual_clock& clock() { return clock_; }
  observability::metrics& metrics() { return metrics_; }

private:
  struct going_commit {
    std::vector<storage::step> steps;
    std::deque<std::string> texts;
    batch_ptr batch;
    bool will_apply = false;
    std::int64_t due_us = 0;
  };

  virtual_clock& clock_;
  observability::log& log_;
  observability::metrics& metrics_;
  std::unique_ptr<storage::database> db_;
  boost::asio::io_context nowhere_;
  std::unique_ptr<storage::session> backend_;
  std::optional<going_commit> going_;
  database_mode mode_ = database_mode::normal;
  std::int64_t mode_until_us_ = 0;
  base::centavos touched_from_; ///< of the row that a foreign hand holds
};

} // namespace sim
