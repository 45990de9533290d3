#include "storage/stop_signal.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace storage {

void stop_signal::stop() {
  std::vector<std::weak_ptr<boost::asio::steady_timer>> sleeping;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    sleeping.swap(sleeping_);
  }
  for (auto& one : sleeping)
    if (auto timer = one.lock())
      boost::asio::post(timer->get_executor(), [timer] { timer->cancel(); });
}

boost::asio::awaitable<void> stop_signal::sleep(std::chrono::milliseconds time) {
  auto timer =
      std::make_shared<boost::asio::steady_timer>(co_await boost::asio::this_coro::executor, time);
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) co_return;
    std::erase_if(sleeping_, [](const auto& t) { return t.expired(); });
    sleeping_.push_back(timer);
  }
  // Cancelled or run out: the caller looks at stopped().
  boost::system::error_code ended;
  co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
}

} // namespace storage
