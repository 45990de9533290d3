// What   job_port over the pool of readers; what is old goes by the writer of the first journal.
// Threads any.
#pragma once

#include "storage/asked.hpp"
#include "storage/job_port.hpp"
#include "storage/sql_projections.hpp"

namespace storage {

class sql_jobs final : public job_port {
public:
  using writer = sql_projections::writer;

  sql_jobs(reader_pool& pool, observability::metrics& metrics, open_calls& calls, writer write)
      : pool_(pool), metrics_(metrics), calls_(calls), write_(std::move(write)) {}

  void live_after(ledger::shard_id shard, scheduler::job_id after, std::int64_t limit,
                  callback<std::vector<live_job>> done) override;
  void resting_after(ledger::shard_id shard, resting_part part, scheduler::job_id after,
                     std::int64_t limit, callback<std::vector<live_job>> done) override;
  void job(scheduler::job_id id, callback<std::optional<job_details>> done) override;
  void jobs(job_filter filter, callback<job_list> done) override;
  void count(job_filter filter, callback<job_count> done) override;
  void traces(scheduler::job_id id, callback<job_traces> done) override;
  void dead_notes(callback<std::vector<scheduler::dead_letter_note>> done) override;
  void attempts(scheduler::job_id id, callback<std::vector<scheduler::job_attempt>> done) override;
  void dead_groups(std::int64_t limit, callback<std::vector<dead_group>> done) override;
  void dead_of(std::string fingerprint, scheduler::job_id after, std::int64_t limit,
               callback<std::vector<scheduler::job_id>> done) override;
  void schedules_due(ledger::shard_id shard, schedule_place after, base::utc_us until,
                     std::int64_t limit, callback<std::vector<scheduler::schedule>> done) override;
  void schedule(scheduler::schedule_id id,
                callback<std::optional<scheduler::schedule>> done) override;
  void schedules(std::optional<base::user_id> user, std::optional<scheduler::schedule_id> before,
                 std::int64_t limit, callback<std::vector<scheduler::schedule>> done) override;
  void count_schedules(callback<schedule_counts> done) override;
  void ticks(scheduler::schedule_id id, std::optional<base::utc_us> before, std::int64_t limit,
             callback<std::vector<scheduler::schedule_tick>> done) override;
  void pauses(callback<std::vector<scheduler::pause>> done) override;
  void queues(callback<std::vector<scheduler::queue_limits>> done) override;
  void windows(base::utc_us now, std::int64_t limit,
               callback<std::vector<scheduler::job>> done) override;
  void finished_after(scheduler::job_id after, base::utc_us made_before, std::int64_t limit,
                      callback<std::vector<scheduler::finished_job>> done) override;
  void ticks_before(scheduler::schedule_id after, base::utc_us before,
                    callback<old_ticks> done) override;
  void clean(job_cleaning what, callback<bool> done) override;

private:
  template <class T, class Work> void ask(callback<T> done, Work work);

  reader_pool& pool_;
  observability::metrics& metrics_;
  open_calls& calls_;
  writer write_;
};

} // namespace storage
