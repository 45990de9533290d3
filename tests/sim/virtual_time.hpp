// What   The time of the simulation: a clock that only the world moves, and sleeps that end by it.
// Why    No run waits, and none depends on how fast the machine is.
// Bounds The steady face never falls; the wall may be set back.
// Threads the simulation's only one.
// Source testing.md §5.
#pragma once

#include "base/time.hpp"
#include "storage/stop_signal.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace sim {

class virtual_clock final : public base::clock {
public:
  base::utc_us now() override { return {start.count + steady_us_ + shift_us_}; }
  /// Two looks at one moment differ, as those of a real clock do: generators are seeded from it.
  std::int64_t steady_ns() override { return steady_us_ * 1000 + ++looks_; }
  std::int64_t steady_us() const { return steady_us_; }
  void advance(std::int64_t us) { steady_us_ += us; }
  /// The wall is set forward or back.
  void set_by(std::int64_t us) {
    highest_ = highest();
    shift_us_ += us;
    set_at_us_ = steady_us_;
  }
  /// How long the wall has gone on by itself.
  std::int64_t undisturbed_us() const { return steady_us_ - set_at_us_; }
  /// The latest instant that the wall has shown.
  base::utc_us highest() { return std::max(highest_, now()); }

private:
  static constexpr base::utc_us start{1'795'900'000'000'000}; // November 2026
  std::int64_t steady_us_ = 0;
  std::int64_t shift_us_ = 0;
  std::int64_t set_at_us_ = 0;
  base::utc_us highest_;
  std::int64_t looks_ = 0;
};

/// Sleeps of coroutines. They belong to their io_context and end with it.
class virtual_sleeps {
public:
  explicit virtual_sleeps(virtual_clock& clock) : clock_(clock) {}
  boost::asio::awaitable<void> sleep(std::int64_t us);
  /// Wakes who is due; true when there was one.
  bool wake();
  std::optional<std::int64_t> next_us() const;

private:
  struct sleeper {
    std::int64_t due_us = 0;
    std::weak_ptr<boost::asio::steady_timer> timer;
  };
  virtual_clock& clock_;
  std::vector<sleeper> sleeping_;
};

class virtual_stop final : public storage::stop_signal {
public:
  explicit virtual_stop(virtual_sleeps& sleeps) : sleeps_(sleeps) {}
  boost::asio::awaitable<void> sleep(std::chrono::milliseconds time) override {
    return sleeps_.sleep(std::chrono::microseconds{time}.count());
  }

private:
  virtual_sleeps& sleeps_;
};

} // namespace sim
