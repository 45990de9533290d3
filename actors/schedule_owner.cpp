// Time: what is due soon is in memory, what is due gets its jobs, and each tick is settled by one
// write. schedule_owner_wishes.cpp has what people want.
#include "actors/schedule_owner.hpp"

#include "actors/job_owner.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

constexpr std::int64_t schedule_beat_us = base::us_per_second;
constexpr std::int64_t away_ns = 1'000'000'000;
/// Held ticks are looked at again now and then, whatever has been heard of their jobs.
constexpr std::int64_t held_look_us = 60 * base::us_per_second;

} // namespace

schedule_owner::schedule_owner(caf::actor_config& cfg, environment& env, job_owner_actor jobs,
                               schedule_settings settings)
    : house_actor(cfg, env, observability::actor_role::schedule), jobs_(std::move(jobs)),
      settings_(std::move(settings)) {}

schedule_owner::behavior_type schedule_owner::make_behavior() {
  caf::anon_send(jobs_, owner_call{[me = schedule_owner_actor{this}](job_owner& o) {
                   o.watch_schedules([me](const scheduler::schedule_id& id) {
                     caf::anon_send(me,
                                    schedule_call{[id](schedule_owner& s) { s.job_ended(id); }});
                   });
                   caf::anon_send(me, schedule_call{[counts = o.live_by_schedule()](
                                                        schedule_owner& s) { s.begin(counts); }});
                 }});
  return {
      [this](const schedule_call& m) {
        handled();
        m.run(*this);
      },
      [this](const tick& m) {
        handled();
        if (m.generation == tick_number_) on_tick();
      },
      [this](const drain&) {
        handled();
        this->quit(); // what it has handed over is written by the owner of jobs
      },
  };
}

void schedule_owner::on_exit() {
  entries_.clear(); // wishes that wait are answered by their promises
  reading_.clear();
  jobs_ = job_owner_actor{};
}

void schedule_owner::begin(const std::map<scheduler::schedule_id, std::size_t>& unfinished) {
  for (const auto& [id, n] : unfinished) unfinished_[id] += n;
  begun_ = true;
  env().status.jobs_awaited.store(false);
  count_levels();
  on_tick();
}

// -- what is due soon -----------------------------------------------------------------------------

void schedule_owner::schedule_tick() {
  const auto now = env().time.now();
  base::utc_us at{now.count + schedule_beat_us}; // a clock that jumps is noticed within it
  if (!timers_.empty()) at = std::min(at, std::max(timers_.begin()->first, now));
  if (away()) at = std::max(at, {now.count + schedule_beat_us});
  if (tick_at_ && *tick_at_ <= at && *tick_at_ > now) return;
  tick_at_ = at;
  this->delayed_send(schedule_owner_actor{this},
                     std::chrono::microseconds{std::max<std::int64_t>(at.count - now.count, 1000)},
                     tick{++tick_number_});
}

void schedule_owner::on_tick() {
  tick_at_.reset();
  if (begun_) {
    sweep();
    fire();
  }
  schedule_tick();
}

/// Reads what wakes up within the horizon, shard by shard and page by page.
void schedule_owner::sweep() {
  const auto now = env().time.now();
  if (sweeping_ || now < sweep_due_) return;
  sweep_due_ = {now.count + sweep_us};
  sweep_to_ = {now.count + horizon_us};
  sweeping_ = 0;
  sweep_from_ = {};
  read_page();
}

void schedule_owner::read_page() {
  env().store.jobs().schedules_due(
      *sweeping_, sweep_from_, sweep_to_, storage::job_page_max,
      [me = schedule_owner_actor{this}](base::result<std::vector<scheduler::schedule>> page) {
        caf::anon_send(
            me, schedule_call{[page = std::move(page)](schedule_owner& s) {
              if (!page) { // away: again, a second later
                s.delayed_send(schedule_owner_actor{&s}, std::chrono::seconds{1},
                               schedule_call{[](schedule_owner& later) { later.read_page(); }});
                return;
              }
              for (const auto& row : *page) {
                if (s.entries_.contains(row.id) || s.reading_.contains(row.id)) continue;
                auto& e =
                    s.entries_.try_emplace(row.id, entry_of(row, s.settings_.zones)).first->second;
                if (!e.fault.empty()) s.report(e);
                s.arm(e, wakes_at(e, row.next_at));
              }
              if (std::ssize(*page) == storage::job_page_max) {
                s.sweep_from_ = {*page->back().next_at, page->back().id};
                return s.read_page();
              }
              s.sweep_from_ = {};
              if (++*s.sweeping_ < s.settings_.shards) return s.read_page();
              s.sweeping_.reset();
              s.swept_until_ = s.sweep_to_;
              s.on_tick();
            }});
      });
}

void schedule_owner::report(const entry& e) {
  env().log.error("vai_de_pix.jobs", "Agendamento não pode ser seguido",
                  {{"event", "schedule.broken"},
                   {"schedule", observability::code{e.what.id.text()}},
                   {"error_code", observability::code{e.fault}}});
}

void schedule_owner::arm(entry& e, std::optional<base::utc_us> at) {
  if (e.armed) timers_.erase({*e.armed, e.what.id});
  e.armed.reset();
  if (!e.fault.empty() || !at) return;
  if (at->count > std::max(swept_until_.count, env().time.now().count + horizon_us)) return;
  e.armed = at;
  timers_.emplace(*at, e.what.id);
}

/// Nothing keeps it in memory any more, perhaps.
void schedule_owner::release(const scheduler::schedule_id& id) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  const auto& e = at->second;
  if (e.armed || e.writing || e.held || !e.waiting.empty()) return;
  // A sweep would meet it again and again, and its fault with it.
  if (!e.fault.empty() && e.what.next_at && !e.what.deleted_at) return;
  entries_.erase(at);
}

// -- ticks ----------------------------------------------------------------------------------------

bool schedule_owner::may_fire() { return begun_ && !env().status.recovery.on() && !away(); }

void schedule_owner::fire() {
  const auto now = env().time.now();
  while (may_fire() && in_flight_ < ticks_in_flight && !timers_.empty() &&
         timers_.begin()->first <= now) {
    auto& e = entries_.at(timers_.begin()->second);
    timers_.erase(timers_.begin());
    e.armed.reset();
    if (!e.writing) settle(e, now); // else it is armed again when that is written
  }
}

scheduler::tick_state schedule_owner::state_of(const entry& e) const {
  scheduler::tick_state s;
  s.watermark = e.what.watermark;
  s.end = end_of(e.what);
  s.misfire = e.what.misfire;
  s.overlap = e.what.overlap;
  if (const auto n = unfinished_.find(e.what.id); n != unfinished_.end()) s.unfinished = n->second;
  return s;
}

scheduler::job schedule_owner::job_of(const scheduler::schedule& s) const {
  scheduler::job j;
  j.user = s.user;
  j.kind = s.kind;
  j.queue = s.queue;
  j.lane = s.lane;
  if (!j.lane && s.overlap == scheduler::overlap_policy::queue) j.lane = "schedule:" + s.id.text();
  j.payload = s.payload;
  j.priority = s.priority;
  j.max_attempts = s.max_attempts;
  j.timeout_s = s.timeout_s;
  j.created_by = s.user ? s.user->text() : "system";
  j.schedule = s.id;
  if (const auto* kind = settings_.kinds->find(s.kind)) {
    j.retry = kind->attempts.retry;
    if (kind->money) j.on_failure = scheduler::lane_policy::block;
  }
  return j;
}

void schedule_owner::settle(entry& e, base::utc_us now) {
  const auto id = e.what.id;
  auto next = e.what;
  if (next.paused) {
    if (!next.paused_until || *next.paused_until > now) return arm(e, wakes_at(e, {}));
    next.paused = false;
    next.paused_until.reset();
    next.pause_reason.clear();
    next.paused_by.clear();
  }
  const auto d = scheduler::due(*e.rule, *e.zone, state_of(e), now);
  e.held = d.held > 0;
  if (!d.settles_any() && !e.what.paused) {
    // Held, or the data of its zone have changed and its tick comes at another time.
    arm(e, e.held ? std::optional{base::utc_us{now.count + held_look_us}} : d.next);
    return release(id);
  }
  next.watermark = d.watermark;
  next.next_at = d.next;
  next.ticks_left = d.ticks_left;
  ++next.version;
  auto w = std::make_shared<tick_write>();
  w->shard = next.shard;
  for (const auto at : d.skipped)
    w->ticks.push_back(settled_tick(id, at, scheduler::tick_end::skipped, now));
  w->overlaps = d.overlaps;
  w->capped = d.capped.count;
  if (d.capped.count > 0) {
    w->ticks.push_back(settled_tick(id, *d.capped.last, scheduler::tick_end::capped, now));
    env().log.error("vai_de_pix.jobs", "Ocorrências antigas demais não foram recuperadas",
                    {{"event", "schedule.capped"},
                     {"schedule", observability::code{id.text()}},
                     {"count", d.capped.count}});
  }
  for (const auto at : d.run) {
    auto j = job_of(next);
    j.tick = at;
    w->ticks.push_back(settled_tick(id, at, scheduler::tick_end::ran, now, std::move(j)));
  }
  w->row = std::move(next);
  if (const auto* lock = lock_of(e.what); lock != nullptr && !d.run.empty())
    return settle_under_lock(e, *lock, std::move(w));
  write(e, std::move(w), [](const base::status&, const std::shared_ptr<tick_write>&) {});
}

/// There may be room for what is held.
void schedule_owner::job_ended(const scheduler::schedule_id& id) {
  const auto n = unfinished_.find(id);
  if (n != unfinished_.end() && --n->second == 0) unfinished_.erase(n);
  const auto at = entries_.find(id);
  if (at == entries_.end() || !at->second.held || at->second.writing) return;
  arm(at->second, env().time.now());
  fire();
}

// -- writing --------------------------------------------------------------------------------------

void schedule_owner::write(entry& e, std::shared_ptr<tick_write> what, ticks_written then) {
  const auto id = e.what.id;
  arm(e, {});
  e.writing = true;
  ++in_flight_;
  for (const auto& one : what->ticks)
    if (one.job) ++unfinished_[id];
  caf::anon_send(jobs_, owner_call{[me = schedule_owner_actor{this}, id, what, then](job_owner& o) {
                   o.take_ticks(what, [me, id, then](const base::status& s,
                                                     const std::shared_ptr<tick_write>& w) {
                     caf::anon_send(me, schedule_call{[=](schedule_owner& o2) {
                                      o2.written(id, s, w, then);
                                    }});
                   });
                 }});
}

void schedule_owner::written(const scheduler::schedule_id& id, const base::status& s,
                             const std::shared_ptr<tick_write>& what, const ticks_written& then) {
  --in_flight_;
  const bool applied = s && !what->answer.replayed;
  if (!applied)
    for (const auto& one : what->ticks)
      if (one.job) job_ended(id); // there is none
  auto& e = entries_.at(id);
  e.writing = false;
  if (applied) tell(e.what, *what);
  if (applied && what->row) {
    // What is asked of it may be another rule.
    auto waiting = std::move(e.waiting);
    e = entry_of(*what->row, settings_.zones);
    e.waiting = std::move(waiting);
  }
  if (!s && s.error().code == "DUPLICATE_KEY") {
    reload(id); // somebody else has written it: then see
  } else {
    const auto now = env().time.now();
    auto at = wakes_at(e, e.what.next_at);
    if (!s && !what->asked && s.error().code == "OVERLOADED") {
      away_until_ns_ = steady_ns() + away_ns;
    } else if (!s && !what->asked) {
      at = base::utc_us{now.count + held_look_us}; // one that fails costs the others nothing
      env().log.error("vai_de_pix.jobs", "Ocorrência não pôde ser registrada",
                      {{"event", "schedule.not_written"},
                       {"schedule", observability::code{id.text()}},
                       {"error_code", observability::code{s.error().code}}});
    }
    arm(e, at);
  }
  then(s, what);
  go_on(id);
}

/// It may be changed again.
void schedule_owner::go_on(const scheduler::schedule_id& id) {
  for (auto at = entries_.find(id);
       at != entries_.end() && !at->second.writing && !at->second.waiting.empty();
       at = entries_.find(id)) {
    const auto next = std::move(at->second.waiting.front());
    at->second.waiting.pop_front();
    next();
  }
  // Its time may have come while it could not be settled.
  if (const auto at = entries_.find(id);
      at != entries_.end() && !at->second.writing && !at->second.armed)
    arm(at->second, wakes_at(at->second, at->second.what.next_at));
  release(id);
  fire();
  schedule_tick();
}

void schedule_owner::reload(const scheduler::schedule_id& id) {
  auto& e = entries_.at(id);
  e.writing = true; // nobody writes it meanwhile
  env().log.warning("vai_de_pix.jobs", "Agendamento lido de novo",
                    {{"event", "schedule.reloaded"}, {"schedule", observability::code{id.text()}}});
  env().store.jobs().schedule(id, [me = schedule_owner_actor{this},
                                   id](base::result<std::optional<scheduler::schedule>> row) {
    caf::anon_send(me, schedule_call{[id, row = std::move(row)](schedule_owner& s) {
                     if (!row) {
                       s.delayed_send(schedule_owner_actor{&s}, std::chrono::seconds{1},
                                      schedule_call{[id](schedule_owner& o) { o.reload(id); }});
                       return;
                     }
                     auto& known = s.entries_.at(id);
                     auto waiting = std::move(known.waiting);
                     if (*row) known = entry_of(**row, s.settings_.zones);
                     known.waiting = std::move(waiting);
                     known.writing = false;
                     if (!*row) known.what.deleted_at = s.env().time.now();
                     s.arm(known, wakes_at(known, known.what.next_at));
                     s.go_on(id);
                   }});
  });
}

} // namespace actors
