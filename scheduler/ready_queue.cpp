// What happens to jobs, and who starts next.
#include "scheduler/ready_queue.hpp"

#include "base/assert.hpp"
#include "base/probe.hpp"

#include <algorithm>
#include <utility>

namespace scheduler {

ready_queue::node* ready_queue::find(const job_id& id) {
  const auto at = nodes_.find(id);
  return at == nodes_.end() ? nullptr : &at->second;
}

const ready_queue::node* ready_queue::find(const job_id& id) const {
  const auto at = nodes_.find(id);
  return at == nodes_.end() ? nullptr : &at->second;
}

// -- states ---------------------------------------------------------------------------------------

std::int64_t& ready_queue::counter(node& n) {
  auto& c = n.at->counts;
  switch (n.is) {
  case status::not_due: return c.not_due;
  case status::waiting: return c.ready;
  case status::resting: return c.resting;
  case status::running: return c.running;
  case status::failed: return c.failed;
  case status::parked: break;
  }
  return c.parked;
}

/// The one place where a state changes, so that tokens, blockers and counts follow it. offer() has
/// to follow, before the age of the job changes.
void ready_queue::become(node& n, status s, base::utc_us since) {
  auto& q = *n.at->queue;
  --counter(n);
  switch (n.is) {
  case status::waiting:
    q.ready[static_cast<std::size_t>(n.priority)].erase({n.ready_at, &n});
    break;
  case status::running:
    if (std::exchange(n.has_token, false)) --q.running;
    if (n.lane != nullptr) std::erase(n.lane->busy, &n);
    break;
  case status::failed:
    if (n.lane != nullptr)
      std::erase_if(n.lane->blockers, [&](const blocker& b) { return b.who == &n; });
    if (n.lane != nullptr && n.lane->blockers.empty()) shut_.erase(sorted(*n.lane->key));
    break;
  default: break;
  }
  n.is = s;
  n.since = since;
  ++counter(n);
  if (s == status::waiting) q.ready[static_cast<std::size_t>(n.priority)].insert({n.ready_at, &n});
  if (s == status::running) {
    n.has_token = true;
    if (++q.running == q.tokens) q.full_since = since;
    if (n.lane != nullptr) n.lane->busy.push_back(&n);
  }
}

void ready_queue::make_ready(node& n, base::utc_us ready_at) {
  if (n.is != status::waiting) {
    n.ready_at = ready_at;
    become(n, status::waiting, ready_at);
  }
  join_lane(n);
  offer(n);
}

// -- what happens ---------------------------------------------------------------------------------

void ready_queue::enter(const entry& e, base::utc_us now) {
  pass_time(now);
  const auto [at, fresh] = nodes_.try_emplace(e.id);
  ENSURE(fresh, "a job enters once");
  ENSURE(e.priority >= 0 && e.priority < std::int32_t{priority_count}, "a class of a job");
  auto& n = at->second;
  n.id = e.id;
  n.due = n.until = e.due;
  n.user = e.user.value_or(base::user_id{});
  n.at = &branch_of(e.queue, e.kind);
  n.priority = e.priority;
  n.on_failure = e.on_failure;
  n.since = now_;
  ++counter(n);
  if (e.lane) {
    n.lane = &lane_of(n.user, *e.lane);
    ++n.lane->jobs;
  }
  if (e.due <= now_) make_ready(n, e.due);
}

void ready_queue::wake(const job_id& id, base::utc_us now) {
  pass_time(now);
  auto* n = find(id);
  if (n == nullptr || (n->is != status::not_due && n->is != status::resting)) return;
  make_ready(*n, std::min(n->until, now_));
}

void ready_queue::rest(const job_id& id, base::utc_us until) {
  auto* n = find(id);
  if (n == nullptr) return;
  n->until = until;
  if (n->is == status::not_due) return; // it has no place yet
  become(*n, status::resting, now_);
  join_lane(*n);
  offer(*n);
}

void ready_queue::fail(const job_id& id, base::utc_us since, std::string why) {
  auto* n = find(id);
  if (n == nullptr) return;
  become(*n, status::failed, since);
  if (n->lane == nullptr || n->on_failure == lane_policy::park_head) return leave_lane(*n);
  PROBE("lane_shut");
  join_lane(*n);
  n->lane->blockers.push_back({n, std::move(why)});
  shut_.emplace(sorted(*n->lane->key), n->lane);
  offer(*n);
}

void ready_queue::park(const job_id& id, base::utc_us since) {
  auto* n = find(id);
  if (n == nullptr) return;
  become(*n, status::parked, since);
  leave_lane(*n);
}

void ready_queue::revive(const job_id& id, base::utc_us due, base::utc_us now) {
  pass_time(now);
  auto* n = find(id);
  if (n == nullptr || n->is == status::running) return;
  if (due > now_) {
    if (n->is == status::resting && due == n->until) return;
    if (n->is != status::not_due) become(*n, status::not_due, now_);
    leave_lane(*n);
    n->due = n->until = due;
    return;
  }
  if (!n->in_lane && n->is != status::waiting) n->due = due;
  make_ready(*n, now_);
}

void ready_queue::change(const job_id& id, std::int32_t priority) {
  auto* n = find(id);
  if (n == nullptr || n->priority == priority) return;
  ENSURE(priority >= 0 && priority < std::int32_t{priority_count}, "a class of a job");
  const auto before = static_cast<std::size_t>(n->priority);
  const auto after = static_cast<std::size_t>(priority);
  if (n->is == status::waiting) {
    n->at->queue->ready[before].erase({n->ready_at, n});
    n->at->queue->ready[after].insert({n->ready_at, n});
  }
  if (n->in_lane) {
    --n->lane->priorities[before];
    ++n->lane->priorities[after];
  }
  n->priority = priority;
  offer(*n);
}

void ready_queue::hold(const job_id& id) {
  auto* n = find(id);
  if (n == nullptr) return;
  n->held = true;
  offer(*n);
}

void ready_queue::unhold(const job_id& id) {
  auto* n = find(id);
  if (n == nullptr) return;
  n->held = false;
  offer(*n);
}

void ready_queue::leave(const job_id& id) {
  auto* n = find(id);
  if (n == nullptr) return;
  become(*n, status::parked, now_);
  leave_lane(*n);
  --counter(*n);
  if (n->lane != nullptr && --n->lane->jobs == 0) lanes_.erase(lanes_.find(*n->lane->key));
  nodes_.erase(nodes_.find(id));
}

void ready_queue::take(const job_id& id) {
  auto* n = find(id);
  if (n == nullptr || n->is == status::running) return;
  become(*n, status::running, now_);
  join_lane(*n);
  offer(*n);
}

void ready_queue::give_back(const job_id& id) {
  auto* n = find(id);
  if (n != nullptr && std::exchange(n->has_token, false)) --n->at->queue->running;
}

std::optional<job_id> ready_queue::next(base::utc_us now, const can_run& may) {
  pass_time(now);
  queue_record* from = nullptr;
  turn_order::choice best;
  for (auto& [name, q] : queues_) {
    if (q.paused || q.running >= q.tokens || q.order.empty() || q.too_fast(told_)) continue;
    const auto found = q.order.best(now_, [&, &queue = name](std::string_view kind) {
      return !paused_kinds_.contains(kind) && may(kind, queue);
    });
    if (!found || (from != nullptr && !(*found < best))) continue;
    best = *found;
    from = &q;
  }
  if (from == nullptr) return std::nullopt;
  auto& n = static_cast<node&>(*best.whose.first.who);
  --n.at->counts.offered;
  from->order.take(n, now_);
  if (from->bucket) {
    from->bucket->take(told_);
    if (from->too_fast(told_)) from->dry_since = now_;
  }
  become(n, status::running, now_);
  offer(n);
  return n.id;
}

} // namespace scheduler
