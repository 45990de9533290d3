// What   slot<T>: where a foreign thread waits for one answer of the actors or of storage.
// Why    Costs half of a scoped_actor under load (ceilings.md §2).
// Errors wait() answers nothing when the deadline passed; a later answer is dropped.
// Threads put() from any thread, once; wait() from one thread. No semaphore: libstdc++'s spins in
//        sched_yield.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace base {

template <class T> class slot {
public:
  void put(T value) {
    {
      const std::lock_guard hold(mutex_);
      if (value_) return;
      value_ = std::move(value);
    }
    filled_.notify_one();
  }

  std::optional<T> wait_for(std::chrono::microseconds limit) {
    std::unique_lock hold(mutex_);
    filled_.wait_for(hold, limit, [this] { return value_.has_value(); });
    return std::move(value_);
  }

private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::optional<T> value_;
};

} // namespace base
