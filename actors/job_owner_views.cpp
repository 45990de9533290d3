// What the owner knows, as others see it.
#include "actors/job_owner.hpp"

#include <algorithm>

namespace actors {
namespace {

using scheduler::job_state;

http::job_view shown(const live_job& j) {
  http::job_view v;
  v.what = j.what;
  v.state = j.state;
  v.attempt = j.attempts + (j.running ? 1 : 0);
  if (j.state == job_state::scheduled || j.state == job_state::retrying) v.next_at = j.due;
  v.error = j.error;
  v.fingerprint = j.fingerprint;
  v.version = j.version;
  if (j.running) {
    v.started_at = j.running->started_at;
    v.executor = j.running->executor;
    if (j.running->progress_done)
      v.progress = http::job_progress{*j.running->progress_done, j.running->progress_total,
                                      j.running->progress_message};
  }
  return v;
}

bool matches(const live_job& j, const http::job_question& q) {
  const auto& w = j.what;
  return (!q.kind || w.kind == *q.kind) && (!q.queue || w.queue == *q.queue) &&
         (!q.lane || w.lane == q.lane) && (!q.schedule || w.schedule == q.schedule) &&
         (!q.state || j.state == *q.state) && (!q.user || w.user == q.user) &&
         (!q.fingerprint || j.fingerprint == *q.fingerprint) &&
         (!q.created_from || w.created_at >= *q.created_from) &&
         (!q.created_to || w.created_at < *q.created_to) && (!q.before || w.id < *q.before) &&
         (!q.tag || std::find(w.tags.begin(), w.tags.end(), *q.tag) != w.tags.end());
}

} // namespace

bool job_owner::may_see(const http::job_caller& who, const scheduler::job& what) const {
  if (who.admin) return true;
  const auto* kind = settings_.kinds->find(what.kind);
  return what.user == who.user && (kind == nullptr || kind->user_visible);
}

std::optional<http::job_view> job_owner::view(const scheduler::job_id& id) const {
  const auto* j = memory_.find(id);
  if (j == nullptr) return std::nullopt;
  return shown(*j);
}

std::vector<http::job_view> job_owner::views(const http::job_question& asked) const {
  std::vector<http::job_view> found;
  const auto& all = memory_.all();
  for (auto at = all.rbegin(); at != all.rend() && std::ssize(found) <= asked.limit; ++at)
    if (may_see(asked.caller, at->second->what) && matches(*at->second, asked))
      found.push_back(shown(*at->second));
  return found;
}

std::optional<http::job_explanation> job_owner::explain(const http::job_caller& who,
                                                        const scheduler::job_id& id) {
  const auto* j = memory_.find(id);
  if (j == nullptr || !may_see(who, j->what)) return std::nullopt;
  const auto now = env().time.now();
  http::job_explanation e;
  e.job = id;
  e.state = j->state;
  const auto add = [&](std::string gate, std::optional<base::utc_us> since,
                       std::optional<base::utc_us> until, std::vector<std::string> open_by) {
    e.gates.push_back({std::move(gate), since, until, true, std::move(open_by), {}});
  };
  if (j->state == job_state::dead || j->state == job_state::parked) {
    add(std::string{scheduler::to_text(j->state)}, {}, {},
        j->state == job_state::dead ? std::vector<std::string>{"redrive", "discard"}
                                    : std::vector<std::string>{"release", "discard"});
    e.gates.back().details = {{"error", j->error.code}};
    return e;
  }
  if (j->state == job_state::committing) add("in_doubt", {}, {}, {});
  if (scheduler::holds_token(j->state)) return e;
  for (auto& g : memory_.queue.gates(id, now))
    e.gates.push_back({g.name, g.since, g.until, g.exact, g.open_by, g.details});
  if (draining_) add("draining", {}, {}, {});
  if (env().status.recovery.on()) add("draining", {}, {}, {"finish recovery"});
  if (!again_.empty() || now < away_until_) add("database", {}, {}, {});
  const auto place = memory_.queue.position(id);
  e.lane_position = place.in_lane;
  e.queue_position = place.in_queue;
  std::optional<base::utc_us> earliest = now;
  for (const auto& g : e.gates)
    earliest = g.until && earliest ? std::optional{std::max(*earliest, *g.until)} : std::nullopt;
  e.earliest = earliest;
  return e;
}

std::vector<http::queue_view> job_owner::queues() {
  std::map<std::string, http::queue_view> by_name;
  for (const auto& [name, kind] : settings_.kinds->all()) by_name[kind.queue];
  for (const auto& [name, limits] : memory_.limits) by_name[name];
  for (const auto& [id, j] : memory_.all()) {
    auto& q = by_name[j->what.queue];
    switch (j->state) {
    case job_state::ready:
    case job_state::waiting:
      ++q.ready;
      q.oldest_ready = std::min(q.oldest_ready.value_or(j->due), j->due);
      break;
    case job_state::scheduled: ++q.scheduled; break;
    case job_state::retrying: ++q.retrying; break;
    case job_state::parked: ++q.parked; break;
    case job_state::dead: ++q.dead; break;
    default: ++q.running; break;
    }
  }
  std::vector<http::queue_view> all;
  for (auto& [name, q] : by_name) {
    q.limits.queue = name;
    if (const auto set = memory_.limits.find(name); set != memory_.limits.end())
      q.limits = set->second;
    if (const auto p = memory_.pauses.find("queue:" + name); p != memory_.pauses.end())
      q.paused = p->second;
    all.push_back(std::move(q));
  }
  return all;
}

http::job_stats job_owner::stats() {
  http::job_stats s;
  s.queues = queues();
  s.live = std::ssize(memory_.all());
  const auto lanes = memory_.queue.lanes();
  s.lanes = lanes.all;
  s.lanes_shut = lanes.shut;
  const auto& c = memory_.counts;
  s.started = c.started;
  s.succeeded = c.succeeded;
  s.failed = c.failed;
  s.duplicates_suppressed = c.duplicates_suppressed;
  s.recovering = !loaded_;
  s.draining = draining_;
  return s;
}

std::vector<http::lane_view> job_owner::shut_lanes(const http::job_caller& who) const {
  std::vector<http::lane_view> found;
  for (const auto& lane : memory_.queue.shut_lanes()) {
    const auto* head = memory_.find(lane.head);
    if (head == nullptr || !may_see(who, head->what)) continue;
    http::lane_view v;
    v.lane = lane.lane;
    v.user = lane.user;
    v.head = lane.head;
    v.head_state = head->state;
    v.error = head->error;
    v.since = lane.since;
    v.oldest = lane.oldest;
    v.behind = lane.behind;
    found.push_back(std::move(v));
  }
  return found;
}

std::map<std::string, std::int64_t> job_owner::live_by_kind() const {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [id, j] : memory_.all()) ++counts[j->what.kind];
  return counts;
}

} // namespace actors
