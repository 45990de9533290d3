// Schedules of kinds that name a lock: a tick asks for it first, and its job takes it over. Whoever
// finds it taken makes no job: the work is being done.
#include "actors/schedule_owner.hpp"

#include "actors/lock_keeper.hpp"

#include <caf/send.hpp>

namespace actors {
namespace {

constexpr std::int64_t lock_unknown_us = base::us_per_second;
constexpr std::int64_t lock_retry_us = 60 * base::us_per_second;

std::string holder_of(const scheduler::schedule_id& id) { return "schedule:" + id.text(); }

} // namespace

const std::string* schedule_owner::lock_of(const scheduler::schedule& s) const {
  const auto* kind = settings_.kinds->find(s.kind);
  return kind != nullptr && kind->lock && settings_.locks ? &*kind->lock : nullptr;
}

/// Nobody changes the schedule while its lock is asked for.
void schedule_owner::under_lock(entry& e, const std::string& name, const on_lock& then) {
  const auto id = e.what.id;
  e.writing = true;
  ++in_flight_;
  const auto answered = [me = schedule_owner_actor{this}, id,
                         then](const base::result<lock_answer>& r) {
    caf::anon_send(me, schedule_call{[id, then, r](schedule_owner& o) {
                     --o.in_flight_;
                     auto& known = o.entries_.at(id);
                     known.writing = false;
                     if (r)
                       then(o, known, base::result<bool>{r->got});
                     else
                       then(o, known, base::result<bool>{r.error()});
                     o.go_on(id);
                   }});
  };
  const auto to = settings_.locks();
  if (!to) return answered(base::failure{"SHARD_STOPPED", {}});
  lock_wish wish;
  wish.name = name;
  wish.holder = holder_of(id);
  wish.limit_s = e.what.timeout_s;
  caf::anon_send(*to, keeper_call{[wish, answered](lock_keeper& k) { k.acquire(wish, answered); }});
}

void schedule_owner::settle_under_lock(entry& e, const std::string& name,
                                       std::shared_ptr<tick_write> what) {
  what->lock = name;
  what->lock_holder = holder_of(e.what.id);
  under_lock(e, name, [what](schedule_owner& o, entry& locked, const base::result<bool>& got) {
    const auto now = o.env().time.now();
    if (!got) return o.arm(locked, base::utc_us{now.count + lock_unknown_us});
    if (!*got) {
      // Each of its occurrences counts: they wait until the lock is free.
      if (locked.what.misfire == scheduler::misfire_policy::all)
        return o.arm(locked, base::utc_us{now.count + lock_retry_us});
      what->lock.reset();
      for (auto& one : what->ticks) {
        if (one.job) one.tick.end = scheduler::tick_end::contended;
        one.job.reset();
      }
    }
    o.write(locked, what, [](const base::status&, const std::shared_ptr<tick_write>&) {});
  });
}

} // namespace actors
