#include "actors/job_memory.hpp"

#include "base/assert.hpp"

#include <numeric>
#include <utility>

namespace actors {
namespace {

std::int64_t& count_of(job_memory::level& l, scheduler::job_state s) {
  return l[static_cast<std::size_t>(s)];
}

} // namespace

live_job& job_memory::add(live_job j) {
  const auto id = j.what.id;
  if (j.resting)
    tails_[j.what.shard].erase(id);
  else
    expect(j.what.shard, id);
  const auto before = jobs_.size();
  const auto at = jobs_.emplace_hint(jobs_.end(), id, std::make_unique<live_job>(std::move(j)));
  ENSURE(jobs_.size() > before, "a job is taken in once");
  counted(*at->second);
  return *at->second;
}

live_job* job_memory::find(const scheduler::job_id& id) {
  const auto at = jobs_.find(id);
  return at == jobs_.end() ? nullptr : at->second.get();
}

const live_job* job_memory::find(const scheduler::job_id& id) const {
  const auto at = jobs_.find(id);
  return at == jobs_.end() ? nullptr : at->second.get();
}

void job_memory::erase(const scheduler::job_id& id) {
  const auto at = jobs_.find(id);
  if (at == jobs_.end()) return;
  if (at->second->running) attempt_over(*at->second->running);
  tails_[at->second->what.shard].erase(id);
  uncounted(*at->second);
  jobs_.erase(at);
}

void job_memory::shift(live_job& j, scheduler::job_state to) {
  uncounted(j);
  j.state = to;
  counted(j);
}

void job_memory::counted(const live_job& j) {
  ++count_of(levels_[j.what.queue], j.state);
  if (j.state == scheduler::job_state::dead) dead_letters.add(j.fingerprint);
}

void job_memory::uncounted(const live_job& j) {
  --count_of(levels_[j.what.queue], j.state);
  if (j.state == scheduler::job_state::dead) dead_letters.erase(j.fingerprint);
}

std::int64_t job_memory::live_in(const std::string& queue) const {
  const auto at = levels_.find(queue);
  if (at == levels_.end()) return 0;
  return std::accumulate(at->second.begin(), at->second.end(), std::int64_t{0});
}

void job_memory::rests(live_job& j) {
  j.resting = true;
  tails_[j.what.shard].erase(j.what.id);
}

void job_memory::set_alarm(base::utc_us at, alarm what) {
  const bool of_attempt = what.what == job_timer::timeout;
  const auto token = what.token;
  const auto placed = alarms_.emplace_hint(alarms_.end(), at, std::move(what));
  if (!of_attempt) return;
  const auto [known, fresh] = timeouts_.try_emplace(token, placed);
  if (!fresh) alarms_.erase(std::exchange(known->second, placed));
}

void job_memory::attempt_over(const live_job::run& r) {
  const auto known = timeouts_.find(r.token);
  if (known == timeouts_.end()) return;
  alarms_.erase(known->second);
  timeouts_.erase(known);
}

std::vector<job_memory::alarm> job_memory::due(base::utc_us now) {
  std::vector<alarm> found;
  while (!alarms_.empty() && alarms_.begin()->first <= now) {
    if (alarms_.begin()->second.what == job_timer::timeout)
      timeouts_.erase(alarms_.begin()->second.token);
    found.push_back(std::move(alarms_.begin()->second));
    alarms_.erase(alarms_.begin());
  }
  return found;
}

std::optional<base::utc_us> job_memory::next_alarm() const {
  if (alarms_.empty()) return std::nullopt;
  return alarms_.begin()->first;
}

std::optional<scheduler::job_id> job_memory::tail(std::uint32_t shard) const {
  const auto at = tails_.find(shard);
  if (at == tails_.end() || at->second.empty()) return std::nullopt;
  return *at->second.begin();
}

void job_memory::set_limits(const scheduler::queue_limits& of, base::utc_us now) {
  limits.insert_or_assign(of.queue, of);
  queue.set_concurrency(of.queue, static_cast<std::size_t>(of.concurrency));
  queue.set_rate(of.queue, of.rate, now);
}

} // namespace actors
