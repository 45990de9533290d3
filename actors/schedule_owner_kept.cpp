// Schedules that the system keeps: of its own work, and of rules that stand elsewhere. They are
// made when they are not there, and else become as they are wanted.
#include "actors/schedule_owner.hpp"

#include "ledger/commit.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

void lay_to_rest(scheduler::schedule& s, const std::string& why) {
  s.paused = true;
  s.paused_until.reset();
  s.pause_reason = why;
  s.paused_by = http::kept_by;
}

} // namespace

void schedule_owner::keep(const shared_request& asked, const http::kept_schedule& wish,
                          const on_answer& done) {
  if (auto ok = check(wish.what, asked->caller); !ok) return done(ok.error());
  const auto& id = wish.what.id;
  if (const auto at = entries_.find(id); at != entries_.end()) {
    if (at->second.writing) {
      at->second.waiting.push_back(
          [this, asked, done] { keep(asked, std::get<http::kept_schedule>(asked->what), done); });
      return;
    }
    return keep_known(asked, at->second, wish, done);
  }
  env().store.jobs().schedule(id, [me = schedule_owner_actor{this}, asked,
                                   done](base::result<std::optional<scheduler::schedule>> row) {
    caf::anon_send(
        me, schedule_call{[asked, done, row = std::move(row)](schedule_owner& s) {
          if (!row) return done(row.error());
          const auto& w = std::get<http::kept_schedule>(asked->what);
          // A sweep may have met it in the meantime.
          if (*row && !s.entries_.contains(w.what.id)) {
            auto& e =
                s.entries_.try_emplace(w.what.id, entry_of(**row, s.settings_.zones)).first->second;
            s.arm(e, wakes_at(e, e.what.next_at));
          }
          if (s.entries_.contains(w.what.id)) return s.keep(asked, w, done);
          s.keep_new(asked, w, done);
        }});
  });
}

void schedule_owner::keep_new(const shared_request& asked, const http::kept_schedule& wish,
                              const on_answer& done) {
  auto s = wish.what;
  const auto now = env().time.now();
  s.shard = ledger::shard_of(s.user ? *s.user : base::user_id{s.kind}, settings_.shards);
  if (s.queue.empty()) s.queue = settings_.kinds->find(s.kind)->queue;
  s.created_at = now;
  s.watermark = wish.settled_until.value_or(now);
  s.version = 1;
  if (wish.rests == true) lay_to_rest(s, wish.why);
  auto fresh = entry_of(s, settings_.zones);
  if (!fresh.fault.empty()) return done(base::failure{"BAD_RULE", fresh.fault});
  if (!s.paused) s.next_at = first_behind(fresh, s.watermark);
  fresh.what = s;
  fresh.what.deleted_at = now; // nobody sees it before it is written
  auto& e = entries_.try_emplace(s.id, std::move(fresh)).first->second;
  put(asked, e, std::move(s), done);
}

void schedule_owner::keep_known(const shared_request& asked, entry& e,
                                const http::kept_schedule& wish, const on_answer& done) {
  auto w = wish.what;
  if (w.queue.empty()) w.queue = settings_.kinds->find(w.kind)->queue;
  auto next = rewritten(e.what, w);
  const bool awake = !e.what.paused || e.what.paused_by != http::kept_by;
  const bool same_rest = !wish.rests || *wish.rests == !awake;
  if (next == e.what && same_rest && !e.what.deleted_at) {
    http::schedule_answer as_it_is;
    as_it_is.view = view(e);
    done(std::move(as_it_is));
    return release(w.id);
  }
  const auto now = env().time.now();
  const bool other_times = w.rule != e.what.rule || w.zone != e.what.zone || e.what.deleted_at;
  const bool wakes = wish.rests == false && !awake;
  next.deleted_at.reset();
  ++next.version;
  next.updated_at = {std::max(now.count, scheduler::edition_of(next) + 1)};
  if (other_times || wakes)
    next.watermark = std::max(next.watermark, wish.settled_until.value_or(now));
  if (wish.rests == true) {
    lay_to_rest(next, wish.why);
  } else if (wakes) {
    next.paused = false;
    next.pause_reason.clear();
    next.paused_by.clear();
  }
  const auto changed = entry_of(next, settings_.zones);
  if (!changed.fault.empty()) {
    done(base::failure{"BAD_RULE", changed.fault});
    return release(w.id);
  }
  next.next_at = next.paused ? next.paused_until : first_behind(changed, next.watermark);
  put(asked, e, std::move(next), done);
}

/// Its first tick that is not settled, which may lie behind: then it is late.
std::optional<base::utc_us> schedule_owner::first_behind(const entry& e,
                                                         base::utc_us settled) const {
  const auto at = scheduler::next_after(*e.rule, settled, *e.zone);
  const bool over =
      !at || (e.what.ends_at && *at > *e.what.ends_at) || e.what.ticks_left == std::int64_t{0};
  return over ? std::nullopt : at;
}

} // namespace actors
