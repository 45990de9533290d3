// What   unique_index: which live jobs, and which windows, hold a unique key, and what becomes of
//        a job that comes with the same.
// Why    Every job without an outcome counts as unfinished, parked and dead ones too: there is no
//        list of states in which one could be forgotten.
// Bounds One entry of some 100 bytes for each live job with a rule, and for each window that is
//        open after its job.
// Threads confined to the owner of the jobs; decide() is pure.
// Source jobs.md §5: 16-byte hashes over user, kind and key.
#pragma once

#include "scheduler/job.hpp"

#include <array>
#include <cstddef>
#include <set>
#include <unordered_map>
#include <utility>

namespace scheduler {

/// The job that has the key.
struct unique_holder {
  job_id job;
  unique_rule::period until = unique_rule::period::until_finished; ///< as it came itself
  base::utc_us since;                                              ///< it was made
  base::utc_us window_ends;                                        ///< of period::window
  bool begun = false;                                              ///< it has been started once
  bool over = false;                                               ///< only its window is left

  bool operator==(const unique_holder&) const = default;
};

struct unique_verdict {
  enum kind : std::uint8_t {
    enqueue,
    give_back, ///< the existing one
    refuse,
    replace,  ///< payload and priority of the existing one, which has not started
    debounce, ///< as replace, and it runs at `run_at`
  } what = enqueue;
  job_id existing;
  base::utc_us run_at;
};

/// Whether the holder still keeps others out.
bool holds(const unique_holder& h, base::utc_us now);
/// Of a job that comes with the rule while somebody has its key.
unique_verdict decide(const unique_rule& rule, const unique_holder& existing, base::utc_us now);

class unique_index {
public:
  unique_verdict decide(const job& j, base::utc_us now) const;
  /// Of a job with a rule, also of one that was read at a start, in any order.
  void add(const job& j, base::utc_us now, bool begun = false);
  void started(const job_id& id, base::utc_us now);
  /// It has its outcome. Its window stays.
  void erase(const job_id& id);
  /// It was never written.
  void drop(const job_id& id);
  /// Windows whose time is over.
  void expire(base::utc_us now);
  std::size_t size() const { return by_key_.size(); }

private:
  using key = std::array<unsigned char, 16>;
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept;
  };

  static key key_of(const job& j);
  unique_holder* held_by(const job_id& id);
  void let_go(const job_id& id);

  std::unordered_map<key, unique_holder, key_hash> by_key_;
  std::unordered_map<job_id, key> by_job_; ///< who is in by_key_, and lives
  std::set<std::pair<base::utc_us, key>> windows_;
};

} // namespace scheduler
