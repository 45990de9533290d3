#include "http/server/worker_pool.hpp"

#include "base/assert.hpp"

#include <pthread.h>

namespace http {

namespace {

/// Handlers nest no deeper than JSON does (64); the default of 8 MiB would reserve 2 GiB of
/// addresses.
constexpr std::size_t stack_bytes = 1024 * 1024;

} // namespace

struct worker_pool::worker {
  worker_pool* pool = nullptr;
  pthread_t thread{};
  std::condition_variable wake;
  bool called = false;
};

worker_pool::worker_pool(options o, std::function<void(connection&)> run)
    : options_(o), run_(std::move(run)) {
  ENSURE(options_.threads >= 1, "a pool without threads answers nobody");
  std::unique_lock lock{mutex_};
  waking_ = true;
  start_thread(); // the first one at once: that the system refuses more later is then no disaster
}

worker_pool::~worker_pool() { close(); }

bool worker_pool::submit(connection& job) {
  std::unique_lock lock{mutex_};
  const auto free = sleeping_.size() + (options_.threads - workers_.size());
  if (closed_ || queue_.size() >= options_.queue + free) return false;
  queue_.push_back(&job);
  wake_one(lock);
  return true;
}

void worker_pool::wake_one(std::unique_lock<std::mutex>& lock) {
  if (waking_ || queue_.empty()) return;
  if (!sleeping_.empty()) {
    auto* next = sleeping_.back();
    sleeping_.pop_back();
    next->called = true;
    waking_ = true;
    lock.unlock();
    next->wake.notify_one();
  } else if (workers_.size() < options_.threads && !closed_) {
    waking_ = true;
    start_thread();
  }
}

void worker_pool::start_thread() {
  auto& w = workers_.emplace_back();
  w.pool = this;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  const int failed = pthread_create(
      &w.thread, &attributes,
      [](void* arg) -> void* {
        auto& self = *static_cast<worker*>(arg);
        self.pool->work(self);
        return nullptr;
      },
      &w);
  pthread_attr_destroy(&attributes);
  if (failed == 0) return;
  // The machine refuses more threads. Those that run serve the queue; without any there is no
  // server.
  workers_.pop_back();
  waking_ = false;
  ENSURE(!workers_.empty(), "the system starts no thread");
}

void worker_pool::work(worker& self) {
  bool woken = true;
  std::unique_lock lock{mutex_};
  for (;;) {
    if (woken) waking_ = false;
    woken = false;
    if (queue_.empty()) {
      if (closed_) return;
      sleeping_.push_back(&self);
      self.wake.wait(lock, [&] { return self.called; });
      self.called = false;
      woken = true;
      continue;
    }
    auto* job = queue_.front();
    queue_.pop_front();
    wake_one(lock);
    if (lock.owns_lock()) lock.unlock();
    run_(*job);
    lock.lock();
  }
}

void worker_pool::close() {
  {
    std::unique_lock lock{mutex_};
    if (closed_) return;
    closed_ = true;
    for (auto* w : sleeping_) {
      w->called = true;
      w->wake.notify_one();
    }
    sleeping_.clear();
  }
  // No thread starts after closed_, so the list no longer changes. The workers stay in it until the
  // pool is destroyed: whoever woke one may still be inside notify_one().
  for (auto& w : workers_) pthread_join(w.thread, nullptr);
}

std::size_t worker_pool::queued() const {
  std::unique_lock lock{mutex_};
  return queue_.size();
}

std::size_t worker_pool::threads() const {
  std::unique_lock lock{mutex_};
  return workers_.size();
}

} // namespace http
