// What   Every question of job_port as a coroutine over one session.
// Why    Written once for both databases.
// Bounds Limits are cut to job_page_max. One deadline for all statements of a question. A question
//        of several statements sees facts that were added between them, and never fewer.
// Errors As read_work.
// Threads As the session.
// Source jobs.md §13, §18.
#pragma once

#include "observability/metrics.hpp"
#include "storage/job_port.hpp"
#include "storage/session.hpp"

#include <optional>
#include <string>
#include <vector>

namespace storage {

class job_work {
public:
  template <class T> using answer_of = boost::asio::awaitable<base::result<T>>;

  job_work(session& db, observability::metrics& metrics, deadline until)
      : db_(db), metrics_(metrics), until_(until) {}

  answer_of<std::vector<live_job>> live_after(ledger::shard_id shard, scheduler::job_id after,
                                              std::int64_t limit);
  answer_of<std::vector<live_job>> resting_after(ledger::shard_id shard, resting_part part,
                                                 scheduler::job_id after, std::int64_t limit);
  answer_of<std::optional<job_details>> job(scheduler::job_id id);
  answer_of<job_list> jobs(job_filter filter);
  answer_of<job_count> count(job_filter filter);
  answer_of<job_traces> traces(scheduler::job_id id);
  answer_of<std::vector<scheduler::dead_letter_note>> dead_notes();
  answer_of<std::vector<scheduler::job_attempt>> attempts(scheduler::job_id id);
  answer_of<std::vector<dead_group>> dead_groups(std::int64_t limit);
  answer_of<std::vector<scheduler::job_id>> dead_of(std::string fingerprint,
                                                    scheduler::job_id after, std::int64_t limit);

  answer_of<std::vector<scheduler::schedule>> schedules_due(ledger::shard_id shard,
                                                            schedule_place after,
                                                            base::utc_us until, std::int64_t limit);
  answer_of<std::optional<scheduler::schedule>> schedule(scheduler::schedule_id id);
  answer_of<std::vector<scheduler::schedule>>
  schedules(std::optional<base::user_id> user, std::optional<scheduler::schedule_id> before,
            std::int64_t limit);
  answer_of<std::vector<scheduler::schedule>> schedules_after(scheduler::schedule_id after,
                                                              std::int64_t limit);
  answer_of<schedule_counts> count_schedules();
  answer_of<std::vector<scheduler::schedule_tick>>
  ticks(scheduler::schedule_id id, std::optional<base::utc_us> before, std::int64_t limit);
  answer_of<std::vector<scheduler::pause>> pauses();
  answer_of<std::vector<scheduler::queue_limits>> queues();

  answer_of<std::vector<scheduler::job>> windows(base::utc_us now, std::int64_t limit);
  answer_of<std::vector<scheduler::finished_job>>
  finished_after(scheduler::job_id after, base::utc_us made_before, std::int64_t limit);
  answer_of<old_ticks> ticks_before(scheduler::schedule_id after, base::utc_us before);
  answer_of<bool> clean(job_cleaning what);

private:
  answer_of<rows> ask_one(const statement& what, params values);
  answer_of<std::vector<live_job>> page_of(const statement& what, params values);
  /// Their last attempts and, of live ones, their controls.
  boost::asio::awaitable<base::status> complete(std::vector<live_job*> found, bool controls);
  answer_of<std::vector<job_details>> details_of(const std::vector<scheduler::job_id>& ids);

  session& db_;
  observability::metrics& metrics_;
  deadline until_;
};

} // namespace storage
