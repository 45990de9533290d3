// What   lane: an executor with one thread; serial_queue: coroutines on it, one after another.
// Why    A session is confined to one executor and does one thing at a time.
// Threads any, all members; work runs on the lane's thread. join() not from that thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace storage {

class lane {
public:
  lane();
  ~lane();
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  boost::asio::io_context& context() { return context_; }
  boost::asio::any_io_executor executor() { return context_.get_executor(); }
  /// Runs the coroutine on the lane and waits for its end. Not from the lane's own thread.
  void run(std::function<boost::asio::awaitable<void>()> work);
  /// Ends the thread when nothing is left to do.
  void join();

private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::thread thread_;
};

class serial_queue {
public:
  using work = std::function<boost::asio::awaitable<void>()>;

  serial_queue(lane& on, std::size_t waiting_max) : lane_(on), waiting_max_(waiting_max) {}
  /// false: the bound is reached, the work was not taken.
  bool push(work w);

private:
  boost::asio::awaitable<void> drain();

  lane& lane_;
  std::size_t waiting_max_;
  std::mutex mutex_;
  std::deque<work> waiting_;
  bool running_ = false;
};

} // namespace storage
