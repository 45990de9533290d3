// Taking jobs in: checked against memory, written, and only then there.
#include "actors/job_owner.hpp"

#include "ledger/commit.hpp"
#include "ledger/user_row.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

/// Whoever sleeps longer has a row of rest, so that it does not hold the tail of its shard back.
constexpr std::int64_t long_sleep_us = 600 * base::us_per_second;

const base::failure not_yet{"DB_UNAVAILABLE", "the jobs are being read"};

} // namespace

std::uint32_t job_owner::shard_for(const scheduler::job& j) const {
  const auto owner = j.user ? *j.user : base::user_id{j.lane.value_or(j.kind)};
  return ledger::shard_of(owner, routes_->shard_count());
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
  if (j.lane && memory_.queue.lane_depth(j.user, *j.lane) >= lane_depth_max)
    return base::failure{"LANE_FULL", {}};
  j.shard = shard_for(j);
  j.id = scheduler::job_id::of(env().ids.next(now, static_cast<std::uint8_t>(j.shard)));
  j.created_at = now;
  j.run_at = std::max(j.run_at, now);
  if (j.created_by.empty()) j.created_by = who.user.empty() ? "system" : who.user.text();
  return {};
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
  if (draining_) return done(base::fail(storage::errc::shutting_down));
  if (env().status.recovery.on()) return done(base::failure{"RECOVERY_MODE", {}});
  if (!loaded_) return done(not_yet);
  const auto now = env().time.now();
  auto answer = std::make_shared<http::enqueue_answer>();
  auto rows = std::make_shared<row_list>();
  auto fresh = std::make_shared<std::vector<std::pair<scheduler::job, bool>>>();
  std::vector<scheduler::job_id> reserved;
  const auto refuse = [&](base::failure why) {
    for (const auto& id : reserved) memory_.unique.drop(id);
    for (const auto& [j, sleeps] : *fresh) memory_.give_up(j.shard, j.id);
    done(std::move(why));
  };
  for (auto& wish : asked->jobs) {
    if (auto ok = complete_wish(wish, asked->caller, now); !ok) return refuse(ok.error());
    if (!fresh->empty()) wish.shard = fresh->front().first.shard; // one request, one commit
    if (wish.unique) {
      const auto verdict = memory_.unique.decide(wish, now);
      if (verdict.what == scheduler::unique_verdict::refuse)
        return refuse({"DUPLICATE_JOB", verdict.existing.text()});
      if (verdict.what != scheduler::unique_verdict::enqueue) {
        auto there = view(verdict.existing);
        if (!there) { // of this request itself
          const auto twin = std::find_if(fresh->begin(), fresh->end(), [&](const auto& f) {
            return f.first.id == verdict.existing;
          });
          if (twin == fresh->end()) return refuse({"DUPLICATE_JOB", verdict.existing.text()});
          there = http::job_view{};
          there->what = twin->first;
          there->state = scheduler::job_state::ready;
        } else if (verdict.what != scheduler::unique_verdict::give_back) {
          // The one that waits takes over what is new.
          auto* live = memory_.find(verdict.existing);
          scheduler::job_control edit;
          edit.job = verdict.existing;
          edit.number = env().ids.next(now, static_cast<std::uint8_t>(live->what.shard));
          edit.action = scheduler::control_action::edit;
          edit.by = asked->caller.user.text();
          edit.at = now;
          const auto run_at =
              verdict.what == scheduler::unique_verdict::debounce ? verdict.run_at : live->due;
          const job_edit change{wish.priority, run_at, {}, wish.payload, {}};
          edit.change = to_text(change);
          replace(*live, change);
          rows->emplace_back(std::move(edit));
          there = view(verdict.existing);
        }
        there->duplicate = true;
        answer->jobs.push_back(std::move(*there));
        continue;
      }
      memory_.unique.add(wish, now);
      reserved.push_back(wish.id);
    }
    const bool sleeps = wish.run_at.count - now.count > long_sleep_us;
    http::job_view shown;
    shown.what = wish;
    shown.state = wish.run_at > now ? scheduler::job_state::scheduled : scheduler::job_state::ready;
    if (shown.state == scheduler::job_state::scheduled) shown.next_at = wish.run_at;
    answer->jobs.push_back(std::move(shown));
    rows->emplace_back(wish);
    if (sleeps)
      rows->emplace_back(scheduler::job_rest{
          wish.id, wish.shard, scheduler::job_state::scheduled, now, wish.run_at, 0, {}, {}});
    memory_.expect(wish.shard, wish.id);
    fresh->emplace_back(std::move(wish), sleeps);
  }
  if (rows->empty() && !asked->key) return done(std::move(*answer));
  const auto settle = [this, fresh, done](const base::status& s, http::enqueue_answer shown) {
    if (!s || shown.replayed) {
      for (const auto& [j, sleeps] : *fresh) {
        memory_.unique.drop(j.id);
        if (s || s.error().code != "OUTCOME_UNKNOWN") memory_.give_up(j.shard, j.id);
      }
      if (!s) return done(s.error());
      return done(std::move(shown));
    }
    for (auto& [j, sleeps] : *fresh) enter(std::move(j), sleeps);
    done(std::move(shown));
    dispatch();
  };
  if (!asked->key) {
    write w;
    w.shard = std::visit(
        [](const auto& r) {
          if constexpr (requires { r.shard; }) return std::uint32_t{r.shard};
          return std::uint32_t{0};
        },
        rows->front());
    w.rows = std::move(*rows);
    w.must = false;
    w.done = [settle, answer](const base::status& s) { settle(s, std::move(*answer)); };
    return write_out(std::make_shared<const write>(std::move(w)));
  }
  enqueue_keyed(asked, answer, rows, settle);
}

/// The key belongs to the user's book, which commits the rows together with the answer.
void job_owner::enqueue_keyed(
    const std::shared_ptr<http::enqueue_request>& asked,
    const std::shared_ptr<http::enqueue_answer>& answer, const std::shared_ptr<row_list>& rows,
    const std::function<void(const base::status&, http::enqueue_answer)>& settle) {
  const auto to = routes_->shard(ledger::shard_of(asked->caller.user, routes_->shard_count()));
  if (!to) return settle(base::failure{"SHARD_STOPPED", {}}, {});
  ledger::envelope command;
  command.user = asked->caller.user;
  command.request_id = asked->request_id;
  command.deadline = asked->deadline;
  command.key = ledger::request_key{asked->key->first, asked->key->second};
  command.to_answer = [shown = asked->show(answer->jobs)](const base::result<ledger::outcome>&) {
    return shown;
  };
  command.what = ledger::change_rows{
      {},
      [](const std::vector<ledger::user_rows>&, base::utc_us) -> base::result<ledger::row_change> {
        return ledger::row_change{};
      }};
  ++committing_;
  auto to_us = std::make_shared<promise<ledger::reply>>(
      [me = job_owner_actor{this}, answer, settle](const ledger::reply& r) {
        caf::anon_send(me, owner_call{[answer, settle, r](job_owner& o) {
                         --o.committing_;
                         answer->stored = r.stored;
                         answer->replayed = r.replayed;
                         base::status s;
                         if (!r.result && !r.replayed) s = r.result.error();
                         settle(s, std::move(*answer));
                       }});
      },
      ledger::reply{base::failure{"OUTCOME_UNKNOWN", {}}, {}, false});
  this->send(*to, submit{std::make_shared<const ledger::envelope>(std::move(command)),
                         std::move(to_us), rows});
}

} // namespace actors
