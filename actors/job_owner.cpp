#include "actors/job_owner.hpp"

#include "base/probe.hpp"
#include "scheduler/job_lifecycle.hpp"
#include "scheduler/retention.hpp"
#include "storage/crash_recorder.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

using scheduler::attempt_end;
using scheduler::job_state;

/// Time enough to read all that sleep for longer.
constexpr std::int64_t pressing_ahead_us = 60 * base::us_per_second;
constexpr std::int64_t owner_beat_us = base::us_per_second;
constexpr std::int64_t adoption_us = 5 * base::us_per_second;
constexpr std::int64_t drain_patience_us = 15 * base::us_per_second;
constexpr std::int64_t first_pruning_us = 60 * base::us_per_second;
constexpr std::int64_t windows_max = 20'000;

} // namespace

job_owner::job_owner(caf::actor_config& cfg, environment& env, std::shared_ptr<routing> routes,
                     job_settings settings)
    : house_actor(cfg, env, observability::actor_role::dispatcher), routes_(std::move(routes)),
      settings_(std::move(settings)), facts_(env.metrics, env.log, settings_.feed),
      chance_(settings_.seed),
      executor_(settings_.run ? nullptr
                              : std::make_unique<job_executor>(settings_.threads, env.time)) {
  env.metrics.jobs().none_live();
  env.status.stuck_threads = 0;
  for (const auto& [name, kind] : settings_.kinds->all()) {
    memory_.queue.add_kind(name, kind.builtin);
    facts_.register_kind(kind);
  }
}

job_owner::behavior_type job_owner::make_behavior() {
  this->set_down_handler([this](caf::down_msg& down) {
    if (schedules_ && down.source == schedules_->address()) on_schedules_down();
  });
  recover();
  return {
      [this](const owner_call& m) {
        handled();
        m.run(*this);
        start_ready();
      },
      [this](const tick& m) {
        handled();
        if (m.generation == tick_number_) on_tick();
        start_ready();
      },
      [this](const drain&) {
        handled();
        draining_ = true;
        drain_until_ = {env().time.now().count + drain_patience_us};
        if (schedules_) this->send(*schedules_, drain{});
        on_tick();
        start_ready();
      },
  };
}

void job_owner::on_exit() {
  for (const auto& [id, j] : memory_.all())
    if (j->running) j->running->stop.request_stop(); // its thread is waited for
  settings_.run = {};
  to_run_.clear();
  executor_.reset(); // its threads send to us
  again_.clear();
  gathered_.clear();
  for_books_.clear();
  arriving_.clear();
  workers_.polls().clear();
  schedule_hears_ = {};
  // Of nobody: CAF looks at the sender of an exit without holding it, and we are gone then.
  if (schedules_) caf::anon_send_exit(*schedules_, caf::exit_reason::user_shutdown);
  schedules_.reset();
  routes_.reset();
}

// -- start ----------------------------------------------------------------------------------------

void job_owner::recover() {
  for (std::uint32_t shard = 0; shard < routes_->shard_count(); ++shard) {
    to_load_.emplace_back(shard, part::pressing);
    to_load_.emplace_back(shard, part::tail);
  }
  ask_owners();
}

/// A former owner may still be committing: first of all the journals have to own the shards.
void job_owner::ask_owners() {
  owned_all_ = true;
  for (std::size_t i = 0; i < routes_->journal_count(); ++i)
    if (const auto journal = routes_->journal_of(static_cast<ledger::shard_id>(i))) {
      ++owned_wanted_;
      this->send(*journal, ask_owned{journal_says([](job_owner& o, bool taken_over) {
        o.owned_all_ = o.owned_all_ && taken_over;
        if (--o.owned_wanted_ == 0) o.on_owned();
      })});
    }
  if (owned_wanted_ == 0) on_owned();
}

/// Not all of them: the database is away, and what is read now may be old when it is back.
void job_owner::on_owned() {
  if (!owned_all_) {
    PROBE("jobs_wait_for_the_take_over");
    this->delayed_send(job_owner_actor{this}, std::chrono::seconds{1},
                       owner_call{[](job_owner& o) { o.ask_owners(); }});
    return;
  }
  pressing_until_ = {env().time.now().count + pressing_ahead_us};
  load_next();
}

void job_owner::load_next() {
  if (to_load_.empty() && begun_) return opened();
  if (to_load_.empty() && !windows_read_) return read_windows();
  if (to_load_.empty() && !mutes_read_) return read_mutes();
  if (to_load_.empty()) {
    auto& jobs = env().store.jobs();
    return jobs.pauses([me = job_owner_actor{this}](auto found) {
      caf::anon_send(me, owner_call{[found](job_owner& o) { o.begin(found); }});
    });
  }
  const auto [shard, which] = to_load_.back();
  const auto take = [me =
                         job_owner_actor{this}](base::result<std::vector<storage::live_job>> page) {
    caf::anon_send(me, owner_call{[page](job_owner& o) { o.loaded(page); }});
  };
  auto& jobs = env().store.jobs();
  if (which == part::tail)
    return jobs.live_after(shard, loaded_up_to_, storage::job_page_max, take);
  jobs.resting_after(shard, {pressing_until_, which == part::sleepers}, loaded_up_to_,
                     storage::job_page_max, take);
}

/// Unique keys that outlive their jobs.
void job_owner::read_windows() {
  env().store.jobs().windows(env().time.now(), windows_max,
                             [me = job_owner_actor{this}](auto found) {
                               caf::anon_send(me, owner_call{[found](job_owner& o) {
                                                if (!found) return o.load_later();
                                                const auto now = o.env().time.now();
                                                for (const auto& j : *found) {
                                                  if (o.memory_.find(j.id) != nullptr) continue;
                                                  o.memory_.unique.add(j, now, true);
                                                  o.memory_.unique.erase(j.id);
                                                }
                                                o.windows_read_ = true;
                                                o.load_next();
                                              }});
                             });
}

/// The database is away: again, a second later.
void job_owner::load_later() {
  PROBE("start_of_jobs_reads_again");
  this->delayed_send(job_owner_actor{this}, std::chrono::seconds{1},
                     owner_call{[](job_owner& o) { o.load_next(); }});
}

void job_owner::loaded(const base::result<std::vector<storage::live_job>>& page) {
  if (!page) return load_later();
  if (std::ssize(*page) < storage::job_page_max) {
    to_load_.pop_back();
    loaded_up_to_ = {};
  } else {
    loaded_up_to_ = page->back().what.id;
  }
  const bool last = to_load_.empty();
  if (!last) load_next(); // the database reads it while these are taken in
  for (const auto& found : *page) take_in(found);
  if (last) load_next();
}

/// From its facts to its state.
void job_owner::take_in(const storage::live_job& found) {
  if (memory_.find(found.what.id) != nullptr) return;
  const auto now = env().time.now();
  live_job j;
  j.what = found.what;
  j.attempts = found.last_number();
  j.counted = found.attempts_counted;
  j.resting = found.rest.has_value();
  j.due = found.what.run_at;
  if (found.last) j.error = found.last->error;
  // The later word about its time counts: a wish, or the end of an attempt.
  base::utc_us said = found.what.created_at;
  bool tried = false;
  if (found.last && found.last->next_at) {
    j.due = *found.last->next_at;
    said = found.last->ended_at;
    tried = scheduler::counts(found.last->end);
  }
  const auto say = [&](base::utc_us at, base::utc_us due) {
    if (at < said) return;
    said = at;
    j.due = due;
    tried = false;
  };
  auto place = std::max(found.what.run_at, found.what.created_at); // in its lane
  bool cancelled = false;
  std::string by, reason;
  for (const auto& control : found.controls) {
    const auto change = job_edit_from_text(control.change);
    apply(j.what, change);
    if (change.run_at) {
      place = *change.run_at;
      say(control.at, *change.run_at);
    }
    if (control.action == scheduler::control_action::run_now ||
        control.action == scheduler::control_action::redrive)
      say(control.at, control.at);
    if (control.action == scheduler::control_action::run_now) place = std::min(place, control.at);
    if (control.action == scheduler::control_action::redrive &&
        j.what.on_failure == scheduler::lane_policy::park_head)
      place = control.at; // it had left its lane
    cancelled = control.action == scheduler::control_action::cancel;
    by = control.by;
    reason = control.reason;
    ++j.version;
  }
  const bool stays = found.rest && (found.rest->state == job_state::dead ||
                                    found.rest->state == job_state::parked);
  j.state = stays          ? found.rest->state
            : j.due <= now ? job_state::ready
            : tried        ? job_state::retrying
                           : job_state::scheduled;
  if (stays) {
    j.fingerprint = found.rest->fingerprint;
    j.since = found.rest->since;
  }
  auto& placed = memory_.add(std::move(j));
  PROBE(placed.resting ? "resting_job_found_by_a_start" : "job_found_by_a_start");
  facts_.found(placed);
  const auto& w = placed.what;
  if (w.unique && !base::mutant("start_forgets_unique_keys"))
    memory_.unique.add(w, now, placed.attempts > 0);
  if (placed.due <= now) place = std::min(place, now);
  memory_.queue.enter({w.id, w.user, w.queue, w.kind, w.lane, w.priority, place, w.on_failure},
                      now);
  if (stays) {
    // Who was parked by an error shuts the lane still.
    if (placed.state == job_state::dead || !placed.fingerprint.empty()) {
      memory_.queue.fail(w.id, found.rest->since, placed.error.code);
    } else {
      memory_.queue.park(w.id, found.rest->since);
    }
    if (placed.state == job_state::dead)
      memory_.set_alarm({placed.since.count + scheduler::dead_kept_us}, {w.id, job_timer::kept, 0});
  } else if (placed.due > now) {
    memory_.queue.rest(w.id, placed.due);
    memory_.set_alarm(placed.due, {w.id, job_timer::due, 0});
  }
  if (w.expires_at) memory_.set_alarm(*w.expires_at, {w.id, job_timer::expiry, 0});
  // It was running, and told to stop, when the process died.
  if (cancelled && !stays && !base::mutant("start_forgets_a_cancel")) {
    PROBE("cancelled_job_found_by_a_start");
    return end_as(
        placed, job_state::cancelled, by, reason, [](const base::status&) {}, true);
  }
  expire(placed, now); // before anything starts
}

void job_owner::begin(const base::result<std::vector<scheduler::pause>>& pauses) {
  if (!pauses) return load_later(); // what is paused must not start
  for (const auto& p : *pauses) {
    if (base::mutant("start_forgets_pauses")) break;
    PROBE("pause_found_by_a_start");
    memory_.pauses.insert_or_assign(p.target, p);
    memory_.queue.set_pause(p);
  }
  env().store.jobs().queues([me = job_owner_actor{this}](auto found) {
    caf::anon_send(me, owner_call{[found](job_owner& o) { o.settle_in(found); }});
  });
}

void job_owner::settle_in(const base::result<std::vector<scheduler::queue_limits>>& limits) {
  if (!limits) return load_later();
  for (const auto& q : *limits) memory_.set_limits(q, env().time.now());
  judge_suspects();
  begun_ = true;
  dispatch();
  schedule_tick();
  for (std::uint32_t shard = 0; shard < routes_->shard_count(); ++shard)
    to_load_.emplace_back(shard, part::sleepers);
  load_next();
}

/// From here on the others may ask: every job is here.
void job_owner::opened() {
  loaded_ = true;
  adopt_until_ = {env().time.now().count + adoption_us};
  pruning_.due = {env().time.now().count + first_pruning_us};
  env().log.info("vai_de_pix.jobs", "Jobs assumidos",
                 {{"event", "jobs.opened"}, {"live", memory_.size()}});
  for (const auto& waits : std::exchange(when_loaded_, {})) waits();
  // Else one that starts again and again reads more each time. Without work nothing is written.
  for (const auto& [id, j] : memory_.all()) ended_[j->what.shard] = true;
  move_watermarks(env().time.now());
  dispatch();
  schedule_tick();
  start_schedules();
}

void job_owner::schedule_tick(base::utc_us now) {
  if (draining_) return; // its own ticks are closer together
  base::utc_us at{now.count + owner_beat_us};
  if (const auto next = memory_.next_alarm()) at = std::min(at, *next);
  if (const auto next = memory_.queue.opens_at(now)) at = std::min(at, *next);
  for (const auto& p : workers_.polls()) at = std::min(at, p.until);
  // Also one that is due: it is on its way, and in its place another would be due only after it.
  if (tick_at_ && *tick_at_ <= at) return;
  tick_at_ = at;
  this->delayed_send(job_owner_actor{this},
                     std::chrono::microseconds{std::max<std::int64_t>(at.count - now.count, 0)},
                     tick{++tick_number_});
}

void job_owner::on_tick() {
  tick_at_.reset();
  const auto now = env().time.now();
  if (!again_.empty() && !away()) send_again();
  for (const auto& alarm : memory_.due(now)) ring(alarm, now);
  for (const auto& id : workers_.lost(now))
    if (const auto* w = workers_.find(id)) note_executors(w->shown.wish.kinds);
  memory_.unique.expire(now);
  count_stuck(now);
  send_all_gathered();
  if (draining_) return leave_when_drained(now);
  move_watermarks(now);
  prune(now);
  sample(now);
  send_to_books();
  dispatch();
  schedule_tick();
}

void job_owner::ring(const job_memory::alarm& alarm, base::utc_us now) {
  auto* j = memory_.find(alarm.job);
  if (j == nullptr) return;
  if (alarm.what == job_timer::due) {
    if (j->due > now || (j->state != job_state::scheduled && j->state != job_state::retrying))
      return;
    move(*j, job_state::ready);
    return memory_.queue.wake(j->what.id, now);
  }
  if (alarm.what == job_timer::expiry) return expire(*j, now);
  if (alarm.what == job_timer::kept) return end_of_keeping(*j, now);
  if (!j->running || j->running->token != alarm.token) return;
  switch (alarm.what) {
  case job_timer::timeout: return time_out(*j, now);
  case job_timer::cancel:
    if (j->state == job_state::cancelling) lose(*j, attempt_end::lost, "CANCELLED");
    return;
  case job_timer::lease:
    if (j->running->lease_until > now) return;
    env().metrics.jobs().recovered(observability::recovered_reason::lease_lost).add();
    return lose(*j, attempt_end::lost, "EXECUTOR_LOST");
  case job_timer::hand_back: {
    const auto* w = workers_.find(http::worker_id{j->running->worker});
    if (w == nullptr || w->shown.state != http::worker_state::active) hand_back(*j);
    return;
  }
  default: return;
  }
}

/// The time that it waited for a thread is not its own.
void job_owner::time_out(live_job& j, base::utc_us now) {
  if (const auto& run = *j.running; run.begun != nullptr) {
    const auto begun = run.begun->load();
    const base::utc_us end{(begun == 0 ? now.count : begun) +
                           j.what.timeout_s * base::us_per_second};
    if (end > now) return memory_.set_alarm(end, {j.what.id, job_timer::timeout, run.token});
  }
  lose(j, attempt_end::timed_out, "TIMEOUT");
}

/// Now and then, so that the next start finds little to read.
void job_owner::move_watermarks(base::utc_us now) {
  if (!loaded_ || (now < watermark_due_ && ended_since_mark_ < ended_by_mark)) return;
  watermark_due_ = {now.count + 30 * base::us_per_second};
  ended_since_mark_ = 0;
  for (std::uint32_t shard = 0; shard < routes_->shard_count(); ++shard) {
    auto tail = memory_.tail(shard);
    if (base::mutant("watermark_passes_the_living")) tail.reset();
    auto& written = watermarks_[shard];
    // Nothing is live and nothing on its way: all that comes is younger than an id of now.
    if (!tail && ended_[shard])
      tail = scheduler::job_id::of(env().ids.next(now, static_cast<std::uint8_t>(shard)));
    ended_[shard] = false;
    if (!tail || *tail == written) continue;
    write w;
    w.shard = shard;
    w.rows.emplace_back(scheduler::job_watermark{shard, *tail});
    w.must = false;
    w.done = [](const base::status&) {}; // the next one moves it further
    written = *tail;
    write_out(std::make_shared<write>(std::move(w)));
  }
}

} // namespace actors
