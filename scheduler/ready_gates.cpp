// Why a job of the ready queue does not start, and what stands where.
#include "scheduler/ready_queue.hpp"

#include <algorithm>

namespace scheduler {
namespace {

std::optional<base::user_id> owner_of(const base::user_id& user) {
  return user.empty() ? std::nullopt : std::optional{user};
}

/// Only to be compared.
place place_of(base::utc_us at, const waiter& w) { return {at, const_cast<waiter*>(&w)}; }

} // namespace

std::optional<base::utc_us> ready_queue::opens_at(base::utc_us now) const {
  std::optional<base::utc_us> first;
  const auto end = pause_ends_.lower_bound({base::utc_us{now.count + 1}, std::string{}});
  if (end != pause_ends_.end()) first = end->first;
  for (const auto& [name, q] : queues_)
    if (q.too_fast(now) && !q.order.empty() && !q.paused && q.running < q.tokens) {
      const auto opens = q.bucket->opens_at(now);
      first = std::min(first.value_or(opens), opens);
    }
  return first;
}

std::vector<gate> ready_queue::gates(const job_id& id, base::utc_us now) const {
  std::vector<gate> found;
  const auto* n = find(id);
  if (n == nullptr || n->is == status::running || n->is == status::failed ||
      n->is == status::parked)
    return found;
  if (n->is == status::not_due || n->is == status::resting)
    found.push_back({"not_due", n->since, n->until, true, {"run-now"}, {}});
  const auto add_pause = [&](const std::string& target) {
    if (const auto* p = paused(target, now))
      found.push_back({"paused",
                       p->since,
                       p->until,
                       true,
                       {"resume"},
                       {{"target", target}, {"reason", p->reason}, {"by", p->by}}});
  };
  const auto& q = *n->at->queue;
  add_pause("queue:" + n->at->counts.queue);
  add_pause("kind:" + n->at->counts.kind);
  if (!n->user.empty()) add_pause("user:" + n->user.text());
  if (n->lane != nullptr) add_pause(lane_target(*n->lane->key));
  if (n->in_lane) add_lane_gate(found, *n);
  const auto& kind = *n->at->kind;
  if (!kind.known)
    found.push_back({"unknown_kind", n->since, {}, true, {"install the kind"}, {}});
  else if (!kind.executor)
    found.push_back(
        {"no_executor", std::max(kind.since, n->since), {}, true, {"start a worker"}, {}});
  if (q.running >= q.tokens)
    found.push_back(
        {"concurrency",
         std::max(q.full_since, n->since),
         {},
         false,
         {"queue limits"},
         {{"running", std::to_string(q.running)}, {"limit", std::to_string(q.tokens)}}});
  if (q.too_fast(now)) {
    const auto& r = q.bucket->rate();
    found.push_back({"rate",
                     std::max(q.dry_since, n->since),
                     q.bucket->opens_at(now),
                     false,
                     {"queue limits"},
                     {{"starts", std::to_string(r.starts)},
                      {"per_s", std::to_string(r.per_s)},
                      {"burst", std::to_string(r.burst)}}});
  }
  if (found.empty() && !n->held) found.push_back({"turn", n->since, {}, false, {}, {}});
  return found;
}

/// Whom of its lane it waits for.
void ready_queue::add_lane_gate(std::vector<gate>& found, const node& n) const {
  const auto& l = *n.lane;
  const auto* head = head_of(l);
  if (head == &n) return;
  const auto id = head->id.text();
  if (!l.blockers.empty()) {
    const bool parked = head->on_failure == lane_policy::park_lane;
    found.push_back({"lane_shut",
                     head->since,
                     {},
                     true,
                     {parked ? "release" : "redrive", "discard"},
                     {{"head", id}, {"head_state", parked ? "parked" : "dead"}}});
    if (const auto& why = l.blockers.front().why; !why.empty())
      found.back().details.emplace_back("error", why);
    return;
  }
  // It has to wait until then at least, if the head waits for its own time.
  const auto until = head->is == status::resting ? std::optional{head->until} : std::nullopt;
  found.push_back({"lane_head", n.since, until, false, {}, {{"head", id}}});
}

ready_queue::standing ready_queue::position(const job_id& id) const {
  standing p;
  const auto* n = find(id);
  if (n == nullptr) return p;
  if (n->in_lane)
    p.in_lane = 1 + static_cast<std::int64_t>(n->lane->members.before(place_of(n->due, *n)));
  if (n->is != status::waiting) return p;
  const auto mine = place_of(n->ready_at, *n);
  const auto cls = aged(n->priority, n->ready_at, now_);
  std::size_t before = 0;
  for (std::int32_t priority = 0; priority < std::int32_t{priority_count}; ++priority) {
    const auto& same = n->at->queue->ready[static_cast<std::size_t>(priority)];
    // Those that have aged to a class, counted without looking at them: a prefix of the list.
    const auto aged_to = [&](std::int32_t to) {
      if (priority <= to) return same.size();
      return same.before({base::utc_us{now_.count - (priority - to) * aging_step_us + 1}, nullptr});
    };
    const auto better = cls == 0 ? 0 : aged_to(cls - 1);
    before += std::max(better, std::min(aged_to(cls), same.before(mine)));
  }
  p.in_queue = static_cast<std::int64_t>(before) + 1;
  return p;
}

std::vector<ready_queue::shut_lane> ready_queue::shut_lanes() const {
  std::vector<shut_lane> all;
  for (const auto& [key, l] : shut_) {
    const auto& head = *l->blockers.front().who;
    shut_lane s;
    s.user = owner_of(l->key->first);
    s.lane = l->key->second;
    s.head = head.id;
    s.since = s.oldest = head.since;
    s.why = l->blockers.front().why;
    s.behind = static_cast<std::int64_t>(l->members.size() - l->blockers.size());
    for (std::size_t i = 0; i < l->members.size(); ++i) {
      const auto& member = static_cast<const node&>(*l->members[i].who);
      if (member.is == status::failed) continue;
      s.oldest = member.due;
      break;
    }
    all.push_back(std::move(s));
  }
  return all;
}

ready_queue::lane_count ready_queue::lanes() const {
  return {static_cast<std::int64_t>(lanes_in_use_), static_cast<std::int64_t>(shut_.size())};
}

std::size_t ready_queue::lane_depth(const std::optional<base::user_id>& user,
                                    const std::string& name) const {
  const auto* l = find_lane(user, name);
  return l == nullptr ? 0 : l->members.size();
}

std::optional<job_id> ready_queue::lane_head(const std::optional<base::user_id>& user,
                                             const std::string& name) const {
  const auto* l = find_lane(user, name);
  const auto* head = l == nullptr ? nullptr : head_of(*l);
  if (head == nullptr) return std::nullopt;
  return head->id;
}

std::size_t ready_queue::running(const std::string& name) const {
  const auto at = queues_.find(name);
  return at == queues_.end() ? 0 : at->second.running;
}

std::optional<base::utc_us> ready_queue::oldest_ready(const std::string& name) const {
  std::optional<base::utc_us> oldest;
  const auto at = queues_.find(name);
  if (at == queues_.end()) return oldest;
  for (const auto& same : at->second.ready)
    if (!same.empty()) oldest = std::min(oldest.value_or(same.front().at), same.front().at);
  return oldest;
}

std::vector<ready_queue::tally> ready_queue::tallies() const {
  std::vector<tally> all;
  for (const auto& [queue, q] : queues_)
    for (const auto& [kind, b] : q.kinds) {
      auto& t = all.emplace_back(b.counts);
      t.known = b.kind->known;
      t.executor = b.kind->executor;
      t.paused = q.paused || paused_kinds_.contains(kind);
      t.full = q.running >= q.tokens;
      t.too_fast = q.too_fast(now_);
    }
  return all;
}

std::int64_t ready_queue::behind_shut_lanes() const {
  std::int64_t all = 0;
  for (const auto& [key, l] : shut_)
    all += static_cast<std::int64_t>(l->members.size() - l->blockers.size());
  return all;
}

} // namespace scheduler
