// What   job_port: what may be asked about jobs and schedules. Writing is the journal's
//        (commit_item::job_rows), since an outcome commits with its effects.
// Bounds Pages of at most job_page_max. A list by one of schedule, user, kind, queue and a rare
//        final state looks at no more than it shows and one more; with more conditions it looks at
//        job_look_max jobs at most, shows what fits, and says where to go on.
// Errors As port.hpp.
// Threads As port.hpp.
// Source jobs.md §13, §18.
#pragma once

#include "scheduler/job_row.hpp"
#include "scheduler/retention.hpp"
#include "storage/port.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace storage {

inline constexpr std::int64_t job_page_max = 1000;
inline constexpr std::int64_t job_look_max = 10'000;

/// A job that has no outcome, and what is known of it.
struct live_job {
  scheduler::job what;
  std::optional<scheduler::job_rest> rest;
  std::int32_t attempts = 0;         ///< rows
  std::int32_t attempts_counted = 0; ///< that count: with a rest its number and those after it
  /// Without its stack and its log: attempts() has them.
  std::optional<scheduler::job_attempt> last;
  std::vector<scheduler::job_control> controls; ///< in their order

  /// Of its last attempt. The row of one that never arrived leaves a gap: what comes next has a
  /// number of its own.
  std::int32_t last_number() const { return std::max(attempts, last ? last->number : 0); }

  bool operator==(const live_job&) const = default;
};

struct job_details {
  live_job job;
  std::optional<scheduler::job_outcome> outcome;

  bool operator==(const job_details&) const = default;
};

struct job_filter {
  std::optional<base::user_id> user;
  std::optional<std::string> kind, queue, lane, tag;
  std::optional<scheduler::schedule_id> schedule;
  /// from <= made < to, by the instant in the id: whole milliseconds.
  std::optional<base::utc_us> created_from, created_to;
  std::optional<scheduler::job_state> final_state; ///< of a final one; live ones are asked by id
  bool live_only = false;                          ///< those without an outcome
  std::optional<scheduler::job_id> before;         ///< older than it: job_list::next
  std::int64_t limit = 20;
};

struct job_list {
  /// Newest first; without controls, and without the stack and the log of an outcome.
  std::vector<job_details> items;
  bool more = false;      ///< there may be more: a page may be short, or empty, and not be the last
  scheduler::job_id next; ///< where to go on (job_filter::before)
};

/// Dead jobs of one kind of error.
struct dead_group {
  std::string fingerprint, kind;
  scheduler::job_error sample; ///< of the newest job
  std::int64_t count = 0;
  base::utc_us first_at, last_at;
  std::vector<scheduler::job_id> samples; ///< at most 5, newest first

  bool operator==(const dead_group&) const = default;
};

/// How many jobs a list has; at most job_look_max are looked at.
struct job_count {
  std::int64_t value = 0;
  bool exact = true; ///< else there are more

  bool operator==(const job_count&) const = default;
};

/// What a job has left behind.
struct job_traces {
  std::vector<ledger::transaction_id> transactions;
  std::optional<std::pair<ledger::shard_id, std::uint64_t>> commit; ///< of these, and its outcome
  std::vector<scheduler::job_id> followers;

  bool operator==(const job_traces&) const = default;
};

/// What is kept no longer, of one commit. Whoever asks for it has read that it is old.
struct job_cleaning {
  std::vector<scheduler::job_id> jobs;     ///< with their outcomes and attempts
  std::vector<scheduler::job_id> bodies;   ///< payload, result and log; the line stays
  std::vector<scheduler::job_id> attempts; ///< of jobs that stay
  std::vector<std::pair<scheduler::schedule_id, base::utc_us>> ticks;
  base::utc_us windows_before; ///< at most pruned_at_once windows that ended before it
};

struct old_ticks {
  std::vector<std::pair<scheduler::schedule_id, base::utc_us>> ticks;
  scheduler::schedule_id last; ///< where the next page goes on
  bool more = false;           ///< there are more schedules, or more ticks of these
};

/// Schedules that are not deleted.
struct schedule_counts {
  std::int64_t active = 0, paused = 0, ended = 0;

  bool operator==(const schedule_counts&) const = default;
};

/// Where a page of schedules begins: behind this one.
struct schedule_place {
  base::utc_us at{std::numeric_limits<std::int64_t>::min()};
  scheduler::schedule_id id;
};

/// Of the resting jobs those without which a start could order wrongly what runs next: the parked
/// and the dead, which may shut a lane, those that somebody changed, and those that wake up until
/// then. Or all others, which only sleep.
struct resting_part {
  base::utc_us until;
  bool sleepers = false;
};

struct job_port {
  virtual ~job_port() = default;
  /// Without an outcome, in the order of ids, after the id, from the watermark of the shard on;
  /// those with a row of rest are not among them.
  virtual void live_after(ledger::shard_id shard, scheduler::job_id after, std::int64_t limit,
                          callback<std::vector<live_job>> done) = 0;
  /// Jobs with a row of rest and without an outcome, in the order of ids: those of the part.
  virtual void resting_after(ledger::shard_id shard, resting_part part, scheduler::job_id after,
                             std::int64_t limit, callback<std::vector<live_job>> done) = 0;
  virtual void job(scheduler::job_id id, callback<std::optional<job_details>> done) = 0;
  virtual void jobs(job_filter filter, callback<job_list> done) = 0;
  /// Of the jobs that the filter takes, whatever its limit and where it begins.
  virtual void count(job_filter filter, callback<job_count> done) = 0;
  /// At most job_page_max of each.
  virtual void traces(scheduler::job_id id, callback<job_traces> done) = 0;
  /// All attempts of a job, in their order.
  virtual void attempts(scheduler::job_id id,
                        callback<std::vector<scheduler::job_attempt>> done) = 0;
  /// The largest first.
  virtual void dead_groups(std::int64_t limit, callback<std::vector<dead_group>> done) = 0;
  /// Ids of dead jobs of a group, oldest first, after the id.
  virtual void dead_of(std::string fingerprint, scheduler::job_id after, std::int64_t limit,
                       callback<std::vector<scheduler::job_id>> done) = 0;

  /// Those that are not deleted and fire again, by (next_at, id), behind the place.
  virtual void schedules_due(ledger::shard_id shard, schedule_place after, base::utc_us until,
                             std::int64_t limit,
                             callback<std::vector<scheduler::schedule>> done) = 0;
  /// A deleted one too: its ticks are kept.
  virtual void schedule(scheduler::schedule_id id,
                        callback<std::optional<scheduler::schedule>> done) = 0;
  /// Of a user, or of the system when there is none, not deleted; newest first, older than
  /// `before`. Those with imported ids come last.
  virtual void schedules(std::optional<base::user_id> user,
                         std::optional<scheduler::schedule_id> before, std::int64_t limit,
                         callback<std::vector<scheduler::schedule>> done) = 0;
  /// Of all users and of the system: looks at each.
  virtual void count_schedules(callback<schedule_counts> done) = 0;
  /// Newest first, before the instant.
  virtual void ticks(scheduler::schedule_id id, std::optional<base::utc_us> before,
                     std::int64_t limit, callback<std::vector<scheduler::schedule_tick>> done) = 0;
  /// Of jobs whose unique key is kept for a time that is not over: id, shard, user, kind, rule,
  /// when they were made. The last to end first.
  virtual void windows(base::utc_us now, std::int64_t limit,
                       callback<std::vector<scheduler::job>> done) = 0;

  /// Finished jobs in the order of ids, after the id, of those that were made before the instant.
  virtual void finished_after(scheduler::job_id after, base::utc_us made_before, std::int64_t limit,
                              callback<std::vector<scheduler::finished_job>> done) = 0;
  /// Ticks before the instant, settled before it too, of some schedules after the id: when `more`
  /// without any ticks, `last` leads on.
  virtual void ticks_before(scheduler::schedule_id after, base::utc_us before,
                            callback<old_ticks> done) = 0;
  /// Between two commits of the journal.
  virtual void clean(job_cleaning what, callback<bool> done) = 0;

  /// All that are not over, by target.
  virtual void pauses(callback<std::vector<scheduler::pause>> done) = 0;
  /// All, by fingerprint.
  virtual void dead_notes(callback<std::vector<scheduler::dead_letter_note>> done) = 0;
  /// All, by name.
  virtual void queues(callback<std::vector<scheduler::queue_limits>> done) = 0;
};

} // namespace storage
