// What   ready_queue: which live job starts next: lanes, priorities, turns between users, tokens of
//        queues and their rates, pauses; and why another one does not.
// Why    A token in use *is* a job whose handler runs, so none can leak; what cannot start is
//        offered nowhere, so a shut lane or a full queue costs the others nothing.
// Bounds For jobs_live_max jobs. A step is O(log n); next() looks at the queues and their kinds,
//        never at the jobs.
// Errors Asking about a job that is not in it does nothing.
// Threads confined to the owner of the jobs.
// Source jobs.md §4, §8, §16. A job takes its place in its lane when it first becomes due, and its
//        age for its class each time that it becomes ready; README.md has the rules.
#pragma once

#include "scheduler/job.hpp"
#include "scheduler/schedule.hpp"
#include "scheduler/turn_order.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scheduler {

inline constexpr std::size_t concurrency_default = 16;

/// Why a job does not start.
struct gate {
  std::string name;
  std::optional<base::utc_us> since, until;
  bool exact = true;
  std::vector<std::string> open_by;
  std::vector<std::pair<std::string, std::string>> details;
};

class ready_queue {
public:
  struct entry {
    job_id id;
    std::optional<base::user_id> user;
    std::string queue, kind;
    std::optional<std::string> lane; ///< of the user
    std::int32_t priority = 5;
    base::utc_us due; ///< its place in the lane, from the instant when it first was due
    lane_policy on_failure = lane_policy::park_head;
  };
  struct shut_lane {
    std::optional<base::user_id> user;
    std::string lane;
    job_id head;
    base::utc_us since, oldest;
    std::int64_t behind = 0;
    std::string why;
  };
  struct standing {
    std::optional<std::int64_t> in_lane, in_queue;
  };
  struct lane_count {
    std::int64_t all = 0, shut = 0;
  };
  /// Jobs of one kind in one queue.
  struct tally {
    std::string queue, kind;
    std::int64_t not_due = 0, ready = 0, resting = 0, running = 0, failed = 0, parked = 0;
    std::int64_t offered = 0; ///< ready ones that no lane keeps
    // What keeps those; of tallies() only.
    bool known = false, executor = false, paused = false, full = false, too_fast = false;
  };
  using can_run = std::function<bool(std::string_view kind, std::string_view queue)>;

  ready_queue() = default;
  ready_queue(const ready_queue&) = delete;
  ready_queue& operator=(const ready_queue&) = delete;

  void add_kind(const std::string& kind, bool builtin);
  void set_executor(const std::string& kind, bool there, base::utc_us now);
  void set_concurrency(const std::string& queue, std::size_t tokens);
  /// One that changes begins without a start that could be taken at once.
  void set_rate(const std::string& queue, const std::optional<start_rate>& rate, base::utc_us now);
  void set_pause(const pause& p); ///< an end that is reached opens by itself, with the next next()

  /// A job whose time has not come stands in no lane yet.
  void enter(const entry& e, base::utc_us now);
  void wake(const job_id& id, base::utc_us now);   ///< its time has come
  void rest(const job_id& id, base::utc_us until); ///< keeps its place; the lane waits with it
  /// It is dead, or parked by its lane: shuts the lane, or leaves it, as its policy says.
  void fail(const job_id& id, base::utc_us since, std::string why = {});
  void park(const job_id& id, base::utc_us since); ///< leaves its lane
  /// Ready again at `due`. What shuts its lane keeps its place there; what is put off leaves it.
  void revive(const job_id& id, base::utc_us due, base::utc_us now);
  void change(const job_id& id, std::int32_t priority);
  void hold(const job_id& id); ///< does not start until unhold, nor does its lane
  void unhold(const job_id& id);
  void leave(const job_id& id);

  /// The job that starts now; it holds a token of its queue from here on.
  std::optional<job_id> next(base::utc_us now, const can_run& may);
  void take(const job_id& id); ///< it runs already
  /// Its handler has ended: others may have its token. Its lane waits until it has left.
  void give_back(const job_id& id);

  /// When a pause ends by itself, or a queue with ready jobs may start one more.
  std::optional<base::utc_us> opens_at(base::utc_us now) const;
  std::vector<gate> gates(const job_id& id, base::utc_us now) const;
  /// Of a ready job: how many of its queue are before it, by class and age.
  standing position(const job_id& id) const;
  std::vector<shut_lane> shut_lanes() const;
  lane_count lanes() const;
  std::int64_t behind_shut_lanes() const; ///< jobs
  std::size_t lane_depth(const std::optional<base::user_id>& user, const std::string& lane) const;
  /// Whom the lane waits for: who shuts it, else who runs, else who is first.
  std::optional<job_id> lane_head(const std::optional<base::user_id>& user,
                                  const std::string& lane) const;
  std::size_t running(const std::string& queue) const; ///< tokens in use
  std::optional<base::utc_us> oldest_ready(const std::string& queue) const;
  std::vector<tally> tallies() const;

private:
  enum class status : std::uint8_t { not_due, waiting, resting, running, failed, parked };
  using lane_key = std::pair<base::user_id, std::string>; ///< system: the empty id
  struct lane_hash {
    std::size_t operator()(const lane_key& k) const noexcept {
      return std::hash<base::user_id>{}(k.first) * 31 + std::hash<std::string>{}(k.second);
    }
  };
  struct node;
  struct kind_record {
    bool known = false, executor = false;
    base::utc_us since;
  };
  struct queue_record;
  struct branch { ///< one kind in one queue
    queue_record* queue = nullptr;
    kind_record* kind = nullptr;
    turn_order::desk* desk = nullptr;
    tally counts;
  };
  struct queue_record {
    explicit queue_record(turn_order::across_queues& all) : order(all) {}
    std::string name;
    std::size_t tokens = concurrency_default;
    std::size_t running = 0; ///< with a token
    base::utc_us full_since;
    std::optional<token_bucket> bucket; ///< of its rate
    base::utc_us dry_since;             ///< no start is left in it
    bool paused = false;
    bool too_fast(base::utc_us now) const { return bucket && !bucket->open(now); }
    turn_order order;
    std::map<std::string, branch, std::less<>> kinds;
    std::array<ranked_list<place>, priority_count> ready; ///< by age, for positions
  };
  struct blocker {
    node* who = nullptr;
    std::string why;
  };
  struct lane_record {
    const lane_key* key = nullptr;
    std::size_t jobs = 0;       ///< that name it, members or not
    ranked_list<place> members; ///< by the instant when they first were due
    std::array<std::uint32_t, priority_count> priorities{}; ///< of the members
    std::vector<node*> busy;                                ///< that run
    std::vector<blocker> blockers;
    node* offered = nullptr;
    bool paused = false;
  };
  struct node : waiter {
    base::utc_us due; ///< its place in the lane
    base::user_id user;
    branch* at = nullptr;
    lane_record* lane = nullptr;
    std::int32_t priority = 5;
    lane_policy on_failure = lane_policy::park_head;
    status is = status::not_due;
    bool held = false;
    bool in_lane = false;
    bool has_token = false; ///< of its queue, while it runs
    base::utc_us since;     ///< of its status
    base::utc_us until;     ///< of resting and not_due
  };

  node* find(const job_id& id);
  const node* find(const job_id& id) const;
  queue_record& queue_of(const std::string& name);
  branch& branch_of(const std::string& queue, const std::string& kind);
  lane_record& lane_of(const base::user_id& user, const std::string& name);
  const lane_record* find_lane(const std::optional<base::user_id>& user,
                               const std::string& name) const;
  static std::int64_t& counter(node& n);
  static const node* head_of(const lane_record& l);
  static std::pair<std::string, std::string> sorted(const lane_key& k) {
    return {k.first.text(), k.second};
  }
  static std::string lane_target(const lane_key& k) {
    return "lane:" + k.first.text() + '/' + k.second;
  }

  void become(node& n, status s, base::utc_us since);
  void make_ready(node& n, base::utc_us ready_at);
  void join_lane(node& n);
  void leave_lane(node& n);
  void offer(node& n);
  void offer_head(lane_record& l);
  void offer_as(node& n, std::int32_t priority);
  void withdraw(node& n);
  void pass_time(base::utc_us now);
  void close(const std::string& target, bool closed);
  const pause* paused(const std::string& target, base::utc_us now) const;
  void add_lane_gate(std::vector<gate>& found, const node& n) const;

  std::unordered_map<job_id, node> nodes_;
  std::unordered_map<lane_key, lane_record, lane_hash> lanes_;
  std::map<std::pair<std::string, std::string>, lane_record*> shut_; ///< by user and name
  std::size_t lanes_in_use_ = 0;                                     ///< that have members
  turn_order::across_queues shared_;
  std::map<std::string, queue_record> queues_;
  std::map<std::string, kind_record> kinds_;
  std::map<std::string, pause> pauses_;                       ///< by target
  std::set<std::pair<base::utc_us, std::string>> pause_ends_; ///< of these
  std::set<std::string, std::less<>> paused_kinds_;
  base::utc_us now_;  ///< as last told: never goes back
  base::utc_us told_; ///< as last told, for buckets: a clock that is set back shuts none
};

} // namespace scheduler
