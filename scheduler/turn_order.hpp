// What   turn_order: which of the jobs of one queue that could start is the next: best class first,
//        users in turns, and of a user the one that waits longest.
// Why    Strict classes alone starve, so a job moves up one class for each minute that it waits;
//        classes alone let one user's backlog go before everybody else, so users take turns.
// Bounds Each step O(log n) in users and kinds. best() looks at the kinds of the queue; a job is
//        moved up nine times in its life at most, and only when it is the oldest of its user.
// Errors Withdrawing what is not offered is a broken invariant.
// Threads confined to the owner of the jobs.
// Source jobs.md §4: strict by class, +1 class per 60 s, deficit round robin with a quantum of one
//        job, which is: whoever was served longest ago.
#pragma once

#include "scheduler/job.hpp"
#include "scheduler/ranked_list.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scheduler {

inline constexpr std::int64_t aging_step_us = 60'000'000;
inline constexpr std::size_t priority_count = 10;

struct turn_line;

/// A job, as far as its turn is concerned. It stays where it is while it is offered.
struct waiter {
  job_id id;
  base::utc_us ready_at;        ///< since when it waits: its age
  turn_line* offered = nullptr; ///< where it is offered; nothing: it cannot start
};

struct place {
  base::utc_us at;
  waiter* who = nullptr; ///< nothing: before all of that instant

  friend bool operator<(const place& a, const place& b) {
    if (a.at != b.at) return a.at < b.at;
    if (a.who == nullptr || b.who == nullptr) return a.who == nullptr && b.who != nullptr;
    return a.who->id < b.who->id;
  }
};

/// The class of a job now: 0 first.
std::int32_t aged(std::int32_t priority, base::utc_us ready_at, base::utc_us now);

class turn_order {
public:
  /// What the queues of a node have in common.
  struct across_queues {
    std::uint64_t last_turn = 0;
    std::set<base::user_id> held; ///< users whose jobs do not start; system: the empty id
  };
  struct stand {
    std::uint64_t turn = 0; ///< of its user
    place first;
    turn_line* line = nullptr;

    friend bool operator<(const stand& a, const stand& b) {
      return a.turn != b.turn ? a.turn < b.turn : a.first < b.first;
    }
  };
  /// Where the jobs of one kind stand.
  struct desk {
    std::array<std::set<stand>, priority_count> classes;
    unsigned filled = 0; ///< bit c: class c has somebody
  };
  struct choice {
    std::int32_t cls = static_cast<std::int32_t>(priority_count);
    stand whose;

    friend bool operator<(const choice& a, const choice& b) {
      return a.cls != b.cls ? a.cls < b.cls : a.whose < b.whose;
    }
  };
  using asked = std::function<bool(std::string_view kind)>;

  explicit turn_order(across_queues& shared) : shared_(shared) {}

  desk& desk_of(const std::string& kind) { return desks_[kind]; }
  /// It could start. A user who had nothing to start joins behind all others.
  void offer(waiter& w, desk& at, const base::user_id& user, std::int32_t priority,
             base::utc_us now);
  void withdraw(waiter& w, base::utc_us now);
  void move(waiter& w, std::int32_t priority, base::utc_us now);
  /// It starts, so its user's turn is over.
  void take(waiter& w, base::utc_us now);
  /// The user was held, or is no longer: across_queues says which.
  void user_changed(const base::user_id& user, base::utc_us now);

  bool empty() const { return guests_.empty(); }
  /// Of the kinds that may start now.
  std::optional<choice> best(base::utc_us now, const asked& may);

private:
  friend struct turn_line;
  struct guest {
    base::user_id user;
    std::uint64_t turn = 0; ///< when it was served last, or came
    std::size_t offered = 0;
    bool held = false;
    std::vector<std::unique_ptr<turn_line>> lines;
  };

  void insert(turn_line& l, waiter& w, base::utc_us now);
  void erase(waiter& w, base::utc_us now);
  void seat(turn_line& l, base::utc_us now);
  void unseat(turn_line& l);
  void count_out(guest& g);
  static turn_line& line_of(guest& g, desk& at, std::int32_t priority);

  across_queues& shared_;
  std::map<std::string, desk> desks_;                    ///< by kind
  std::unordered_map<base::user_id, guest> guests_;      ///< who offers something
  std::set<std::pair<base::utc_us, turn_line*>> better_; ///< when a line moves up a class
};

/// What one user offers of one kind and priority, oldest first. Its class is that of its oldest.
struct turn_line {
  turn_line(turn_order::desk& kind, turn_order::guest& user, std::int32_t p)
      : at(kind), whose(user), priority(p) {}

  turn_order::desk& at;
  turn_order::guest& whose;
  const std::int32_t priority;
  std::int32_t cls = 0;
  bool seated = false;
  base::utc_us better_at;
  ranked_list<place> jobs;
};

} // namespace scheduler
