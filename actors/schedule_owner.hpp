// What   schedule_owner: supervises the schedules of the node: knows which tick is next, makes the
//        jobs of what is due, and changes schedules as people want it.
// Why    One owner decides, so a tick needs no claim. It keeps a timer for what is due soon and
//        reads the rest from the index of the table every few minutes: a million of schedules
//        costs memory only for those that fire within the horizon.
// Bounds In memory: those due within horizon_us, those that are being changed, those that are held.
//        At most ticks_in_flight of them are being written at once.
// Errors As http/schedule_backend.hpp. A rule or zone that cannot be read is logged and shown, and
//        fires nothing until it was edited, or the program was started with its zone.
// Threads confined to its actor; others send a schedule_call.
// Source jobs.md §9; design.md §6.
#pragma once

#include "actors/actor_base.hpp"
#include "actors/handles.hpp"
#include "actors/job_kinds.hpp"
#include "actors/schedule_entry.hpp"
#include "actors/tick_write.hpp"
#include "storage/job_port.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace actors {

struct schedule_settings {
  std::shared_ptr<const job_kinds> kinds;
  zone_lookup zones;
  std::string secret; ///< of the installation: proves previews
  std::uint32_t shards = 1;
  std::function<std::optional<lock_keeper_actor>()> locks = {}; ///< of kinds that name one
};

class schedule_owner final : public house_actor<schedule_owner_actor> {
public:
  using on_answer = http::on_result<http::schedule_answer>;
  using shared_request = std::shared_ptr<const http::schedule_request>;

  static constexpr std::int64_t horizon_us = 600 * base::us_per_second;
  static constexpr std::int64_t sweep_us = 300 * base::us_per_second;
  static constexpr std::size_t ticks_in_flight = 512;

  schedule_owner(caf::actor_config& cfg, environment& env, job_owner_actor jobs,
                 schedule_settings settings);

  behavior_type make_behavior() override;
  void on_exit() override;

  // verbs (schedule_owner_wishes.cpp, schedule_owner_backfill.cpp)
  void change(const shared_request& asked, const on_answer& done);
  void look(const http::job_caller& who, const scheduler::schedule_id& id,
            const http::on_result<std::optional<http::schedule_view>>& done);
  /// Those in memory are newer than their rows.
  std::vector<http::schedule_view> shown(const std::vector<scheduler::schedule>& rows);

  // the owner of jobs tells
  void job_ended(const scheduler::schedule_id& id);
  void begin(const std::map<scheduler::schedule_id, std::size_t>& unfinished);

  /// Timers and entries; of tests and statistics.
  std::size_t in_memory() const { return entries_.size(); }

private:
  using entry = schedule_entry;
  using found = std::function<void(const base::status&, entry*)>;

  // time (schedule_owner.cpp)
  void schedule_tick();
  void on_tick();
  void sweep();
  void read_page();
  void fire();
  void settle(entry& e, base::utc_us now);
  void report(const entry& e);
  void arm(entry& e, std::optional<base::utc_us> at);
  void release(const scheduler::schedule_id& id);
  scheduler::tick_state state_of(const entry& e) const;
  scheduler::job job_of(const scheduler::schedule& s) const;
  bool may_fire();
  bool away() const { return steady_ns() < away_until_ns_; }

  // locks (schedule_owner_locks.cpp)
  using on_lock = std::function<void(schedule_owner&, entry&, const base::result<bool>& got)>;
  const std::string* lock_of(const scheduler::schedule& s) const;
  void under_lock(entry& e, const std::string& name, const on_lock& then);
  void settle_under_lock(entry& e, const std::string& name, std::shared_ptr<tick_write> what);

  // writing (schedule_owner.cpp)
  void write(entry& e, std::shared_ptr<tick_write> what, ticks_written then);
  void written(const scheduler::schedule_id& id, const base::status& s,
               const std::shared_ptr<tick_write>& what, const ticks_written& then);
  void reload(const scheduler::schedule_id& id);
  void go_on(const scheduler::schedule_id& id);

  // metrics (schedule_owner_facts.cpp)
  void count_levels();
  void tell(const scheduler::schedule& before, const tick_write& what);

  // wishes (schedule_owner_wishes.cpp)
  void with(const scheduler::schedule_id& id, const found& then);
  void create(const shared_request& asked, const http::new_schedule& wish, const on_answer& done);
  void apply(const shared_request& asked, entry& e, const on_answer& done);
  void put(const shared_request& asked, entry& e, scheduler::schedule next, const on_answer& done);
  // schedule_owner_kept.cpp
  void keep(const shared_request& asked, const http::kept_schedule& wish, const on_answer& done);
  void keep_new(const shared_request& asked, const http::kept_schedule& wish,
                const on_answer& done);
  void keep_known(const shared_request& asked, entry& e, const http::kept_schedule& wish,
                  const on_answer& done);
  std::optional<base::utc_us> first_behind(const entry& e, base::utc_us settled) const;
  void run_by_hand(const shared_request& asked, entry& e, const on_answer& done);
  void refuse(const shared_request& asked, const base::failure& why, const on_answer& done);
  base::status check(const scheduler::schedule& s, const http::job_caller& who) const;
  void follow_kind(scheduler::schedule& s, bool usual_misfire) const;
  bool may_see(const http::job_caller& who, const scheduler::schedule& s) const;
  http::schedule_view view(const entry& e) const;

  // ranges that lie behind (schedule_owner_backfill.cpp)
  void fill(const shared_request& asked, entry& e, const on_answer& done);
  void fill_known(const shared_request& asked, const scheduler::schedule_id& id,
                  const std::set<base::utc_us>& known, const on_answer& done);
  std::string token_of(const http::backfill_wish& wish, std::int64_t count,
                       base::utc_us until) const;
  bool proves(const http::backfill_wish& wish, std::int64_t count, base::utc_us now) const;

  job_owner_actor jobs_;
  schedule_settings settings_;
  std::unordered_map<scheduler::schedule_id, entry> entries_;
  std::set<std::pair<base::utc_us, scheduler::schedule_id>> timers_;
  std::unordered_map<scheduler::schedule_id, std::size_t> unfinished_;
  std::unordered_map<scheduler::schedule_id, std::vector<found>> reading_;

  bool begun_ = false;
  base::utc_us swept_until_; ///< all that wakes up to then is in memory
  base::utc_us sweep_due_;
  std::optional<std::uint32_t> sweeping_; ///< the shard
  base::utc_us sweep_to_;
  storage::schedule_place sweep_from_;
  std::size_t in_flight_ = 0;
  std::int64_t away_until_ns_ = 0; ///< there was no room for jobs; steady
  std::int64_t by_hand_at_ = 0;    ///< the last tick by hand, of any schedule
  std::optional<base::utc_us> tick_at_;
  std::uint64_t tick_number_ = 0;
};

} // namespace actors
