// What the owner tells of its jobs: each change of a state, and once a beat the levels that no
// change moves.
#include "actors/job_owner.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace actors {
namespace {

using scheduler::job_state;

constexpr double wait_looks_s = 10; // a clock that jumps counts no more

double as_seconds(base::utc_us at) {
  return static_cast<double>(at.count) / static_cast<double>(base::us_per_second);
}

} // namespace

void job_owner::move(live_job& j, job_state to, std::optional<scheduler::attempt_end> ended) {
  const auto from = j.state;
  memory_.shift(j, to);
  if (from != to || ended) emit(j, from, to, ended);
}

void job_owner::emit(const live_job& j, std::optional<job_state> from, job_state to,
                     std::optional<scheduler::attempt_end> ended) {
  scheduler::job_fact f;
  f.job = j.what.id;
  f.kind = j.what.kind;
  f.queue = j.what.queue;
  f.user = j.what.user;
  f.lane = j.what.lane;
  f.from = from;
  f.to = to;
  f.at = env().time.now();
  // An attempt that fails is counted as ended before its change is told.
  f.attempt = j.attempts + (j.running && (!ended || scheduler::is_final(to)) ? 1 : 0);
  f.error_code = j.error.code;
  f.ended = ended;
  f.due = j.due;
  if (j.running) f.run_at = j.running->started_at;
  f.muted = memory_.dead_letters.muted(j.fingerprint, f.at);
  facts_.tell(std::move(f));
}

/// The time since the last look, for each job that waits, to what keeps it now.
void job_owner::count_waits(base::utc_us now) {
  using observability::waits_for;
  const auto since = std::exchange(waits_counted_, now);
  const auto dt = std::clamp(as_seconds({now.count - since.count}), 0.0, wait_looks_s);
  if (since.count == 0 || dt == 0) return;
  std::array<std::int64_t, observability::label_values<waits_for>::values.size()> jobs{};
  const auto add = [&](waits_for what, std::int64_t n) {
    jobs[static_cast<std::size_t>(what)] += n;
  };
  const auto shut = memory_.queue.behind_shut_lanes();
  std::int64_t in_lanes = 0;
  for (const auto& t : memory_.queue.tallies()) {
    add(waits_for::not_due, t.not_due + t.resting);
    in_lanes += t.ready - t.offered;
    add(committing_ >= committing_max ? waits_for::overload
        : !may_start()                ? waits_for::database
        : !t.known                    ? waits_for::unknown_kind
        : !t.executor                 ? waits_for::no_executor
        : t.paused                    ? waits_for::paused
        : !lock_open(t.kind, now)     ? waits_for::lock
        : t.full                      ? waits_for::concurrency
        : t.too_fast                  ? waits_for::rate
                                      : waits_for::turn,
        t.offered);
  }
  add(waits_for::lane_shut, std::min(shut, in_lanes));
  add(waits_for::lane_head, in_lanes - std::min(shut, in_lanes));
  for (std::size_t i = 0; i < jobs.size(); ++i)
    if (jobs[i] > 0)
      env()
          .metrics.jobs()
          .gate_wait(static_cast<waits_for>(i))
          .add(static_cast<double>(jobs[i]) * dt);
}

void job_owner::sample(base::utc_us now) {
  count_waits(now);
  sample_dead_letters(now);
  using namespace observability;
  auto& m = env().metrics.jobs();
  double busy = 0, leased = 0, unknown = 0;
  std::map<std::string, bool> queues;
  for (const auto& t : memory_.queue.tallies()) {
    queues[t.queue] = true;
    const auto* kind = settings_.kinds->find(t.kind);
    if (kind == nullptr)
      unknown +=
          static_cast<double>(t.not_due + t.ready + t.resting + t.running + t.failed + t.parked);
    (kind != nullptr && kind->builtin ? busy : leased) += static_cast<double>(t.running);
  }
  for (const auto& [queue, there] : queues) {
    const auto oldest = memory_.queue.oldest_ready(queue);
    m.queue(queue).oldest_ready.set(oldest ? as_seconds(*oldest) : 0);
  }
  // A thread whose attempt is given up is still in its handler.
  const auto stuck = static_cast<double>(env().status.stuck_threads.load());
  const auto free = std::max(static_cast<double>(settings_.threads) - stuck, 0.0);
  m.executors(executor_state::stuck).set(stuck);
  m.executors(executor_state::busy).set(std::min(busy, free));
  m.executors(executor_state::idle).set(std::max(free - busy, 0.0));
  m.leases.set(leased);
  m.unknown_kind.set(unknown);

  std::array<double, label_values<pause_target>::values.size()> pauses{};
  for (const auto& [target, p] : memory_.pauses)
    if (!p.until || *p.until > now) {
      const auto what = label_of(target.substr(0, target.find(':')), pause_target::queue);
      ++pauses[static_cast<std::size_t>(what)];
    }
  for (std::size_t i = 0; i < pauses.size(); ++i)
    m.pauses(static_cast<pause_target>(i)).set(pauses[i]);

  const auto lanes = memory_.queue.lanes();
  m.lanes(lane_state::active).set(static_cast<double>(lanes.all - lanes.shut));
  m.lanes(lane_state::shut).set(static_cast<double>(lanes.shut));
  m.lanes(lane_state::paused).set(pauses[static_cast<std::size_t>(pause_target::lane)]);

  std::array<double, label_values<pull_state>::values.size()> workers{};
  for (const auto& w : workers_.views())
    if (w.state != http::worker_state::gone) ++workers[static_cast<std::size_t>(w.state)];
  for (std::size_t i = 0; i < workers.size(); ++i)
    m.workers(static_cast<pull_state>(i)).set(workers[i]);
}

} // namespace actors
