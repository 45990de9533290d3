// What   asked: a call of a port that waits for a read session as a question; open_calls: how many
//        calls are not answered yet.
// Why    Callbacks become coroutines in one way for all ports of a store.
// Errors The callback is called exactly once; what the work throws becomes errc::broken.
// Threads As reader_pool.
#pragma once

#include "storage/reader_pool.hpp"

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace storage {

/// Counts the calls that are not answered yet: stop() waits until it is zero.
class open_calls {
public:
  void enter();
  void leave();
  void wait_for_none();

private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;
};

/// Type-erased: a coroutine in a header must not keep what only one source knows.
template <class T, class... Arguments>
using work_of = std::function<boost::asio::awaitable<base::result<T>>(Arguments...)>;

/// Runs the work and turns what it throws into a failure.
template <class T>
boost::asio::awaitable<base::result<T>> guarded(const work_of<T, session&, deadline>& work,
                                                session& db, deadline until) {
  try {
    co_return co_await work(db, until);
  } catch (const std::exception& e) {
    co_return base::fail(errc::broken, e.what());
  }
}

/// Over: read_work or projection_work.
template <class T, class Over> class asked final : public question {
public:
  asked(callback<T> done, work_of<T, Over&> work, observability::metrics& metrics,
        open_calls& calls)
      : done_(std::move(done)), work_(std::move(work)), metrics_(metrics), calls_(calls) {}

  boost::asio::awaitable<void> run(session& db, deadline until) override {
    auto r =
        co_await guarded<T>([this](session& on, deadline end) { return over(on, end); }, db, until);
    done_(std::move(r));
    calls_.leave();
  }

  void refuse(base::failure why) override {
    done_(base::result<T>{std::move(why)});
    calls_.leave();
  }

private:
  boost::asio::awaitable<base::result<T>> over(session& db, deadline until) {
    Over questions{db, metrics_, until};
    co_return co_await work_(questions);
  }

  callback<T> done_;
  work_of<T, Over&> work_;
  observability::metrics& metrics_;
  open_calls& calls_;
};

template <class T, class Over>
void ask_pool(reader_pool& pool, observability::metrics& metrics, open_calls& calls,
              callback<T> done, work_of<T, Over&> work) {
  calls.enter();
  pool.ask(std::make_unique<asked<T, Over>>(std::move(done), std::move(work), metrics, calls));
}

} // namespace storage
