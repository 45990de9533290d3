// What   schedule_backend: what the HTTP front asks about schedules. A pure port that
//        actors/job_gateway implements.
// Errors As job_backend.hpp; BAD_RULE is decided at the edge.
// Threads As job_backend.hpp.
// Source jobs.md §9, §18.
#pragma once

#include "http/job_backend.hpp"

namespace http {

struct schedule_page {
  std::vector<scheduler::schedule> items; ///< newest first
  std::optional<scheduler::schedule_id> next;
};

struct schedule_edit {
  job_caller caller;
  scheduler::schedule wanted;             ///< the whole of it; of a new one without id
  std::optional<std::int64_t> if_version; ///< of a change
  std::string reason;                     ///< of administrators on others' schedules
  base::utc_us deadline;
};

struct backfill_preview {
  std::int64_t count = 0;
  std::optional<base::utc_us> first, last;
  std::string token; ///< good for five minutes
};

struct schedule_backend {
  virtual ~schedule_backend() = default;

  virtual void create(schedule_edit what, on_result<scheduler::schedule> done) = 0;
  virtual void change(schedule_edit what, on_result<scheduler::schedule> done) = 0;
  virtual void remove(const job_caller& who, const scheduler::schedule_id& id,
                      const std::string& reason, base::utc_us deadline, on_result<bool> done) = 0;
  virtual base::result<std::optional<scheduler::schedule>>
  schedule(const job_caller& who, const scheduler::schedule_id& id) = 0;
  virtual base::result<schedule_page> schedules(const job_caller& who, bool of_system,
                                                std::optional<scheduler::schedule_id> before,
                                                std::int64_t limit) = 0;
  virtual base::result<std::optional<std::vector<scheduler::schedule_tick>>>
  ticks(const job_caller& who, const scheduler::schedule_id& id, std::optional<base::utc_us> before,
        std::int64_t limit) = 0;
  virtual void pause(const job_caller& who, const scheduler::schedule_id& id,
                     const std::string& reason, std::optional<base::utc_us> until,
                     base::utc_us deadline, on_result<scheduler::schedule> done) = 0;
  /// `skip_missed`: what was missed during the pause is skipped whatever the policy says.
  virtual void resume(const job_caller& who, const scheduler::schedule_id& id, bool skip_missed,
                      base::utc_us deadline, on_result<scheduler::schedule> done) = 0;
  /// A job outside the rule; the watermark stays.
  virtual void run_now(const job_caller& who, const scheduler::schedule_id& id,
                       const std::string& reason, base::utc_us deadline,
                       on_result<job_view> done) = 0;
  virtual base::result<backfill_preview> preview_backfill(const job_caller& who,
                                                          const scheduler::schedule_id& id,
                                                          base::utc_us from, base::utc_us to) = 0;
  virtual void backfill(const job_caller& who, const std::string& token, const std::string& reason,
                        base::utc_us deadline, on_result<std::int64_t> done) = 0;
};

} // namespace http
