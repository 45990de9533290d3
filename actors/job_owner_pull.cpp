// Workers that pull: leases, heartbeats, endings. A lease is proven by its text alone, so a worker
// that outlives this process goes on with its job.
#include "actors/cut_text.hpp"
#include "actors/job_owner.hpp"

#include "base/sha256.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <charconv>

namespace actors {
namespace {

using scheduler::attempt_end;
using scheduler::job_state;

constexpr std::size_t log_lines_max = 200;
constexpr std::size_t log_line_bytes_max = 500;
constexpr std::int64_t lease_us = lease_s * base::us_per_second;
constexpr std::int64_t hand_back_grace_us = 15 * base::us_per_second;
constexpr std::size_t answers_kept = 10'000;
const base::failure lease_lost{"LEASE_LOST", {}};

/// The last of the lines that fit says that there were more.
void append_log(std::string& to, const std::vector<std::string>& lines) {
  const std::string last = std::string{cut_mark} + '\n';
  auto have = static_cast<std::size_t>(std::count(to.begin(), to.end(), '\n'));
  for (auto line : lines) {
    if (have == log_lines_max) {
      if (!to.ends_with(last)) to.erase(to.rfind('\n', to.size() - 2) + 1).append(last);
      return;
    }
    std::replace(line.begin(), line.end(), '\n', ' '); // one line stays one
    to += cut_text(std::move(line), log_line_bytes_max);
    to += '\n';
    ++have;
  }
}

/// The attempt that a lease names; 0: it names none.
std::int32_t attempt_of(std::string_view lease) {
  std::int32_t attempt = 0;
  if (!lease.starts_with('l')) return 0;
  (void)std::from_chars(lease.data() + 1, lease.data() + lease.size(), attempt);
  return attempt;
}

} // namespace

std::string job_owner::lease_of(const scheduler::job_id& id, const std::string& worker,
                                std::int32_t attempt) const {
  const auto proof =
      base::sha256(settings_.lease_secret + '\n' + id.text() + '\n' + std::to_string(attempt) +
                   '\n' + worker + '\n' + settings_.lease_secret);
  return "l" + std::to_string(attempt) + '.' + base::hex(proof).substr(0, 32);
}

base::result<http::worker_view> job_owner::join(const http::worker_wish& wish) {
  if (draining_) return base::fail(storage::errc::shutting_down);
  const auto now = env().time.now();
  auto joined = workers_.join(http::worker_id::of(env().ids.next(now, 0)), wish, now);
  if (joined) note_executors(wish.kinds);
  return joined;
}

/// Whether somebody runs these kinds may have changed.
void job_owner::note_executors(const std::vector<std::string>& kinds) {
  const auto now = env().time.now();
  for (const auto& kind : kinds) memory_.queue.set_executor(kind, workers_.can_run(kind), now);
}

job_workers::poll* job_owner::poll_for(std::string_view kind, std::string_view queue,
                                       base::utc_us now) {
  return now < adopt_until_ ? nullptr : workers_.poll_for(kind, queue);
}

http::leased_job job_owner::give(live_job& j, const http::worker_id& worker) {
  const auto now = env().time.now();
  const auto attempt = j.attempts + 1;
  auto& run = begin_run(j, "worker " + worker.text());
  run.worker = worker.text();
  run.lease = lease_of(j.what.id, run.worker, attempt);
  run.lease_until = {now.count + lease_us};
  memory_.set_alarm(run.lease_until, {j.what.id, job_timer::lease, run.token});
  if (auto* w = workers_.find(worker)) w->jobs.insert(j.what.id);
  return {j.what.id, j.what.kind,      j.what.payload,   j.what.payload_version,
          attempt,   j.what.timeout_s, j.running->lease, j.running->lease_until};
}

/// Those that got something in this turn, and those whose wait is over.
void job_owner::answer_polls() {
  auto& polls = workers_.polls();
  const auto now = env().time.now();
  for (auto p = polls.begin(); p != polls.end();) {
    const auto* w = workers_.find(p->worker);
    const bool over = p->until <= now || w == nullptr ||
                      w->shown.state != http::worker_state::active || draining_;
    if (p->given.empty() && !over) {
      ++p;
      continue;
    }
    const auto done = std::move(p->done);
    auto given = std::move(p->given);
    p = polls.erase(p);
    done(std::move(given));
  }
}

void job_owner::lease(const http::worker_id& worker, std::int64_t max, std::chrono::seconds wait,
                      const http::on_result<std::vector<http::leased_job>>& done) {
  auto* w = workers_.find(worker);
  if (w != nullptr && w->adopted && w->jobs.empty()) {
    workers_.erase(worker); // it has ended what it was known by
    w = nullptr;
  }
  if (w == nullptr) return done(base::failure{"UNKNOWN_WORKER", {}});
  const auto now = env().time.now();
  seen(*w, now);
  const bool waits = wait.count() > 0 && !workers_.full();
  workers_.polls().push_back(
      {worker, max, {now.count + (waits ? wait.count() * base::us_per_second : 0)}, done});
  dispatch();
  schedule_tick();
}

/// While nobody knows what is live, a lease is neither good nor lost.
std::optional<base::failure> job_owner::no_leases_now() {
  if (env().status.recovery.on()) return base::failure{"RECOVERY_MODE", {}};
  if (!loaded_) return base::failure{"DB_UNAVAILABLE", "the jobs are being read"};
  return std::nullopt;
}

void job_owner::seen(job_workers::worker& w, base::utc_us now) {
  w.shown.seen_at = now;
  if (w.shown.state != http::worker_state::lost) return;
  w.shown.state = http::worker_state::active;
  note_executors(w.shown.wish.kinds);
}

void job_owner::remember_answer(const std::string& lease, const http::job_ended& how) {
  if (lease.empty() || !answered_.emplace(lease, how).second) return;
  answered_order_.push_back(lease);
  if (answered_order_.size() <= answers_kept) return;
  answered_.erase(answered_order_.front());
  answered_order_.pop_front();
}

/// The first answer may have been lost; after a restart the outcome is what is known of it.
void job_owner::answer_again(const http::worker_id& worker, const scheduler::job_id& id,
                             const std::string& lease, const base::failure& why, bool completes,
                             const http::on_result<http::job_ended>& done) {
  const auto attempt = attempt_of(lease);
  if (why.code != lease_lost.code || lease != lease_of(id, worker.text(), attempt))
    return done(why);
  if (const auto said = answered_.find(lease); said != answered_.end()) {
    const auto state = said->second.state;
    const bool same = state == job_state::cancelled || completes == (state == job_state::succeeded);
    if (same) return done(said->second);
    return done(why);
  }
  if (!completes || memory_.find(id) != nullptr) return done(why);
  env().store.jobs().job(id, [done, why, attempt](auto found) {
    const bool same = found && *found && (**found).outcome &&
                      (**found).outcome->state == job_state::succeeded &&
                      (**found).job.last_number() + 1 == attempt;
    if (same) return done(http::job_ended{job_state::succeeded, {}});
    done(found ? why : found.error());
  });
}

std::optional<base::failure> job_owner::wrong_lease(const http::worker_id& worker,
                                                    const scheduler::job_id& id,
                                                    const std::string& lease) {
  if (auto closed = no_leases_now()) return closed;
  auto* j = memory_.find(id);
  if (j == nullptr) return lease_lost;
  if (j->running) {
    const bool mine = j->running->worker == worker.text() && j->running->lease == lease;
    return mine ? std::nullopt : std::optional{lease_lost};
  }
  // Nobody has it: a worker that had it before we started goes on. One that ran under a lock does
  // not: that ended with the process before us.
  const auto* kind = settings_.kinds->find(j->what.kind);
  const bool mine =
      lease == lease_of(id, worker.text(), j->attempts + 1) && (kind == nullptr || !kind->lock);
  if (!mine || j->changing || j->state == job_state::committing || j->state == job_state::dead ||
      j->state == job_state::parked)
    return lease_lost;
  adopt(*j, worker, lease);
  return std::nullopt;
}

void job_owner::adopt(live_job& j, const http::worker_id& worker, const std::string& lease) {
  if (workers_.find(worker) == nullptr) {
    http::worker_wish wish;
    wish.name = "adopted";
    wish.kinds = {j.what.kind};
    if (workers_.join(worker, wish, env().time.now())) workers_.find(worker)->adopted = true;
    note_executors(wish.kinds);
  }
  memory_.queue.take(j.what.id);
  (void)give(j, worker);
  j.running->lease = lease;
  env().metrics.jobs().recovered(observability::recovered_reason::adopted).add();
}

base::result<http::heartbeat_answer>
job_owner::heartbeat(const http::worker_id& worker, const std::vector<http::lease_report>& leases) {
  http::heartbeat_answer answer;
  answer.next_s = heartbeat_s;
  const auto now = env().time.now();
  if (auto closed = no_leases_now()) return *closed;
  if (workers_.find(worker) == nullptr && leases.empty())
    return base::failure{"UNKNOWN_WORKER", {}};
  for (const auto& report : leases) {
    auto* j = memory_.find(report.job);
    const bool had = j != nullptr && j->running.has_value();
    if (wrong_lease(worker, report.job, report.lease)) {
      answer.lost.push_back(report.job);
      continue;
    }
    if (!had) answer.adopted.push_back(report.job);
    auto& run = *j->running;
    run.lease_until = {now.count + lease_us};
    memory_.set_alarm(run.lease_until, {report.job, job_timer::lease, run.token});
    if (report.progress) {
      run.progress_done = report.progress->done;
      run.progress_total = report.progress->total;
      run.progress_message = report.progress->message;
    }
    if (j->state == job_state::cancelling) answer.cancel.push_back(report.job);
  }
  auto* w = workers_.find(worker);
  if (w == nullptr) return base::failure{"UNKNOWN_WORKER", {}};
  seen(*w, now);
  answer.state = draining_ ? http::worker_state::terminating : w->shown.state;
  return answer;
}

void job_owner::complete(const http::job_completion& what,
                         const http::on_result<http::job_ended>& done) {
  if (auto why = wrong_lease(what.worker, what.job, what.lease))
    return answer_again(what.worker, what.job, what.lease, *why, true, done);
  auto* j = memory_.find(what.job);
  if (j->state != job_state::committing) append_log(j->running->log, what.log);
  ended(what.job, j->running->token, job_done{what.result, what.effects}, done);
}

void job_owner::fail(const http::job_failure& what, const http::on_result<http::job_ended>& done) {
  if (auto why = wrong_lease(what.worker, what.job, what.lease))
    return answer_again(what.worker, what.job, what.lease, *why, false, done);
  auto* j = memory_.find(what.job);
  append_log(j->running->log, what.log);
  std::optional<std::int64_t> hint;
  if (what.retry_after_s) hint = *what.retry_after_s * base::us_per_second;
  ended(what.job, j->running->token, job_failed{what.error, what.retryable, hint}, done);
}

void job_owner::snooze(const http::worker_id& worker, const scheduler::job_id& job,
                       const std::string& lease, base::utc_us until,
                       const http::on_result<http::job_ended>& done) {
  if (auto why = wrong_lease(worker, job, lease))
    return answer_again(worker, job, lease, *why, false, done);
  ended(job, memory_.find(job)->running->token, job_snoozed{until}, done);
}

base::status job_owner::log(const http::worker_id& worker, const scheduler::job_id& job,
                            const std::string& lease, const std::vector<std::string>& lines) {
  if (auto why = wrong_lease(worker, job, lease)) return *why;
  append_log(memory_.find(job)->running->log, lines);
  return {};
}

base::result<http::worker_view> job_owner::set_state(const http::worker_id& worker,
                                                     http::worker_state wanted) {
  auto* w = workers_.find(worker);
  if (w == nullptr) return base::failure{"NOT_FOUND", {}};
  w->shown.state = wanted;
  note_executors(w->shown.wish.kinds);
  if (wanted == http::worker_state::terminating)
    for (const auto& id : w->jobs)
      if (auto* j = memory_.find(id); j != nullptr && j->running)
        memory_.set_alarm({env().time.now().count + hand_back_grace_us},
                          {id, job_timer::hand_back, j->running->token});
  dispatch();
  schedule_tick();
  return w->shown;
}

/// Its worker leaves.
void job_owner::hand_back(live_job& j) {
  if (j.state == job_state::running)
    return put_off(j, attempt_end::handed_back, env().time.now(), {});
  if (j.state == job_state::cancelling)
    end_as(j, job_state::cancelled, j.running->cancelled_by, j.running->cancel_reason,
           [](const base::status&) {});
}

base::status job_owner::leave(const http::worker_id& worker) {
  auto* w = workers_.find(worker);
  if (w == nullptr) return base::failure{"UNKNOWN_WORKER", {}};
  const auto jobs = w->jobs;
  const auto kinds = w->shown.wish.kinds;
  workers_.erase(worker);
  note_executors(kinds);
  for (const auto& id : jobs)
    if (auto* j = memory_.find(id)) hand_back(*j);
  dispatch();
  return {};
}

} // namespace actors
