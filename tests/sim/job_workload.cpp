#include "tests/sim/job_workload.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sim {

using scheduler::control_action;
using scheduler::lane_policy;
using scheduler::unique_rule;
using ends = drawn_attempt::end;

namespace {

constexpr std::uint64_t of_jobs = 3; ///< those of the other requests are 1 and 2
constexpr std::size_t jobs_of_ask = 10;
constexpr std::int64_t key_us = std::int64_t{12} * 3600 * base::us_per_second;

template <class T, std::size_t N> T pick_of(base::random& chance, const T (&values)[N]) {
  return values[chance.below(N)];
}

} // namespace

job_workload::job_workload(std::uint64_t seed, judge& books, workload& clients,
                           const job_judge& seen, std::shared_ptr<drawn_jobs> jobs)
    : seed_(seed), books_(books), clients_(clients), seen_(seen), jobs_(std::move(jobs)) {
  base::random chance{seed};
  rates_.asks = 150 + chance.below(350);
  rates_.paid = 200 + chance.below(600);
  rates_.lanes = chance.below(900);
  rates_.sleeps = chance.below(400);
  rates_.unique = chance.below(300);
  rates_.fails = chance.below(700);
  rates_.acts = chance.below(350);
  rates_.pauses = chance.below(3) == 0 ? 0 : chance.below(200);
}

job_ask_ptr job_workload::make(std::size_t index, base::utc_us now, base::utc_us highest) {
  base::random chance{seed_ * 1'000'003 + index * 7919 + of_jobs};
  if (chance.below(1000) >= rates_.asks) return nullptr;
  auto ask = std::make_shared<job_ask>();
  ask->asked_at = highest;
  ask->index = index;
  ask->user = chance.below(books_.users.size());
  const auto kind = chance.below(1000);
  if (kind < rates_.acts) {
    act_on_something(*ask, chance);
    return ask->target.empty() ? nullptr : ask;
  }
  if (kind < rates_.acts + rates_.pauses) {
    pause_something(*ask, chance, now);
    return ask;
  }
  // While the key surely stands: the clock may have gone on by days.
  std::erase_if(keyed_,
                [&](const job_ask_ptr& a) { return highest.count - a->asked_at.count > key_us; });
  if (!keyed_.empty() && chance.below(8) == 0) {
    const auto& first = *keyed_[chance.below(keyed_.size())];
    ask->user = first.user;
    ask->jobs = first.jobs;
    ask->key = first.key;
    return ask;
  }
  const auto count = chance.below(8) == 0 ? 2 + chance.below(4) : 1;
  for (std::size_t i = 0; i < count; ++i)
    ask->jobs.push_back(draw(chance, index * jobs_of_ask + i, ask->user, now));
  if (chance.below(3) == 0) {
    ask->key = fmt::format("jobs-{}", index);
    keyed_.push_back(ask);
  }
  return ask;
}

std::vector<drawn_attempt> job_workload::draw_plan(base::random& chance) const {
  std::vector<drawn_attempt> plan;
  const auto add = [&](ends how) {
    drawn_attempt a;
    a.how = how;
    a.takes_us = chance.below(8) == 0 ? chance.between(0, 3'000'000) : chance.between(0, 200'000);
    if (chance.below(10) == 0) a.waits_us = chance.between(1, 1'500'000);
    plan.push_back(a);
  };
  if (chance.below(1000) >= rates_.fails) {
    add(ends::done);
    return plan;
  }
  switch (chance.below(8)) {
  case 0: add(ends::permanent); break;
  case 1: add(ends::transient); break; // whenever it is tried
  case 2:
    add(ends::snoozed);
    add(ends::done);
    break;
  case 3:
  case 4:
    add(ends::hangs);
    add(ends::done);
    break;
  default:
    for (auto n = 1 + chance.below(3); n > 0; --n) add(ends::transient);
    add(ends::done);
    break;
  }
  return plan;
}

std::size_t job_workload::draw(base::random& chance, std::size_t number, std::size_t user,
                               base::utc_us now) {
  if (jobs_->contains(number)) return number;
  drawn_job job;
  job.index = number;
  job.user = user;
  job.plan = draw_plan(chance);
  auto& w = job.wish;
  const bool paid = chance.below(1000) < rates_.paid;
  w.user = base::user_id{books_.users[user].id};
  w.kind = paid ? kind_paid : kind_note;
  w.payload = payload_of(number);
  w.priority = static_cast<std::int32_t>(chance.below(10));
  w.max_attempts = static_cast<std::int32_t>(1 + chance.below(4));
  w.timeout_s = static_cast<std::int32_t>(1 + chance.below(4));
  w.retry.base_us = chance.between(100'000, 900'000);
  w.retry.cap_us = 3'000'000;
  w.retry.spread =
      pick_of(chance, {scheduler::jitter::full, scheduler::jitter::equal, scheduler::jitter::none});
  w.on_failure = pick_of(chance, {lane_policy::of_kind, lane_policy::of_kind, lane_policy::block,
                                  lane_policy::park_head, lane_policy::park_lane});
  if (chance.below(1000) < rates_.lanes) w.lane = fmt::format("lane{}", chance.below(3));
  w.run_at = now;
  if (chance.below(1000) < rates_.sleeps) {
    const std::int64_t waits[] = {chance.between(1, 8'000'000), chance.between(1, 8'000'000),
                                  chance.between(610, 840) * base::us_per_second,
                                  chance.between(5, 30) * 3600 * base::us_per_second};
    w.run_at = {now.count + pick_of(chance, waits)};
  }
  if (chance.below(30) == 0)
    w.expires_at = base::utc_us{w.run_at.count + chance.between(1'000'000, 60'000'000)};
  if (chance.below(1000) < rates_.unique) {
    w.unique.emplace();
    w.unique->key = fmt::format("u{}", chance.below(4));
    w.unique->until =
        pick_of(chance, {unique_rule::period::until_finished, unique_rule::period::until_finished,
                         unique_rule::period::until_started});
    w.unique->on_conflict =
        pick_of(chance, {unique_rule::conflict::give_back, unique_rule::conflict::refuse});
  }
  if (paid && chance.below(6) != 0) {
    auto [wanted, sent] = clients_.posting_of_job(chance, user, now.count, description_of(number));
    job.posts = drawn_job::posting{std::move(wanted), std::move(sent)};
    job.heeds_refusals = chance.below(3) == 0;
  }
  if (chance.below(12) == 0) job.follower = draw_follower(number, user);
  jobs_->emplace(number, std::move(job));
  return number;
}

std::size_t job_workload::draw_follower(std::size_t number, std::size_t user) {
  drawn_job next;
  next.index = number + 5; // an ask has five jobs at most
  next.user = user;
  next.plan = {drawn_attempt{}};
  next.wish.user = base::user_id{books_.users[user].id};
  next.wish.kind = kind_note;
  next.wish.payload = payload_of(next.index);
  jobs_->emplace(next.index, next);
  return next.index;
}

void job_workload::act_on_something(job_ask& ask, base::random& chance) const {
  ask.is = job_ask::what::act;
  std::vector<const job_judge::fact*> live, running;
  for (const auto& [id, f] : seen_.facts()) {
    if (f.live() || chance.below(16) == 0) live.push_back(&f);
    if (f.runs) running.push_back(&f);
  }
  if (live.empty()) return;
  const auto& among = !running.empty() && chance.below(3) == 0 ? running : live;
  const auto& f = *among[chance.below(among.size())];
  ask.target = f.row.id;
  ask.user = jobs_->at(f.index).user;
  ask.action =
      pick_of(chance, {control_action::cancel, control_action::cancel, control_action::run_now,
                       control_action::reschedule, control_action::park, control_action::release,
                       control_action::redrive, control_action::redrive, control_action::discard,
                       control_action::edit});
  // What would fit its state, more often than not.
  const bool dead = f.rest && f.rest->state == scheduler::job_state::dead;
  const bool parked = f.rest && f.rest->state == scheduler::job_state::parked;
  if (dead && chance.below(2) == 0) ask.action = control_action::redrive;
  if (parked && chance.below(2) == 0) ask.action = control_action::release;
  if (f.runs && chance.below(2) == 0) ask.action = control_action::cancel;
}

void job_workload::pause_something(job_ask& ask, base::random& chance, base::utc_us now) const {
  ask.is = job_ask::what::pause;
  const auto& user = books_.users[ask.user].id;
  const std::string targets[] = {"queue:default", std::string{"queue:"} + queue_paid,
                                 std::string{"kind:"} + kind_note, "user:" + user,
                                 fmt::format("lane:{}/lane{}", user, chance.below(3))};
  auto& p = ask.paused;
  p.target = pick_of(chance, targets);
  p.reason = fmt::format("ask {}", ask.index);
  p.by = user;
  p.since = now;
  p.over = chance.below(3) == 0;
  if (!p.over && chance.below(2) == 0)
    p.until = base::utc_us{now.count + chance.between(500'000, 6'000'000)};
}

} // namespace sim
