// What   job_executor: threads that run the handlers of built-in kinds.
// Why    A handler may compute for a while or wait for a disk; neither the owner of the jobs nor
//        CAF's threads may.
// Bounds `threads`; its queue is bounded by the tokens of the owner.
// Errors A handler that throws has failed for good: HANDLER_FAILED.
// Threads any; `ended` runs on a thread of the pool and only hands over.
#pragma once

#include "actors/job_kinds.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace actors {

class job_executor {
public:
  struct task {
    std::shared_ptr<const scheduler::job> what;
    const job_kind* kind = nullptr;
    std::int32_t attempt = 1;
    base::utc_us now;
    std::stop_token stop;
    std::function<void(job_verdict)> ended;
    std::function<void(std::int64_t done, std::int64_t total)> progress = {};
  };

  explicit job_executor(std::size_t threads);
  ~job_executor(); ///< waits for the handlers that run
  job_executor(const job_executor&) = delete;
  job_executor& operator=(const job_executor&) = delete;

  void run(task t);

private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<task> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_; ///< last: they use all the others
};

} // namespace actors
