#include "tests/sim/virtual_time.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace sim {

boost::asio::awaitable<void> virtual_sleeps::sleep(std::int64_t us) {
  auto timer = std::make_shared<boost::asio::steady_timer>(
      co_await boost::asio::this_coro::executor, boost::asio::steady_timer::time_point::max());
  sleeping_.push_back({clock_.steady_us() + us, timer});
  boost::system::error_code ended;
  co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
}

bool virtual_sleeps::wake() {
  bool any = false;
  std::erase_if(sleeping_, [&](const sleeper& s) {
    const auto timer = s.timer.lock();
    if (!timer) return true;
    if (s.due_us > clock_.steady_us()) return false;
    timer->cancel();
    any = true;
    return true;
  });
  return any;
}

std::optional<std::int64_t> virtual_sleeps::next_us() const {
  std::optional<std::int64_t> first;
  for (const auto& s : sleeping_)
    if (!s.timer.expired() && (!first || s.due_us < *first)) first = s.due_us;
  return first;
}

} // namespace sim
