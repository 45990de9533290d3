#include "actors/lock_keeper.hpp"

#include "observability/job_metrics.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

constexpr std::int64_t stop_patience_us = 5 * base::us_per_second;
constexpr std::uint64_t beats_per_look = 5;

observability::job_name label_of_lock(const std::string& name) {
  return observability::label_of(name, observability::job_name::other);
}

double in_seconds(base::utc_us at) {
  return static_cast<double>(at.count) / static_cast<double>(base::us_per_second);
}

} // namespace

lock_keeper::lock_keeper(caf::actor_config& cfg, environment& env)
    : house_actor(cfg, env, observability::actor_role::lock) {}

lock_keeper::behavior_type lock_keeper::make_behavior() {
  auto& locks = env().store.locks();
  locks.watch([me = lock_keeper_actor{this}] {
    caf::anon_send(me, keeper_call{[](lock_keeper& k) { k.session_lost(); }});
  });
  locks.unlock_all([](const auto&) {}); // of a keeper before us
  return {
      [this](const keeper_call& m) {
        handled();
        m.run(*this);
      },
      [this](const tick&) {
        handled();
        on_beat();
      },
  };
}

void lock_keeper::on_exit() {
  env().store.locks().watch({});
  ours_.clear();
  waiting_.clear();
}

// -- who runs under it ----------------------------------------------------------------------------

void lock_keeper::acquire(const lock_wish& wish, const on_answer& done) {
  const auto at = ours_.find(wish.name);
  if (at != ours_.end()) {
    auto& r = at->second;
    if (r.asked || r.wish.holder != wish.holder) {
      http::lock_view by;
      by.name = wish.name;
      by.held = true;
      by.works = r.works;
      by.node = env().node;
      by.acquired_at = r.since;
      by.holder = r.wish.holder;
      return contended(wish, done, by);
    }
    r.wish = wish;
    r.works = true;
    r.until.reset();
    show(wish.name);
    return done(lock_answer{true, {}});
  }
  auto& r = ours_[wish.name];
  r.wish = wish;
  r.since = env().time.now();
  r.number = ++asked_;
  // A result<bool> must not be captured: copied into a closure it becomes "has it a value".
  env().store.locks().try_lock(wish.name, [me = lock_keeper_actor{this}, wish, n = r.number,
                                           done](const base::result<bool>& answer) {
    const bool got = answer && *answer;
    const auto why = answer ? std::nullopt : std::optional{answer.error()};
    caf::anon_send(me, keeper_call{[wish, n, got, why, done](lock_keeper& k) {
                     k.answered(wish, n, got, why, done);
                   }});
  });
}

void lock_keeper::answered(const lock_wish& wish, std::uint64_t number, bool got,
                           const std::optional<base::failure>& why, const on_answer& done) {
  auto& locks = env().store.locks();
  const base::failure cancelled{"CANCELLED", {}};
  const auto at = ours_.find(wish.name);
  if (at == ours_.end() || at->second.number != number)
    return done(cancelled); // forgotten, and what it got was given back with all others
  auto& r = at->second;
  if (!got || r.dropped) {
    const bool dropped = r.dropped;
    ours_.erase(at);
    if (why) return done(*why);
    if (!got) return ask_holder(wish, done);
    ENSURE(dropped, "what was got is kept, unless it was dropped");
    locks.unlock(wish.name, [](const auto&) {});
    return done(cancelled);
  }
  r.asked = false;
  r.works = true;
  r.since = env().time.now();
  foreign_.erase(wish.name);
  env().metrics.job_lock_acquired(label_of_lock(wish.name)).add();
  note(lock_event::kind::acquired, wish.name, wish.holder);
  show(wish.name);
  done(lock_answer{true, {}});
}

void lock_keeper::ask_holder(const lock_wish& wish, const on_answer& done) {
  views({wish.name}, [me = lock_keeper_actor{this}, wish, done](const auto& found) {
    caf::anon_send(me, keeper_call{[wish, found, done](lock_keeper& k) {
                     http::lock_view by;
                     by.name = wish.name;
                     k.contended(wish, done, found ? found->front() : by);
                   }});
  });
}

void lock_keeper::contended(const lock_wish& wish, const on_answer& done,
                            const http::lock_view& by) {
  const auto& name = wish.name;
  env().metrics.job_lock_contended(label_of_lock(name)).add();
  env().log.debug("vai_de_pix.jobs", "Lock de job ocupado",
                  {{"event", "lock.contended"},
                   {"job_name", observability::code{name}},
                   {"pid", by.pid},
                   {"foreign", by.foreign}});
  note(lock_event::kind::contended, name, by.holder.value_or(by.node));
  if (by.held && by.foreign) {
    foreign_.try_emplace(name, foreign{env().time.now(), wish.limit_s});
    beat_later();
  }
  show(name);
  done(lock_answer{false, by});
}

void lock_keeper::release(const std::string& name, const std::string& holder) {
  const auto at = ours_.find(name);
  if (at == ours_.end() || at->second.wish.holder != holder) return;
  if (at->second.asked) {
    at->second.dropped = true;
    return;
  }
  give_up(name);
}

bool lock_keeper::hand_over(const std::string& name, const std::string& from,
                            const std::string& to) {
  const auto at = ours_.find(name);
  if (at == ours_.end() || at->second.asked || at->second.wish.holder != from) return false;
  auto& r = at->second;
  r.wish.holder = to;
  r.wish.lost = r.wish.stop = {};
  r.works = false;
  r.until = base::utc_us{env().time.now().count + handed_over_us};
  beat_later();
  return true;
}

void lock_keeper::give_up(const std::string& name) {
  const auto at = ours_.find(name);
  note(lock_event::kind::released, name, at->second.wish.holder);
  ours_.erase(at);
  show(name);
  // One who asks from here on comes behind it.
  env().store.locks().unlock(name, [me = lock_keeper_actor{this}, name](const auto&) {
    caf::anon_send(me, keeper_call{[name](lock_keeper& k) { k.is_free(name); }});
  });
}

void lock_keeper::forget_all() {
  for (const auto& [name, r] : std::exchange(ours_, {})) show(name);
  env().store.locks().unlock_all([me = lock_keeper_actor{this}](const auto&) {
    caf::anon_send(me, keeper_call{[](lock_keeper& k) {
                     std::vector<std::string> names;
                     for (const auto& [name, w] : k.waiting_) names.push_back(name);
                     for (const auto& name : names) k.is_free(name);
                   }});
  });
}

void lock_keeper::session_lost() {
  std::vector<std::pair<std::string, record>> gone;
  for (const auto& [name, r] : ours_)
    if (!r.asked) gone.emplace_back(name, r); // whoever still asks is answered by the next session
  for (const auto& [name, r] : gone) ours_.erase(name);
  env().log.warning("vai_de_pix.jobs", "Sessão dos locks perdida",
                    {{"event", "lock.session_lost"}, {"locks", gone.size()}});
  for (const auto& [name, r] : gone) {
    note(lock_event::kind::lost, name, r.wish.holder);
    show(name);
    if (r.wish.lost) r.wish.lost();
    is_free(name);
  }
}

// -- what is seen ---------------------------------------------------------------------------------

http::lock_view lock_keeper::shown(const storage::lock_state& s) {
  http::lock_view v;
  v.name = s.name;
  v.key = s.key;
  v.held = s.held;
  if (!s.held) return v;
  v.foreign = !s.ours;
  v.pid = s.pid;
  v.session = s.session;
  v.address = s.address;
  v.state = s.state;
  if (v.foreign) {
    v.acquired_at = s.since;
    v.node = s.address.empty() ? s.session : s.session + '@' + s.address;
    // A node like this one asks nothing of the database while its job runs.
    v.works = s.state != "idle" || s.session == storage::lock_session_name;
    return v;
  }
  v.node = env().node;
  if (const auto at = ours_.find(s.name); at != ours_.end()) {
    v.acquired_at = at->second.since;
    v.holder = at->second.wish.holder;
    v.works = at->second.works;
  }
  return v;
}

void lock_keeper::views(const std::vector<std::string>& names, const on_views& done) {
  env().store.locks().holders(names, [me = lock_keeper_actor{this}, done](const auto& found) {
    caf::anon_send(me, keeper_call{[found, done](lock_keeper& k) {
                     if (!found) return done(found.error());
                     std::vector<http::lock_view> all;
                     for (const auto& s : *found) all.push_back(k.shown(s));
                     done(std::move(all));
                   }});
  });
}

// -- an operator wants it -------------------------------------------------------------------------

void lock_keeper::free_for_operator(const http::lock_release& asked, const on_view& done) {
  views({asked.name}, [me = lock_keeper_actor{this}, asked, done](const auto& found) {
    if (!found) return done(found.error());
    caf::anon_send(me, keeper_call{[asked, done, now = found->front()](lock_keeper& k) {
                     k.free_this(asked, now, done);
                   }});
  });
}

void lock_keeper::free_this(const http::lock_release& asked, const http::lock_view& now,
                            const on_view& done) {
  if (!now.held) return done(base::failure{"PREVIEW_STALE", "o lock está livre"});
  if (now.pid != asked.pid) return done(base::failure{"PREVIEW_STALE", "o dono é outro"});
  if (now.works && !asked.force) return done(base::failure{"LOCK_HOLDER_ALIVE", {}});
  if (now.foreign) return end_foreign(now, done);
  waiting_.emplace(asked.name, waiter{now, {env().time.now().count + stop_patience_us}, done});
  beat_later();
  const auto at = ours_.find(asked.name);
  if (at == ours_.end()) // the session has it, and nobody of us knows why
    return env().store.locks().unlock(
        asked.name, [me = lock_keeper_actor{this}, name = asked.name](const auto&) {
          caf::anon_send(me, keeper_call{[name](lock_keeper& k) { k.is_free(name); }});
        });
  if (at->second.works && at->second.wish.stop) return at->second.wish.stop();
  give_up(asked.name);
}

void lock_keeper::end_foreign(const http::lock_view& now, const on_view& done) {
  env().store.locks().end_session(
      now.name, now.pid,
      [me = lock_keeper_actor{this}, now, done](const base::result<bool>& ended) {
        if (!ended) return done(ended.error());
        if (!*ended) return done(base::failure{"LOCK_HOLDER_ALIVE", "a sessão não terminou"});
        caf::anon_send(me, keeper_call{[now, done](lock_keeper& k) {
                         k.foreign_.erase(now.name);
                         k.note(lock_event::kind::released, now.name, now.node);
                         k.show(now.name);
                         done(now);
                       }});
      });
}

/// Those who waited for it hear so.
void lock_keeper::is_free(const std::string& name) {
  const auto [first, last] = waiting_.equal_range(name);
  std::vector<waiter> told;
  for (auto at = first; at != last; ++at) told.push_back(at->second);
  waiting_.erase(first, last);
  for (const auto& w : told) w.done(w.was);
}

// -- history, metrics, time -----------------------------------------------------------------------

void lock_keeper::note(lock_event::kind what, const std::string& name, const std::string& holder) {
  history_.push_back({what, env().time.now(), name, holder});
  if (history_.size() > lock_history_max) history_.pop_front();
}

/// Several names may share a label: then the one that is held longest.
void lock_keeper::show(const std::string& name) {
  const auto label = label_of_lock(name);
  std::optional<base::utc_us> since;
  std::int64_t limit_s = 0;
  for (const auto& [other, r] : ours_)
    if (!r.asked && label_of_lock(other) == label && (!since || r.since < *since)) {
      since = r.since;
      limit_s = r.wish.limit_s;
    }
  for (const auto& [other, f] : foreign_)
    if (label_of_lock(other) == label && (!since || f.seen < *since)) {
      since = f.seen;
      limit_s = f.limit_s;
    }
  auto& m = env().metrics.jobs();
  m.lock_held_timestamp(label).set(since ? in_seconds(*since) : 0);
  if (limit_s != 0) m.time_limit(label).set(static_cast<double>(limit_s));
}

void lock_keeper::beat_later() {
  if (std::exchange(beating_, true)) return;
  this->delayed_send(lock_keeper_actor{this}, std::chrono::seconds{1}, tick{});
}

void lock_keeper::on_beat() {
  beating_ = false;
  const auto now = env().time.now();
  std::vector<std::string> late;
  for (const auto& [name, r] : ours_)
    if (r.until && *r.until <= now) late.push_back(name); // its job does not come
  for (const auto& name : late) give_up(name);
  std::vector<waiter> in_vain;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (at->second.until > now) {
      ++at;
      continue;
    }
    in_vain.push_back(at->second);
    at = waiting_.erase(at);
  }
  for (const auto& w : in_vain)
    w.done(base::failure{"LOCK_HOLDER_ALIVE", "a tentativa ainda não parou"});
  if (!foreign_.empty() && ++beats_ % beats_per_look == 0) look_at_foreign();
  const bool handed = std::any_of(ours_.begin(), ours_.end(),
                                  [](const auto& one) { return one.second.until.has_value(); });
  if (handed || !waiting_.empty() || !foreign_.empty()) beat_later();
}

/// Nobody tells us when a foreign holder is done, and the next who asks may come tomorrow.
void lock_keeper::look_at_foreign() {
  std::vector<std::string> names;
  for (const auto& [name, f] : foreign_) names.push_back(name);
  views(names, [me = lock_keeper_actor{this}](const auto& found) {
    if (!found) return;
    caf::anon_send(me, keeper_call{[all = *found](lock_keeper& k) {
                     for (const auto& v : all)
                       if (!(v.held && v.foreign) && k.foreign_.erase(v.name) != 0) k.show(v.name);
                   }});
  });
}

} // namespace actors
