// What   live_job: a job without an outcome, as its owner holds it.
// Why    The tables have facts; this is what they add up to, and what is happening right now.
// Threads confined to the owner.
// Source jobs.md §2, §3.
#pragma once

#include "http/worker_backend.hpp"
#include "scheduler/job.hpp"
#include "scheduler/job_lifecycle.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace actors {

struct live_job {
  scheduler::job what; ///< with its edits
  scheduler::job_state state = scheduler::job_state::scheduled;
  std::int32_t attempts = 0; ///< that have ended, all of them
  std::int32_t counted = 0;  ///< of these, those that count
  base::utc_us due;          ///< not before: run_at, or when it is to be tried again
  scheduler::job_error error;
  std::string fingerprint; ///< of a dead one
  base::utc_us since;      ///< of a parked or dead one
  std::uint64_t version = 0;
  bool resting = false;  ///< has a row of rest
  bool changing = false; ///< somebody's change of it is being written
  /// Its last attempt has ended, and that is being written: until then it neither begins another
  /// nor ends nor changes, so that the tables have it in this order.
  bool ending = false;
  std::vector<std::function<void()>> when_written; ///< then

  /// The attempt that runs.
  struct run {
    std::uint64_t token = 0; ///< a late word of an earlier attempt has another
    base::utc_us started_at;
    std::string executor;
    std::string worker; ///< id; empty: builtin
    std::string lease;
    base::utc_us lease_until;
    /// As job_executor::task; null at a worker. Its timeout counts from then.
    std::shared_ptr<std::atomic<std::int64_t>> begun;
    std::stop_source stop;
    std::string log;
    std::string cancelled_by, cancel_reason;
    /// Its worker asked again while its effects are being written.
    std::vector<std::function<void(const base::result<http::job_ended>&)>> asked_again;
    std::optional<std::int64_t> progress_done, progress_total;
    std::string progress_message;
  };
  std::optional<run> running;
};

} // namespace actors
