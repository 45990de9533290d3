#include "actors/job_workers.hpp"

#include "storage/port.hpp"

#include <algorithm>

namespace actors {
namespace {

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

base::result<http::worker_view> job_workers::join(const http::worker_id& id,
                                                  const http::worker_wish& wish, base::utc_us now) {
  if (workers_.size() >= workers_max)
    std::erase_if(workers_, [](const auto& w) {
      return w.second.shown.state == http::worker_state::lost && w.second.jobs.empty();
    });
  if (workers_.size() >= workers_max) return base::fail(storage::errc::overloaded);
  auto& w = workers_[id];
  w.shown = {id, wish, http::worker_state::active, 0, now, now};
  return w.shown;
}

job_workers::worker* job_workers::find(const http::worker_id& id) {
  const auto at = workers_.find(id);
  return at == workers_.end() ? nullptr : &at->second;
}

std::vector<http::worker_view> job_workers::views() const {
  std::vector<http::worker_view> all;
  for (const auto& [id, w] : workers_) {
    all.push_back(w.shown);
    all.back().running = static_cast<std::int32_t>(w.jobs.size());
  }
  return all;
}

bool job_workers::can_run(std::string_view kind) const {
  return std::any_of(workers_.begin(), workers_.end(), [&](const auto& w) {
    return w.second.shown.state == http::worker_state::active &&
           has(w.second.shown.wish.kinds, kind);
  });
}

bool job_workers::takes(const poll& p, std::string_view kind, std::string_view queue) const {
  const auto at = workers_.find(p.worker);
  if (at == workers_.end() || at->second.shown.state != http::worker_state::active) return false;
  const auto& wish = at->second.shown.wish;
  // What it got by another poll counts.
  const bool room =
      std::ssize(p.given) < p.max && std::ssize(at->second.jobs) < at->second.shown.wish.slots;
  return room && has(wish.kinds, kind) && (wish.queues.empty() || has(wish.queues, queue));
}

job_workers::poll* job_workers::poll_for(std::string_view kind, std::string_view queue) {
  const auto found = std::find_if(polls_.begin(), polls_.end(),
                                  [&](const poll& p) { return takes(p, kind, queue); });
  return found == polls_.end() ? nullptr : &*found;
}

std::vector<http::worker_id> job_workers::lost(base::utc_us now) {
  std::vector<http::worker_id> gone;
  for (auto& [id, w] : workers_) {
    const bool waits =
        std::any_of(polls_.begin(), polls_.end(), [&](const poll& p) { return p.worker == id; });
    if (waits || w.shown.state == http::worker_state::lost ||
        now.count - w.shown.seen_at.count < 3 * heartbeat_s * base::us_per_second)
      continue;
    w.shown.state = http::worker_state::lost;
    gone.push_back(id);
  }
  return gone;
}

} // namespace actors
