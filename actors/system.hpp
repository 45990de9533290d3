// What   node: the actor system of one process: settings in, http::backend out, ordered stop.
// Why    app/ wires parts; everything that is CAF stays behind this header.
// Threads start and stop from one thread; backend() from any.
#pragma once

#include "actors/environment.hpp"
#include "actors/job_kinds.hpp"
#include "actors/schedule_entry.hpp"
#include "http/backend.hpp"
#include "http/job_backend.hpp"
#include "http/job_event_source.hpp"
#include "http/lock_backend.hpp"
#include "http/schedule_backend.hpp"
#include "http/worker_backend.hpp"

#include <memory>

namespace storage {
class crash_recorder;
}

namespace actors {

struct node_settings {
  limits bounds;
  std::string node_id;
  std::string version;     ///< of the program
  std::size_t threads = 0; ///< of CAF's scheduler; 0 = as many as cores
  std::chrono::milliseconds read_deadline{4'000};
  std::function<base::civil_day(base::utc_us)> local_day;
  storage::head_memory* heads = nullptr;       ///< outlives the node
  storage::crash_recorder* recorder = nullptr; ///< outlives the node
  std::shared_ptr<const job_kinds> kinds;      ///< none: the node runs no jobs
  zone_lookup zones;                           ///< none: it follows no schedules
  std::size_t job_threads = 4;                 ///< of built-in kinds
  std::string lease_secret;                    ///< of the leases of workers
  bool recovery = false;                       ///< begin without taking writes of clients
  std::vector<ledger::lost_commits> lost = {}; ///< found before the start; implies recovery
  actors::on_deliveries on_deliveries = {};    ///< environment.hpp
};

class node {
public:
  node(node_settings settings, storage::store& store, base::clock& time, observability::log& log,
       observability::metrics& metrics, base::id_source& ids);
  ~node(); ///< stops, if stop() was not called
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  http::backend& backend();
  /// Only of a node with kinds.
  http::job_backend& jobs();
  http::worker_backend& workers();
  http::job_event_source& job_events();
  http::lock_backend& locks();
  http::schedule_backend& schedules();
  /// Health says so from now on, so that no new traffic comes; commands go on.
  void drain();
  /// Commands are refused from now on (SHUTTING_DOWN); those inside end. Journals
  /// (flushed), shards, supervisor. After `patience` the store is stopped under them, so
  /// that what waits for a database that is away ends too. Idempotent.
  void stop(std::chrono::milliseconds patience);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace actors
