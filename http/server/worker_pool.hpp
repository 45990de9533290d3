// What   worker_pool: a bounded number of threads and a bounded queue of connections before them.
// Why    Handlers block while a commit is in flight, so there may be many threads; but a thread is
//        woken only when no other one is on its way to the queue: quick handlers are then run by
//        few warm threads, and blocking ones still get a thread each, because whoever takes a job
//        wakes the next thread first.
// Bounds threads and queue as given; threads start on demand and stay until close().
// Errors submit() answers false when the queue is full or the pool is closed; nothing was taken.
// Threads submit() from any thread, also from inside a job; close() from the owner, not from inside
//        a job.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace http {

struct connection;

class worker_pool {
public:
  struct options {
    std::size_t threads;
    std::size_t queue;
  };

  worker_pool(options o, std::function<void(connection&)> run);
  ~worker_pool();
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  bool submit(connection& job);
  /// Runs what is queued, then joins.
  void close();
  std::size_t queued() const;
  std::size_t threads() const;

private:
  struct worker;

  void work(worker& self);
  /// With the lock held: picks a sleeping thread or the number of a new one.
  void wake_one(std::unique_lock<std::mutex>& lock);
  void start_thread();

  const options options_;
  const std::function<void(connection&)> run_;
  mutable std::mutex mutex_;
  std::deque<connection*> queue_;
  std::deque<worker> workers_;
  std::vector<worker*> sleeping_; ///< last in, first out: the warmest thread runs next
  bool waking_ = false;           ///< a woken thread has not reached the queue yet
  bool closed_ = false;
};

} // namespace http
