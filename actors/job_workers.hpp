// What   job_workers: the workers that pull jobs, and their polls that wait for one.
// Why    A waiting poll is answered the moment a job becomes ready: nobody asks again and again.
// Bounds workers_max, polls_max; a poll ends after its wait.
// Threads confined to the owner of the jobs.
// Source jobs.md §14.
#pragma once

#include "http/worker_backend.hpp"

#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace actors {

inline constexpr std::size_t workers_max = 1000;
inline constexpr std::size_t polls_max = 32;
inline constexpr std::int64_t heartbeat_s = 10;
inline constexpr std::int64_t lease_s = 30;

class job_workers {
public:
  struct worker {
    http::worker_view shown;
    std::set<scheduler::job_id> jobs; ///< leased to it
    bool adopted = false; ///< known by a lease alone: what else it runs it says when it joins again
  };
  struct poll {
    http::worker_id worker;
    std::int64_t max = 1;
    base::utc_us until;
    http::on_result<std::vector<http::leased_job>> done;
    std::vector<http::leased_job> given = {}; ///< in this turn: it is answered at its end
  };

  base::result<http::worker_view> join(const http::worker_id& id, const http::worker_wish& wish,
                                       base::utc_us now);
  worker* find(const http::worker_id& id);
  void erase(const http::worker_id& id) { workers_.erase(id); }
  std::vector<http::worker_view> views() const;
  bool can_run(std::string_view kind) const; ///< somebody does at all
  bool full() const { return polls_.size() >= polls_max; }

  std::list<poll>& polls() { return polls_; }
  /// The one that came first of those that take a job of the kind and queue and have room for it.
  poll* poll_for(std::string_view kind, std::string_view queue);
  /// Those that were not seen for three heartbeats, told once.
  std::vector<http::worker_id> lost(base::utc_us now);

private:
  bool takes(const poll& p, std::string_view kind, std::string_view queue) const;

  std::map<http::worker_id, worker> workers_;
  std::list<poll> polls_;
};

} // namespace actors
