// What   job_backend: everything that the HTTP front asks about jobs, lanes, queues and pauses: a
//        pure port that actors/job_gateway implements.
// Why    As backend.hpp: http/ sees neither CAF nor storage, and tests put a fake behind it.
// Errors Failures carry the API problem code: NOT_FOUND, ILLEGAL_TRANSITION (detail "state event"),
//        VERSION_CONFLICT, DUPLICATE_JOB, UNKNOWN_KIND, UNKNOWN_QUEUE, LANE_FULL, PREVIEW_STALE,
//        OVERLOADED, SHUTTING_DOWN, SHARD_STOPPED, DB_UNAVAILABLE, DB_READ_ONLY, OUTCOME_UNKNOWN.
// Threads Called from many HTTP threads at once. What takes a `done` returns at once and calls it
//        exactly once, from any thread; it must neither block nor throw. The others block.
// Source jobs.md §3-§8, §16, §18.
#pragma once

#include "base/result.hpp"
#include "ledger/idempotency.hpp"
#include "scheduler/dead_letter.hpp"
#include "scheduler/job.hpp"
#include "scheduler/schedule.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace http {

template <class T> using on_result = std::function<void(base::result<T>)>;

struct job_progress {
  std::int64_t done = 0;
  std::optional<std::int64_t> total;
  std::string message; ///< at most 200 characters

  bool operator==(const job_progress&) const = default;
};

/// A job as it is now.
struct job_view {
  scheduler::job what; ///< with its edits
  scheduler::job_state state = scheduler::job_state::scheduled;
  std::int32_t attempt = 0; ///< attempts that have begun
  std::optional<base::utc_us> started_at, ended_at;
  std::optional<base::utc_us> next_at; ///< of scheduled and retrying ones
  std::optional<job_progress> progress;
  scheduler::job_error error; ///< of the last attempt that failed
  std::string result = "null";
  std::string executor;
  std::string fingerprint;   ///< of dead ones
  std::uint64_t version = 0; ///< grows with each edit: the ETag
  bool duplicate = false;    ///< it was there: a unique key gave it back
};

/// Who asks. A user sees the own jobs of kinds that are shown to users; an administrator all.
struct job_caller {
  base::user_id user;
  bool admin = false;
};

/// One request that puts jobs in, all or none.
struct enqueue_request {
  job_caller caller;
  std::string request_id;
  base::utc_us deadline;
  std::vector<scheduler::job> jobs; ///< without id, shard, created_at: given by the owner
  std::optional<std::pair<ledger::key_scope, base::digest>> key; ///< with the fingerprint
  /// Renders what was put in; for keyed requests, inside the commit.
  std::function<ledger::stored_answer(const std::vector<job_view>&)> show;
};

struct enqueue_answer {
  std::vector<job_view> jobs;                  ///< empty when it is a replay
  std::optional<ledger::stored_answer> stored; ///< of a keyed request
  bool replayed = false;
};

/// What somebody wants of one job.
struct job_act {
  job_caller caller;
  scheduler::job_id job;
  scheduler::control_action what = scheduler::control_action::cancel;
  std::string reason;
  std::optional<std::uint64_t> if_version;
  // of edit and reschedule: what is to be changed
  std::optional<std::int32_t> priority;
  std::optional<base::utc_us> run_at, expires_at;
  std::optional<std::string> payload;
  std::optional<std::vector<std::string>> tags;
  base::utc_us deadline;
};

struct job_question {
  job_caller caller;
  std::optional<base::user_id> user; ///< of an administrator: whose
  std::optional<std::string> kind, queue, lane, tag, fingerprint;
  std::optional<scheduler::job_state> state;
  std::optional<scheduler::schedule_id> schedule;
  std::optional<base::utc_us> created_from, created_to;
  std::optional<scheduler::job_id> before; ///< the cursor
  std::int64_t limit = 20;
};

/// How long a list is, all pages together.
struct list_total {
  std::int64_t value = 0;
  bool exact = true; ///< else there are more; exact up to 10,000
};

struct job_page {
  std::vector<job_view> items; ///< newest first
  std::optional<scheduler::job_id> next;
  list_total total;
};

/// Live jobs that a question takes, newest first.
struct live_job_ids {
  std::vector<scheduler::job_id> ids;
  bool more = false;
};

/// What a job has left behind.
struct job_traces {
  std::vector<ledger::transaction_id> transactions;
  std::vector<scheduler::job_id> followers;
  std::optional<std::pair<std::uint32_t, std::uint64_t>> commit; ///< shard and seq
};

/// Why a job does not run yet.
struct job_gate {
  std::string
      gate; ///< not_due, dependencies, lane_head, lane_shut, paused, concurrency, rate, turn,
            ///< no_executor, unknown_kind, lock, draining, database, overload, in_doubt,
            ///< crash_suspect
  std::optional<base::utc_us> since, until; ///< no until: needs a person, or nobody knows
  bool exact = true;
  std::vector<std::string> open_by; ///< what opens it: "redrive", "resume" …
  std::vector<std::pair<std::string, std::string>> details; ///< members and their texts
};

struct job_explanation {
  scheduler::job_id job;
  scheduler::job_state state = scheduler::job_state::ready;
  std::optional<std::int64_t> lane_position, queue_position; ///< from 1
  std::optional<base::utc_us> earliest;
  std::vector<job_gate> gates;
};

struct job_kind_view {
  std::string kind, queue, executor; ///< builtin, pull, push
  bool money = false, user_visible = true;
  std::optional<std::string> lock;
  std::int64_t live = 0;
  bool dry = false; ///< it can be run dry
  scheduler::attempt_policy attempts;
};

struct queue_view {
  scheduler::queue_limits limits;
  std::int64_t ready = 0, running = 0, scheduled = 0, retrying = 0, parked = 0, dead = 0;
  std::optional<base::utc_us> oldest_ready;
  std::optional<scheduler::pause> paused;
};

struct job_stats {
  std::vector<queue_view> queues;
  std::int64_t live = 0, lanes = 0, lanes_shut = 0;
  std::uint64_t started = 0, succeeded = 0, failed = 0, duplicates_suppressed = 0;
  bool recovering = false, draining = false;
};

struct lane_view {
  std::string lane;
  std::optional<base::user_id> user;
  scheduler::job_id head;
  scheduler::job_state head_state = scheduler::job_state::ready;
  scheduler::job_error error;
  base::utc_us since, oldest;
  std::int64_t behind = 0;
};

enum class lane_action : std::uint8_t { pause, resume, skip_head, retry_head };

struct dead_group_view {
  std::string fingerprint, kind;
  scheduler::job_error sample;
  std::int64_t count = 0;
  base::utc_us first_at, last_at;
  std::vector<scheduler::job_id> samples;
  std::optional<scheduler::dead_letter_note> note = {};
  // Of one group that is asked for alone; those of the first 10,000 jobs.
  std::int64_t users = 0, lanes = 0;
};

struct dry_run_request;
struct dry_run_report;

struct job_backend {
  virtual ~job_backend() = default;

  virtual void enqueue(enqueue_request asked, on_result<enqueue_answer> done) = 0;
  /// What it would do now. NOT_DRY: its handler acts by itself, or works elsewhere.
  virtual base::result<dry_run_report> dry_run(const dry_run_request& asked) = 0;
  /// The job as it is after it. Cancel of a running one is answered when the wish is durable.
  virtual void act(job_act asked, on_result<job_view> done) = 0;

  virtual base::result<std::optional<job_view>> job(const job_caller& who,
                                                    const scheduler::job_id& id) = 0;
  virtual base::result<job_page> jobs(const job_question& asked) = 0;
  /// In their order, the present one is not among them.
  virtual base::result<std::optional<std::vector<scheduler::job_attempt>>>
  attempts(const job_caller& who, const scheduler::job_id& id) = 0;
  virtual base::result<std::optional<job_traces>> traces(const job_caller& who,
                                                         const scheduler::job_id& id) = 0;
  /// At most `limit` ids of live jobs behind the cursor of the question.
  virtual base::result<live_job_ids> live_ids(const job_question& asked, std::int64_t limit) = 0;
  virtual base::result<std::optional<job_explanation>> explain(const job_caller& who,
                                                               const scheduler::job_id& id) = 0;
  virtual base::result<job_stats> stats() = 0;
  virtual std::vector<job_kind_view> kinds() = 0;

  virtual base::result<std::vector<lane_view>> shut_lanes(const job_caller& who) = 0;
  /// The lane of `owner`; of the system when it is empty.
  virtual void act_on_lane(const job_caller& who, const base::user_id& owner,
                           const std::string& lane, lane_action what, const std::string& reason,
                           std::optional<base::utc_us> until, base::utc_us deadline,
                           on_result<bool> done) = 0;

  virtual base::result<std::vector<dead_group_view>> dead_groups() = 0;
  virtual base::result<std::optional<dead_group_view>>
  dead_group(const std::string& fingerprint) = 0;
  virtual void set_dead_note(const scheduler::dead_letter_note& what, base::utc_us deadline,
                             on_result<scheduler::dead_letter_note> done) = 0;
  /// Redrives (or discards) at most `limit` of a group, oldest first; how many it were.
  virtual void act_on_dead(const job_caller& who, const std::string& fingerprint,
                           scheduler::control_action what, std::int64_t limit,
                           const std::string& reason, base::utc_us deadline,
                           on_result<std::int64_t> done) = 0;

  virtual base::result<std::vector<queue_view>> queues() = 0;
  virtual void set_queue(const job_caller& who, const scheduler::queue_limits& limits,
                         const std::string& reason, base::utc_us deadline,
                         on_result<queue_view> done) = 0;
  /// Begins or ends (over) a pause; the target is checked.
  virtual void set_pause(const scheduler::pause& what, base::utc_us deadline,
                         on_result<scheduler::pause> done) = 0;
};

} // namespace http
