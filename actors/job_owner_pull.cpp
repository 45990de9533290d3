// Workers that pull: leases, heartbeats, endings. A lease is proven by its text alone, so a worker
// that outlives this process goes on with its job.
#include "actors/job_owner.hpp"

#include "base/sha256.hpp"

#include <algorithm>

namespace actors {
namespace {

using scheduler::attempt_end;
using scheduler::job_state;

constexpr std::size_t log_lines_max = 200;
constexpr std::size_t log_line_bytes_max = 500;
constexpr std::int64_t lease_us = lease_s * base::us_per_second;
constexpr std::int64_t hand_back_grace_us = 15 * base::us_per_second;

void append_log(std::string& to, const std::vector<std::string>& lines) {
  auto have = static_cast<std::size_t>(std::count(to.begin(), to.end(), '\n'));
  for (const auto& line : lines) {
    if (have++ >= log_lines_max) return;
    to += line.substr(0, log_line_bytes_max);
    to += '\n';
  }
}

} // namespace

std::string job_owner::lease_of(const live_job& j, const std::string& worker,
                                std::int32_t attempt) const {
  const auto proof =
      base::sha256(settings_.lease_secret + '\n' + j.what.id.text() + '\n' +
                   std::to_string(attempt) + '\n' + worker + '\n' + settings_.lease_secret);
  return "l" + std::to_string(attempt) + '.' + base::hex(proof).substr(0, 32);
}

base::result<http::worker_view> job_owner::join(const http::worker_wish& wish) {
  if (draining_) return base::fail(storage::errc::shutting_down);
  const auto now = env().time.now();
  auto joined = workers_.join(http::worker_id::of(env().ids.next(now, 0)), wish, now);
  if (joined)
    for (const auto& kind : wish.kinds) memory_.queue.set_executor(kind, true, now);
  return joined;
}

http::leased_job job_owner::give(live_job& j, const http::worker_id& worker) {
  const auto now = env().time.now();
  const auto attempt = j.attempts + 1;
  j.state = job_state::running;
  live_job::run run;
  run.token = next_token_++;
  run.started_at = now;
  run.worker = worker.text();
  run.executor = "worker " + run.worker;
  run.lease = lease_of(j, run.worker, attempt);
  run.lease_until = {now.count + lease_us};
  run.must_end_at = {now.count + j.what.timeout_s * base::us_per_second};
  memory_.set_alarm(run.must_end_at, {j.what.id, job_timer::timeout, run.token});
  memory_.set_alarm(run.lease_until, {j.what.id, job_timer::lease, run.token});
  j.running = std::move(run);
  memory_.unique.started(j.what.id, now);
  ++memory_.counts.started;
  if (auto* w = workers_.find(worker)) w->jobs.insert(j.what.id);
  return {j.what.id, j.what.kind,      j.what.payload,   j.what.payload_version,
          attempt,   j.what.timeout_s, j.running->lease, j.running->lease_until};
}

/// Gives what is ready to the polls that wait.
void job_owner::serve_polls() {
  auto& polls = workers_.polls();
  const auto now = env().time.now();
  for (auto p = polls.begin(); p != polls.end();) {
    std::vector<http::leased_job> given;
    while (may_start() && now >= adopt_until_ && std::ssize(given) < p->max) {
      const auto next = memory_.queue.next(now, [&](std::string_view kind, std::string_view queue) {
        return workers_.takes(*p, kind, queue);
      });
      if (!next) break;
      auto* j = memory_.find(*next);
      given.push_back(give(*j, p->worker));
    }
    const auto* w = workers_.find(p->worker);
    const bool over = p->until <= now || w == nullptr ||
                      w->shown.state != http::worker_state::active || draining_;
    if (given.empty() && !over) {
      ++p;
      continue;
    }
    const auto done = std::move(p->done);
    p = polls.erase(p);
    done(std::move(given));
  }
}

void job_owner::lease(const http::worker_id& worker, std::int64_t max, std::chrono::seconds wait,
                      const http::on_result<std::vector<http::leased_job>>& done) {
  auto* w = workers_.find(worker);
  if (w == nullptr) return done(base::failure{"UNKNOWN_WORKER", {}});
  const auto now = env().time.now();
  w->shown.seen_at = now;
  if (w->shown.state == http::worker_state::lost) w->shown.state = http::worker_state::active;
  const auto room = std::int64_t{w->shown.wish.slots} - std::ssize(w->jobs);
  const bool waits = wait.count() > 0 && !workers_.full();
  workers_.polls().push_back({worker,
                              std::min(max, std::max<std::int64_t>(room, 0)),
                              {now.count + (waits ? wait.count() * base::us_per_second : 0)},
                              done});
  serve_polls();
  schedule_tick();
}

std::optional<base::failure> job_owner::wrong_lease(const http::worker_id& worker,
                                                    const scheduler::job_id& id,
                                                    const std::string& lease) {
  const base::failure lost{"LEASE_LOST", {}};
  if (env().status.recovery.on()) return base::failure{"RECOVERY_MODE", {}};
  auto* j = memory_.find(id);
  if (j == nullptr) return lost;
  if (j->running)
    return j->running->worker == worker.text() && j->running->lease == lease ? std::nullopt
                                                                             : std::optional{lost};
  // Nobody has it: a worker that had it before we started goes on.
  const bool mine = lease == lease_of(*j, worker.text(), j->attempts + 1);
  if (!mine || scheduler::is_final(j->state) || j->state == job_state::dead ||
      j->state == job_state::parked)
    return lost;
  adopt(*j, worker, lease);
  return std::nullopt;
}

void job_owner::adopt(live_job& j, const http::worker_id& worker, const std::string& lease) {
  if (workers_.find(worker) == nullptr) {
    http::worker_wish wish;
    wish.name = "adopted";
    wish.kinds = {j.what.kind};
    (void)workers_.join(worker, wish, env().time.now());
  }
  memory_.queue.take(j.what.id);
  (void)give(j, worker);
  j.running->lease = lease;
}

base::result<http::heartbeat_answer>
job_owner::heartbeat(const http::worker_id& worker, const std::vector<http::lease_report>& leases) {
  http::heartbeat_answer answer;
  answer.next_s = heartbeat_s;
  const auto now = env().time.now();
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
  w->shown.seen_at = now;
  if (w->shown.state == http::worker_state::lost) w->shown.state = http::worker_state::active;
  answer.state = draining_ ? http::worker_state::terminating : w->shown.state;
  return answer;
}

void job_owner::complete(const http::job_completion& what,
                         const http::on_result<http::job_ended>& done) {
  if (auto why = wrong_lease(what.worker, what.job, what.lease)) return done(*why);
  auto* j = memory_.find(what.job);
  append_log(j->running->log, what.log);
  ended(what.job, j->running->token, job_done{what.result, what.effects}, done);
}

void job_owner::fail(const http::job_failure& what, const http::on_result<http::job_ended>& done) {
  if (auto why = wrong_lease(what.worker, what.job, what.lease)) return done(*why);
  auto* j = memory_.find(what.job);
  append_log(j->running->log, what.log);
  std::optional<std::int64_t> hint;
  if (what.retry_after_s) hint = *what.retry_after_s * base::us_per_second;
  ended(what.job, j->running->token, job_failed{what.error, what.retryable, hint}, done);
}

void job_owner::snooze(const http::worker_id& worker, const scheduler::job_id& job,
                       const std::string& lease, base::utc_us until,
                       const http::on_result<http::job_ended>& done) {
  if (auto why = wrong_lease(worker, job, lease)) return done(*why);
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
  if (wanted == http::worker_state::terminating)
    for (const auto& id : w->jobs)
      if (auto* j = memory_.find(id); j != nullptr && j->running)
        memory_.set_alarm({env().time.now().count + hand_back_grace_us},
                          {id, job_timer::lease, j->running->token});
  serve_polls();
  schedule_tick();
  return w->shown;
}

base::status job_owner::leave(const http::worker_id& worker) {
  auto* w = workers_.find(worker);
  if (w == nullptr) return base::failure{"UNKNOWN_WORKER", {}};
  const auto jobs = w->jobs;
  const auto kinds = w->shown.wish.kinds;
  workers_.erase(worker);
  const auto now = env().time.now();
  for (const auto& kind : kinds)
    if (!workers_.can_run(kind)) memory_.queue.set_executor(kind, false, now);
  for (const auto& id : jobs)
    if (auto* j = memory_.find(id); j != nullptr && j->state == job_state::running)
      put_off(*j, attempt_end::handed_back, now, {});
  serve_polls();
  dispatch();
  return {};
}

} // namespace actors
