// Who is offered: alone by its own state, in a lane only the head of one that is open; and pauses,
// which shut queues, kinds, users and lanes.
#include "scheduler/ready_queue.hpp"

#include "base/assert.hpp"
#include "base/probe.hpp"

#include <algorithm>

namespace scheduler {

// -- records --------------------------------------------------------------------------------------

ready_queue::queue_record& ready_queue::queue_of(const std::string& name) {
  const auto [at, fresh] = queues_.try_emplace(name, shared_);
  if (fresh) at->second.paused = pauses_.contains("queue:" + name);
  return at->second;
}

ready_queue::branch& ready_queue::branch_of(const std::string& queue, const std::string& kind) {
  auto& q = queue_of(queue);
  const auto [at, fresh] = q.kinds.try_emplace(kind);
  if (fresh) at->second = {&q, &kinds_[kind], &q.order.desk_of(kind), tally{queue, kind}};
  return at->second;
}

ready_queue::lane_record& ready_queue::lane_of(const base::user_id& user, const std::string& name) {
  const auto [at, fresh] = lanes_.try_emplace(lane_key{user, name});
  auto& l = at->second;
  if (!fresh) return l;
  l.key = &at->first;
  l.paused = pauses_.contains(lane_target(at->first));
  return l;
}

const ready_queue::lane_record* ready_queue::find_lane(const std::optional<base::user_id>& user,
                                                       const std::string& name) const {
  const auto at = lanes_.find({user.value_or(base::user_id{}), name});
  return at == lanes_.end() ? nullptr : &at->second;
}

void ready_queue::add_kind(const std::string& kind, bool builtin) {
  auto& k = kinds_[kind];
  if (k.known) return;
  k.known = true;
  k.executor = builtin;
}

void ready_queue::set_executor(const std::string& kind, bool there, base::utc_us now) {
  auto& k = kinds_[kind];
  if (!k.known || k.executor != there) k.since = now;
  k.known = true;
  k.executor = there;
}

void ready_queue::set_concurrency(const std::string& name, std::size_t tokens) {
  auto& q = queue_of(name);
  if (q.running < q.tokens && q.running >= tokens) q.full_since = now_;
  q.tokens = tokens;
}

void ready_queue::set_rate(const std::string& name, const std::optional<start_rate>& rate,
                           base::utc_us now) {
  pass_time(now);
  auto& q = queue_of(name);
  if (rate && q.bucket && q.bucket->rate() == *rate) return;
  q.bucket.reset();
  if (rate) q.bucket.emplace(*rate, told_);
  q.dry_since = now_;
}

// -- lanes ----------------------------------------------------------------------------------------

void ready_queue::join_lane(node& n) {
  if (n.lane == nullptr || n.in_lane) return;
  auto& l = *n.lane;
  n.in_lane = true;
  l.members.insert({n.due, &n});
  ++l.priorities[static_cast<std::size_t>(n.priority)];
  if (l.members.size() == 1) ++lanes_in_use_;
}

/// And is offered no more, unless it needs no lane.
void ready_queue::leave_lane(node& n) {
  if (n.in_lane) {
    auto& l = *n.lane;
    n.in_lane = false;
    l.members.erase({n.due, &n});
    --l.priorities[static_cast<std::size_t>(n.priority)];
    if (l.members.empty()) --lanes_in_use_;
  }
  offer(n);
}

const ready_queue::node* ready_queue::head_of(const lane_record& l) {
  if (!l.blockers.empty()) return l.blockers.front().who;
  if (!l.busy.empty()) return l.busy.front();
  return l.members.empty() ? nullptr : static_cast<const node*>(l.members.front().who);
}

// -- offers ---------------------------------------------------------------------------------------

void ready_queue::withdraw(node& n) {
  if (n.offered == nullptr) return;
  --n.at->counts.offered;
  n.at->queue->order.withdraw(n, now_);
}

void ready_queue::offer_as(node& n, std::int32_t priority) {
  auto& order = n.at->queue->order;
  if (n.offered == nullptr) {
    ++n.at->counts.offered;
    return order.offer(n, *n.at->desk, n.user, priority, now_);
  }
  if (n.offered->priority != priority) order.move(n, priority, now_);
}

/// After anything that could change whether the job, or the head of its lane, can start.
void ready_queue::offer(node& n) {
  if (n.lane != nullptr) return offer_head(*n.lane);
  if (n.is == status::waiting && !n.held) return offer_as(n, n.priority);
  withdraw(n);
}

void ready_queue::offer_head(lane_record& l) {
  node* head = nullptr;
  const bool free = l.busy.empty() || base::mutant("lane_starts_the_next_beside_its_head");
  if (!l.paused && free && l.blockers.empty() && !l.members.empty()) {
    head = static_cast<node*>(l.members.front().who);
    if (head->is != status::waiting || head->held) head = nullptr;
  }
  auto* former = std::exchange(l.offered, head);
  // First the new one: a user who always offers something does not come anew.
  if (head != nullptr) {
    const auto best = std::find_if(l.priorities.begin(), l.priorities.end(),
                                   [](std::uint32_t count) { return count > 0; });
    offer_as(*head, static_cast<std::int32_t>(best - l.priorities.begin()));
  }
  if (former != nullptr && former != head) withdraw(*former);
}

// -- pauses ---------------------------------------------------------------------------------------

void ready_queue::set_pause(const pause& p) {
  if (const auto known = pauses_.find(p.target); known != pauses_.end()) {
    if (known->second.until) pause_ends_.erase({*known->second.until, p.target});
    pauses_.erase(known);
  }
  const bool closed = !p.over && (!p.until || *p.until > now_);
  if (closed) {
    pauses_.emplace(p.target, p);
    if (p.until) pause_ends_.emplace(*p.until, p.target);
  }
  close(p.target, closed);
}

void ready_queue::pass_time(base::utc_us now) {
  if (now < told_)
    for (auto& [name, q] : queues_)
      if (q.bucket) q.bucket->clock_back(now);
  told_ = now;
  now_ = std::max(now_, now);
  while (!pause_ends_.empty() && pause_ends_.begin()->first <= now_) {
    const auto target = pause_ends_.begin()->second;
    pause_ends_.erase(pause_ends_.begin());
    pauses_.erase(target);
    close(target, false);
  }
}

void ready_queue::close(const std::string& target, bool closed) {
  const auto colon = target.find(':');
  if (colon == std::string::npos) return;
  const auto what = target.substr(0, colon);
  const auto name = target.substr(colon + 1);
  if (what == "queue") {
    queue_of(name).paused = closed;
  } else if (what == "kind") {
    if (closed) {
      paused_kinds_.insert(name);
    } else {
      paused_kinds_.erase(name);
    }
  } else if (what == "user") {
    const base::user_id user{name};
    if (closed) {
      shared_.held.insert(user);
    } else {
      shared_.held.erase(user);
    }
    for (auto& [queue, q] : queues_) q.order.user_changed(user, now_);
  } else if (what == "lane") {
    // Ids of users are texts of any kind: whichever slash it is, the target reads the same.
    for (auto slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1)) {
      const auto at = lanes_.find({base::user_id{name.substr(0, slash)}, name.substr(slash + 1)});
      if (at == lanes_.end()) continue;
      at->second.paused = closed;
      offer_head(at->second);
    }
  }
}

const pause* ready_queue::paused(const std::string& target, base::utc_us now) const {
  const auto at = pauses_.find(target);
  if (at == pauses_.end() || (at->second.until && *at->second.until <= now)) return nullptr;
  return &at->second;
}

} // namespace scheduler
