// Taking jobs in: checked against memory, written, and only then there.
#include "actors/job_ended_view.hpp"
#include "actors/job_owner.hpp"

#include "base/probe.hpp"
#include "ledger/commit.hpp"
#include "ledger/user_row.hpp"
#include "scheduler/retry_policy.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

const base::failure not_yet{"DB_UNAVAILABLE", "the jobs are being read"};

void count_conflict(observability::metrics& all, scheduler::unique_verdict::kind what) {
  using observability::unique_result;
  using verdict = scheduler::unique_verdict;
  if (what == verdict::enqueue) return;
  all.jobs()
      .unique(what == verdict::refuse      ? unique_result::refused
              : what == verdict::give_back ? unique_result::returned
              : what == verdict::debounce  ? unique_result::debounced
                                           : unique_result::replaced)
      .add();
}

} // namespace

std::uint32_t job_owner::shard_for(const scheduler::job& j) const {
  const auto owner = j.user ? *j.user : base::user_id{j.lane.value_or(j.kind)};
  return ledger::shard_of(owner, routes_->shard_count());
}

/// Those of the kinds, and those that an operator has made by giving them limits.
bool job_owner::has_queue(const std::string& name) const {
  const auto& kinds = settings_.kinds->all();
  return name == "default" || memory_.limits.contains(name) ||
         std::any_of(kinds.begin(), kinds.end(),
                     [&](const auto& k) { return k.second.queue == name; });
}

std::int64_t job_owner::depth_max(const std::string& queue) const {
  const auto set = memory_.limits.find(queue);
  return set == memory_.limits.end() ? scheduler::queue_limits{}.depth_max : set->second.depth_max;
}

/// Fills in what the owner gives, and refuses what it cannot run.
base::status job_owner::complete_wish(scheduler::job& j, const http::job_caller& who,
                                      base::utc_us now) {
  const auto* kind = settings_.kinds->find(j.kind);
  if (kind == nullptr || (!kind->user_visible && !who.admin))
    return base::failure{"UNKNOWN_KIND", j.kind};
  if (kind->check)
    if (auto fault = kind->check(j.payload)) return base::failure{"BAD_PAYLOAD", *fault};
  if (memory_.size() >= jobs_live_max) {
    env().metrics.actor_rejections(observability::actor_role::dispatcher).add();
    return base::fail(storage::errc::overloaded);
  }
  if (j.queue.empty()) j.queue = kind->queue;
  if (!has_queue(j.queue)) return base::failure{"UNKNOWN_QUEUE", j.queue};
  scheduler::follow(j, kind->attempts);
  if (j.on_failure == scheduler::lane_policy::of_kind)
    j.on_failure = kind->money ? scheduler::lane_policy::block : scheduler::lane_policy::park_head;
  if (j.lane && memory_.queue.lane_depth(j.user, *j.lane) >= lane_depth_max)
    return base::failure{"LANE_FULL", {}};
  j.shard = shard_for(j);
  j.id = scheduler::job_id::of(env().ids.next(now, static_cast<std::uint8_t>(j.shard)));
  j.created_at = now;
  j.run_at = std::max(j.run_at, now);
  if (j.created_by.empty()) j.created_by = who.user.empty() ? "system" : who.user.text();
  return {};
}

base::result<scheduler::job> job_owner::completed(scheduler::job wish,
                                                  const http::job_caller& who) {
  if (auto fault = complete_wish(wish, who, env().time.now()); !fault) return fault.error();
  return wish;
}

/// It is durable: from here on it is one of ours.
void job_owner::enter(scheduler::job what, bool resting) {
  const auto now = env().time.now();
  live_job j;
  j.due = what.run_at;
  j.state = what.run_at > now ? scheduler::job_state::scheduled : scheduler::job_state::ready;
  j.resting = resting;
  j.what = std::move(what);
  const auto& placed = memory_.add(std::move(j));
  emit(placed, std::nullopt, placed.state);
  memory_.queue.enter({placed.what.id, placed.what.user, placed.what.queue, placed.what.kind,
                       placed.what.lane, placed.what.priority, placed.due, placed.what.on_failure},
                      now);
  if (placed.state == scheduler::job_state::scheduled)
    memory_.set_alarm(placed.due, {placed.what.id, job_timer::due, 0});
  if (placed.what.expires_at)
    memory_.set_alarm(*placed.what.expires_at, {placed.what.id, job_timer::expiry, 0});
}

void job_owner::enqueue(const std::shared_ptr<http::enqueue_request>& asked,
                        const http::on_result<http::enqueue_answer>& done) {
  enqueue_knowing(asked, std::make_shared<ended_jobs>(), done);
}

/// Who comes with the key of a job that is on its way, or has ended while its window is open, is
/// answered when that job is known. True: it waits.
bool job_owner::waits_for_holder(const std::shared_ptr<http::enqueue_request>& asked,
                                 const std::shared_ptr<ended_jobs>& known,
                                 const http::on_result<http::enqueue_answer>& done) {
  const auto now = env().time.now();
  for (const auto& wish : asked->jobs) {
    if (!wish.unique) continue;
    const auto verdict = memory_.unique.decide(wish, now);
    const auto& holder = verdict.existing;
    if (verdict.what == scheduler::unique_verdict::enqueue ||
        verdict.what == scheduler::unique_verdict::refuse || memory_.find(holder) != nullptr ||
        known->contains(holder))
      continue;
    if (const auto coming = arriving_.find(holder); coming != arriving_.end()) {
      PROBE("unique_key_on_its_way");
      coming->second.push_back([this, asked, known, done] { enqueue_knowing(asked, known, done); });
      return true;
    }
    env().store.jobs().job(holder,
                           [me = job_owner_actor{this}, asked, known, done, holder](auto found) {
                             caf::anon_send(me, owner_call{[=](job_owner& o) {
                                              if (!found) return done(found.error());
                                              auto& shown = (*known)[holder];
                                              if (*found) shown = view_of(**found);
                                              o.enqueue_knowing(asked, known, done);
                                            }});
                           });
    return true;
  }
  return false;
}

void job_owner::arrived(const scheduler::job_id& id) {
  auto coming = arriving_.extract(id);
  if (coming.empty()) return;
  for (const auto& again : coming.mapped()) again();
}

void job_owner::enqueue_knowing(const std::shared_ptr<http::enqueue_request>& asked,
                                const std::shared_ptr<ended_jobs>& known,
                                const http::on_result<http::enqueue_answer>& done) {
  if (draining_) return done(base::fail(storage::errc::shutting_down));
  if (env().status.recovery.on()) return done(base::failure{"RECOVERY_MODE", {}});
  if (!loaded_) return done(not_yet);
  if (asked->jobs.empty()) return done(http::enqueue_answer{});
  if (waits_for_holder(asked, known, done)) return;
  const auto now = env().time.now();
  auto answer = std::make_shared<http::enqueue_answer>();
  auto rows = std::make_shared<row_list>();
  auto fresh = std::make_shared<std::vector<std::pair<scheduler::job, bool>>>();
  auto replaced = std::make_shared<std::vector<std::pair<scheduler::job_id, job_edit>>>();
  answer->jobs.reserve(asked->jobs.size());
  rows->reserve(asked->jobs.size());
  fresh->reserve(asked->jobs.size());
  // One request, one commit: all of it is in the shard of its user.
  const auto user = asked->jobs.front().user;
  const auto owner = user ? *user : asked->caller.user; // whose book keeps the key
  const auto shard = asked->key && !user
                         ? ledger::shard_of(asked->caller.user, routes_->shard_count())
                         : shard_for(asked->jobs.front());
  const auto undo = [this, fresh, replaced](bool surely) {
    for (const auto& [j, sleeps] : *fresh) {
      memory_.unique.drop(j.id);
      if (surely) memory_.give_up(j.shard, j.id);
    }
    for (const auto& [id, change] : *replaced)
      if (auto* live = memory_.find(id)) {
        live->changing = false;
        let_go(*live);
      }
  };
  const auto refuse = [&](base::failure why) {
    undo(true);
    for (const auto& [j, sleeps] : *fresh) arriving_.erase(j.id); // nobody heard of them yet
    if (!asked->key) return done(std::move(why));
    // Asked before and answered then, it hears the same.
    enqueue_keyed(asked, answer, std::make_shared<row_list>(), owner, why,
                  [done](const base::status& s, http::enqueue_answer shown) {
                    if (!s) return done(s.error());
                    done(std::move(shown));
                  });
  };
  std::map<std::string, std::size_t> in_lane; // of this request
  for (auto& wish : asked->jobs) {
    if (wish.user != user) return refuse({"BAD_PAYLOAD", "jobs of several users"});
    if (auto ok = complete_wish(wish, asked->caller, now); !ok) return refuse(ok.error());
    wish.shard = shard;
    if (wish.unique) {
      const auto verdict = memory_.unique.decide(wish, now);
      count_conflict(env().metrics, verdict.what);
      if (verdict.what == scheduler::unique_verdict::refuse)
        return refuse({"DUPLICATE_JOB", verdict.existing.text()});
      if (verdict.what != scheduler::unique_verdict::enqueue) {
        auto there = view(verdict.existing);
        if (const auto ended = known->find(verdict.existing); !there && ended != known->end())
          there = ended->second;
        const auto twin = std::find_if(fresh->begin(), fresh->end(), [&](const auto& f) {
          return f.first.id == verdict.existing;
        });
        auto* live = memory_.find(verdict.existing);
        if (!there && twin == fresh->end())
          return refuse({"DUPLICATE_JOB", verdict.existing.text()});
        if (!there) { // of this request itself
          there = http::job_view{};
          there->what = twin->first;
          there->state = scheduler::job_state::ready;
        } else if (live != nullptr && verdict.what != scheduler::unique_verdict::give_back) {
          // The one that waits takes over what is new.
          const bool ours = std::any_of(replaced->begin(), replaced->end(),
                                        [&](const auto& r) { return r.first == verdict.existing; });
          if ((live->changing && !ours) || live->ending ||
              live->state == scheduler::job_state::committing)
            return refuse({"VERSION_CONFLICT", "another change is being written"});
          live->changing = true;
          memory_.queue.hold(verdict.existing); // it does not start while its change is written
          scheduler::job_control edit;
          edit.job = verdict.existing;
          edit.number = env().ids.next(now, static_cast<std::uint8_t>(live->what.shard));
          edit.action = scheduler::control_action::edit;
          edit.by = asked->caller.user.text();
          edit.at = now;
          job_edit change{wish.priority, {}, {}, wish.payload, {}};
          if (verdict.what == scheduler::unique_verdict::debounce) change.run_at = verdict.run_at;
          edit.change = to_text(change);
          rows->emplace_back(std::move(edit));
          apply(there->what, change);
          ++there->version;
          if (change.run_at) there->next_at = change.run_at;
          if (change.run_at && live->state != scheduler::job_state::parked &&
              change.run_at->count - now.count > long_sleep_us)
            rows->emplace_back(scheduler::job_rest{live->what.id,
                                                   live->what.shard,
                                                   scheduler::job_state::scheduled,
                                                   now,
                                                   *change.run_at,
                                                   live->counted,
                                                   {},
                                                   live->error});
          replaced->emplace_back(verdict.existing, change);
        }
        there->duplicate = true;
        answer->jobs.push_back(std::move(*there));
        continue;
      }
      memory_.unique.add(wish, now);
    }
    const bool full = memory_.size() + fresh->size() >= jobs_live_max ||
                      memory_.live_in(wish.queue) + std::ssize(*fresh) >= depth_max(wish.queue);
    const bool lane_full =
        wish.lane &&
        memory_.queue.lane_depth(wish.user, *wish.lane) + in_lane[*wish.lane]++ >= lane_depth_max;
    const bool sleeps = wish.run_at.count - now.count > long_sleep_us;
    fresh->emplace_back(std::move(wish), sleeps);
    const auto& j = fresh->back().first;
    memory_.expect(j.shard, j.id);
    arriving_.try_emplace(arriving_.end(), j.id);
    if (full || lane_full) {
      env().metrics.actor_rejections(observability::actor_role::dispatcher).add();
      return refuse(full ? base::fail(storage::errc::overloaded) : base::failure{"LANE_FULL", {}});
    }
    http::job_view shown;
    shown.what = j;
    shown.state = j.run_at > now ? scheduler::job_state::scheduled : scheduler::job_state::ready;
    if (shown.state == scheduler::job_state::scheduled) shown.next_at = j.run_at;
    answer->jobs.push_back(std::move(shown));
    rows->emplace_back(j);
    if (sleeps)
      rows->emplace_back(scheduler::job_rest{
          j.id, j.shard, scheduler::job_state::scheduled, now, j.run_at, 0, {}, {}});
  }
  if (rows->empty() && !asked->key) return done(std::move(*answer));
  const auto end = [this, fresh, replaced, undo](std::optional<bool> there) {
    std::vector<scheduler::job_id> ids;
    for (const auto& [j, sleeps] : *fresh) ids.push_back(j.id);
    if (!there.value_or(false)) {
      undo(there.has_value());
    } else {
      for (auto& [j, sleeps] : *fresh) enter(std::move(j), sleeps);
      for (const auto& [id, change] : *replaced)
        if (auto* live = memory_.find(id)) {
          live->changing = false;
          let_go(*live);
          if (!live->running) replace(*live, change);
        }
    }
    for (const auto& id : ids) arrived(id);
    dispatch();
  };
  const auto settle = [this, fresh, end, done](const base::status& s, http::enqueue_answer shown) {
    if (!s && s.error().code == "OUTCOME_UNKNOWN" && !fresh->empty()) {
      done(s.error());
      const auto& first = fresh->front().first; // all are in one commit
      return look_for(first.id, first.shard, end);
    }
    end(s && !shown.replayed);
    if (!s) return done(s.error());
    done(std::move(shown));
  };
  if (!asked->key) {
    write w;
    w.shard = shard;
    w.rows = std::move(*rows);
    w.must = false;
    w.done = [settle, answer](const base::status& s) { settle(s, std::move(*answer)); };
    return write_out(std::make_shared<write>(std::move(w)));
  }
  enqueue_keyed(asked, answer, rows, owner, {}, settle);
}

/// The key belongs to the book of the jobs' user, which commits the rows together with the answer;
/// that of an administrator stands there under a name of its own. With a `why` there is nothing to
/// commit, and it is the answer unless the key has one.
void job_owner::enqueue_keyed(
    const std::shared_ptr<http::enqueue_request>& asked,
    const std::shared_ptr<http::enqueue_answer>& answer, const std::shared_ptr<row_list>& rows,
    const base::user_id& owner, std::optional<base::failure> why,
    const std::function<void(const base::status&, http::enqueue_answer)>& settle) {
  const auto& caller = asked->caller.user;
  keyed_write w;
  w.book = owner;
  w.request_id = asked->request_id;
  w.deadline = asked->deadline;
  w.key = ledger::request_key{asked->key->first, asked->key->second};
  if (owner != caller) w.key.scope.endpoint += " by " + caller.text();
  if (!why) w.shown = asked->show(answer->jobs);
  w.why = std::move(why);
  w.rows = rows;
  through_key(std::move(w), [answer, settle](const ledger::reply& r) {
    answer->stored = r.stored;
    answer->replayed = r.replayed;
    base::status s;
    if (!r.result && !r.replayed) s = r.result.error();
    settle(s, std::move(*answer));
  });
}

} // namespace actors
