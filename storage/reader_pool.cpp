#include "storage/reader_pool.hpp"

#include "storage/observed.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>

namespace storage {

reader_pool::reader_pool(std::size_t queue_max, std::int64_t deadline_ms,
                         observability::metrics& metrics)
    : queue_max_(queue_max), deadline_ms_(deadline_ms), metrics_(metrics) {}

void reader_pool::add(lane& on, std::unique_ptr<session> db) {
  readers_.push_back(std::make_unique<reader>(reader{on, std::move(db)}));
}

base::status reader_pool::connect(deadline until) {
  for (auto& r : readers_) {
    base::status done;
    r->on.run([&]() -> boost::asio::awaitable<void> { done = co_await r->db->connect(until); });
    if (!done) return done;
  }
  return {};
}

void reader_pool::ask(std::unique_ptr<question> q) {
  waiting w{std::move(q), std::chrono::steady_clock::now()};
  std::unique_lock lock{mutex_};
  if (stopped_ || queue_.size() >= queue_max_) {
    const auto why = stopped_ ? errc::shutting_down : errc::overloaded;
    lock.unlock();
    w.what->refuse(base::fail(why));
    return;
  }
  for (auto& r : readers_)
    if (!r->busy) {
      r->busy = true;
      lock.unlock();
      start(*r, std::move(w));
      return;
    }
  queue_.push_back(std::move(w));
}

void reader_pool::start(reader& r, waiting w) {
  boost::asio::co_spawn(r.on.context(), work(r, std::move(w)), [](std::exception_ptr escaped) {
    if (escaped) std::rethrow_exception(escaped);
  });
}

boost::asio::awaitable<void> reader_pool::work(reader& r, waiting w) {
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    metrics_.storage_pool_wait.observe(now - w.since);
    const auto until = w.since + std::chrono::milliseconds{deadline_ms_};
    if (now >= until) {
      w.what->refuse(base::fail(errc::timed_out, "waited too long for a connection"));
    } else {
      const bool lost = !r.db->connected();
      if (auto ready = co_await r.db->connect(until); !ready) {
        count_error(metrics_, ready.error());
        w.what->refuse(ready.error());
      } else {
        if (lost) metrics_.storage_reconnects(observability::connection_role::read).add();
        take_along(*w.what);
        co_await w.what->run(*r.db, until);
      }
    }
    w.what.reset();
    const std::lock_guard lock{mutex_};
    r.broken = !r.db->connected();
    if (queue_.empty()) {
      r.busy = false;
      co_return;
    }
    w = std::move(queue_.front());
    queue_.pop_front();
  }
}

/// Only once it is about to be asked: what would refuse it, refuses nobody else.
void reader_pool::take_along(question& first) {
  if (!first.gathers()) return;
  const std::lock_guard lock{mutex_};
  std::erase_if(queue_, [&](const waiting& later) {
    if (!first.gathers() || !first.take_along(*later.what)) return false;
    metrics_.storage_pool_wait.observe(std::chrono::steady_clock::now() - later.since);
    return true;
  });
}

void reader_pool::stop() {
  std::deque<waiting> refused;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    refused.swap(queue_);
  }
  for (auto& w : refused) w.what->refuse(base::fail(errc::shutting_down));
}

void reader_pool::close() {
  for (auto& r : readers_)
    r->on.run([&]() -> boost::asio::awaitable<void> {
      r->db->close();
      co_return;
    });
}

pool_usage reader_pool::count() {
  pool_usage u;
  const std::lock_guard lock{mutex_};
  for (const auto& r : readers_) {
    if (r->busy)
      ++u.busy;
    else if (r->broken)
      ++u.broken;
    else
      ++u.idle;
  }
  return u;
}

} // namespace storage
