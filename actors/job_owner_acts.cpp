// What people want of jobs, lanes, queues: applied, written, and taken back when it cannot be
// written.
#include "actors/job_owner.hpp"

#include <algorithm>

namespace actors {
namespace {

/// The tag of a job that runs behind those that stood behind it.
constexpr std::string_view out_of_order = "out_of_order";

using scheduler::control_action;
using scheduler::job_event;
using scheduler::job_state;

job_event event_of(control_action a) {
  switch (a) {
  case control_action::cancel: return job_event::cancel;
  case control_action::edit: return job_event::edit;
  case control_action::run_now: return job_event::run_now;
  case control_action::reschedule: return job_event::reschedule;
  case control_action::park: return job_event::park;
  case control_action::release: return job_event::release;
  case control_action::redrive: return job_event::redrive;
  case control_action::discard: return job_event::discard;
  }
  return job_event::cancel;
}

/// It has a row of rest then.
bool sleeps_long(job_state state, base::utc_us due, base::utc_us now) {
  return state == job_state::scheduled && due.count - now.count > long_sleep_us;
}

/// Those behind it have gone on.
bool left_its_lane(const live_job& j) {
  return j.state == job_state::dead && j.what.lane &&
         j.what.on_failure == scheduler::lane_policy::park_head;
}

std::vector<std::string> marked(std::vector<std::string> tags) {
  if (std::find(tags.begin(), tags.end(), out_of_order) == tags.end())
    tags.emplace_back(out_of_order);
  return tags;
}

} // namespace

void job_owner::act(const http::job_act& asked, const on_view& done) {
  if (!loaded_) return done(base::failure{"DB_UNAVAILABLE", {}});
  if (env().status.recovery.on()) return done(base::failure{"RECOVERY_MODE", {}});
  auto* j = memory_.find(asked.job);
  if (j == nullptr || !may_see(asked.caller, j->what))
    return done(base::failure{"NOT_FOUND", {}}); // the gateway looks among those that have ended
  const auto refuse = [&] {
    done(base::failure{"ILLEGAL_TRANSITION", std::string{scheduler::to_text(asked.what)} + ' ' +
                                                 std::string{scheduler::to_text(j->state)}});
  };
  if (asked.if_version && *asked.if_version != j->version)
    return done(base::failure{"VERSION_CONFLICT", {}});
  if (j->changing || j->ending)
    return done(base::failure{"VERSION_CONFLICT", "another change is being written"});
  const auto now = env().time.now();
  scheduler::circumstances around;
  around.due = asked.run_at.value_or(j->due) <= now;
  const auto next = scheduler::advance(j->state, event_of(asked.what), around);
  if (next.what == scheduler::verdict::refused) return refuse();
  if (next.what == scheduler::verdict::unchanged && asked.what != control_action::edit)
    return done(*view(asked.job));
  const auto by = asked.caller.user.text();
  if (next.state == job_state::cancelled || next.state == job_state::discarded) {
    // What is shown is how it ended; the job itself is no longer ours then.
    auto shown = *view(asked.job);
    shown.state = next.state;
    shown.ended_at = now;
    shown.error = {"", asked.reason, ""};
    return end_as(*j, next.state, by, asked.reason, [done, shown](const base::status& s) {
      if (!s) return done(s.error());
      done(shown);
    });
  }

  scheduler::job_control control;
  control.job = j->what.id;
  control.number = env().ids.next(now, static_cast<std::uint8_t>(j->what.shard));
  control.action = asked.what;
  control.by = by;
  control.reason = asked.reason;
  control.at = now;
  job_edit change{asked.priority, asked.run_at, asked.expires_at, asked.payload, asked.tags};
  if (asked.what == control_action::redrive && left_its_lane(*j))
    change.tags = marked(j->what.tags);
  control.change = to_text(change);
  row_list rows;
  rows.emplace_back(std::move(control));
  if (next.state == job_state::cancelling) {
    // said when it is durable
  } else if (next.what == scheduler::verdict::moved &&
             (j->resting || next.state == job_state::parked ||
              sleeps_long(next.state, asked.run_at.value_or(j->due), now))) {
    rows.emplace_back(scheduler::job_rest{
        j->what.id,
        j->what.shard,
        next.state,
        now,
        asked.what == control_action::run_now ? now : asked.run_at.value_or(j->due),
        asked.what == control_action::redrive ? 0 : j->counted,
        {},
        j->error});
  }
  j->changing = true;
  memory_.queue.hold(j->what.id); // it does not start while its change is written
  write w;
  w.shard = j->what.shard;
  w.rows = std::move(rows);
  w.must = false;
  w.done = [this, asked, change, done, to = next.state](const base::status& s) {
    auto* live = memory_.find(asked.job);
    if (live == nullptr) return done(base::failure{"NOT_FOUND", {}});
    live->changing = false;
    let_go(*live);
    if (!s) return done(s.error());
    changed(*live, asked, change, to);
    done(*view(asked.job));
    dispatch();
  };
  write_out(std::make_shared<write>(std::move(w)));
}

/// The change is durable.
void job_owner::changed(live_job& j, const http::job_act& asked, const job_edit& change,
                        job_state to) {
  const auto now = env().time.now();
  ++j.version;
  if (to == job_state::cancelling) {
    if (j.state == job_state::committing) return; // too late
    if (!j.running) // its attempt ended meanwhile, and it is not to have another
      return end_as(
          j, job_state::cancelled, asked.caller.user.text(), asked.reason,
          [](const base::status&) {}, true);
    if (j.state != job_state::running) return;
    j.running->cancelled_by = asked.caller.user.text();
    j.running->cancel_reason = asked.reason;
    move(j, job_state::cancelling);
    j.running->stop.request_stop();
    memory_.set_alarm({now.count + 10 * base::us_per_second},
                      {j.what.id, job_timer::cancel, j.running->token});
    return schedule_tick();
  }
  if (j.running) return; // it was held, so this cannot be; an edit of a running job was refused
  apply(j.what, change);
  if (change.expires_at) memory_.set_alarm(*change.expires_at, {j.what.id, job_timer::expiry, 0});
  if (asked.what == control_action::edit) {
    memory_.queue.change(j.what.id, j.what.priority);
    return schedule_tick();
  }
  if (asked.what == control_action::redrive) {
    j.counted = 0;
    j.error = {};
  }
  if (asked.what == control_action::run_now || asked.what == control_action::redrive) j.due = now;
  if (asked.run_at) j.due = *asked.run_at;
  if (to == job_state::ready && j.due > now) j.due = now;
  move(j, to);
  if (asked.what == control_action::redrive) j.fingerprint.clear(); // it has left its group
  if (sleeps_long(to, j.due, now)) memory_.rests(j);
  if (to == job_state::parked) {
    j.since = now;
    memory_.rests(j);
    memory_.queue.park(j.what.id, now);
    return;
  }
  memory_.queue.change(j.what.id, j.what.priority);
  memory_.queue.revive(j.what.id, j.due, env().time.now());
  if (j.due > now) memory_.set_alarm(j.due, {j.what.id, job_timer::due, 0});
  expire(j, now); // its alarm may have rung while it was dead
  schedule_tick();
}

/// A job with its unique key took its place.
void job_owner::replace(live_job& j, const job_edit& change) {
  ++j.version;
  apply(j.what, change);
  memory_.queue.change(j.what.id, j.what.priority);
  if (!change.run_at || *change.run_at == j.due || j.state == job_state::parked) return;
  if (sleeps_long(job_state::scheduled, *change.run_at, env().time.now())) memory_.rests(j);
  j.due = *change.run_at;
  const auto now = env().time.now();
  move(j, j.due > now ? job_state::scheduled : job_state::ready);
  memory_.queue.revive(j.what.id, j.due, env().time.now());
  if (j.due > now) memory_.set_alarm(j.due, {j.what.id, job_timer::due, 0});
}

void job_owner::act_on_lane(const http::job_caller& who, const base::user_id& owner,
                            const std::string& lane, http::lane_action what,
                            const std::string& reason, std::optional<base::utc_us> until,
                            const http::on_result<bool>& done) {
  if (owner != who.user && !who.admin) return done(base::failure{"NOT_FOUND", {}});
  const std::optional<base::user_id> user = owner.empty() ? std::nullopt : std::optional{owner};
  if (what == http::lane_action::pause || what == http::lane_action::resume) {
    scheduler::pause p;
    p.target = "lane:" + (user ? user->text() : std::string{}) + '/' + lane;
    p.reason = reason;
    p.by = who.user.text();
    p.since = env().time.now();
    p.until = until;
    p.over = what == http::lane_action::resume;
    return set_pause(p, [done](base::result<scheduler::pause> r) {
      if (!r) return done(r.error());
      done(true);
    });
  }
  const auto head = memory_.queue.lane_head(user, lane);
  if (!head) return done(base::failure{"NOT_FOUND", {}});
  http::job_act act_on_head;
  act_on_head.caller = who;
  act_on_head.job = *head;
  act_on_head.reason = reason;
  act_on_head.what =
      what == http::lane_action::skip_head ? control_action::discard : control_action::redrive;
  const auto* j = memory_.find(*head);
  if (j != nullptr && j->state == job_state::parked && what == http::lane_action::retry_head)
    act_on_head.what = control_action::release;
  act(act_on_head, [done](base::result<http::job_view> r) {
    if (!r) return done(r.error());
    done(true);
  });
}

void job_owner::set_pause(const scheduler::pause& what,
                          const http::on_result<scheduler::pause>& done) {
  write w;
  w.rows.emplace_back(what);
  w.must = false;
  w.done = [this, what, done](const base::status& s) {
    if (!s) return done(s.error());
    memory_.pauses.insert_or_assign(what.target, what);
    if (what.over) memory_.pauses.erase(what.target);
    memory_.queue.set_pause(what);
    if (what.until) memory_.set_alarm(*what.until, {{}, job_timer::due, 0});
    done(what);
    dispatch();
    schedule_tick();
  };
  write_out(std::make_shared<write>(std::move(w)));
}

void job_owner::set_queue(const http::job_caller&, const scheduler::queue_limits& limits,
                          const http::on_result<http::queue_view>& done) {
  auto next = limits;
  const auto known = memory_.limits.find(limits.queue);
  next.version = known == memory_.limits.end() ? 1 : known->second.version + 1;
  write w;
  w.rows.emplace_back(next);
  w.must = false;
  w.done = [this, next, done](const base::status& s) {
    if (!s) return done(s.error());
    memory_.set_limits(next, env().time.now());
    dispatch();
    for (auto& q : queues())
      if (q.limits.queue == next.queue) return done(std::move(q));
    http::queue_view empty;
    empty.limits = next;
    done(std::move(empty));
  };
  write_out(std::make_shared<write>(std::move(w)));
}

} // namespace actors
