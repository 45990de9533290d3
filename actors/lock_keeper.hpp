// What   lock_keeper: which locks of job names this node holds, for whom and since when; who else
//        has one.
// Why    The session of the database knows names only. Whoever runs under a lock has to be told
//        when it is lost, and an operator has to see and free what is stuck.
// Bounds lock_history_max lines of history; as many locks as kinds name.
// Errors acquire: those of storage::lock_port, when nobody knows. A release by one who does not
//        hold it does nothing.
// Threads confined to its actor; others send a keeper_call. What it calls only hands over.
// Source design.md §6; jobs.md §10; metrics.md §4, §5.
#pragma once

#include "actors/actor_base.hpp"
#include "actors/handles.hpp"
#include "http/lock_backend.hpp"
#include "storage/lock_port.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace actors {

inline constexpr std::size_t lock_history_max = 50;

struct lock_wish {
  std::string name;
  std::string holder; ///< the id of a job, or any other word; who says the same is the same
  std::int64_t limit_s = 60;
  std::function<void()> lost = {}; ///< once: it is gone, and may be another's already
  std::function<void()> stop = {}; ///< an operator wants it: end soon, then release it
};

struct lock_answer {
  bool got = false;
  http::lock_view by; ///< contended: who has it, as far as is known
};

/// A line of the history.
struct lock_event {
  enum class kind : std::uint8_t { acquired, contended, released, lost } what = kind::acquired;
  base::utc_us at;
  std::string name;
  std::string holder; ///< ours; of a contention who has it
};

class lock_keeper final : public house_actor<lock_keeper_actor> {
public:
  using on_answer = http::on_result<lock_answer>;
  using on_view = http::on_result<http::lock_view>;
  using on_views = http::on_result<std::vector<http::lock_view>>;

  lock_keeper(caf::actor_config& cfg, environment& env);

  behavior_type make_behavior() override;
  void on_exit() override;

  /// At once or not at all. Its present holder gets it again.
  void acquire(const lock_wish& wish, const on_answer& done);
  void release(const std::string& name, const std::string& holder);
  /// From a tick to its job, which has to ask for it within `handed_over_us`; false: `from` does
  /// not hold it.
  bool hand_over(const std::string& name, const std::string& from, const std::string& to);
  /// Nobody of ours holds anything any more.
  void forget_all();

  void views(const std::vector<std::string>& names, const on_views& done);
  void free_for_operator(const http::lock_release& asked, const on_view& done);
  const std::deque<lock_event>& history() const { return history_; }

  static constexpr std::int64_t handed_over_us = 10 * base::us_per_second;

private:
  struct record {
    lock_wish wish;
    base::utc_us since;
    std::uint64_t number = 0;
    bool asked = true;    ///< the database has not answered
    bool dropped = false; ///< released before it did
    bool works = false;
    std::optional<base::utc_us> until; ///< handed over, and not taken up yet
  };
  struct foreign {
    base::utc_us seen; ///< since when we know
    std::int64_t limit_s = 0;
  };
  struct waiter { ///< an operator
    http::lock_view was;
    base::utc_us until;
    on_view done;
  };

  void answered(const lock_wish& wish, std::uint64_t number, bool got,
                const std::optional<base::failure>& why, const on_answer& done);
  void ask_holder(const lock_wish& wish, const on_answer& done);
  void contended(const lock_wish& wish, const on_answer& done, const http::lock_view& by);
  void give_up(const std::string& name);
  void session_lost();
  http::lock_view shown(const storage::lock_state& s);
  void free_this(const http::lock_release& asked, const http::lock_view& now, const on_view& done);
  void end_foreign(const http::lock_view& now, const on_view& done);
  void is_free(const std::string& name);
  void note(lock_event::kind what, const std::string& name, const std::string& holder);
  void show(const std::string& name);
  void on_beat();
  void beat_later();
  void look_at_foreign();

  std::map<std::string, record> ours_;
  std::map<std::string, foreign> foreign_; ///< by name
  std::multimap<std::string, waiter> waiting_;
  std::deque<lock_event> history_; ///< oldest first
  std::uint64_t asked_ = 0;
  bool beating_ = false;
  std::uint64_t beats_ = 0;
};

} // namespace actors
