// What   store_locks: the lock_port of a store: a session of its own that is never in a pool, or
//        within the process where the database has none.
// Why    A lock lives as long as its session, so nobody else may use it, and its loss has to be
//        noticed by ourselves: nobody asks anything while a job runs.
// Bounds lock_queue_max waiting calls. A loss is noticed within half a second when the connection
//        ends, within two and a call's deadline when it only falls silent.
// Errors As lock_port. A call that was not answered in time ends the session: nobody knows then
//        what it holds.
// Threads any; the session is confined to its lane.
// Source design.md §5, §6.
#pragma once

#include "observability/metrics.hpp"
#include "storage/asked.hpp"
#include "storage/lane.hpp"
#include "storage/process_locks.hpp"
#include "storage/session.hpp"
#include "storage/stop_signal.hpp"

#include <memory>
#include <set>

namespace storage {

inline constexpr std::size_t lock_queue_max = 1024;

class store_locks final : public lock_port {
public:
  store_locks(database& db, const open_settings& settings, observability::metrics& metrics,
              stop_signal& stop, open_calls& calls);
  ~store_locks() override;

  /// Of a server: connects, so that a statement that the database refuses is found at once.
  base::status start();
  void close();

  void try_lock(std::string name, callback<bool> done) override;
  void unlock(std::string name, callback<bool> done) override;
  void unlock_all(callback<bool> done) override;
  void holders(std::vector<std::string> names, callback<std::vector<lock_state>> done) override;
  void end_session(std::string name, std::int64_t pid, callback<bool> done) override;
  void watch(std::function<void()> lost) override;

private:
  template <class T> using answer_of = boost::asio::awaitable<base::result<T>>;
  template <class T> using work = std::function<answer_of<T>()>;

  template <class T> void call(callback<T> done, work<T> what);
  template <class T> boost::asio::awaitable<void> perform(callback<T> done, work<T> what);
  boost::asio::awaitable<base::status> connect();
  answer_of<rows> ask(step what);
  answer_of<bool> yes(step what);
  answer_of<bool> take(std::string name);
  answer_of<bool> give_back(std::string name);
  answer_of<bool> give_all_back();
  answer_of<std::vector<lock_state>> look(std::vector<std::string> names);
  boost::asio::awaitable<void> repeat();
  boost::asio::awaitable<void> beat();
  void notice();
  void show(bool busy);

  observability::metrics& metrics_;
  stop_signal& stop_;
  open_calls& calls_;
  std::int64_t deadline_ms_;
  bool serves_;
  process_locks in_process_;
  std::unique_ptr<lane> lane_; ///< none: within the process
  std::unique_ptr<session> session_;
  std::unique_ptr<serial_queue> queue_;
  std::set<std::string> held_; ///< by the session that lives
  bool had_one_ = false;       ///< a session has lived
  unsigned beats_ = 0;
  bool closed_ = false;
  std::mutex mutex_;
  std::function<void()> lost_;
};

} // namespace storage
