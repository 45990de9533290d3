// Jobs of kinds that name a lock: asked for when their turn has come, started only under it.
#include "actors/job_owner.hpp"
#include "actors/lock_keeper.hpp"

#include <caf/send.hpp>

namespace actors {
namespace {

using scheduler::attempt_end;
using scheduler::job_state;

constexpr std::int64_t contended_us = 5 * base::us_per_second;
constexpr std::int64_t unknown_us = base::us_per_second;

} // namespace

bool job_owner::lock_open(std::string_view kind, base::utc_us now) const {
  const auto* k = settings_.kinds->find(kind);
  return k == nullptr || !k->lock || locks_.open(*k->lock, now);
}

/// Its turn has come, and it holds its token meanwhile; for everybody else it is ready still.
void job_owner::ask_lock(const live_job& j, const std::string& name) {
  locks_.ask(name, j.what.id);
  const job_owner_actor me{this};
  const auto tell = [me, name, id = j.what.id](std::string_view code) {
    return [me, name, id, code] {
      caf::anon_send(
          me, owner_call{[name, id, code](job_owner& o) { o.stop_under_lock(name, id, code); }});
    };
  };
  lock_wish w;
  w.name = name;
  w.holder = j.what.id.text();
  w.limit_s = j.what.timeout_s;
  w.lost = tell("LOCK_LOST");
  w.stop = tell("LOCK_RELEASED");
  const auto answered = [me, name, id = j.what.id](const base::result<lock_answer>& r) {
    caf::anon_send(me, owner_call{[name, id, r](job_owner& o) { o.lock_answered(name, id, r); }});
  };
  const auto to = routes_->locks();
  if (!to) return answered(base::failure{"SHARD_STOPPED", {}});
  caf::anon_send(*to, keeper_call{[w, answered](lock_keeper& k) { k.acquire(w, answered); }});
}

void job_owner::lock_answered(const std::string& name, const scheduler::job_id& id,
                              const base::result<lock_answer>& answer) {
  const auto now = env().time.now();
  auto* j = memory_.find(id);
  if (answer && answer->got) {
    const bool ready = j != nullptr && j->state == job_state::ready && !j->changing && !j->running;
    if (ready && may_start() && start_under_lock(*j, name)) return;
    give_lock_back(name);
  } else {
    const bool known = answer.has_value();
    locks_.give_up(name);
    locks_.blocked(name, now, {now.count + (known ? contended_us : unknown_us)},
                   known ? answer->by : http::lock_view{},
                   known ? std::string{} : std::string{answer.error().code});
  }
  if (j != nullptr && !j->running) put_back(*j);
  dispatch();
  schedule_tick();
}

/// False: nobody is there to take it.
bool job_owner::start_under_lock(live_job& j, const std::string& name) {
  const auto* kind = settings_.kinds->find(j.what.kind);
  memory_.queue.take(j.what.id);
  if (kind->builtin) {
    start(j, *kind);
    locks_.start(name, j.running->token, true);
    return true;
  }
  auto* poll = poll_for(j.what.kind, j.what.queue, env().time.now());
  if (poll == nullptr) return false;
  poll->given.push_back(give(j, poll->worker));
  locks_.start(name, j.running->token, false);
  return true;
}

/// Its turn was in vain; it keeps its place.
void job_owner::put_back(const live_job& j) {
  if (j.state == job_state::parked || j.state == job_state::dead) return;
  const auto now = env().time.now();
  memory_.queue.rest(j.what.id, j.due);
  if (j.due <= now) memory_.queue.wake(j.what.id, now);
}

void job_owner::give_lock_back(const std::string& name) {
  const auto* hold = locks_.find(name);
  if (hold == nullptr) return;
  if (const auto to = routes_->locks())
    caf::anon_send(*to, keeper_call{[name, holder = hold->job.text()](lock_keeper& k) {
      k.release(name, holder);
    }});
  locks_.give_up(name);
}

void job_owner::handler_returned(std::uint64_t token) { locks_.returned(token); }

/// Of what has ended. A commit that the database does not take now is not waited for: whoever comes
/// next may have the database, and the outcome of this one is written once in any case.
void job_owner::free_locks() {
  if (locks_.empty()) return;
  std::vector<std::string> over;
  for (const auto& [name, h] : locks_.held()) {
    if (h.token == 0 || h.handler) continue;
    const auto* j = memory_.find(h.job);
    const bool runs = j != nullptr && j->running && j->running->token == h.token;
    if (!runs || (j->state == job_state::committing && !again_.empty())) over.push_back(name);
  }
  for (const auto& name : over) give_lock_back(name);
}

/// It has lost its lock, or is to give it back. What it has handed to the journal is not stopped.
void job_owner::stop_under_lock(const std::string& name, const scheduler::job_id& id,
                                std::string_view code) {
  const auto* hold = locks_.find(name);
  auto* j = memory_.find(id);
  if (hold == nullptr || hold->job != id || hold->token == 0) return;
  if (j == nullptr || !j->running || j->running->token != hold->token) return;
  lose(*j, attempt_end::lost, code);
}

void job_owner::add_lock_gate(const live_job& j, http::job_explanation& e) const {
  const auto* kind = settings_.kinds->find(j.what.kind);
  if (kind == nullptr || !kind->lock) return;
  const auto& name = *kind->lock;
  http::job_gate g;
  g.gate = "lock";
  g.exact = false;
  g.details = {{"job_name", name}};
  const auto* ours = locks_.find(name);
  const auto* other = locks_.in_the_way(name);
  if (ours != nullptr && ours->token != 0) {
    const auto* runs = memory_.find(ours->job);
    if (runs != nullptr && runs->running) g.since = runs->running->started_at;
    g.details.emplace_back("holder", "ours");
    g.details.emplace_back("job_id", ours->job.text());
  } else if (other != nullptr) {
    g.since = other->since;
    g.until = std::nullopt;
    g.open_by = {"release the lock"};
    const auto& by = other->by;
    if (!other->error.empty()) {
      g.details.emplace_back("error", other->error);
    } else {
      g.details.emplace_back("holder", by.foreign ? "foreign" : "ours");
      g.details.emplace_back("pid", std::to_string(by.pid));
      g.details.emplace_back("node", by.node);
      if (by.acquired_at) g.details.emplace_back("held_since", base::to_text(*by.acquired_at));
    }
  } else {
    return;
  }
  e.gates.push_back(std::move(g));
}

} // namespace actors
