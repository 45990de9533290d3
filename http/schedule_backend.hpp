// What   schedule_backend: everything that the HTTP front asks about schedules. A pure port that
//        actors/schedule_gateway implements.
// Why    As job_backend.hpp.
// Bounds A backfill has at most backfill_max ticks.
// Errors NOT_FOUND, VERSION_CONFLICT, SCHEDULE_KEPT, OVERLAPPING, LOCK_CONTENDED, UNKNOWN_KIND,
//        BAD_PAYLOAD,
//        BAD_RULE, BAD_RANGE, PREVIEW_STALE, BACKFILL_TOO_LARGE, and those of job_backend.hpp.
// Threads As job_backend.hpp.
// Source jobs.md §9, §18.
#pragma once

#include "http/job_backend.hpp"
#include "scheduler/schedule.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace http {

inline constexpr std::size_t backfill_max = 1000;

/// A schedule as it is now.
struct schedule_view {
  scheduler::schedule what;
  std::int64_t unfinished = 0; ///< its jobs that have not ended
  bool held = false;           ///< due ticks wait until one of these has ended
  std::string fault;           ///< why its rule cannot be followed; empty: it can
};

struct new_schedule {
  scheduler::schedule what;   ///< without id, shard, version, times: given by the owner
  bool usual_misfire = false; ///< nobody said one: that of its kind
};
struct replaced_schedule {
  scheduler::schedule_id id;
  scheduler::schedule what; ///< all that a client writes
  bool usual_misfire = false;
  std::optional<std::int64_t> if_edition; ///< as scheduler::edition_of says
};
struct removed_schedule {
  scheduler::schedule_id id;
  bool by_keeper = false; ///< what it was kept for is gone
};
/// Of the system itself, under an id of its choice: made when it is not there, deleted ones too.
/// One that is there becomes so, and stays paused when a person has paused it. No HTTP path asks
/// for it.
struct kept_schedule {
  scheduler::schedule what; ///< all but shard, version, times and pause
  /// Of a new one and of other times: earlier ticks are settled. Nothing: those before now.
  std::optional<base::utc_us> settled_until = {};
  std::optional<bool> rests = {}; ///< paused by its keeper, or not any more
  std::string why = {};           ///< it rests
};
inline constexpr std::string_view kept_by = "system"; ///< who has paused one that rests
struct paused_schedule {
  scheduler::schedule_id id;
  std::string reason;
  std::optional<base::utc_us> until; ///< nothing: until somebody resumes it
};
struct resumed_schedule {
  scheduler::schedule_id id;
  bool skip_missed = false; ///< else the misfire policy applies to what fell into the pause
};
struct schedule_run { ///< by hand, now
  scheduler::schedule_id id;
};
/// Jobs for the ticks of a range that lies behind and that have no row.
struct backfill_wish {
  scheduler::schedule_id id;
  base::utc_us from, to;            ///< both inclusive
  std::optional<std::string> token; ///< of the preview; nothing: this is one
};

struct backfill_view {
  std::int64_t count = 0;    ///< ticks that get a job
  std::int64_t existing = 0; ///< skipped: they have a row
  std::optional<base::utc_us> first, last;
  std::string token; ///< of a preview; good for 5 minutes
};

using schedule_wish = std::variant<new_schedule, kept_schedule, replaced_schedule, removed_schedule,
                                   paused_schedule, resumed_schedule, schedule_run, backfill_wish>;

struct schedule_answer {
  schedule_view view;
  std::optional<job_view> job; ///< of a run by hand
  std::optional<backfill_view> filled;
  std::optional<ledger::stored_answer> stored; ///< of a keyed request
  bool replayed = false;
};

struct schedule_request {
  job_caller caller;
  std::string request_id;
  base::utc_us deadline;
  schedule_wish what;
  std::optional<std::pair<ledger::key_scope, base::digest>> key; ///< with the fingerprint
  /// Renders what is answered; for keyed requests, inside the commit.
  std::function<ledger::stored_answer(const schedule_answer&)> show;
};

struct schedule_backend {
  virtual ~schedule_backend() = default;

  virtual void change(schedule_request asked, on_result<schedule_answer> done) = 0;
  virtual base::result<std::optional<schedule_view>> schedule(const job_caller& who,
                                                              const scheduler::schedule_id& id) = 0;
  /// Newest first. Of the user; nothing: of the system.
  virtual base::result<std::vector<schedule_view>>
  schedules(std::optional<base::user_id> user, std::optional<scheduler::schedule_id> before,
            std::int64_t limit) = 0;
  /// Newest first, also of a deleted one; nothing when the caller may not see it.
  virtual base::result<std::optional<std::vector<scheduler::schedule_tick>>>
  ticks(const job_caller& who, const scheduler::schedule_id& id, std::optional<base::utc_us> before,
        std::int64_t limit) = 0;
};

} // namespace http
