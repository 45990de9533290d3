// What   environment: what every actor of the node needs, handed over at spawn.
// Why    Dependencies are arguments; nothing here is global. One struct, because all actors share
//        its life time.
// Threads the members are thread-safe.
#pragma once

#include "actors/recovery_mode.hpp"
#include "actors/stopped_shards.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "ledger/delivery.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "storage/head_memory.hpp"
#include "storage/port.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace actors {

/// A commit has brought these, and they wait for somebody who delivers them. Called on CAF's
/// threads: it must not block.
using on_deliveries =
    std::function<void(const ledger::user_id&, const std::vector<ledger::delivery_id>&)>;

struct limits {
  std::size_t journal_batch_items = 1000;   ///< items of one commit
  std::size_t journal_batch_rows = 8000;    ///< rows of one commit; a larger single item goes alone
  std::size_t journal_queue_rows = 100'000; ///< rows waiting; beyond it OVERLOADED
  std::size_t journal_heads = 400'000;      ///< balances and versions kept in memory
  std::size_t book_operations = 20'000;     ///< running commands and waiting duplicates of one user
  std::size_t books_per_shard = 20'000;     ///< beyond it the longest unused are passivated
  std::size_t commands_in_flight = 50'000;  ///< of the whole node
  std::chrono::milliseconds book_idle{300'000};
  std::chrono::milliseconds idempotency_wait{8'000};
  std::chrono::hours idempotency_ttl{24};
};

/// What health, gateway and metrics read of the actors without asking them.
struct node_status {
  std::atomic<std::uint32_t> journals_open{0};
  /// Jobs and schedules are being read, at the start only: what asks for them would be refused.
  std::atomic<bool> jobs_awaited{false};
  stopped_shards stopped;
  recovery_mode recovery;            ///< clients only read
  std::atomic<bool> draining{false}; ///< said by health, so that no new traffic comes
  std::atomic<bool> fenced{false};   ///< another process has taken shards of ours
  std::atomic<bool> closed{false};   ///< the gateway takes no commands any more
  /// Threads of job handlers that do not stop although they were told to.
  std::atomic<std::uint32_t> stuck_threads{0};
};

struct environment {
  storage::store& store;
  base::clock& time;
  observability::log& log;
  observability::metrics& metrics;
  limits bounds;
  node_status& status;
  std::string node;
  std::function<base::civil_day(base::utc_us)> local_day; ///< in APP_TIMEZONE
  base::id_source& ids;
  std::string version;                   ///< of the program; shown by health
  storage::head_memory* heads = nullptr; ///< none: nothing is remembered of what was durable
  actors::on_deliveries on_deliveries = {};
};

} // namespace actors
