#include "actors/job_executor.hpp"

#include <exception>
#include <utility>

namespace actors {
namespace {

job_verdict run_guarded(const job_executor::task& t) {
  try {
    return t.kind->run({*t.what, t.attempt, t.now, t.stop, t.progress});
  } catch (const std::exception& e) {
    return job_failed{{"HANDLER_FAILED", e.what(), {}}, false, {}};
  } catch (...) {
    return job_failed{{"HANDLER_FAILED", "unknown", {}}, false, {}};
  }
}

} // namespace

job_executor::job_executor(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

job_executor::~job_executor() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
    waiting_.clear(); // their jobs are found again by the next owner
  }
  changed_.notify_all();
  for (auto& t : threads_) t.join();
}

void job_executor::run(task t) {
  {
    const std::lock_guard hold(mutex_);
    waiting_.push_back(std::move(t));
  }
  changed_.notify_one();
}

void job_executor::work() {
  std::unique_lock hold(mutex_);
  for (;;) {
    changed_.wait(hold, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    hold.unlock();
    next.ended(run_guarded(next));
    hold.lock();
  }
}

} // namespace actors
