// What is kept no longer: finished jobs, their attempts, ticks, windows; and dead jobs that nobody
// wants. In small commits, when there is little else to do.
#include "actors/job_owner.hpp"

#include "scheduler/retention.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

using scheduler::job_state;

constexpr std::int64_t between_runs_us = 60 * base::us_per_second;
constexpr std::int64_t busy_patience_us = std::int64_t{3600} * base::us_per_second;
constexpr std::int64_t after_all_us = std::int64_t{3600} * base::us_per_second; ///< all was seen
constexpr std::size_t slices_of_run = 20;
constexpr std::int64_t slice = static_cast<std::int64_t>(scheduler::pruned_at_once);

/// A result of bool in a closure becomes whether it has a value: its own copy is taken for one.
base::status status_of(const base::result<bool>& done) {
  return done ? base::status{} : base::status{done.error()};
}

} // namespace

bool job_owner::idle() const {
  if (committing_ > 0 || !again_.empty()) return false;
  const auto tallies = memory_.queue.tallies();
  return std::none_of(tallies.begin(), tallies.end(), [](const auto& t) { return t.running > 0; });
}

/// Of a kind that nobody knows any more nobody knows what it did.
bool job_owner::posts(const std::string& kind) const {
  const auto* known = settings_.kinds->find(kind);
  return known == nullptr || known->money;
}

/// Dead for so long that it is as good as discarded; not when it is about money.
void job_owner::end_of_keeping(live_job& j, base::utc_us now) {
  if (j.state != job_state::dead || posts(j.what.kind)) return;
  const base::utc_us until{j.since.count + scheduler::dead_kept_us};
  if (until > now || j.changing || env().status.recovery.on())
    return memory_.set_alarm({std::max(until.count, now.count + between_runs_us)},
                             {j.what.id, job_timer::kept, 0});
  end_as(
      j, job_state::discarded, "system", "dead for 90 days",
      [this, id = j.what.id](const base::status& s) {
        if (!s)
          memory_.set_alarm({env().time.now().count + between_runs_us}, {id, job_timer::kept, 0});
      });
}

void job_owner::prune(base::utc_us now) {
  auto& p = pruning_;
  if (!loaded_ || p.runs || now < p.due || away() || env().status.recovery.on()) return;
  if (p.busy_until.count == 0) p.busy_until = {now.count + busy_patience_us};
  if (!idle() && now < p.busy_until) return;
  p.runs = true;
  p.slices = 0;
  if (p.jobs_done) return prune_ticks(now);
  prune_jobs(now);
}

void job_owner::prune_jobs(base::utc_us now) {
  const auto shortest = std::min(scheduler::succeeded_kept_us, scheduler::cancelled_kept_us);
  env().store.jobs().finished_after(
      pruning_.after, {now.count - shortest}, slice, [me = job_owner_actor{this}](auto found) {
        caf::anon_send(me, owner_call{[found](job_owner& o) {
                         if (!found) return o.cleaned(found.error());
                         const auto at = o.env().time.now();
                         storage::job_cleaning old;
                         old.windows_before = at;
                         for (const auto& j : *found) {
                           switch (scheduler::goes_now(j, o.posts(j.kind), at)) {
                           case scheduler::what_goes::nothing: break;
                           case scheduler::what_goes::attempts: old.attempts.push_back(j.id); break;
                           case scheduler::what_goes::body: old.bodies.push_back(j.id); break;
                           case scheduler::what_goes::all: old.jobs.push_back(j.id); break;
                           }
                         }
                         auto& p = o.pruning_;
                         p.jobs_done = std::ssize(*found) < slice;
                         p.after = p.jobs_done ? scheduler::job_id{} : found->back().id;
                         if (old.jobs.empty() && old.bodies.empty() && old.attempts.empty())
                           return o.cleaned({});
                         const auto gone = old.jobs.size() + old.bodies.size();
                         o.env().store.jobs().clean(
                             std::move(old), [me = job_owner_actor{&o}, gone](const auto& done) {
                               caf::anon_send(
                                   me, owner_call{[s = status_of(done), gone](job_owner& x) {
                                     if (s)
                                       x.env().metrics.jobs().pruned.add(static_cast<double>(gone));
                                     x.cleaned(s);
                                   }});
                             });
                       }});
      });
}

void job_owner::prune_ticks(base::utc_us now) {
  const base::utc_us before{now.count - scheduler::ticks_kept_us};
  env().store.jobs().ticks_before(
      pruning_.ticks_after, before, [me = job_owner_actor{this}](auto found) {
        caf::anon_send(me, owner_call{[found](job_owner& o) {
                         if (!found) return o.cleaned(found.error());
                         auto& p = o.pruning_;
                         p.jobs_done = found->more; // else all was seen: jobs again
                         p.ticks_after = found->more ? found->last : scheduler::schedule_id{};
                         storage::job_cleaning old;
                         old.windows_before = o.env().time.now();
                         old.ticks = found->ticks;
                         o.env().store.jobs().clean(
                             std::move(old), [me = job_owner_actor{&o}](const auto& done) {
                               caf::anon_send(me, owner_call{[s = status_of(done)](job_owner& x) {
                                                x.cleaned(s);
                                              }});
                             });
                       }});
      });
}

/// One slice is done. After the last of all there is a longer rest.
void job_owner::cleaned(const base::status& done) {
  auto& p = pruning_;
  const auto now = env().time.now();
  const bool all = done && !p.jobs_done && p.after.empty();
  const bool more = done && !all && ++p.slices < slices_of_run && !draining_;
  if (more && (idle() || now >= p.busy_until)) {
    if (p.jobs_done) return prune_ticks(now);
    return prune_jobs(now);
  }
  if (!done)
    env().log.warning("vai_de_pix.jobs", "Jobs antigos não removidos",
                      {{"event", "jobs.not_pruned"}, {"error_code", done.error()}});
  p.runs = false;
  p.busy_until = {};
  p.due = {now.count + (all ? after_all_us : between_runs_us)};
}

} // namespace actors
