#include "actors/supervisor_actor.hpp"

#include "actors/journal_actor.hpp"
#include "actors/lock_keeper.hpp"
#include "actors/shard_actor.hpp"
#include "base/probe.hpp"

#include <caf/send.hpp>

namespace actors {
namespace {

constexpr std::size_t intensity = 3;
constexpr std::int64_t intensity_window_ns = 10'000'000'000;

} // namespace

supervisor::supervisor(caf::actor_config& cfg, environment& env, std::shared_ptr<routing> routes,
                       spawn_jobs jobs)
    : house_actor(cfg, env, observability::actor_role::supervisor), routes_(std::move(routes)),
      groups_(routes_->journal_count()), spawn_jobs_(std::move(jobs)) {
  this->set_down_handler([this](caf::down_msg& down) { on_down(down); });
}

supervisor::behavior_type supervisor::make_behavior() {
  for (std::size_t i = 0; i < groups_.size(); ++i) start_group(i);
  start_jobs();
  return {
      [this](const stop_all& m) {
        handled();
        stopping_ = m;
        if (jobs_) {
          this->send(*jobs_, drain{}); // what it hands back is still written
        } else {
          drain_journals();
        }
        continue_stop();
      },
  };
}

// -- start ----------------------------------------------------------------------------------------

void supervisor::start_group(std::size_t index) {
  auto& g = groups_[index];
  g.restarting = false;
  std::vector<ledger::shard_id> mine;
  for (ledger::shard_id id = 0; id < routes_->shard_count(); ++id) {
    if (id % groups_.size() == index) mine.push_back(id);
  }
  g.journal = this->spawn<journal, caf::monitored>(env(), index, mine);
  children_.emplace(g.journal->address(), child{role::journal, index, 0});
  routes_->set_journal(index, g.journal);
  for (const auto id : mine) start_shard(index, id);
}

void supervisor::start_shard(std::size_t index, ledger::shard_id id) {
  auto& g = groups_[index];
  auto actor = this->spawn<shard, caf::monitored>(env(), id, *g.journal);
  children_.emplace(actor.address(), child{role::shard, index, id});
  routes_->set_shard(id, actor);
  g.shards.insert_or_assign(id, std::move(actor));
}

// -- failure --------------------------------------------------------------------------------------

void supervisor::on_down(const caf::down_msg& down) {
  const auto found = children_.find(down.source);
  if (found == children_.end()) return;
  const child who = found->second;
  children_.erase(found);
  if (who.what == role::jobs) {
    on_jobs_down(down.reason);
  } else if (who.what == role::locks) {
    on_locks_down();
  } else if (who.what == role::journal) {
    on_journal_down(who.group, down.reason);
  } else {
    on_shard_down(who.group, who.shard, down.reason);
  }
  if (stopping_) continue_stop();
}

void supervisor::start_jobs() {
  if (!spawn_jobs_) return;
  if (!locks_) {
    locks_ = this->spawn<lock_keeper, caf::monitored>(env());
    children_.emplace(locks_->address(), child{role::locks, 0, 0});
    routes_->set_locks(locks_);
  }
  jobs_ = spawn_jobs_(*this, routes_);
  this->monitor(*jobs_);
  children_.emplace(jobs_->address(), child{role::jobs, 0, 0});
  routes_->set_jobs(jobs_);
}

/// It has nothing that the tables have not.
void supervisor::on_jobs_down(const caf::error&) {
  jobs_.reset();
  routes_->set_jobs(std::nullopt);
  // Its handlers have ended with it.
  if (locks_) caf::anon_send(*locks_, keeper_call{[](lock_keeper& k) { k.forget_all(); }});
  if (stopping_) return drain_journals();
  const auto now = steady_ns();
  std::erase_if(job_restarts_ns_, [&](std::int64_t t) { return now - t > intensity_window_ns; });
  job_restarts_ns_.push_back(now);
  env().metrics.actor_restarts(observability::actor_role::dispatcher).add();
  if (job_restarts_ns_.size() <= intensity) return start_jobs();
  env().metrics.supervisor_escalations.add();
  env().log.critical("vai_de_pix.supervisor", "Jobs parados", {{"event", "jobs.stopped"}});
}

/// Nobody knows any more what is held for whom: whoever runs under a lock stops, and begins again
/// with the next keeper.
void supervisor::on_locks_down() {
  locks_.reset();
  routes_->set_locks(std::nullopt);
  if (stopping_) return;
  env().metrics.actor_restarts(observability::actor_role::lock).add();
  if (jobs_) this->send_exit(*jobs_, caf::exit_reason::user_shutdown);
}

void supervisor::drain_journals() {
  for (auto& g : groups_) {
    if (g.journal) this->send(*g.journal, drain{});
  }
}

bool supervisor::may_restart(group& g) {
  const auto now = steady_ns();
  std::erase_if(g.restarts_ns, [&](std::int64_t t) { return now - t > intensity_window_ns; });
  g.restarts_ns.push_back(now);
  return g.restarts_ns.size() <= intensity;
}

void supervisor::on_journal_down(std::size_t index, const caf::error& reason) {
  auto& g = groups_[index];
  g.journal.reset();
  routes_->set_journal(index, std::nullopt);
  if (stopping_ || g.quarantined) return;
  if (is(reason, exit_cause::invariant_broken) || is(reason, exit_cause::fenced) ||
      !may_restart(g)) {
    return quarantine(index);
  }
  // Rest for one: reservations that the journal knew are gone with it, so its shards start afresh
  // from the tables.
  env().metrics.actor_restarts(observability::actor_role::journal).add();
  env().log.error("vai_de_pix.supervisor", "Journal reiniciado",
                  {{"event", "journal.restarted"}, {"journal", index}});
  g.restarting = true;
  for (auto& [id, actor] : g.shards) {
    routes_->set_shard(id, std::nullopt);
    this->send_exit(actor, caf::exit_reason::kill);
  }
  if (g.shards.empty()) start_group(index);
}

void supervisor::on_shard_down(std::size_t index, ledger::shard_id id, const caf::error& reason) {
  auto& g = groups_[index];
  g.shards.erase(id);
  routes_->set_shard(id, std::nullopt);
  if (stopping_ || g.quarantined) return;
  if (g.restarting) {
    if (g.shards.empty()) start_group(index);
    return;
  }
  if (is(reason, exit_cause::invariant_broken)) {
    env().status.stopped.add(id); // the journal goes on, without this shard
    env().metrics.supervisor_escalations.add();
    env().log.critical("vai_de_pix.supervisor", "Shard em quarentena",
                       {{"event", "shard.stopped"}, {"shard", id}});
    return;
  }
  // What its books have handed over is still on its way, and new books must not read before it has
  // ended. A new journal takes the shards over, which settles that.
  env().metrics.actor_restarts(observability::actor_role::dispatcher).add();
  if (g.journal) this->send_exit(*g.journal, caf::exit_reason::kill);
}

void supervisor::quarantine(std::size_t index) {
  auto& g = groups_[index];
  PROBE("group_quarantined");
  g.quarantined = true;
  env().metrics.supervisor_escalations.add();
  env().log.critical("vai_de_pix.supervisor", "Grupo de shards em quarentena",
                     {{"event", "group.stopped"}, {"journal", index}, {"shards", g.shards.size()}});
  for (auto& [id, actor] : g.shards) {
    env().status.stopped.add(id);
    routes_->set_shard(id, std::nullopt);
    this->send_exit(actor, caf::exit_reason::user_shutdown);
  }
}

void supervisor::on_exit() {
  groups_.clear();
  children_.clear();
  jobs_.reset();
  // Of nobody: CAF looks at the sender of an exit without holding it, and we are gone then.
  if (locks_) caf::anon_send_exit(*locks_, caf::exit_reason::user_shutdown);
  locks_.reset();
  routes_->set_locks(std::nullopt);
  spawn_jobs_ = {};
  stopping_.reset();
}

// -- stop -----------------------------------------------------------------------------------------

void supervisor::continue_stop() {
  if (jobs_) return;
  for (const auto& g : groups_) {
    if (g.journal) return;
  }
  if (!std::exchange(shards_told_, true)) {
    for (auto& g : groups_) {
      for (auto& [id, actor] : g.shards) this->send(actor, drain{});
    }
  }
  for (const auto& g : groups_) {
    if (!g.shards.empty()) return;
  }
  stopping_->stopped->put(true);
  this->quit();
}

} // namespace actors
