// What   ended_handlers: what handlers have returned on other threads, until the owner of the jobs
//        takes it: all of it with one message.
// Why    A message for each, and a look for who starts next after it, cost more than a small job.
// Bounds One for each handler that runs.
// Threads any.
#pragma once

#include "actors/job_kinds.hpp"
#include "scheduler/job.hpp"

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace actors {

class ended_handlers {
public:
  struct one {
    scheduler::job_id job;
    std::uint64_t token = 0; ///< of its attempt
    job_verdict verdict;
  };

  /// True: it is the first since the last take(), and the owner has to be told.
  bool put(one e) {
    const std::lock_guard hold(mutex_);
    all_.push_back(std::move(e));
    return all_.size() == 1;
  }
  std::vector<one> take() {
    const std::lock_guard hold(mutex_);
    return std::exchange(all_, {});
  }

private:
  std::mutex mutex_;
  std::vector<one> all_;
};

} // namespace actors
