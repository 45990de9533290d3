#include "actors/job_memory.hpp"

#include "base/assert.hpp"

namespace actors {

live_job& job_memory::add(live_job j) {
  const auto id = j.what.id;
  if (j.resting)
    tails_[j.what.shard].erase(id);
  else
    tails_[j.what.shard].insert(id);
  const auto [at, fresh] = jobs_.emplace(id, std::make_unique<live_job>(std::move(j)));
  ENSURE(fresh, "a job is taken in once");
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
  tails_[at->second->what.shard].erase(id);
  jobs_.erase(at);
}

void job_memory::rests(live_job& j) {
  j.resting = true;
  tails_[j.what.shard].erase(j.what.id);
}

std::vector<job_memory::alarm> job_memory::due(base::utc_us now) {
  std::vector<alarm> found;
  while (!alarms_.empty() && alarms_.begin()->first <= now) {
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

} // namespace actors
