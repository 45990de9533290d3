// What   job_judge: the auditor of jobs: sees what is asked, answered, started and durable, and
//        names the promise that something breaks.
// Why    It knows nothing of the owner's memory: facts are the rows that were committed, the
//        answers that were heard, and the handlers that were begun.
// Bounds The judge of the books keeps the first broken rule. What somebody has put off, parked or
//        brought forward is not compared by its place in its lane any more.
// Threads the simulation's only one.
// Source jobs.md §1 (J1, J2, J4), §3-§6, §12, §13; testing.md §7.
#pragma once

#include "actors/job_executor.hpp"
#include "tests/sim/drawn_job.hpp"
#include "tests/sim/judge.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace sim {

inline constexpr const char* enqueue_endpoint = "POST /simulated jobs";

/// One request about jobs.
struct job_ask {
  enum class what : std::uint8_t { enqueue, act, pause, limits };
  std::size_t index = 0;
  what is = what::enqueue;
  std::size_t user = 0;
  std::vector<std::size_t> jobs; ///< of enqueue: numbers of drawn jobs
  std::string key;               ///< of enqueue; empty: none
  scheduler::job_id target;      ///< of act
  scheduler::control_action action = scheduler::control_action::cancel;
  scheduler::pause paused; ///< of pause
  std::string node;        ///< who was asked
  bool at_former = false;
  base::utc_us asked_at;
  std::int64_t deadline_us = 0;
  bool answered = false;
  bool refused = false; ///< told that nothing happened
};
using job_ask_ptr = std::shared_ptr<job_ask>;

class job_judge {
public:
  /// All that is known of a durable job.
  struct fact {
    scheduler::job row;
    std::size_t index = 0;
    std::optional<scheduler::job_outcome> outcome;
    std::vector<scheduler::job_attempt> attempts;
    std::optional<scheduler::job_rest> rest;
    std::vector<scheduler::job_control> controls;
    std::size_t transactions = 0;
    std::set<std::string> known_to; ///< nodes that have answered for it
    std::int64_t durable_us = 0;
    std::set<std::int32_t> refused_attempts; ///< numbers that the database refused for good
    std::set<std::int32_t> begun;            ///< numbers of attempts that anybody saw
    // at the present node
    std::optional<std::stop_token> runs;
    bool may_be_dead = false; ///< its last attempt may have been the last one
    std::optional<scheduler::job_state> refused_rest; ///< in which its owner holds it all the same
    bool cancel_heard = false; ///< its cancel was answered while it ran, by whomever

    bool live() const { return !outcome.has_value(); }
    /// Whose place in its lane is its run_at still.
    bool moved() const;
    bool has(scheduler::control_action a) const;
  };

  job_judge(judge& books, shared_database& db, std::shared_ptr<drawn_jobs> jobs);

  /// Rows of a durable item; true: it has nothing of the books.
  bool applied(const storage::commit_item& item);
  void batch_applied(const storage::journal_batch& batch);
  /// Its rows are wrong, says the database: what they tell happened all the same.
  void refused_for_good(const storage::journal_batch& batch);

  void node_started(const std::string& node);
  void crashed();
  void started(const std::string& node, drawn_job& job, const actors::job_executor::task& t);
  /// `heard`: before it was told to stop.
  void ended(const std::string& node, drawn_job& job, const actors::job_executor::task& t,
             drawn_attempt::end how, bool heard);
  void told(const std::string& node, drawn_job& job, const std::string& word);

  void enqueued(job_ask& asked, const base::result<http::enqueue_answer>& answer);
  void acted(job_ask& asked, const base::result<http::job_view>& answer);
  void paused(job_ask& asked, const base::result<scheduler::pause>& answer);
  /// Any refusal has a reason in the weather of the run.
  void refused(job_ask& asked, const std::string& code);

  bool small_doors = false; ///< also when nothing else is wrong any more

  const std::map<scheduler::job_id, fact>& facts() const { return facts_; }
  /// Those that still have to come to an end, and why it is not wrong; empty text: it is.
  struct unfinished {
    scheduler::job_id id;
    std::string excuse;
  };
  std::vector<unfinished> unfinished_now() const;
  /// Targets that are paused, as the tables say.
  std::vector<std::string> pauses_open() const;
  /// The tables against the facts.
  void compare_tables();

private:
  struct key_record {
    std::string body;
    std::int64_t expires_us = 0;
  };
  void add(const scheduler::job& row, const storage::commit_item& item);
  void add(const scheduler::job_attempt& row);
  void add(const scheduler::job_outcome& row, const storage::commit_item& item);
  void add(const scheduler::pause& row);
  void check_uniqueness(const fact& f);
  void check_lane(const fact& f);
  void check_pauses(const fact& f);
  void check_start(const fact& f, std::int32_t attempt);
  bool stands_before(const fact& other, const fact& f) const;
  bool is_paused(const fact& f, bool must_be_heard) const;
  std::string excuse_of(const fact& f) const;
  void withdraw(drawn_job& job);

  judge& books_;
  shared_database& db_;
  std::shared_ptr<drawn_jobs> jobs_;
  std::unique_ptr<storage::session> reader_;
  std::map<scheduler::job_id, fact> facts_;
  std::map<ledger::shard_id, scheduler::job_id> watermarks_;
  std::map<std::string, scheduler::pause> pauses_; ///< durable ones
  std::map<std::string, std::int64_t> pauses_since_;
  std::map<std::string, std::string> pauses_heard_; ///< target -> node that has answered
  std::map<std::string, key_record> keys_;
  std::set<std::size_t> refused_; ///< drawn jobs whose clients were told that nothing happened
  std::string node_;              ///< the owner
  std::int64_t node_since_us_ = 0;
};

} // namespace sim
