// How attempts end: with effects, to be tried again, dead, cancelled.
#include "actors/cut_text.hpp"
#include "actors/job_owner.hpp"

#include "base/assert.hpp"
#include "base/probe.hpp"
#include "scheduler/error_fingerprint.hpp"
#include "scheduler/retention.hpp"
#include "scheduler/retry_policy.hpp"
#include "storage/crash_recorder.hpp"

#include <algorithm>

namespace actors {
namespace {

using scheduler::attempt_end;
using scheduler::job_event;
using scheduler::job_state;

constexpr std::int64_t stop_patience_us = 10 * base::us_per_second;
constexpr std::int64_t cancel_again_us = 10 * base::us_per_second;
constexpr std::chrono::seconds end_again{10};
constexpr std::int64_t snooze_least_us = base::us_per_second;
constexpr std::int64_t snooze_most_us = std::int64_t{30} * 86'400 * base::us_per_second;
constexpr std::int32_t snoozes_max = 1000; ///< of a job; what workers handed back counts too

scheduler::job_error bounded(scheduler::job_error e) {
  return {cut_text(std::move(e.code), 64), cut_text(std::move(e.message), 500),
          cut_text(std::move(e.stack), 8192)};
}

/// What the end of an attempt is to its job.
job_event event_of_end(attempt_end how) {
  switch (how) {
  case attempt_end::succeeded: return job_event::returned;
  case attempt_end::transient: return job_event::failed_transient;
  case attempt_end::permanent: return job_event::failed_permanent;
  case attempt_end::timed_out: return job_event::timed_out;
  case attempt_end::lost: return job_event::executor_lost;
  case attempt_end::snoozed: return job_event::snoozed;
  case attempt_end::handed_back: return job_event::handed_back;
  case attempt_end::cancelled: return job_event::cancel;
  case attempt_end::refused: return job_event::commit_refused;
  }
  UNREACHABLE("an end of an attempt");
}

job_state state_after(const live_job& j, attempt_end how, const scheduler::circumstances& around) {
  const auto next = scheduler::advance(j.state, event_of_end(how), around);
  ENSURE(next.what == scheduler::verdict::moved, "whose attempt ends was running");
  return next.state;
}

/// Of the attempt that runs, and ends now.
scheduler::job_attempt attempt_row(const live_job& j, attempt_end how, base::utc_us now) {
  scheduler::job_attempt row;
  row.job = j.what.id;
  row.number = j.attempts + 1;
  row.end = how;
  row.started_at = j.running->started_at;
  row.ended_at = now;
  row.executor = j.running->executor;
  row.log = j.running->log;
  return row;
}

scheduler::job_rest rest_row(const live_job& j, base::utc_us now) {
  return {j.what.id, j.what.shard, j.state, now, j.due, j.counted, j.fingerprint, j.error};
}

/// Of a job that ends now, with the attempt that runs, if one does.
scheduler::job_outcome outcome_of(const live_job& j, job_state state, base::utc_us now) {
  scheduler::job_outcome o;
  o.job = j.what.id;
  o.shard = j.what.shard;
  o.state = state;
  o.attempts = j.counted + (j.running ? 1 : 0);
  o.started_at = j.running ? j.running->started_at : now;
  o.ended_at = now;
  if (j.running) {
    o.executor = j.running->executor;
    o.log = j.running->log;
  }
  return o;
}

/// Of a kind that may not post, whatever its rows say.
auto without_posting(decltype(ledger::change_rows::decide) decide) {
  return [decide = std::move(decide)](const std::vector<ledger::user_rows>& found,
                                      base::utc_us now) -> base::result<ledger::row_change> {
    auto change = decide(found, now);
    if (change && (change->post || change->reverse)) return base::failure{"KIND_NOT_ALLOWED", {}};
    return change;
  };
}

void tell(const http::on_result<http::job_ended>& told, const http::job_ended& how) {
  if (told) told(how);
}

} // namespace

void job_owner::forget(const scheduler::job_id& id) {
  const auto* j = memory_.find(id);
  if (j == nullptr) return;
  leave_worker(*j);
  ended_[j->what.shard] = true;
  ++ended_since_mark_;
  if (j->what.schedule && schedule_hears_) schedule_hears_(*j->what.schedule);
  memory_.queue.leave(id);
  memory_.unique.erase(id);
  memory_.erase(id);
  if (ended_since_mark_ >= ended_by_mark) move_watermarks(env().time.now());
}

void job_owner::leave_worker(const live_job& j) {
  if (!j.running || j.running->worker.empty()) return;
  if (auto* w = workers_.find(http::worker_id{j.running->worker})) w->jobs.erase(j.what.id);
}

void job_owner::take_ended() {
  for (auto& e : ended_handlers_->take()) {
    overdue_.erase(e.token);
    if (settings_.recorder != nullptr) settings_.recorder->ended(e.job);
    handler_returned(e.token);
    ended(e.job, e.token, std::move(e.verdict), {});
  }
  free_locks();
}

void job_owner::ended(const scheduler::job_id& id, std::uint64_t token, job_verdict verdict,
                      http::on_result<http::job_ended> told) {
  auto* j = memory_.find(id);
  const bool valid = j != nullptr && j->running && j->running->token == token;
  if (valid && j->state == job_state::committing && std::holds_alternative<job_done>(verdict)) {
    if (told) j->running->asked_again.push_back(std::move(told)); // it hears the same
    return;
  }
  if (!valid || j->state == job_state::committing) {
    PROBE("late_verdict_dropped");
    if (told) told(base::failure{"LEASE_LOST", {}});
    return;
  }
  if (j->state == job_state::cancelling) {
    end_as(*j, job_state::cancelled, j->running->cancelled_by, j->running->cancel_reason,
           [this, told, lease = j->running->lease](const base::status&) {
             remember_answer(lease, {job_state::cancelled, {}});
             tell(told, {job_state::cancelled, {}});
           });
    return;
  }
  if (auto* done = std::get_if<job_done>(&verdict)) return succeed(*j, std::move(*done), told);
  if (const auto* later = std::get_if<job_snoozed>(&verdict)) {
    if (j->attempts - j->counted >= snoozes_max)
      return failed(*j, attempt_end::permanent,
                    {"SNOOZED_TOO_OFTEN", "it was put off a thousand times", {}}, {}, told);
    const auto now = env().time.now().count;
    return put_off(*j, attempt_end::snoozed,
                   {std::clamp(later->until.count, now + snooze_least_us, now + snooze_most_us)},
                   told);
  }
  auto& bad = std::get<job_failed>(verdict);
  failed(*j, bad.retryable ? attempt_end::transient : attempt_end::permanent, std::move(bad.error),
         bad.retry_after_us, told);
}

void job_owner::succeed(live_job& j, job_done done, http::on_result<http::job_ended> told) {
  // Whether such a job sleeps already is not known before all are here.
  if (!loaded_ && !done.effects.jobs.empty()) {
    when_loaded_.emplace_back([this, id = j.what.id, token = j.running->token,
                               done = std::move(done),
                               told] { ended(id, token, job_verdict{done}, told); });
    return;
  }
  const auto now = env().time.now();
  auto outcome = outcome_of(j, job_state::succeeded, now);
  outcome.result = done.result;
  ENSURE(done.effects.transactions.empty() || !done.effects.rows,
         "a handler posts by itself or by what it decides in the book");
  if ((!done.effects.transactions.empty() || done.effects.rows) && !j.what.user)
    return failed(j, attempt_end::permanent,
                  {"NO_USER", "a job of the system has no books to post to", {}}, {}, told);
  row_list rows;
  auto follow = std::make_shared<std::vector<scheduler::job>>();
  const auto drop_followers = [this, follow] {
    for (const auto& f : *follow) {
      memory_.give_up(f.shard, f.id);
      memory_.unique.drop(f.id);
    }
  };
  for (auto& next : done.effects.jobs) {
    const auto fault = complete_follower(j, next, done.effects.may_post, now);
    if (!fault) {
      drop_followers();
      return failed(j, attempt_end::permanent,
                    {std::string{fault.error().code}, "a follow-up job was refused", {}}, {}, told);
    }
    if (!*fault) continue; // such a job is there already
    memory_.expect(next.shard, next.id);
    memory_.unique.add(next, now);
    rows.emplace_back(next);
    follow->push_back(next);
  }
  rows.emplace_back(std::move(outcome));
  if (j.state != job_state::committing) move(j, job_state::committing);
  memory_.queue.give_back(j.what.id);
  memory_.attempt_over(*j.running);
  write w;
  w.shard = j.what.shard;
  w.rows = std::move(rows);
  w.user = j.what.user;
  w.transactions = std::move(done.effects.transactions);
  w.change = std::move(done.effects.rows);
  if (w.change && !(done.effects.may_post && posts(j.what.kind)))
    w.change->decide = without_posting(std::move(w.change->decide));
  w.done = [this, id = j.what.id, follow, drop_followers, told, seq = w.seq,
            instead = std::move(done.effects.if_refused),
            committed = std::move(done.effects.committed),
            result = std::move(done.result)](const base::status& s) {
    auto* live = memory_.find(id);
    if (live == nullptr) return;
    auto others = std::move(live->running->asked_again);
    live->running->asked_again.clear();
    if (s || s.error().code == "DUPLICATE_KEY") {
      if (!s) PROBE("outcome_was_there_already");
      if (s && committed) committed();
      ++(s ? memory_.counts.succeeded : memory_.counts.duplicates_suppressed);
      if (s)
        for (auto& f : *follow) enter(f, false);
      else
        drop_followers();
      if (s)
        emit(*live, job_state::committing, job_state::succeeded, attempt_end::succeeded);
      else
        facts_.ended_before(*live, job_state::committing);
      http::job_ended how{job_state::succeeded, {}};
      if (s && *seq != 0) how.commit = {live->what.shard, *seq};
      remember_answer(live->running->lease, how);
      forget(id);
      tell(told, how);
      for (const auto& other : others) other(how);
      return dispatch();
    }
    drop_followers();
    if (instead) { // it knew what to do then
      auto other = instead(s.error());
      live->running->asked_again = std::move(others);
      return succeed(*live, {result, std::move(other)}, told);
    }
    PROBE("effects_refused");
    const base::failure why{"EFFECTS_REFUSED", std::string{s.error().code}};
    if (told) told(why);
    for (const auto& other : others) other(why);
    failed(*live, attempt_end::refused, {std::string{s.error().code}, s.error().detail, {}}, {},
           {});
  };
  write_out(std::make_shared<write>(std::move(w)));
  dispatch();
}

void job_owner::failed(live_job& j, attempt_end how, scheduler::job_error error,
                       std::optional<std::int64_t> hint_us,
                       const http::on_result<http::job_ended>& told) {
  const auto now = env().time.now();
  ++memory_.counts.failed;
  auto row = attempt_row(j, how, now);
  row.error = bounded(std::move(error));
  leave_worker(j);
  ++j.attempts;
  ++j.counted;
  j.error = row.error;
  const auto wait = scheduler::delay_us(j.what.retry, j.counted, hint_us.value_or(0), chance_);
  const base::utc_us next{now.count + wait};
  scheduler::circumstances around;
  // A refusal of the ledger that no handler took care of is for good.
  around.may_retry = how != attempt_end::refused && scheduler::may_retry(j.what, j.counted, next);
  around.parks_lane = j.what.lane && j.what.on_failure == scheduler::lane_policy::park_lane;
  const auto lease = j.running->lease;
  const auto next_state = state_after(j, how, around);
  if (next_state != job_state::retrying)
    j.fingerprint = scheduler::error_fingerprint(j.what.kind, j.error.code, j.error.message);
  move(j, next_state, how);
  memory_.attempt_over(*j.running);
  j.running.reset();
  row_list rows;
  bool rests = true;
  if (j.state == job_state::retrying) {
    row.next_at = j.due = next;
    memory_.queue.rest(j.what.id, next);
    memory_.set_alarm(next, {j.what.id, job_timer::due, 0});
    rests = wait > long_sleep_us;
  } else {
    j.due = j.since = now;
    memory_.queue.fail(j.what.id, now, j.error.code);
    if (j.state == job_state::dead)
      memory_.set_alarm({now.count + scheduler::dead_kept_us}, {j.what.id, job_timer::kept, 0});
  }
  rows.emplace_back(std::move(row));
  if (rests) rows.emplace_back(rest_row(j, now));
  write_end(j, std::move(rows), rests, lease, told);
  dispatch();
}

/// Not an attempt: it asked for it, or its worker leaves.
void job_owner::put_off(live_job& j, attempt_end how, base::utc_us until,
                        const http::on_result<http::job_ended>& told) {
  const auto now = env().time.now();
  auto row = attempt_row(j, how, now);
  row.next_at = until;
  leave_worker(j);
  ++j.attempts;
  const auto lease = j.running->lease;
  move(j, state_after(j, how, {}), how);
  memory_.attempt_over(*j.running);
  j.running.reset();
  j.due = until;
  memory_.queue.rest(j.what.id, until);
  if (j.state == job_state::ready) memory_.queue.wake(j.what.id, now);
  memory_.set_alarm(until, {j.what.id, job_timer::due, 0});
  row_list rows;
  rows.emplace_back(std::move(row));
  const bool rests = until.count - now.count > long_sleep_us;
  if (rests) rows.emplace_back(rest_row(j, now));
  write_end(j, std::move(rows), rests, lease, told);
  schedule_tick();
}

/// The end of an attempt that was not the last word. Only what is durable rests: until then a start
/// has to find the job in its tail.
void job_owner::write_end(live_job& j, row_list rows, bool rests, const std::string& lease,
                          const http::on_result<http::job_ended>& told) {
  j.ending = true;
  memory_.queue.hold(j.what.id);
  write w;
  w.shard = j.what.shard;
  w.rows = std::move(rows);
  w.done = [this, told, lease, rests, id = j.what.id,
            how = http::job_ended{j.state, {}}](const base::status& s) {
    const bool there = s || s.error().code == "DUPLICATE_KEY"; // sent again, it meets itself
    auto* live = memory_.find(id);
    if (rests && there && live != nullptr) memory_.rests(*live);
    if (live != nullptr) end_written(*live);
    remember_answer(lease, how);
    tell(told, how);
    dispatch();
  };
  write_out(std::make_shared<write>(std::move(w)));
}

void job_owner::end_written(live_job& j) {
  j.ending = false;
  let_go(j);
  for (const auto& next : std::exchange(j.when_written, {})) next();
}

/// It may start, unless something else is being written about it.
void job_owner::let_go(const live_job& j) {
  if (!j.changing && !j.ending) memory_.queue.unhold(j.what.id);
}

/// A follow-up job as it is taken in; false: its unique key is taken, and that is as good.
base::result<bool> job_owner::complete_follower(const live_job& of, scheduler::job& next,
                                                bool may_post, base::utc_us now) {
  next.user = of.what.user;
  next.parent = of.what.id;
  next.request_id = of.what.request_id;
  const auto* kind = settings_.kinds->find(next.kind);
  if (kind != nullptr && kind->money && !may_post) return base::failure{"KIND_NOT_ALLOWED", {}};
  // A worker or a receiver may no more than the user: kinds of ours act in everybody's name.
  const auto* by = settings_.kinds->find(of.what.kind);
  const bool ours = by != nullptr && by->builtin && !by->pushed;
  if (kind != nullptr && !kind->user_visible && !ours) return base::failure{"KIND_NOT_ALLOWED", {}};
  if (auto fault = complete_wish(next, {of.what.user.value_or(base::user_id{}), ours}, now); !fault)
    return fault.error();
  next.shard = of.what.shard;
  const auto verdict = memory_.unique.decide(next, now);
  if (verdict.what == scheduler::unique_verdict::refuse) return base::failure{"DUPLICATE_JOB", {}};
  return verdict.what == scheduler::unique_verdict::enqueue;
}

void job_owner::end_as(live_job& j, job_state state, const std::string& by,
                       const std::string& reason, then done, bool settled) {
  if (j.ending) {
    j.when_written.emplace_back([=, this, id = j.what.id] {
      if (auto* live = memory_.find(id)) end_as(*live, state, by, reason, done, settled);
    });
    return;
  }
  auto outcome = outcome_of(j, state, env().time.now());
  outcome.by = by;
  outcome.error = {"", reason, ""};
  const auto before = j.state;
  if (j.running) j.running->stop.request_stop();
  memory_.shift(j, job_state::committing);
  memory_.queue.hold(j.what.id);
  write w;
  w.shard = j.what.shard;
  w.rows.emplace_back(std::move(outcome));
  // Its attempt is over, so its end has to be written.
  w.must = settled || scheduler::in_attempt(before);
  w.done = [this, id = j.what.id, before, state, by, reason, settled,
            done = std::move(done)](const base::status& s) {
    auto* live = memory_.find(id);
    if (live != nullptr && !s && s.error().code == "DUPLICATE_KEY") {
      facts_.ended_before(*live, before);
    } else if (live != nullptr && s) {
      emit(*live, before, state,
           live->running ? std::optional{attempt_end::cancelled} : std::nullopt);
    }
    if (live != nullptr && !s && s.error().code != "DUPLICATE_KEY") {
      memory_.shift(*live, before);  // nothing has happened
      if (settled && !live->running) // it does not start until it is written
        this->delayed_send(job_owner_actor{this}, end_again, owner_call{[=](job_owner& o) {
                             auto* again = o.memory_.find(id);
                             if (again != nullptr && !again->running &&
                                 again->state != job_state::committing)
                               o.end_as(
                                   *again, state, by, reason, [](const auto&) {}, true);
                           }});
      else
        let_go(*live);
      // Its attempt is over all the same: tried again, so that its token comes back.
      if (live->running)
        memory_.set_alarm({env().time.now().count + cancel_again_us},
                          {id, job_timer::cancel, live->running->token});
      return done(s);
    }
    forget(id);
    done({});
    dispatch();
  };
  write_out(std::make_shared<write>(std::move(w)));
}

/// What has not begun by then does not begin.
void job_owner::expire(live_job& j, base::utc_us now) {
  const bool waits = j.state == job_state::scheduled || j.state == job_state::ready ||
                     j.state == job_state::retrying || j.state == job_state::waiting;
  if (waits && j.what.expires_at && *j.what.expires_at <= now)
    end_as(
        j, job_state::discarded, "system", "expired", [](const base::status&) {}, true);
}

/// A handler of ours was told to stop: its thread is counted as stuck when it does not.
void job_owner::overdue(const live_job& j) {
  if (j.running->worker.empty())
    overdue_.try_emplace(j.running->token, base::utc_us{env().time.now().count + stop_patience_us});
}

void job_owner::count_stuck(base::utc_us now) {
  const auto stuck = std::count_if(overdue_.begin(), overdue_.end(),
                                   [&](const auto& o) { return o.second <= now; });
  env().status.stuck_threads = static_cast<std::uint32_t>(stuck);
  env()
      .metrics.jobs()
      .executors(observability::executor_state::stuck)
      .set(static_cast<double>(stuck));
}

/// Its executor is gone, or has had its time.
void job_owner::lose(live_job& j, attempt_end how, std::string_view code) {
  if (j.state == job_state::cancelling) {
    overdue(j);
    return end_as(j, job_state::cancelled, j.running->cancelled_by, j.running->cancel_reason,
                  [](const base::status&) {});
  }
  if (j.state != job_state::running) return;
  j.running->stop.request_stop();
  overdue(j);
  failed(j, how, {std::string{code}, {}, {}}, {}, {});
}

/// What runs may end; then its attempts are given back, which counts as none.
void job_owner::leave_when_drained(base::utc_us now) {
  if (env().status.fenced.load())
    drain_until_ = now; // another node has them: nothing can be written
  answer_polls();
  std::size_t running = 0;
  for (const auto& [id, j] : memory_.all())
    if (j->running && j->running->worker.empty()) {
      ++running;
      if (now >= drain_until_) j->running->stop.request_stop();
    }
  if ((running == 0 || now >= drain_until_) && (committing_ == 0 || now >= drain_until_)) {
    env().log.info("vai_de_pix.jobs", "Jobs entregues",
                   {{"event", "jobs.closed"}, {"running", running}, {"live", memory_.size()}});
    return this->quit();
  }
  this->delayed_send(job_owner_actor{this}, std::chrono::milliseconds{20}, tick{++tick_number_});
}

} // namespace actors
