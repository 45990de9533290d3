// What the owner knows, as others see it.
#include "actors/job_owner.hpp"

#include <algorithm>
#include <set>

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

/// What a person can do for a job that rests.
std::vector<std::string> opened_by(job_state resting) {
  return {resting == job_state::dead ? "redrive" : "release", "discard"};
}

/// Newest first, from the cursor on.
auto behind(const std::map<scheduler::job_id, std::unique_ptr<live_job>>& all,
            const http::job_question& asked) {
  return std::make_reverse_iterator(asked.before ? all.lower_bound(*asked.before) : all.end());
}

} // namespace

/// Who shuts the lane rests as dead or as parked: the queue does not know.
void job_owner::name_head(http::job_gate& g) const {
  for (const auto& [name, id] : g.details) {
    const auto* head = name == "head" ? memory_.find(scheduler::job_id{id}) : nullptr;
    if (head == nullptr) continue;
    g.open_by = opened_by(head->state);
    for (auto& [other, text] : g.details)
      if (other == "head_state") text = std::string{scheduler::to_text(head->state)};
    return;
  }
}

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
  for (auto at = behind(all, asked); at != all.rend() && std::ssize(found) <= asked.limit; ++at)
    if (may_see(asked.caller, at->second->what) && matches(*at->second, asked))
      found.push_back(shown(*at->second));
  return found;
}

http::live_job_ids job_owner::live_ids(const http::job_question& asked, std::int64_t limit) const {
  http::live_job_ids found;
  const auto& all = memory_.all();
  for (auto at = behind(all, asked); at != all.rend(); ++at) {
    if (!may_see(asked.caller, at->second->what) || !matches(*at->second, asked)) continue;
    found.more = std::ssize(found.ids) == limit;
    if (found.more) break;
    found.ids.push_back(at->first);
  }
  return found;
}

http::list_total job_owner::count(const http::job_question& asked, std::int64_t most) const {
  http::list_total total;
  for (const auto& [id, j] : memory_.all()) {
    if (!may_see(asked.caller, j->what) || !matches(*j, asked)) continue;
    total.exact = total.value < most;
    if (!total.exact) break;
    ++total.value;
  }
  return total;
}

/// How many users and lanes a group of dead jobs concerns. A start does not know them yet.
base::result<std::pair<std::int64_t, std::int64_t>>
job_owner::concerned_by(const std::vector<scheduler::job_id>& dead) const {
  if (!begun_) return base::failure{"DB_UNAVAILABLE", {}};
  std::set<std::optional<base::user_id>> users;
  std::set<std::pair<std::optional<base::user_id>, std::string>> lanes;
  for (const auto& id : dead)
    if (const auto* j = memory_.find(id); j != nullptr) {
      if (j->what.user) users.insert(j->what.user);
      if (j->what.lane) lanes.emplace(j->what.user, *j->what.lane);
    }
  return std::pair{std::int64_t{std::ssize(users)}, std::int64_t{std::ssize(lanes)}};
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
    add(std::string{scheduler::to_text(j->state)}, {}, {}, opened_by(j->state));
    e.gates.back().details = {{"error", j->error.code}};
    return e;
  }
  if (j->state == job_state::committing) add("in_doubt", {}, {}, {});
  if (scheduler::in_attempt(j->state)) return e;
  for (auto& g : memory_.queue.gates(id, now))
    e.gates.push_back({g.name, g.since, g.until, g.exact, g.open_by, g.details});
  for (auto& g : e.gates)
    if (g.gate == "lane_shut") name_head(g);
  add_lock_gate(*j, e);
  add_suspect_gate(*j, e);
  if (draining_) add("draining", {}, {}, {});
  if (env().status.recovery.on()) {
    add("database", {}, {}, {"finish recovery"});
    e.gates.back().details = {{"why", "recovery"}};
  }
  if (!again_.empty() || away()) add("database", {}, {}, {});
  if (committing_ >= committing_max) add("overload", {}, {}, {}); // of what is to be written
  if (e.gates.size() > 1)
    std::erase_if(e.gates, [](const http::job_gate& g) { return g.gate == "turn"; });
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
  for (const auto& [name, level] : memory_.levels()) {
    auto& q = by_name[name];
    const auto of = [&, &counts = level](job_state s) {
      return counts[static_cast<std::size_t>(s)];
    };
    q.ready = of(job_state::ready) + of(job_state::waiting);
    q.scheduled = of(job_state::scheduled);
    q.retrying = of(job_state::retrying);
    q.parked = of(job_state::parked);
    q.dead = of(job_state::dead);
    q.running = of(job_state::running) + of(job_state::cancelling) + of(job_state::committing);
    q.oldest_ready = memory_.queue.oldest_ready(name);
  }
  const auto now = env().time.now();
  std::vector<http::queue_view> all;
  for (auto& [name, q] : by_name) {
    q.limits.queue = name;
    if (const auto set = memory_.limits.find(name); set != memory_.limits.end())
      q.limits = set->second;
    const auto p = memory_.pauses.find("queue:" + name);
    if (p != memory_.pauses.end() && (!p->second.until || *p->second.until > now))
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
  for (const auto& t : memory_.queue.tallies())
    counts[t.kind] += t.not_due + t.ready + t.resting + t.running + t.failed + t.parked;
  return counts;
}

} // namespace actors
