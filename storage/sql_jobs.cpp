#include "storage/sql_jobs.hpp"

#include "storage/job_work.hpp"

namespace storage {

namespace {

boost::asio::awaitable<base::result<bool>> clean_of(session& db, observability::metrics& metrics,
                                                    deadline until, job_cleaning what) {
  job_work work{db, metrics, until};
  co_return co_await work.clean(std::move(what));
}

} // namespace

template <class T, class Work> void sql_jobs::ask(callback<T> done, Work work) {
  ask_pool<T, job_work>(pool_, metrics_, calls_, std::move(done), std::move(work));
}

void sql_jobs::live_after(ledger::shard_id shard, scheduler::job_id after, std::int64_t limit,
                          callback<std::vector<live_job>> done) {
  ask(std::move(done), [=](job_work& w) { return w.live_after(shard, after, limit); });
}

void sql_jobs::resting_after(ledger::shard_id shard, resting_part part, scheduler::job_id after,
                             std::int64_t limit, callback<std::vector<live_job>> done) {
  ask(std::move(done), [=](job_work& w) { return w.resting_after(shard, part, after, limit); });
}

void sql_jobs::job(scheduler::job_id id, callback<std::optional<job_details>> done) {
  ask(std::move(done), [=](job_work& w) { return w.job(id); });
}

void sql_jobs::jobs(job_filter filter, callback<job_list> done) {
  ask(std::move(done), [=](job_work& w) { return w.jobs(filter); });
}

void sql_jobs::count(job_filter filter, callback<job_count> done) {
  ask(std::move(done), [=](job_work& w) { return w.count(filter); });
}

void sql_jobs::traces(scheduler::job_id id, callback<job_traces> done) {
  ask(std::move(done), [=](job_work& w) { return w.traces(id); });
}

void sql_jobs::dead_notes(callback<std::vector<scheduler::dead_letter_note>> done) {
  ask(std::move(done), [](job_work& w) { return w.dead_notes(); });
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

void sql_jobs::schedules_due(ledger::shard_id shard, schedule_place after, base::utc_us until,
                             std::int64_t limit, callback<std::vector<scheduler::schedule>> done) {
  ask(std::move(done), [=](job_work& w) { return w.schedules_due(shard, after, until, limit); });
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

void sql_jobs::count_schedules(callback<schedule_counts> done) {
  ask(std::move(done), [](job_work& w) { return w.count_schedules(); });
}

void sql_jobs::ticks(scheduler::schedule_id id, std::optional<base::utc_us> before,
                     std::int64_t limit, callback<std::vector<scheduler::schedule_tick>> done) {
  ask(std::move(done), [=](job_work& w) { return w.ticks(id, before, limit); });
}

void sql_jobs::windows(base::utc_us now, std::int64_t limit,
                       callback<std::vector<scheduler::job>> done) {
  ask(std::move(done), [=](job_work& w) { return w.windows(now, limit); });
}

void sql_jobs::finished_after(scheduler::job_id after, base::utc_us made_before, std::int64_t limit,
                              callback<std::vector<scheduler::finished_job>> done) {
  ask(std::move(done), [=](job_work& w) { return w.finished_after(after, made_before, limit); });
}

void sql_jobs::ticks_before(scheduler::schedule_id after, base::utc_us before,
                            callback<old_ticks> done) {
  ask(std::move(done), [=](job_work& w) { return w.ticks_before(after, before); });
}

void sql_jobs::clean(job_cleaning what, callback<bool> done) {
  write_(std::move(done), [this, what = std::move(what)](session& db, deadline until) {
    return clean_of(db, metrics_, until, what);
  });
}

void sql_jobs::pauses(callback<std::vector<scheduler::pause>> done) {
  ask(std::move(done), [](job_work& w) { return w.pauses(); });
}

void sql_jobs::queues(callback<std::vector<scheduler::queue_limits>> done) {
  ask(std::move(done), [](job_work& w) { return w.queues(); });
}

} // namespace storage
