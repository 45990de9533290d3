// What   slot<T>: where an HTTP thread waits for one answer of the actors or of storage;
//        promise<T>: the other end.
// Why    Costs half of a scoped_actor under load (ceilings.md §2). A promise that dies unanswered
//        answers with its fallback, so an actor that crashed never leaves a client waiting for the
//        deadline.
// Errors wait() answers nothing when the deadline passed; a later answer is dropped.
// Threads put() from any thread, once; wait() from one thread. No semaphore: libstdc++'s spins in
//        sched_yield.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace actors {

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

/// The answering end, shared by the messages that carry it. The first put() counts.
template <class T> class promise {
public:
  promise(std::shared_ptr<slot<T>> to, T fallback)
      : to_(std::move(to)), fallback_(std::move(fallback)) {}
  promise(const promise&) = delete;
  promise& operator=(const promise&) = delete;
  ~promise() {
    if (fallback_) to_->put(std::move(*fallback_));
  }

  void put(T value) {
    if (!fallback_) return;
    fallback_.reset();
    to_->put(std::move(value));
  }

private:
  std::shared_ptr<slot<T>> to_;
  std::optional<T> fallback_; ///< gone once it was answered
};

} // namespace actors
