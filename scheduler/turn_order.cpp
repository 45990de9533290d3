#include "scheduler/turn_order.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <bit>

namespace scheduler {

std::int32_t aged(std::int32_t priority, base::utc_us ready_at, base::utc_us now) {
  const auto steps = std::max<std::int64_t>(0, now.count - ready_at.count) / aging_step_us;
  return static_cast<std::int32_t>(std::max<std::int64_t>(0, priority - steps));
}

turn_line& turn_order::line_of(guest& g, desk& at, std::int32_t priority) {
  for (auto& l : g.lines)
    if (&l->at == &at && l->priority == priority) return *l;
  return *g.lines.emplace_back(std::make_unique<turn_line>(at, g, priority));
}

// -- lines in their classes -----------------------------------------------------------------------

void turn_order::seat(turn_line& l, base::utc_us now) {
  if (l.jobs.empty() || l.whose.held) return;
  const auto first = l.jobs.front();
  l.cls = aged(l.priority, first.at, now);
  l.at.classes[static_cast<std::size_t>(l.cls)].insert({l.whose.turn, first, &l});
  l.at.filled |= 1U << l.cls;
  l.seated = true;
  if (l.cls == 0) return;
  l.better_at = {first.at.count + (l.priority - l.cls + 1) * aging_step_us};
  better_.emplace(l.better_at, &l);
}

/// Before its turn or its oldest job changes.
void turn_order::unseat(turn_line& l) {
  if (!l.seated) return;
  l.seated = false;
  auto& c = l.at.classes[static_cast<std::size_t>(l.cls)];
  c.erase({l.whose.turn, l.jobs.front(), &l});
  if (c.empty()) l.at.filled &= ~(1U << l.cls);
  if (l.cls > 0) better_.erase({l.better_at, &l});
}

void turn_order::insert(turn_line& l, waiter& w, base::utc_us now) {
  const place p{w.ready_at, &w};
  const bool first = l.jobs.empty() || p < l.jobs.front();
  if (first) unseat(l);
  l.jobs.insert(p);
  w.offered = &l;
  if (first) seat(l, now);
}

void turn_order::erase(waiter& w, base::utc_us now) {
  auto& l = *w.offered;
  const bool first = l.jobs.front().who == &w;
  if (first) unseat(l);
  l.jobs.erase({w.ready_at, &w});
  w.offered = nullptr;
  if (first) seat(l, now);
}

void turn_order::count_out(guest& g) {
  if (--g.offered == 0) guests_.erase(guests_.find(g.user));
}

// -- what happens ---------------------------------------------------------------------------------

void turn_order::offer(waiter& w, desk& at, const base::user_id& user, std::int32_t priority,
                       base::utc_us now) {
  ENSURE(w.offered == nullptr, "it is offered once");
  auto& g = guests_[user];
  if (g.offered++ == 0) {
    g.user = user;
    g.turn = ++shared_.last_turn;
    g.held = shared_.held.contains(user);
  }
  insert(line_of(g, at, priority), w, now);
}

void turn_order::withdraw(waiter& w, base::utc_us now) {
  ENSURE(w.offered != nullptr, "it is offered");
  auto& g = w.offered->whose;
  erase(w, now);
  count_out(g);
}

void turn_order::move(waiter& w, std::int32_t priority, base::utc_us now) {
  ENSURE(w.offered != nullptr, "it is offered");
  auto& g = w.offered->whose;
  auto& at = w.offered->at;
  erase(w, now);
  insert(line_of(g, at, priority), w, now);
}

void turn_order::take(waiter& w, base::utc_us now) {
  ENSURE(w.offered != nullptr, "it is offered");
  auto& g = w.offered->whose;
  for (auto& l : g.lines) unseat(*l);
  w.offered->jobs.erase({w.ready_at, &w});
  w.offered = nullptr;
  g.turn = ++shared_.last_turn;
  for (auto& l : g.lines) seat(*l, now);
  count_out(g);
}

void turn_order::user_changed(const base::user_id& user, base::utc_us now) {
  const auto at = guests_.find(user);
  if (at == guests_.end()) return;
  auto& g = at->second;
  for (auto& l : g.lines) unseat(*l);
  g.held = shared_.held.contains(user);
  for (auto& l : g.lines) seat(*l, now);
}

std::optional<turn_order::choice> turn_order::best(base::utc_us now, const asked& may) {
  while (!better_.empty() && better_.begin()->first <= now) {
    auto& l = *better_.begin()->second;
    unseat(l);
    seat(l, now);
  }
  std::optional<choice> found;
  for (auto& [kind, d] : desks_) {
    if (d.filled == 0 || !may(kind)) continue;
    const auto cls = std::countr_zero(d.filled);
    const choice c{cls, *d.classes[static_cast<std::size_t>(cls)].begin()};
    if (!found || c < *found) found = c;
  }
  return found;
}

} // namespace scheduler
