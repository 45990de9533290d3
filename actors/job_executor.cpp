#include "actors/job_executor.hpp"

#include <exception>
#include <utility>

namespace actors {

job_verdict run_guarded(const job_kind& kind, const job_context& job) {
  try {
    return kind.run(job);
  } catch (const std::exception& e) {
    return job_failed{{"HANDLER_FAILED", e.what(), {}}, false, {}};
  } catch (...) {
    return job_failed{{"HANDLER_FAILED", "unknown", {}}, false, {}};
  }
}

job_executor::job_executor(std::size_t threads, base::clock& time) : time_(time) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(users_); });
  for (std::size_t i = 0; i < system_threads; ++i) threads_.emplace_back([this] { work(system_); });
  for (std::size_t i = 0; i < outbound_threads; ++i)
    threads_.emplace_back([this] { work(outbound_); });
}

job_executor::~job_executor() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
    users_.waiting.clear(); // their jobs are found again by the next owner
    system_.waiting.clear();
    outbound_.waiting.clear();
  }
  users_.changed.notify_all();
  system_.changed.notify_all();
  outbound_.changed.notify_all();
  for (auto& t : threads_) t.join();
}

job_executor::line& job_executor::line_of(const task& t) {
  return t.kind->calls_out ? outbound_ : t.what->queue == system_queue ? system_ : users_;
}

void job_executor::run(std::vector<task> some) {
  std::vector<line*> woken;
  {
    const std::lock_guard hold(mutex_);
    for (auto& t : some) line_of(t).waiting.push_back(std::move(t));
    for (auto* to : {&users_, &system_, &outbound_})
      if (wakes_one(*to)) woken.push_back(to);
  }
  for (auto* to : woken) to->changed.notify_one();
}

/// One at a time: who has woken up wakes the next while there is more.
bool job_executor::wakes_one(line& at) {
  if (at.waiting.empty() || at.asleep == 0 || at.waking) return false;
  at.waking = true;
  return true;
}

void job_executor::work(line& from) {
  std::unique_lock hold(mutex_);
  for (;;) {
    while (!stopping_ && from.waiting.empty()) {
      ++from.asleep;
      from.changed.wait(hold);
      --from.asleep;
      from.waking = false;
    }
    if (stopping_) return;
    auto next = std::move(from.waiting.front());
    from.waiting.pop_front();
    const bool wake = wakes_one(from);
    hold.unlock();
    if (wake) from.changed.notify_one();
    next.begun->store(time_.now().count);
    next.ended(
        run_guarded(*next.kind, {*next.what, next.attempt, next.now, next.stop, next.progress}));
    hold.lock();
  }
}

} // namespace actors
