// How attempts end: with effects, to be tried again, dead, cancelled.
#include "actors/job_owner.hpp"

#include "scheduler/error_fingerprint.hpp"
#include "scheduler/retry_policy.hpp"

#include <algorithm>

namespace actors {
namespace {

using scheduler::attempt_end;
using scheduler::job_state;

std::string cut(std::string text, std::size_t most) {
  constexpr std::string_view mark = "…[cut]";
  if (text.size() <= most) return text;
  auto end = most - mark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text += mark;
}

scheduler::job_error bounded(scheduler::job_error e) {
  return {cut(std::move(e.code), 64), cut(std::move(e.message), 500),
          cut(std::move(e.stack), 8192)};
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

void tell(const http::on_result<http::job_ended>& told, job_state state) {
  if (told) told(http::job_ended{state, {}});
}

} // namespace

void job_owner::forget(const scheduler::job_id& id) {
  const auto* j = memory_.find(id);
  if (j == nullptr) return;
  leave_worker(*j);
  ended_[j->what.shard] = true;
  memory_.queue.leave(id);
  memory_.unique.erase(id);
  memory_.erase(id);
}

void job_owner::leave_worker(const live_job& j) {
  if (!j.running || j.running->worker.empty()) return;
  if (auto* w = workers_.find(http::worker_id{j.running->worker})) w->jobs.erase(j.what.id);
}

void job_owner::ended(const scheduler::job_id& id, std::uint64_t token, job_verdict verdict,
                      http::on_result<http::job_ended> told) {
  auto* j = memory_.find(id);
  if (j == nullptr || !j->running || j->running->token != token ||
      j->state == job_state::committing) {
    if (told) told(base::failure{"LEASE_LOST", {}});
    return;
  }
  if (j->state == job_state::cancelling) {
    end_as(*j, job_state::cancelled, j->running->cancelled_by, j->running->cancel_reason,
           [told](const base::status&) { tell(told, job_state::cancelled); });
    return;
  }
  if (auto* done = std::get_if<job_done>(&verdict)) return succeed(*j, std::move(*done), told);
  if (const auto* later = std::get_if<job_snoozed>(&verdict))
    return put_off(*j, attempt_end::snoozed, later->until, told);
  auto& bad = std::get<job_failed>(verdict);
  failed(*j, bad.retryable ? attempt_end::transient : attempt_end::permanent, std::move(bad.error),
         bad.retry_after_us, told);
}

void job_owner::succeed(live_job& j, job_done done, http::on_result<http::job_ended> told) {
  const auto now = env().time.now();
  j.state = job_state::committing;
  auto outcome = outcome_of(j, job_state::succeeded, now);
  outcome.result = done.result;
  row_list rows;
  auto follow = std::make_shared<std::vector<scheduler::job>>();
  for (auto& next : done.effects.jobs) {
    next.user = j.what.user;
    next.parent = j.what.id;
    next.request_id = j.what.request_id;
    if (const auto fault = complete_wish(next, {j.what.user.value_or(base::user_id{}), true}, now);
        !fault) {
      for (const auto& f : *follow) memory_.give_up(f.shard, f.id);
      j.state = job_state::running;
      return failed(j, attempt_end::permanent,
                    {std::string{fault.error().code}, "a follow-up job was refused", {}}, {}, told);
    }
    next.shard = j.what.shard;
    memory_.expect(next.shard, next.id);
    rows.emplace_back(next);
    follow->push_back(next);
  }
  rows.emplace_back(std::move(outcome));
  write w;
  w.shard = j.what.shard;
  w.rows = std::move(rows);
  w.user = j.what.user;
  w.transactions = std::move(done.effects.transactions);
  w.done = [this, id = j.what.id, follow, told](const base::status& s) {
    auto* live = memory_.find(id);
    if (live == nullptr) return;
    if (s || s.error().code == "DUPLICATE_KEY") {
      ++(s ? memory_.counts.succeeded : memory_.counts.duplicates_suppressed);
      if (s)
        for (auto& f : *follow) enter(f, false);
      else
        for (const auto& f : *follow) memory_.give_up(f.shard, f.id);
      forget(id);
      tell(told, job_state::succeeded);
      return dispatch();
    }
    for (const auto& f : *follow) memory_.give_up(f.shard, f.id);
    live->state = job_state::running;
    if (told) told(base::failure{"EFFECTS_REFUSED", std::string{s.error().code}});
    failed(*live, attempt_end::refused, {std::string{s.error().code}, s.error().detail, {}}, {},
           {});
  };
  write_out(std::make_shared<const write>(std::move(w)));
}

void job_owner::failed(live_job& j, attempt_end how, scheduler::job_error error,
                       std::optional<std::int64_t> hint_us,
                       const http::on_result<http::job_ended>& told) {
  const auto now = env().time.now();
  ++memory_.counts.failed;
  scheduler::job_attempt row;
  row.job = j.what.id;
  row.number = j.attempts + 1;
  row.end = how;
  row.started_at = j.running->started_at;
  row.ended_at = now;
  row.executor = j.running->executor;
  row.error = bounded(std::move(error));
  row.log = j.running->log;
  ++j.attempts;
  ++j.counted;
  j.error = row.error;
  const bool again = how != attempt_end::permanent && how != attempt_end::refused;
  const auto wait = scheduler::delay_us(j.what.retry, j.counted, hint_us.value_or(0), chance_);
  const base::utc_us next{now.count + wait};
  const bool parks = j.what.lane && j.what.on_failure == scheduler::lane_policy::park_lane;
  row_list rows;
  leave_worker(j);
  j.running.reset();
  if (!parks && again && scheduler::may_retry(j.what, j.counted, next)) {
    row.next_at = next;
    j.state = job_state::retrying;
    j.due = next;
    memory_.queue.rest(j.what.id, next);
    memory_.set_alarm(next, {j.what.id, job_timer::due, 0});
    rows.emplace_back(std::move(row));
  } else {
    j.state = parks ? job_state::parked : job_state::dead;
    j.fingerprint = scheduler::error_fingerprint(j.what.kind, j.error.code, j.error.message);
    rows.emplace_back(std::move(row));
    rows.emplace_back(scheduler::job_rest{j.what.id, j.what.shard, j.state, now, now, j.counted,
                                          j.fingerprint, j.error});
    memory_.rests(j);
    memory_.queue.fail(j.what.id, now, j.error.code);
    env().log.error("vai_de_pix.jobs", "Job sem novas tentativas",
                    {{"event", "job.dead"},
                     {"job_id", observability::code{j.what.id.text()}},
                     {"kind", observability::code{j.what.kind}},
                     {"error_code", observability::code{j.error.code}}});
  }
  write w;
  w.shard = j.what.shard;
  w.rows = std::move(rows);
  w.done = [told, state = j.state](const base::status&) { tell(told, state); };
  write_out(std::make_shared<const write>(std::move(w)));
  dispatch();
}

/// Not an attempt: it asked for it, or its worker leaves.
void job_owner::put_off(live_job& j, attempt_end how, base::utc_us until,
                        const http::on_result<http::job_ended>& told) {
  const auto now = env().time.now();
  scheduler::job_attempt row;
  row.job = j.what.id;
  row.number = ++j.attempts;
  row.end = how;
  row.started_at = j.running->started_at;
  row.ended_at = now;
  row.next_at = until;
  row.executor = j.running->executor;
  row.log = j.running->log;
  leave_worker(j);
  j.running.reset();
  j.state = until > now ? job_state::scheduled : job_state::ready;
  j.due = until;
  memory_.queue.rest(j.what.id, until);
  if (j.state == job_state::ready) memory_.queue.wake(j.what.id, now);
  memory_.set_alarm(until, {j.what.id, job_timer::due, 0});
  write w;
  w.shard = j.what.shard;
  w.rows.emplace_back(std::move(row));
  w.done = [told, state = j.state](const base::status&) { tell(told, state); };
  write_out(std::make_shared<const write>(std::move(w)));
  schedule_tick();
}

void job_owner::end_as(live_job& j, job_state state, const std::string& by,
                       const std::string& reason, then done) {
  auto outcome = outcome_of(j, state, env().time.now());
  outcome.by = by;
  outcome.error = {"", reason, ""};
  const auto before = j.state;
  if (j.running) j.running->stop.request_stop();
  j.state = job_state::committing;
  memory_.queue.hold(j.what.id);
  write w;
  w.shard = j.what.shard;
  w.rows.emplace_back(std::move(outcome));
  w.must = scheduler::holds_token(before); // its attempt is over, so its end has to be written
  w.done = [this, id = j.what.id, before, done = std::move(done)](const base::status& s) {
    auto* live = memory_.find(id);
    if (live != nullptr && !s && s.error().code != "DUPLICATE_KEY") {
      live->state = before; // nothing has happened
      memory_.queue.unhold(id);
      return done(s);
    }
    forget(id);
    done({});
    dispatch();
  };
  write_out(std::make_shared<const write>(std::move(w)));
}

/// Its executor is gone, or has had its time.
void job_owner::lose(live_job& j, attempt_end how, std::string_view code) {
  if (j.state == job_state::cancelling)
    return end_as(j, job_state::cancelled, j.running->cancelled_by, j.running->cancel_reason,
                  [](const base::status&) {});
  if (j.state != job_state::running) return;
  j.running->stop.request_stop();
  failed(j, how, {std::string{code}, {}, {}}, {}, {});
}

} // namespace actors
