// What   job_executor: threads that run the handlers of built-in kinds.
// Why    A handler may compute for a while or wait for a disk; neither the owner of the jobs nor
//        CAF's threads may.
//        The jobs of the system have threads of their own: a long one of them never keeps the
//        users' jobs waiting, nor they it. So have the kinds that wait for other people's servers
//        (calls_out), whatever their queue.
// Bounds `threads`, system_threads, outbound_threads; their queues are bounded by the tokens of the
//        owner.
// Errors A handler that throws has failed for good: HANDLER_FAILED.
// Threads any; `ended` runs on a thread of the pool and only hands over.
#pragma once

#include "actors/job_kinds.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace actors {

/// On this thread. What it throws is a permanent failure.
job_verdict run_guarded(const job_kind& kind, const job_context& job);

class job_executor {
public:
  struct task {
    std::shared_ptr<const scheduler::job> what;
    const job_kind* kind = nullptr;
    std::int32_t attempt = 1;
    base::utc_us now;
    std::stop_token stop;
    /// When a thread has taken it, in µs of UTC; 0: it waits for one.
    std::shared_ptr<std::atomic<std::int64_t>> begun;
    std::function<void(job_verdict)> ended;
    std::function<void(std::int64_t done, std::int64_t total)> progress = {};
  };

  static constexpr std::size_t system_threads = 2;
  static constexpr std::string_view system_queue = "system";
  static constexpr std::size_t outbound_threads = 8;

  job_executor(std::size_t threads, base::clock& time);
  ~job_executor(); ///< waits for the handlers that run
  job_executor(const job_executor&) = delete;
  job_executor& operator=(const job_executor&) = delete;

  /// In this order. Together, so that few threads are woken: with a wake-up for each, small jobs
  /// cost more to hand over than to run.
  void run(std::vector<task> some);

private:
  struct line {
    std::condition_variable changed;
    std::deque<task> waiting;
    std::size_t asleep = 0;
    bool waking = false; ///< one of these has been woken, and is not up yet
  };
  line& line_of(const task& t);
  void work(line& from);
  static bool wakes_one(line& at);

  base::clock& time_;
  std::mutex mutex_;
  line users_, system_, outbound_;
  bool stopping_ = false;
  std::vector<std::thread> threads_; ///< last: they use all the others
};

} // namespace actors
