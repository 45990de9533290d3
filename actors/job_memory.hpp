// What   job_memory: the live jobs of a node, their timers, and where each shard's tail begins.
// Why    Everything that asks "which job" asks here, so that no job is in one list and missing in
//        another.
// Bounds jobs_live_max; timers are few for each job. The timeout of an attempt goes with it, others
//        that nobody needs any more fall due and are dropped.
// Threads confined to the owner.
// Source jobs.md §2, §13.
#pragma once

#include "actors/live_job.hpp"
#include "scheduler/dead_letter_index.hpp"
#include "scheduler/ready_queue.hpp"
#include "scheduler/schedule.hpp"
#include "scheduler/unique_index.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace actors {

inline constexpr std::size_t jobs_live_max = 500'000;
inline constexpr std::size_t lane_depth_max = 10'000;
/// Whoever sleeps longer has a row of rest, so that it does not hold the tail of its shard back.
inline constexpr std::int64_t long_sleep_us = 600 * base::us_per_second;

enum class job_timer : std::uint8_t {
  due,
  timeout,
  lease,
  cancel,
  expiry,
  hand_back, ///< of a worker that leaves
  kept,      ///< dead for so long that nobody will redrive it
};

class job_memory {
public:
  struct alarm {
    scheduler::job_id job;
    job_timer what = job_timer::due;
    std::uint64_t token = 0; ///< of the attempt; 0: of none
  };

  live_job& add(live_job j);
  live_job* find(const scheduler::job_id& id);
  const live_job* find(const scheduler::job_id& id) const;
  void erase(const scheduler::job_id& id);
  /// It has a row of rest: a start finds it there.
  void rests(live_job& j);

  /// The one place where a state changes, so that the counts follow. Who dies has its fingerprint
  /// before, and keeps it for as long as it is dead.
  void shift(live_job& j, scheduler::job_state to);

  using level = std::array<std::int64_t, scheduler::job_state_count>; ///< by state
  /// Of every queue that ever had a job.
  const std::map<std::string, level>& levels() const { return levels_; }
  std::int64_t live_in(const std::string& queue) const;

  std::size_t size() const { return jobs_.size(); }
  const std::map<scheduler::job_id, std::unique_ptr<live_job>>& all() const { return jobs_; }

  /// Of the timeouts of an attempt the last one counts.
  void set_alarm(base::utc_us at, alarm what);
  /// Its timeout goes with it: a minute of small jobs would leave millions behind.
  void attempt_over(const live_job::run& r);
  std::vector<alarm> due(base::utc_us now);
  std::optional<base::utc_us> next_alarm() const;

  /// Its row is on its way: a watermark must not pass it, until it is added; for ever when nobody
  /// knows what became of it.
  void expect(std::uint32_t shard, const scheduler::job_id& id) {
    auto& tail = tails_[shard];
    tail.insert(tail.end(), id); // ids grow: nearly always its place
  }
  /// It was surely not written.
  void give_up(std::uint32_t shard, const scheduler::job_id& id) { tails_[shard].erase(id); }
  /// The oldest job of the shard that a start must find in its tail.
  std::optional<scheduler::job_id> tail(std::uint32_t shard) const;

  struct totals {
    std::uint64_t started = 0, succeeded = 0, failed = 0, duplicates_suppressed = 0;
  };
  totals counts;                                         ///< since the start of the node
  std::map<std::string, scheduler::pause> pauses;        ///< by target
  std::map<std::string, scheduler::queue_limits> limits; ///< by queue; others have the defaults
  void set_limits(const scheduler::queue_limits& of, base::utc_us now); ///< there, and in `queue`

  scheduler::ready_queue queue;
  scheduler::unique_index unique;
  scheduler::dead_letter_index dead_letters; ///< follows add, shift and erase

private:
  void counted(const live_job& j);
  void uncounted(const live_job& j);

  std::map<scheduler::job_id, std::unique_ptr<live_job>> jobs_; ///< in the order of making
  std::map<std::string, level> levels_;
  std::map<std::uint32_t, std::set<scheduler::job_id>> tails_;
  using alarm_list = std::multimap<base::utc_us, alarm>;
  alarm_list alarms_;
  std::unordered_map<std::uint64_t, alarm_list::iterator> timeouts_; ///< of these, by attempt
};

} // namespace actors
