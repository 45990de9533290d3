// What   job_locks: the locks that attempts of this owner run under, or are asked for; and those
//        that somebody else has.
// Why    A lock is given back when nobody works under it any more: its handler has returned, also
//        one whose attempt was lost long before, and what it effected is written.
// Bounds As many as kinds name.
// Threads confined to the owner.
// Source jobs.md §10.
#pragma once

#include "http/lock_backend.hpp"
#include "scheduler/job.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace actors {

class job_locks {
public:
  struct hold {
    scheduler::job_id job;
    std::uint64_t token = 0; ///< of the attempt; 0: asked for, and not answered
    bool handler = false;    ///< a handler of ours is at work
  };
  struct obstacle {
    base::utc_us since, again_at;
    http::lock_view by;
    std::string error; ///< why nobody knows
  };

  bool empty() const { return held_.empty(); }
  /// Nobody of ours has it, and it is time to ask.
  bool open(const std::string& name, base::utc_us now) const {
    const auto at = obstacles_.find(name);
    return !held_.contains(name) && (at == obstacles_.end() || at->second.again_at <= now);
  }
  void ask(const std::string& name, const scheduler::job_id& job) { held_[name] = {job, 0, false}; }
  void start(const std::string& name, std::uint64_t token, bool handler) {
    held_[name].token = token;
    held_[name].handler = handler;
    obstacles_.erase(name);
  }
  void returned(std::uint64_t token) {
    for (auto& [name, h] : held_)
      if (h.token == token) h.handler = false;
  }
  void give_up(const std::string& name) { held_.erase(name); }
  void blocked(const std::string& name, base::utc_us now, base::utc_us again_at,
               const http::lock_view& by, std::string error) {
    auto& o = obstacles_[name];
    if (o.since.count == 0) o.since = now;
    o.again_at = again_at;
    o.by = by;
    o.error = std::move(error);
  }
  const std::map<std::string, hold>& held() const { return held_; }
  const hold* find(const std::string& name) const {
    const auto at = held_.find(name);
    return at == held_.end() ? nullptr : &at->second;
  }
  const obstacle* in_the_way(const std::string& name) const {
    const auto at = obstacles_.find(name);
    return at == obstacles_.end() ? nullptr : &at->second;
  }

private:
  std::map<std::string, hold> held_;
  std::map<std::string, obstacle> obstacles_;
};

} // namespace actors
