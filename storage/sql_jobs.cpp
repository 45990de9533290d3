#include "storage/sql_jobs.hpp"

#include "storage/job_work.hpp"

namespace storage {

template <class T, class Work> void sql_jobs::ask(callback<T> done, Work work) {
  ask_pool<T, job_work>(pool_, metrics_, calls_, std::move(done), std::move(work));
}

void sql_jobs::live_after(ledger::shard_id shard, scheduler::job_id after, std::int64_t limit,
                          callback<std::vector<live_job>> done) {
  ask(std::move(done), [=](job_work& w) { return w.live_after(shard, after, limit); });
}

void sql_jobs::resting_after(ledger::shard_id shard, scheduler::job_id after, std::int64_t limit,
                             callback<std::vector<live_job>> done) {
  ask(std::move(done), [=](job_work& w) { return w.resting_after(shard, after, limit); });
}

void sql_jobs::job(scheduler::job_id id, callback<std::optional<job_details>> done) {
  ask(std::move(done), [=](job_work& w) { return w.job(id); });
}

void sql_jobs::jobs(job_filter filter, callback<job_list> done) {
  ask(std::move(done), [=](job_work& w) { return w.jobs(filter); });
}

void sql_jobs::attempts(scheduler::job_id id, callback<std::vector<scheduler::job_attempt>> done) {
  ask(std::move(done), [=](job_work& w) { return w.attempts(id); });
}

void sql_jobs::dead_groups(std::int64_t limit, callback<std::vector<dead_group>> done) {
  ask(std::move(done), [=](job_work& w) { return w.dead_groups(limit); });
}

void sql_jobs::dead_of(std::string fingerprint, scheduler::job_id after, std::int64_t limit,
                       callback<std::vector<scheduler::job_id>> done) {
  ask(std::move(done), [=](job_work& w) { return w.dead_of(fingerprint, after, limit); });
}

void sql_jobs::schedules_due(ledger::shard_id shard, base::utc_us until, std::int64_t limit,
                             callback<std::vector<scheduler::schedule>> done) {
  ask(std::move(done), [=](job_work& w) { return w.schedules_due(shard, until, limit); });
}

void sql_jobs::schedule(scheduler::schedule_id id,
                        callback<std::optional<scheduler::schedule>> done) {
  ask(std::move(done), [=](job_work& w) { return w.schedule(id); });
}

void sql_jobs::schedules(std::optional<base::user_id> user,
                         std::optional<scheduler::schedule_id> before, std::int64_t limit,
                         callback<std::vector<scheduler::schedule>> done) {
  ask(std::move(done), [=](job_work& w) { return w.schedules(user, before, limit); });
}

void sql_jobs::ticks(scheduler::schedule_id id, std::optional<base::utc_us> before,
                     std::int64_t limit, callback<std::vector<scheduler::schedule_tick>> done) {
  ask(std::move(done), [=](job_work& w) { return w.ticks(id, before, limit); });
}

void sql_jobs::pauses(callback<std::vector<scheduler::pause>> done) {
  ask(std::move(done), [](job_work& w) { return w.pauses(); });
}

void sql_jobs::queues(callback<std::vector<scheduler::queue_limits>> done) {
  ask(std::move(done), [](job_work& w) { return w.queues(); });
}

} // namespace storage
