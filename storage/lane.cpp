#include "storage/lane.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <exception>

namespace storage {

namespace {

// What escapes a coroutine of ours is a broken invariant: it goes up through io_context::run and
// ends the process, as a ledger that computes on would write lies.
void rethrow(std::exception_ptr escaped) {
  if (escaped) std::rethrow_exception(escaped);
}

} // namespace

lane::lane() : guard_(context_.get_executor()), thread_([this] { context_.run(); }) {}

lane::~lane() { join(); }

void lane::run(std::function<boost::asio::awaitable<void>()> work) {
  boost::asio::co_spawn(context_, work, boost::asio::use_future).get();
}

void lane::join() {
  guard_.reset();
  if (thread_.joinable()) thread_.join();
}

bool serial_queue::push(work w) {
  {
    const std::lock_guard lock{mutex_};
    if (waiting_.size() >= waiting_max_) return false;
    waiting_.push_back(std::move(w));
    if (running_) return true;
    running_ = true;
  }
  boost::asio::co_spawn(lane_.context(), drain(), rethrow);
  return true;
}

boost::asio::awaitable<void> serial_queue::drain() {
  for (;;) {
    work next;
    {
      const std::lock_guard lock{mutex_};
      if (waiting_.empty()) {
        running_ = false;
        co_return;
      }
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    co_await next();
  }
}

} // namespace storage
