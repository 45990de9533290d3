// What   job_clients: those who ask about jobs: they send, hear answers or none, and at the end the
//        operator who sees to what is left.
// Why    They outlive the nodes, as clients do.
// Bounds Who is not answered in time hears nothing any more.
// Threads the simulation's only one.
// Source testing.md §5.
#pragma once

#include "tests/sim/job_workload.hpp"
#include "tests/sim/node.hpp"

#include <memory>
#include <vector>

namespace sim {

class job_clients {
public:
  job_clients(std::uint64_t seed, judge& books, shared_database& db, workload& clients);

  /// Puts the jobs into what a node is made of.
  void equip(node_options& options);
  void node_started(const node_options& options) { judge_.node_started(options.name); }
  void crashed();

  /// One request of this index, if there is one.
  void ask(std::size_t index, node& n, bool at_former, std::int64_t patience_us);
  void watch_deadlines();
  bool waits() const { return !waiting_.empty(); }
  std::size_t asked() const { return asked_; }

  job_judge& seen() { return judge_; }

  // of an operator
  void end_pauses(node& n);
  /// Sees to all that waits for a person or for long; how many there were. Without patience what
  /// is dead is given up.
  std::size_t see_to_it(node& n, bool patient);

private:
  void send(const job_ask_ptr& a, node& n);
  void send_enqueue(const job_ask_ptr& a, node& n);
  template <class T>
  std::function<void(base::result<T>)>
  heard(const job_ask_ptr& a, void (job_judge::*judge)(job_ask&, const base::result<T>&));

  judge& books_;
  shared_database& db_;
  std::shared_ptr<drawn_jobs> jobs_;
  job_judge judge_;
  job_workload work_;
  std::vector<job_ask_ptr> waiting_;
  std::size_t asked_ = 0;
  std::size_t operator_asks_ = 0;
};

} // namespace sim
