// Who starts next. What is built in goes to the threads, the rest to the first poll that takes it,
// all in one order of the queues: else one side could have each start of a rate, and each token.
#include "actors/job_owner.hpp"

#include "base/assert.hpp"
#include "storage/crash_recorder.hpp"

#include <caf/send.hpp>

#include <utility>

namespace actors {
namespace {

using scheduler::job_state;

constexpr std::size_t handed_over_max = 32; ///< more of one turn do not wait for its end

} // namespace

bool job_owner::may_start() {
  return begun_ && committing_ < committing_max && !draining_ && !env().status.recovery.on() &&
         again_.empty() && !away();
}

void job_owner::start_ready() {
  if (std::exchange(looks_, false)) look_who_starts();
  if (!workers_.polls().empty()) answer_polls();
  hand_over_begun();
}

void job_owner::look_who_starts() {
  free_locks();
  free_suspect();
  const auto now = env().time.now();
  while (may_start()) {
    const auto next = memory_.queue.next(now, [&](std::string_view kind, std::string_view queue) {
      const auto* k = settings_.kinds->find(kind);
      const bool here = k != nullptr && k->builtin;
      return (here || poll_for(kind, queue, now) != nullptr) && lock_open(kind, now);
    });
    if (!next) break;
    auto* j = memory_.find(*next);
    ENSURE(j != nullptr, "what is ready is live");
    const auto* kind = settings_.kinds->find(j->what.kind);
    if (kind != nullptr && kind->lock)
      ask_lock(*j, *kind->lock);
    else if (kind != nullptr && kind->builtin)
      start(*j, *kind);
    else if (auto* poll = poll_for(j->what.kind, j->what.queue, now))
      poll->given.push_back(give(*j, poll->worker));
  }
  if (memory_.queue.opens_at(now)) schedule_tick(now); // perhaps these were the last of a rate
}

live_job::run& job_owner::begin_run(live_job& j, std::string executor) {
  const auto now = env().time.now();
  auto& run = j.running.emplace();
  run.token = next_token_++;
  run.started_at = now;
  run.executor = std::move(executor);
  memory_.set_alarm({now.count + j.what.timeout_s * base::us_per_second},
                    {j.what.id, job_timer::timeout, run.token});
  move(j, job_state::running);
  memory_.unique.started(j.what.id, now);
  ++memory_.counts.started;
  return run;
}

void job_owner::start(live_job& j, const job_kind& kind) {
  const auto now = env().time.now();
  auto& run = begin_run(j, env().node);
  run.begun = std::make_shared<std::atomic<std::int64_t>>(0);
  job_executor::task t;
  t.what = std::make_shared<const scheduler::job>(j.what);
  t.kind = &kind;
  t.attempt = j.attempts + 1;
  t.now = now;
  t.stop = run.stop.get_token();
  t.begun = run.begun;
  t.ended = [me = job_owner_actor{this}, to = ended_handlers_, id = j.what.id,
             token = run.token](job_verdict v) {
    if (to->put({id, token, std::move(v)}))
      caf::anon_send(me, owner_call{[](job_owner& o) { o.take_ended(); }});
  };
  t.progress = [me = job_owner_actor{this}, id = j.what.id, token = run.token](std::int64_t done,
                                                                               std::int64_t total) {
    caf::anon_send(me, owner_call{[id, token, done, total](job_owner& o) {
                     auto* live = o.memory_.find(id);
                     if (live == nullptr || !live->running || live->running->token != token) return;
                     live->running->progress_done = done;
                     live->running->progress_total = total;
                   }});
  };
  if (settings_.recorder != nullptr) settings_.recorder->began(j.what.id);
  to_run_.push_back(std::move(t));
  if (to_run_.size() >= handed_over_max) hand_over_begun();
}

void job_owner::hand_over_begun() {
  auto some = std::exchange(to_run_, {});
  if (some.empty()) return;
  if (executor_ != nullptr) return executor_->run(std::move(some));
  for (auto& t : some) settings_.run(std::move(t));
}

} // namespace actors
