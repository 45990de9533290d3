// What   world: one run. Draws its circumstances from the seed, lets clients, actors, database and
//        disasters take turns, has the judge look whenever it is calm, and then asks for liveness.
// Why    The same seed is the same run, byte for byte.
// Bounds Virtual time only. Every wait for calm is bounded; what is not calm by then is a finding.
// Threads the simulation's only one.
// Source testing.md §5.
#pragma once

#include "tests/sim/job_clients.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/workload.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace sim {

/// A run in good weather whose outcome must not depend on how it is carried out.
struct manner {
  const char* name = "plain";
  bool in_bursts = false; ///< several requests at once; none that somebody could refuse
  bool restarts = false;  ///< the node is killed and started between any two requests
  bool twice = false;     ///< each request is sent again with its key
  std::uint32_t shards = 1;
  std::size_t journals = 1;
  std::size_t batch_items = 1000;
};

struct run_options {
  std::uint64_t seed = 1;
  std::optional<manner> how;
  std::size_t operations = 200;
  std::set<std::size_t> left_out; ///< operations that are not sent
  std::FILE* trace = nullptr;
};

struct run_report {
  std::size_t operations = 0;
  std::size_t commits = 0;
  std::size_t crashes = 0;
  std::size_t reads = 0;
  std::size_t jobs = 0;          ///< that were durable
  std::uint64_t fingerprint = 0; ///< of everything that happened
  std::string books;             ///< with a manner: everything that it left, without ids and times
  std::optional<violation> broken;
};

class world {
public:
  explicit world(const run_options& options);
  ~world();
  run_report run();

private:
  // world.cpp
  void draw_circumstances();
  void draw_faults();
  void set_up();
  void safety();
  void liveness();
  void in_a_manner();
  std::string books_text(bool with_order) const;
  bool issue(const request& r);
  void read_something();
  void pay_out(customer& c);

  // world_jobs.cpp
  void finish_jobs();
  bool wait_for_jobs();

  // pace.cpp
  void one_step();
  void advance(std::int64_t us);
  void watch_deadlines();
  bool quiet();
  bool settle();
  void calm_down(bool whole);
  void disaster();
  void start_node();
  void crash();
  void heal();
  void stop_under_load();
  void say(const std::string& line);
  bool good() const { return judge_->ok(); }
  node& to() { return *nodes_.back(); }
  bool has_former() const { return nodes_.size() > 1; }
  std::size_t next_index() { return next_index_++; }

  run_options options_;
  run_report report_;
  base::random chance_;
  base::random set_up_chance_; ///< apart: the same books whatever the schedule
  virtual_clock clock_;
  std::unique_ptr<observability::metrics> metrics_;
  std::unique_ptr<observability::log> log_;
  std::unique_ptr<shared_database> db_;
  std::unique_ptr<judge> judge_;
  std::unique_ptr<workload> work_;
  std::unique_ptr<job_clients> jobs_; ///< none: this run has no jobs
  node_options node_;
  std::vector<std::unique_ptr<node>> nodes_; ///< the last one is the owner
  std::vector<operation_ptr> waiting_;
  std::vector<std::string> answers_; ///< with a manner
  std::size_t nodes_started_ = 0;
  std::size_t next_index_ = 0;
  std::size_t rows_open_ = 0; ///< users that are being registered
  std::uint64_t disaster_rate_ = 0;
  std::uint64_t hurry_ = 12; ///< steps between two requests, at most
  std::size_t calm_every_ = 12;
};

run_report run(const run_options& options);

} // namespace sim
