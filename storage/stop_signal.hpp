// What   stop_signal: tells coroutines that wait between attempts that the store stops.
// Why    A resolution tries for as long as it takes; a stop must not wait for its backoff.
// Threads any, all members. sleep() runs on the executor of its coroutine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

namespace storage {

class stop_signal {
public:
  stop_signal() = default;
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;
  virtual ~stop_signal() = default;

  bool stopped() const { return stopped_.load(); }
  /// Ends every sleep at once, and those that come.
  void stop();
  /// Of real time; a simulation sleeps in its own.
  virtual boost::asio::awaitable<void> sleep(std::chrono::milliseconds time);

private:
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::vector<std::weak_ptr<boost::asio::steady_timer>> sleeping_;
};

} // namespace storage
