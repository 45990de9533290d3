// What   node: one process of the ledger in the simulation: supervisor, journals, shards, books,
//        accounts and the owner of jobs under CAF's test coordinator, with a store of its own.
// Why    A crash is the end of this object; the database stays.
// Bounds crash() ends every actor; one that is still alive afterwards is a finding (`leaked`).
// Threads the simulation's only one.
// Source testing.md §4, §5.
#pragma once

#include "actors/environment.hpp"
#include "actors/job_kinds.hpp"
#include "actors/supervisor_actor.hpp"
#include "tests/sim/drawn_handlers.hpp"
#include "tests/sim/polled_store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <optional>
#include <string>

namespace sim {

struct node_options {
  std::string name;
  std::uint32_t shards = 1;
  std::size_t journals = 1;
  actors::limits bounds;
  std::uint64_t seed = 0; ///< of latencies and jitter
  std::int64_t latency_us = 2'000;
  std::shared_ptr<drawn_jobs> jobs; ///< none: the node runs no jobs
  std::shared_ptr<const actors::job_kinds> kinds;
  drawn_handlers::watcher watch;
};

class node {
public:
  node(shared_database& db, observability::log& log, const node_options& options);
  ~node();

  /// Up to `most` messages, then nothing else. How many there were.
  std::size_t run_actors(std::size_t most) { return scheduler_.run(most); }
  bool has_mail() const { return scheduler_.has_job(); }
  void pass(std::int64_t us) { scheduler_.advance_time(std::chrono::microseconds{us}); }

  /// As gateway::execute does, without its thread: the world watches the deadline.
  void execute(ledger::envelope command, std::function<void(ledger::reply)> done);
  /// As gateway::register_user does.
  void commit_rows(std::shared_ptr<storage::commit_item> item, base::utc_us deadline,
                   std::function<void(base::status)> done);

  /// As job_gateway does; dropped when nobody owns the jobs.
  void call_jobs(std::function<void(actors::job_owner&)> run);
  /// A handler that is due ends; false: none was.
  bool run_handler() { return handlers_ != nullptr && handlers_->run_one(); }
  std::optional<std::int64_t> next_us() const;

  /// kill -9. What was on its way to the database may still arrive.
  void crash();
  /// The orderly end, told to the root; `stopped()` becomes true.
  void begin_stop();
  bool stopped() const { return stopped_; }
  std::size_t leaked() const { return leaked_; }

  polled_store& store() { return *store_; }
  const actors::node_status& status() const { return status_; }
  bool open() const { return status_.journals_open.load() == options_.journals; }
  bool serves(ledger::shard_id shard) const { return routes_->shard(shard).has_value(); }
  /// Actors that failed by an exception or a broken invariant.
  std::uint64_t failures() const;
  double reservations() const { return metrics_->account_reservations.value(); }
  std::uint64_t restarts() const;
  const node_options& options() const { return options_; }

private:
  struct testing_config : caf::actor_system_config {
    testing_config() { set("scheduler.policy", caf::atom("testing")); }
  };

  node_options options_;
  std::unique_ptr<observability::metrics> metrics_;
  std::unique_ptr<polled_store> store_;
  actors::node_status status_;
  base::id_source ids_;
  actors::environment env_;
  std::unique_ptr<drawn_handlers> handlers_;
  testing_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator& scheduler_;
  std::shared_ptr<actors::routing> routes_;
  actors::supervisor_actor root_;
  bool stopped_ = false;
  bool crashed_ = false;
  std::size_t leaked_ = 0;
};

} // namespace sim
