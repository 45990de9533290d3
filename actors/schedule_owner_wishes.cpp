// What people want of schedules: decided here, one change of a schedule after the other, written,
// and only then so.
#include "actors/schedule_owner.hpp"

#include "actors/job_owner.hpp"
#include "ledger/commit.hpp"
#include "ledger/user_row.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

const base::failure no_schedule{"NOT_FOUND", {}};

const scheduler::schedule_id& id_of(const http::schedule_wish& wish) {
  static const scheduler::schedule_id none;
  return std::visit(
      [](const auto& w) -> const scheduler::schedule_id& {
        if constexpr (requires { w.id; })
          return w.id;
        else
          return none;
      },
      wish);
}

} // namespace

bool schedule_owner::may_see(const http::job_caller& who, const scheduler::schedule& s) const {
  if (who.admin) return true;
  const auto* kind = settings_.kinds->find(s.kind);
  return s.user == who.user && (kind == nullptr || kind->user_visible);
}

http::schedule_view schedule_owner::view(const entry& e) const {
  http::schedule_view v;
  v.what = e.what;
  v.held = e.held;
  v.fault = e.fault;
  if (const auto n = unfinished_.find(e.what.id); n != unfinished_.end())
    v.unfinished = static_cast<std::int64_t>(n->second);
  return v;
}

std::vector<http::schedule_view>
schedule_owner::shown(const std::vector<scheduler::schedule>& rows) {
  std::vector<http::schedule_view> all;
  for (const auto& row : rows) {
    const auto known = entries_.find(row.id);
    auto v = known == entries_.end() ? view(entry_of(row, settings_.zones)) : view(known->second);
    if (!v.what.deleted_at) all.push_back(std::move(v));
  }
  return all;
}

/// Calls with the schedule, read if it has to be, when nobody else is changing it.
void schedule_owner::with(const scheduler::schedule_id& id, const found& then) {
  if (const auto at = entries_.find(id); at != entries_.end()) {
    if (at->second.writing) {
      at->second.waiting.push_back([this, id, then] { with(id, then); });
      return;
    }
    then({}, at->second.what.deleted_at ? nullptr : &at->second);
    return release(id);
  }
  auto& waiting = reading_[id];
  waiting.push_back(then);
  if (waiting.size() > 1) return;
  env().store.jobs().schedule(id, [me = schedule_owner_actor{this},
                                   id](base::result<std::optional<scheduler::schedule>> row) {
    caf::anon_send(
        me, schedule_call{[id, row = std::move(row)](schedule_owner& s) {
          const auto all = std::move(s.reading_[id]);
          s.reading_.erase(id);
          if (row && *row && !(**row).deleted_at) {
            auto& e = s.entries_.try_emplace(id, entry_of(**row, s.settings_.zones)).first->second;
            s.arm(e, wakes_at(e, e.what.next_at));
          }
          for (const auto& one : all) {
            if (!row)
              one(row.error(), nullptr);
            else if (s.entries_.contains(id))
              s.with(id, one);
            else if (*row && !(**row).deleted_at)
              s.with(id, one); // the one before has let it go: read again
            else
              one({}, nullptr);
          }
        }});
  });
}

void schedule_owner::look(const http::job_caller& who, const scheduler::schedule_id& id,
                          const http::on_result<std::optional<http::schedule_view>>& done) {
  if (const auto at = entries_.find(id); at != entries_.end()) {
    // Also one that is being written: it is shown as it was.
    const bool there = !at->second.what.deleted_at && may_see(who, at->second.what);
    return done(there ? std::optional{view(at->second)} : std::nullopt);
  }
  with(id, [this, who, done](const base::status& s, entry* e) {
    if (!s) return done(s.error());
    const bool there = e != nullptr && may_see(who, e->what);
    done(there ? std::optional{view(*e)} : std::nullopt);
  });
}

void schedule_owner::change(const shared_request& asked, const on_answer& done) {
  if (env().status.recovery.on()) return done(base::failure{"RECOVERY_MODE", {}});
  if (!begun_) return done(base::failure{"DB_UNAVAILABLE", "the schedules are being read"});
  if (const auto* wish = std::get_if<http::new_schedule>(&asked->what))
    return create(asked, *wish, done);
  if (const auto* wish = std::get_if<http::kept_schedule>(&asked->what))
    return keep(asked, *wish, done);
  with(id_of(asked->what), [this, asked, done](const base::status& s, entry* e) {
    if (!s) return done(s.error());
    if (e == nullptr || !may_see(asked->caller, e->what)) return refuse(asked, no_schedule, done);
    apply(asked, *e, done);
  });
}

/// What was done under the key before is told again, even if nothing of it is possible now.
void schedule_owner::refuse(const shared_request& asked, const base::failure& why,
                            const on_answer& done) {
  if (!asked->key) return done(why);
  caf::anon_send(jobs_, owner_call{[asked, why, done](job_owner& o) {
                   o.replay_or_refuse(*asked, why, done);
                 }});
}

base::status schedule_owner::check(const scheduler::schedule& s,
                                   const http::job_caller& who) const {
  const auto* kind = settings_.kinds->find(s.kind);
  if (kind == nullptr || (!kind->user_visible && !who.admin))
    return base::failure{"UNKNOWN_KIND", s.kind};
  if (kind->check)
    if (auto fault = kind->check(s.payload)) return base::failure{"BAD_PAYLOAD", *fault};
  return {};
}

/// Fills in what a wish has left to its kind. A rent that is late is paid, once for each month; a
/// report is made once.
void schedule_owner::follow_kind(scheduler::schedule& s, bool usual_misfire) const {
  const auto& kind = *settings_.kinds->find(s.kind);
  if (s.queue.empty()) s.queue = kind.queue;
  if (s.max_attempts == 0) s.max_attempts = kind.attempts.max_attempts;
  if (s.timeout_s == 0) s.timeout_s = kind.attempts.timeout_s;
  if (usual_misfire)
    s.misfire = kind.money ? scheduler::misfire_policy::all : scheduler::misfire_policy::once;
}

void schedule_owner::create(const shared_request& asked, const http::new_schedule& wish,
                            const on_answer& done) {
  auto s = wish.what;
  if (auto ok = check(s, asked->caller); !ok) return done(ok.error());
  const auto now = env().time.now();
  s.shard = ledger::shard_of(s.user ? *s.user : base::user_id{s.kind}, settings_.shards);
  s.id = scheduler::schedule_id::of(env().ids.next(now, static_cast<std::uint8_t>(s.shard)));
  follow_kind(s, wish.usual_misfire);
  s.created_at = now;
  s.watermark = now;
  s.version = 1;
  auto fresh = entry_of(s, settings_.zones);
  if (!fresh.fault.empty()) return done(base::failure{"BAD_RULE", fresh.fault});
  fresh.what.next_at = s.next_at =
      scheduler::due(*fresh.rule, *fresh.zone, state_of(fresh), now).next;
  fresh.what.deleted_at = now; // nobody sees it before it is written
  auto& e = entries_.try_emplace(s.id, std::move(fresh)).first->second;
  put(asked, e, std::move(s), done);
}

void schedule_owner::put(const shared_request& asked, entry& e, scheduler::schedule next,
                         const on_answer& done) {
  auto w = std::make_shared<tick_write>();
  w->shard = next.shard;
  w->asked = asked;
  entry shown = entry_of(next, settings_.zones);
  w->answer.view = view(shown);
  w->row = std::move(next);
  write(e, std::move(w), [done](const base::status& s, const std::shared_ptr<tick_write>& what) {
    if (!s) return done(s.error());
    done(what->answer);
  });
}

void schedule_owner::apply(const shared_request& asked, entry& e, const on_answer& done) {
  const auto now = env().time.now();
  const auto* kind = settings_.kinds->find(e.what.kind);
  const auto* removal = std::get_if<http::removed_schedule>(&asked->what);
  const bool rewrites = (removal != nullptr && !removal->by_keeper) ||
                        std::holds_alternative<http::replaced_schedule>(asked->what);
  if (rewrites && kind != nullptr && kind->kept) return refuse(asked, {"SCHEDULE_KEPT", {}}, done);
  auto next = e.what;
  ++next.version;
  next.updated_at = {std::max(now.count, scheduler::edition_of(next) + 1)};
  if (std::holds_alternative<http::schedule_run>(asked->what)) return run_by_hand(asked, e, done);
  if (std::holds_alternative<http::backfill_wish>(asked->what)) return fill(asked, e, done);
  if (removal != nullptr) {
    next.deleted_at = now;
    next.next_at.reset();
    return put(asked, e, std::move(next), done);
  }
  if (const auto* wish = std::get_if<http::paused_schedule>(&asked->what)) {
    if (wish->until && *wish->until <= now) return refuse(asked, {"BAD_RANGE", "until"}, done);
    next.paused = true;
    next.paused_until = wish->until;
    next.pause_reason = wish->reason;
    next.paused_by = asked->caller.user.text();
    next.next_at = wish->until; // when it has to be looked at again
    return put(asked, e, std::move(next), done);
  }
  if (const auto* wish = std::get_if<http::resumed_schedule>(&asked->what)) {
    if (!e.what.paused) {
      http::schedule_answer same;
      same.view = view(e);
      if (!asked->key) return done(std::move(same));
    }
    next.paused = false;
    next.paused_until.reset();
    next.pause_reason.clear();
    next.paused_by.clear();
    if (wish->skip_missed) next.watermark = std::max(next.watermark, now);
  }
  if (const auto* wish = std::get_if<http::replaced_schedule>(&asked->what)) {
    if (wish->if_edition && *wish->if_edition != scheduler::edition_of(e.what))
      return refuse(asked, {"VERSION_CONFLICT", {}}, done);
    auto w = wish->what;
    if (auto ok = check(w, asked->caller); !ok) return refuse(asked, ok.error(), done);
    follow_kind(w, wish->usual_misfire);
    const bool other_times = w.rule != next.rule || w.zone != next.zone;
    next = rewritten(std::move(next), w);
    next.ticks_left = w.ticks_left;
    if (other_times) next.watermark = std::max(next.watermark, now); // from now on
  }
  const auto changed = entry_of(next, settings_.zones);
  if (!changed.fault.empty()) return refuse(asked, {"BAD_RULE", changed.fault}, done);
  if (!next.paused) {
    next.next_at = first_behind(changed, next.watermark);
  }
  put(asked, e, std::move(next), done);
}

void schedule_owner::run_by_hand(const shared_request& asked, entry& e, const on_answer& done) {
  const auto state = state_of(e);
  const bool busy = (e.what.overlap == scheduler::overlap_policy::skip && state.unfinished > 0) ||
                    (e.what.overlap == scheduler::overlap_policy::queue &&
                     state.unfinished >= scheduler::overlap_max);
  if (busy) return refuse(asked, {"OVERLAPPING", {}}, done);
  const auto now = env().time.now();
  // A tick of a rule comes at whole seconds: one by hand never stands on its place.
  auto at = std::max(now.count, by_hand_at_ + 1);
  if (at % base::us_per_second == 0) ++at;
  by_hand_at_ = at;
  auto w = std::make_shared<tick_write>();
  w->shard = e.what.shard;
  w->asked = asked;
  w->answer.view = view(e);
  w->answer.view.unfinished += 1;
  w->ticks.push_back(
      settled_tick(e.what.id, {at}, scheduler::tick_end::manual, now, job_of(e.what)));
  const ticks_written then = [done](const base::status& s,
                                    const std::shared_ptr<tick_write>& what) {
    if (!s) return done(s.error());
    if (!what->answer.job && !what->answer.replayed) {
      http::job_view shown;
      shown.what = *what->ticks.front().job;
      shown.state = scheduler::job_state::ready;
      what->answer.job = std::move(shown);
    }
    done(what->answer);
  };
  const auto* lock = lock_of(e.what);
  if (lock == nullptr) return write(e, std::move(w), then);
  w->lock = *lock;
  w->lock_holder = "schedule:" + e.what.id.text();
  under_lock(
      e, *lock,
      [asked, w, then, done](schedule_owner& o, entry& locked, const base::result<bool>& got) {
        if (!got) return done(got.error());
        if (!*got) return o.refuse(asked, {"LOCK_CONTENDED", {}}, done);
        o.write(locked, w, then);
      });
}

} // namespace actors
