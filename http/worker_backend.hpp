// What   worker_backend: the pull protocol: what workers ask and say. A pure port that
//        actors/job_gateway implements.
// Why    A worker in any language runs jobs with three calls, and cannot end a job that has been
//        given to somebody else meanwhile.
// Bounds At most 32 waiting polls; 1,000 workers; a lease of 10…300 s.
// Errors LEASE_LOST, UNKNOWN_WORKER, EFFECTS_REFUSED (detail: the code of the ledger), and those of
//        job_backend.hpp.
// Threads As job_backend.hpp.
// Source jobs.md §14.
#pragma once

#include "http/job_backend.hpp"
#include "ledger/command.hpp"
#include "ledger/user_row.hpp"

#include <chrono>

namespace http {

using worker_id = base::strong_id<struct worker_tag>;

enum class worker_state : std::uint8_t { active, quiet, terminating, lost, gone };

struct worker_wish {
  std::string name;                       ///< 1…80 characters
  std::vector<std::string> kinds, queues; ///< at most 64, 32; no queue: all
  std::int32_t slots = 1;                 ///< 1…1,000
  std::string version, language;
  bool effects = false; ///< its token may post
};

struct worker_view {
  worker_id id;
  worker_wish wish;
  worker_state state = worker_state::active;
  std::int32_t running = 0;
  base::utc_us since, seen_at;
};

struct leased_job {
  scheduler::job_id id;
  std::string kind, payload;
  std::int32_t payload_version = 1, attempt = 1, timeout_s = 60;
  std::string lease;
  base::utc_us lease_until;
};

struct lease_report {
  scheduler::job_id job;
  std::string lease;
  std::optional<job_progress> progress;
};

struct heartbeat_answer {
  worker_state state = worker_state::active;
  std::vector<scheduler::job_id> cancel, lost, adopted;
  std::int64_t next_s = 10;
};

/// What a job leaves behind, in the commit of its outcome.
struct job_effects {
  std::vector<ledger::create_transaction> transactions; ///< of the job's user, all or none
  std::vector<scheduler::job> jobs;                     ///< follow-ups, of the same user
  bool may_post = true; ///< false: not even by a follow-up of a kind that may
  // Of built-in kinds only:
  /// Read and decided in the book of the job's user; may post. Never together with `transactions`.
  std::optional<ledger::change_rows> rows = {};
  /// What is written instead when the ledger refuses, with the outcome `succeeded`; without it a
  /// refusal ends the attempt. It may have one of its own.
  std::function<job_effects(const base::failure&)> if_refused = {};
  /// All of it is durable. Runs in the owner of the jobs, once at most: short, no I/O but a log.
  std::function<void()> committed = {};
};

struct job_completion {
  worker_id worker;
  scheduler::job_id job;
  std::string lease;
  std::string result = "null"; ///< JSON, at most 64 KiB
  job_effects effects;
  std::vector<std::string> log;
  base::utc_us deadline;
};

struct job_failure {
  worker_id worker;
  scheduler::job_id job;
  std::string lease;
  scheduler::job_error error;
  bool retryable = true;
  std::optional<std::int64_t> retry_after_s;
  std::vector<std::string> log;
  base::utc_us deadline;
};

/// Where a job is after its worker has spoken.
struct job_ended {
  scheduler::job_state state = scheduler::job_state::succeeded;
  std::optional<std::pair<std::uint32_t, std::uint64_t>> commit; ///< shard and seq, where known
};

struct worker_backend {
  virtual ~worker_backend() = default;

  virtual base::result<worker_view> join(const worker_wish& wish) = 0;
  /// Answers with 1…max jobs, or with none after `wait`.
  virtual void lease(const worker_id& worker, std::int64_t max, std::chrono::seconds wait,
                     on_result<std::vector<leased_job>> done) = 0;
  virtual base::result<heartbeat_answer> heartbeat(const worker_id& worker,
                                                   const std::vector<lease_report>& leases) = 0;
  virtual void complete(job_completion what, on_result<job_ended> done) = 0;
  virtual void fail(job_failure what, on_result<job_ended> done) = 0;
  virtual void snooze(const worker_id& worker, const scheduler::job_id& job,
                      const std::string& lease, base::utc_us until, base::utc_us deadline,
                      on_result<job_ended> done) = 0;
  virtual base::status log(const worker_id& worker, const scheduler::job_id& job,
                           const std::string& lease, const std::vector<std::string>& lines) = 0;
  virtual base::result<std::vector<worker_view>> workers() = 0;
  virtual base::result<worker_view> set_state(const worker_id& worker, worker_state wanted,
                                              const std::string& reason) = 0;
  /// Its leases are handed back.
  virtual base::status leave(const worker_id& worker) = 0;
};

} // namespace http
