// What   open_commands: the commands that have no answer yet; each is answered exactly once, at its
//        deadline at the latest.
// Why    No thread waits for a commit, so somebody has to watch the clock for all of them.
// Bounds `max` open commands; a deadline is kept to within 50 ms.
// Errors Past the deadline the answer is OUTCOME_UNKNOWN: the command may still become durable.
// Threads any. A callback runs on the thread that answers, or on the watching one; no lock is held.
// Source engineering.md d law 1, e door 2; money law A (a time-out touches nothing but the answer).
#pragma once

#include "ledger/command.hpp"

#include <chrono>
#include <compare>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace actors {

class open_commands {
public:
  using clock = std::chrono::steady_clock;
  using on_reply = std::function<void(ledger::reply)>;

  struct ticket {
    clock::time_point deadline;
    std::uint64_t number = 0;
    auto operator<=>(const ticket&) const = default;
  };

  explicit open_commands(std::size_t max);
  ~open_commands(); ///< answers what is still open
  open_commands(const open_commands&) = delete;
  open_commands& operator=(const open_commands&) = delete;

  /// Nothing when there are `max`: then `done` is untouched.
  std::optional<ticket> add(clock::time_point deadline, on_reply& done);
  /// Later answers of a ticket are dropped.
  void answer(const ticket& t, ledger::reply what);

private:
  void watch();

  const std::size_t max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<ticket, on_reply> open_;
  std::uint64_t last_ = 0;
  bool asleep_ = false; ///< the watch waits for a command, not for the time
  bool stopping_ = false;
  std::thread watch_; ///< last: it uses all the others
};

} // namespace actors
