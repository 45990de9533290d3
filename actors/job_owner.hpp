// What   job_owner: all live jobs of the node in memory: takes them in, starts them, ends them,
//        tells why they wait.
// Why    One owner decides, so there is no claim to write and nothing to scan: taking in is one
//        row, the end is one row in the commit of the effects. A slot in use *is* a running job.
// Bounds jobs_live_max live jobs, lane_depth_max in a lane; lists of workers and polls as in
//        worker_backend.hpp.
// Errors As the ports say. While the database takes nothing, nothing is started; what has ended is
//        written as soon as it takes something again.
// Threads confined to its actor; others send an owner_call.
// Source jobs.md §3-§8, §12-§14, §16; design.md §6.
#pragma once

#include "actors/actor_base.hpp"
#include "actors/ended_handlers.hpp"
#include "actors/handles.hpp"
#include "actors/job_edit.hpp"
#include "actors/job_executor.hpp"
#include "actors/job_facts.hpp"
#include "actors/job_kinds.hpp"
#include "actors/job_locks.hpp"
#include "actors/job_memory.hpp"
#include "actors/job_workers.hpp"
#include "actors/schedule_owner.hpp"
#include "actors/supervisor_actor.hpp"
#include "base/random.hpp"
#include "http/job_backend.hpp"
#include "http/worker_backend.hpp"
#include "storage/job_port.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

namespace storage {
class crash_recorder;
}

namespace actors {

struct job_settings {
  std::shared_ptr<const job_kinds> kinds;
  std::size_t threads = 4; ///< of built-in handlers, which run on an executor of the owner
  /// Runs a handler in its place; tests decide when it ends.
  std::function<void(job_executor::task)> run = {};
  std::string lease_secret;                    ///< of the installation: a lease outlives a restart
  std::uint64_t seed = 0;                      ///< of jitter
  zone_lookup zones = {};                      ///< none: there are no schedules
  std::shared_ptr<job_feed> feed = {};         ///< none: nobody looks at events
  storage::crash_recorder* recorder = nullptr; ///< none: nobody learns what ran in a crash
};

struct lock_answer;

class job_owner final : public house_actor<job_owner_actor> {
public:
  using row_list = scheduler::job_rows;
  using on_view = http::on_result<http::job_view>;

  job_owner(caf::actor_config& cfg, environment& env, std::shared_ptr<routing> routes,
            job_settings settings);

  behavior_type make_behavior() override;
  void on_exit() override;

  // verbs (job_owner_enqueue.cpp, job_owner_acts.cpp, job_owner_dead_letters.cpp,
  // job_owner_pull.cpp)
  void enqueue(const std::shared_ptr<http::enqueue_request>& asked,
               const http::on_result<http::enqueue_answer>& done);
  void act(const http::job_act& asked, const on_view& done);
  void act_on_lane(const http::job_caller& who, const base::user_id& owner, const std::string& lane,
                   http::lane_action what, const std::string& reason,
                   std::optional<base::utc_us> until, const http::on_result<bool>& done);
  void set_queue(const http::job_caller& who, const scheduler::queue_limits& limits,
                 const http::on_result<http::queue_view>& done);
  void set_pause(const scheduler::pause& what, const http::on_result<scheduler::pause>& done);
  void set_dead_note(const scheduler::dead_letter_note& what,
                     const http::on_result<scheduler::dead_letter_note>& done);
  base::result<http::worker_view> join(const http::worker_wish& wish);
  void lease(const http::worker_id& worker, std::int64_t max, std::chrono::seconds wait,
             const http::on_result<std::vector<http::leased_job>>& done);
  base::result<http::heartbeat_answer> heartbeat(const http::worker_id& worker,
                                                 const std::vector<http::lease_report>& leases);
  void complete(const http::job_completion& what, const http::on_result<http::job_ended>& done);
  void fail(const http::job_failure& what, const http::on_result<http::job_ended>& done);
  void snooze(const http::worker_id& worker, const scheduler::job_id& job, const std::string& lease,
              base::utc_us until, const http::on_result<http::job_ended>& done);
  base::status log(const http::worker_id& worker, const scheduler::job_id& job,
                   const std::string& lease, const std::vector<std::string>& lines);
  base::result<http::worker_view> set_state(const http::worker_id& worker,
                                            http::worker_state wanted);
  base::status leave(const http::worker_id& worker);

  // of schedules, whose owner is our child (job_owner_ticks.cpp)
  bool has_schedules() const { return schedules_.has_value(); }
  void tell_schedules(std::function<void(schedule_owner&)> run);
  void watch_schedules(std::function<void(const scheduler::schedule_id&)> ended);
  std::map<scheduler::schedule_id, std::size_t> live_by_schedule() const;
  void take_ticks(const std::shared_ptr<tick_write>& what, const ticks_written& done);
  void replay_or_refuse(const http::schedule_request& asked, const base::failure& why,
                        const http::on_result<http::schedule_answer>& done);

  // from memory (job_owner_views.cpp)
  std::optional<http::job_view> view(const scheduler::job_id& id) const;
  std::vector<http::job_view> views(const http::job_question& asked) const;
  http::live_job_ids live_ids(const http::job_question& asked, std::int64_t limit) const;
  http::list_total count(const http::job_question& asked, std::int64_t most) const;
  base::result<std::pair<std::int64_t, std::int64_t>>
  concerned_by(const std::vector<scheduler::job_id>& dead) const;
  std::optional<http::job_explanation> explain(const http::job_caller& who,
                                               const scheduler::job_id& id);
  http::job_stats stats();
  std::vector<http::lane_view> shut_lanes(const http::job_caller& who) const;
  std::vector<http::queue_view> queues();
  std::vector<http::worker_view> workers() const { return workers_.views(); }
  std::map<std::string, std::int64_t> live_by_kind() const;
  bool may_see(const http::job_caller& who, const scheduler::job& what) const;

  /// A wish as it would be taken in now.
  base::result<scheduler::job> completed(scheduler::job wish, const http::job_caller& who);

private:
  /// What may wait to be written while others start: as much as two commits of a journal carry.
  static constexpr std::size_t committing_max = 2000;
  /// So many ended jobs may a start find behind the watermark, and those of half a minute.
  static constexpr std::size_t ended_by_mark = 20'000;

  using then = std::function<void(const base::status&)>;

  // life (job_owner.cpp)
  void recover();
  void ask_owners();
  void on_owned();
  void load_next();
  void load_later();
  void loaded(const base::result<std::vector<storage::live_job>>& page);
  void read_windows();
  void read_mutes();
  void opened();
  void settle_in(const base::result<std::vector<scheduler::queue_limits>>& limits);
  void take_in(const storage::live_job& found);
  void begin(const base::result<std::vector<scheduler::pause>>& pauses);
  void ring(const job_memory::alarm& alarm, base::utc_us now);
  void time_out(live_job& j, base::utc_us now);
  void move_watermarks(base::utc_us now);
  void leave_when_drained(base::utc_us now);
  void schedule_tick() { schedule_tick(env().time.now()); }
  void schedule_tick(base::utc_us now);
  void on_tick();
  void dispatch() { looks_ = true; } ///< who may start does, at the end of this message
  bool away() const { return steady_ns() < away_until_ns_; }

  // starts (job_owner_starts.cpp)
  bool may_start();
  void start_ready();
  void look_who_starts();
  live_job::run& begin_run(live_job& j, std::string executor);
  void start(live_job& j, const job_kind& kind);
  void hand_over_begun();

  // writing (job_owner_commits.cpp)
  struct write {
    std::uint32_t shard = 0;
    row_list rows;
    std::optional<base::user_id> user; ///< whose transactions these are
    std::vector<ledger::create_transaction> transactions = {};
    std::optional<ledger::change_rows> change = {}; ///< of the same user, instead of transactions
    bool must = true; ///< it has happened: written as soon as the database takes something
    then done;
    std::shared_ptr<std::uint64_t> seq = std::make_shared<std::uint64_t>(0); ///< of its commit
  };
  using write_group = std::vector<std::shared_ptr<write>>;
  static constexpr std::size_t deciding_max = 64;     ///< changes that read in books at a time
  static constexpr std::size_t deciding_few = 8;      ///< no more are left: the next wave begins
  static constexpr std::int64_t wave_us = 50'000;     ///< so long it waits for slow ones
  static constexpr std::size_t gathered_max = 250;    ///< writes of one item
  static constexpr std::size_t gathered_rows_max = 4; ///< of each; one with more goes alone
  void write_out(std::shared_ptr<write> what);
  void send_gathered(std::uint32_t shard);
  void send_all_gathered();
  void send_to_books();
  void send_rows(std::uint32_t shard, write_group group);
  struct keyed_write {
    base::user_id book; ///< whose keys these are
    std::string request_id;
    base::utc_us deadline;
    ledger::request_key key;
    std::optional<ledger::stored_answer> shown; ///< the answer to be kept
    std::optional<base::failure> why;           ///< nothing is to be done, unless it was before
    std::shared_ptr<const row_list> rows;
  };
  void through_key(keyed_write what, const std::function<void(const ledger::reply&)>& then);
  void send_through_book(const std::shared_ptr<write>& what);
  void written(const std::shared_ptr<write>& what, const base::status& s);
  void send_again();
  std::shared_ptr<yes_or_no> journal_says(std::function<void(job_owner&, bool)> then);
  using when_known = std::function<void(std::optional<bool>)>;
  void look_for(const scheduler::job_id& id, std::uint32_t shard, const when_known& then);

  // facts (job_owner_facts.cpp): whoever changes a state does it here
  void move(live_job& j, scheduler::job_state to, std::optional<scheduler::attempt_end> ended = {});
  void emit(const live_job& j, std::optional<scheduler::job_state> from, scheduler::job_state to,
            std::optional<scheduler::attempt_end> ended = {});
  void sample(base::utc_us now); ///< the levels that no fact moves
  void sample_dead_letters(base::utc_us now);
  void count_waits(base::utc_us now);

  // endings (job_owner_endings.cpp)
  void take_ended();
  void ended(const scheduler::job_id& id, std::uint64_t token, job_verdict verdict,
             http::on_result<http::job_ended> told);
  void succeed(live_job& j, job_done done, http::on_result<http::job_ended> told);
  void failed(live_job& j, scheduler::attempt_end how, scheduler::job_error error,
              std::optional<std::int64_t> hint_us, const http::on_result<http::job_ended>& told);
  void put_off(live_job& j, scheduler::attempt_end how, base::utc_us until,
               const http::on_result<http::job_ended>& told);
  void write_end(live_job& j, row_list rows, bool rests, const std::string& lease,
                 const http::on_result<http::job_ended>& told);
  void end_written(live_job& j);
  void let_go(const live_job& j);
  base::result<bool> complete_follower(const live_job& of, scheduler::job& next, bool may_post,
                                       base::utc_us now);
  void expire(live_job& j, base::utc_us now);
  void overdue(const live_job& j);
  void count_stuck(base::utc_us now);
  /// `settled`: it is so already, and nothing takes it back; it is only to be written.
  void end_as(live_job& j, scheduler::job_state state, const std::string& by,
              const std::string& reason, then done, bool settled = false);
  void forget(const scheduler::job_id& id);
  void leave_worker(const live_job& j); ///< its lease is over
  void lose(live_job& j, scheduler::attempt_end how, std::string_view code);
  std::optional<base::failure> wrong_lease(const http::worker_id& worker,
                                           const scheduler::job_id& id, const std::string& lease);
  void adopt(live_job& j, const http::worker_id& worker, const std::string& lease);
  std::string lease_of(const scheduler::job_id& id, const std::string& worker,
                       std::int32_t attempt) const;
  /// Whoever says the same again hears the same again.
  void remember_answer(const std::string& lease, const http::job_ended& how);
  void answer_again(const http::worker_id& worker, const scheduler::job_id& id,
                    const std::string& lease, const base::failure& why, bool completes,
                    const http::on_result<http::job_ended>& done);
  void hand_back(live_job& j);
  std::optional<base::failure> no_leases_now();
  void seen(job_workers::worker& w, base::utc_us now);
  void note_executors(const std::vector<std::string>& kinds);
  /// The first that takes such a job, if leases are given at all.
  job_workers::poll* poll_for(std::string_view kind, std::string_view queue, base::utc_us now);
  http::leased_job give(live_job& j, const http::worker_id& worker);
  void answer_polls();

  // taking in (job_owner_enqueue.cpp)
  void enqueue_keyed(const std::shared_ptr<http::enqueue_request>& asked,
                     const std::shared_ptr<http::enqueue_answer>& answer,
                     const std::shared_ptr<row_list>& rows, const base::user_id& owner,
                     std::optional<base::failure> why,
                     const std::function<void(const base::status&, http::enqueue_answer)>& settle);
  void changed(live_job& j, const http::job_act& asked, const job_edit& change,
               scheduler::job_state to);
  base::status complete_wish(scheduler::job& j, const http::job_caller& who, base::utc_us now);
  bool has_queue(const std::string& name) const;
  std::int64_t depth_max(const std::string& queue) const;
  /// Of finished jobs that keep others out: null when it is gone.
  using ended_jobs = std::map<scheduler::job_id, std::optional<http::job_view>>;
  void enqueue_knowing(const std::shared_ptr<http::enqueue_request>& asked,
                       const std::shared_ptr<ended_jobs>& known,
                       const http::on_result<http::enqueue_answer>& done);
  bool waits_for_holder(const std::shared_ptr<http::enqueue_request>& asked,
                        const std::shared_ptr<ended_jobs>& known,
                        const http::on_result<http::enqueue_answer>& done);
  void arrived(const scheduler::job_id& id);
  void enter(scheduler::job what, bool resting);
  void replace(live_job& j, const job_edit& change);
  std::uint32_t shard_for(const scheduler::job& j) const;

  // schedules (job_owner_ticks.cpp)
  void start_schedules();
  void on_schedules_down();
  base::status complete_ticks(tick_write& w);
  void pass_lock_on(const tick_write& w, bool written);
  void take_ticks_keyed(const std::shared_ptr<tick_write>& what,
                        const std::shared_ptr<row_list>& rows,
                        const std::function<void(const base::status&)>& settle);
  static keyed_write key_of_wish(const http::schedule_request& asked,
                                 std::optional<ledger::stored_answer> shown,
                                 std::optional<base::failure> why,
                                 std::shared_ptr<const row_list> rows);

  // locks (job_owner_locks.cpp)
  bool lock_open(std::string_view kind, base::utc_us now) const;
  void ask_lock(const live_job& j, const std::string& name);
  void lock_answered(const std::string& name, const scheduler::job_id& id,
                     const base::result<lock_answer>& answer);
  bool start_under_lock(live_job& j, const std::string& name);
  void put_back(const live_job& j);
  void give_lock_back(const std::string& name);
  void handler_returned(std::uint64_t token);
  void free_locks();
  void stop_under_lock(const std::string& name, const scheduler::job_id& id, std::string_view code);
  void add_lock_gate(const live_job& j, http::job_explanation& e) const;

  // what ran in a crash (job_owner_suspects.cpp)
  void judge_suspects();
  void free_suspect();
  void add_suspect_gate(const live_job& j, http::job_explanation& e) const;

  std::shared_ptr<routing> routes_;
  job_settings settings_;
  job_memory memory_;
  job_locks locks_;
  job_workers workers_;
  job_facts facts_;
  base::random chance_;
  std::unique_ptr<job_executor> executor_;
  const std::shared_ptr<ended_handlers> ended_handlers_ = std::make_shared<ended_handlers>();
  bool looks_ = false;                     ///< for who starts next, when this message is done
  std::vector<job_executor::task> to_run_; ///< begun in this turn

  // what is old (job_owner_retention.cpp)
  void prune(base::utc_us now);
  void name_head(http::job_gate& g) const;
  bool idle() const;
  bool posts(const std::string& kind) const;
  void end_of_keeping(live_job& j, base::utc_us now);
  void prune_jobs(base::utc_us now);
  void prune_ticks(base::utc_us now);
  void cleaned(const base::status& done);
  struct pruning {
    base::utc_us due;        ///< not before
    base::utc_us busy_until; ///< then also while there is work
    scheduler::job_id after;
    scheduler::schedule_id ticks_after;
    std::size_t slices = 0; ///< of this run
    bool jobs_done = false;
    bool runs = false;
  };

  /// What a start reads: first all that decides what runs next, then who only sleeps.
  enum class part : std::uint8_t { tail, pressing, sleepers };
  bool begun_ = false;  ///< jobs are started
  bool loaded_ = false; ///< all are here: the others may ask
  bool windows_read_ = false;
  bool mutes_read_ = false;
  bool draining_ = false;
  std::vector<std::pair<std::uint32_t, part>> to_load_; ///< of a shard
  base::utc_us pressing_until_;                         ///< who wakes up later only sleeps
  std::vector<std::function<void()>> when_loaded_;
  scheduler::job_id loaded_up_to_;
  std::size_t owned_wanted_ = 0;
  bool owned_all_ = true;
  std::uint64_t next_token_ = 1;
  base::utc_us adopt_until_; ///< jobs of workers wait for their workers until then
  base::utc_us drain_until_; ///< then what runs is told to stop
  base::utc_us watermark_due_;
  std::size_t ended_since_mark_ = 0;
  std::map<std::uint32_t, scheduler::job_id> watermarks_; ///< as written
  std::map<std::uint32_t, bool> ended_; ///< a job of the shard has, since its last watermark
  /// The database took nothing: no start before. Steady, so that a clock that is set back holds
  /// nobody.
  std::int64_t away_until_ns_ = 0;
  std::deque<std::shared_ptr<write>> for_books_;    ///< changes that wait for their turn
  std::size_t deciding_ = 0;                        ///< changes that are in their books
  base::utc_us wave_until_;                         ///< then the next begins, whatever is left
  write_group again_;                               ///< wait for the database
  std::map<std::uint32_t, write_group> gathered_;   ///< until something of the shard is answered
  std::map<std::uint32_t, std::size_t> on_the_way_; ///< items at the journal of the shard
  bool gathers_ = false;                            ///< a look at `gathered_` is on its way
  std::deque<scheduler::job_id> suspects_;          ///< held until the one before has ended
  std::optional<std::pair<scheduler::job_id, base::utc_us>> suspect_; ///< let go, and when
  std::optional<base::utc_us> tick_at_;
  std::uint64_t tick_number_ = 0;
  std::size_t committing_ = 0;
  pruning pruning_;
  base::utc_us waits_counted_;
  std::map<std::uint64_t, base::utc_us> overdue_; ///< handlers that were told to stop, by token
  /// Jobs whose row is on its way, and requests with the same key that wait for it.
  std::map<scheduler::job_id, std::vector<std::function<void()>>> arriving_;
  std::map<std::string, http::job_ended> answered_; ///< by lease
  std::deque<std::string> answered_order_;
  std::optional<schedule_owner_actor> schedules_;
  std::function<void(const scheduler::schedule_id&)> schedule_hears_;
  std::vector<std::int64_t> schedule_restarts_ns_; ///< of the last intensity window
};

} // namespace actors
