// The jobs of schedules: written together with their ticks and with the schedule, and only then
// there.
#include "actors/job_owner.hpp"
#include "actors/lock_keeper.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

constexpr std::size_t restart_intensity = 3;
constexpr std::int64_t restart_window_ns = 10'000'000'000;

} // namespace

void job_owner::start_schedules() {
  if (!settings_.zones) return env().status.jobs_awaited.store(false);
  schedules_ = this->spawn<schedule_owner, caf::monitored>(
      env(), job_owner_actor{this},
      schedule_settings{settings_.kinds, settings_.zones, settings_.lease_secret,
                        routes_->shard_count(), [routes = routes_] { return routes->locks(); }});
}

/// It has nothing that the tables have not.
void job_owner::on_schedules_down() {
  schedules_.reset();
  schedule_hears_ = {};
  if (draining_) return;
  const auto now = steady_ns();
  std::erase_if(schedule_restarts_ns_, [&](std::int64_t t) { return now - t > restart_window_ns; });
  schedule_restarts_ns_.push_back(now);
  env().metrics.actor_restarts(observability::actor_role::schedule).add();
  if (schedule_restarts_ns_.size() <= restart_intensity) return start_schedules();
  env().metrics.supervisor_escalations.add();
  env().status.jobs_awaited.store(false); // nobody waits for what does not come
  env().log.critical("vai_de_pix.supervisor", "Agendamentos parados",
                     {{"event", "schedules.stopped"}});
}

void job_owner::watch_schedules(std::function<void(const scheduler::schedule_id&)> ended) {
  schedule_hears_ = std::move(ended);
}

std::map<scheduler::schedule_id, std::size_t> job_owner::live_by_schedule() const {
  std::map<scheduler::schedule_id, std::size_t> found;
  for (const auto& [id, j] : memory_.all())
    if (j->what.schedule) ++found[*j->what.schedule];
  return found;
}

void job_owner::tell_schedules(std::function<void(schedule_owner&)> run) {
  if (schedules_) caf::anon_send(*schedules_, schedule_call{std::move(run)});
}

/// Gives the jobs their ids and defaults, or says why there is no room for them.
base::status job_owner::complete_ticks(tick_write& w) {
  if (draining_) return base::fail(storage::errc::shutting_down);
  if (memory_.size() + w.ticks.size() > jobs_live_max) return base::fail(storage::errc::overloaded);
  const auto now = env().time.now();
  for (auto& one : w.ticks) {
    if (!one.job) continue;
    auto& j = *one.job;
    if (j.lane && memory_.queue.lane_depth(j.user, *j.lane) + w.ticks.size() > lane_depth_max)
      return base::failure{"LANE_FULL", {}};
    // A kind that is unknown today waits, and is shown as that.
    if (const auto* kind = settings_.kinds->find(j.kind); kind != nullptr && j.queue.empty())
      j.queue = kind->queue;
    if (j.queue.empty()) j.queue = "default";
    j.shard = w.shard;
    j.id = scheduler::job_id::of(env().ids.next(now, static_cast<std::uint8_t>(j.shard)));
    j.created_at = now;
    j.run_at = now;
    if (w.asked) j.request_id = w.asked->request_id;
    one.tick.job = j.id;
  }
  return {};
}

/// Before the job asks for it: from one sender to one receiver messages keep their order.
void job_owner::pass_lock_on(const tick_write& w, bool written) {
  const auto to = routes_->locks();
  if (!w.lock || !to) return;
  std::string job;
  for (const auto& one : w.ticks)
    if (one.job && job.empty()) job = one.job->id.text();
  caf::anon_send(*to, keeper_call{[=, name = *w.lock, from = *w.lock_holder](lock_keeper& k) {
    if (!written || job.empty() || !k.hand_over(name, from, job)) k.release(name, from);
  }});
}

void job_owner::take_ticks(const std::shared_ptr<tick_write>& what, const ticks_written& done) {
  if (auto ok = complete_ticks(*what); !ok) {
    pass_lock_on(*what, false);
    return done(ok, what);
  }
  auto rows = std::make_shared<row_list>();
  if (what->row) rows->emplace_back(*what->row);
  for (const auto& one : what->ticks) {
    rows->emplace_back(one.tick);
    if (!one.job) continue;
    rows->emplace_back(*one.job);
    memory_.expect(what->shard, one.job->id);
  }
  const auto end = [this, what](std::optional<bool> there) {
    for (auto& one : what->ticks) {
      if (!one.job) continue;
      if (there.value_or(false))
        enter(*one.job, false);
      else if (there)
        memory_.give_up(what->shard, one.job->id);
    }
    dispatch();
    schedule_tick();
  };
  const auto settle = [this, what, end, done](const base::status& s) {
    pass_lock_on(*what, s && !what->answer.replayed);
    const auto with_job = std::find_if(what->ticks.begin(), what->ticks.end(),
                                       [](const auto& one) { return one.job.has_value(); });
    if (!s && s.error().code == "OUTCOME_UNKNOWN" && with_job != what->ticks.end())
      look_for(with_job->job->id, what->shard, end);
    else
      end(s && !what->answer.replayed);
    done(s, what);
  };
  if (what->asked && what->asked->key) return take_ticks_keyed(what, rows, settle);
  write w;
  w.shard = what->shard;
  w.rows = *rows;
  w.must = !what->asked; // a person who waits is told, and asks again
  w.done = [this, what, settle](const base::status& s) {
    // Sent again after a doubt it meets itself: then its first job is there.
    if (s || s.error().code != "DUPLICATE_KEY" || what->ticks.empty() ||
        !what->ticks.front().tick.job)
      return settle(s);
    env().store.jobs().job(*what->ticks.front().tick.job,
                           [me = job_owner_actor{this}, s, settle](auto found) {
                             caf::anon_send(me, owner_call{[s, found, settle](job_owner&) {
                                              settle(found && *found ? base::status{} : s);
                                            }});
                           });
  };
  write_out(std::make_shared<write>(std::move(w)));
}

void job_owner::take_ticks_keyed(const std::shared_ptr<tick_write>& what,
                                 const std::shared_ptr<row_list>& rows,
                                 const std::function<void(const base::status&)>& settle) {
  if (const auto& all = what->ticks; !all.empty() && all.front().job) {
    auto& shown = what->answer.job.emplace();
    shown.what = *all.front().job;
    shown.state = scheduler::job_state::ready;
  }
  through_key(key_of_wish(*what->asked, what->asked->show(what->answer), {}, rows),
              [what, settle](const ledger::reply& r) {
                what->answer.stored = r.stored;
                what->answer.replayed = r.replayed;
                settle(r.result || r.replayed ? base::status{} : base::status{r.result.error()});
              });
}

void job_owner::replay_or_refuse(const http::schedule_request& asked, const base::failure& why,
                                 const http::on_result<http::schedule_answer>& done) {
  through_key(key_of_wish(asked, {}, why, {}), [why, done](const ledger::reply& r) {
    http::schedule_answer told;
    told.stored = r.stored;
    told.replayed = r.replayed;
    if (r.replayed) return done(std::move(told));
    done(r.result ? why : r.result.error());
  });
}

/// The key belongs to the book of who asks.
job_owner::keyed_write job_owner::key_of_wish(const http::schedule_request& asked,
                                              std::optional<ledger::stored_answer> shown,
                                              std::optional<base::failure> why,
                                              std::shared_ptr<const row_list> rows) {
  return {
      asked.caller.user, asked.request_id, asked.deadline, {asked.key->first, asked.key->second},
      std::move(shown),  std::move(why),   std::move(rows)};
}

} // namespace actors
