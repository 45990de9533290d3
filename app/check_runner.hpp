// What   check_runner: http::ledger_checks over a thread of its own that walks the ledger.
// Why    A walk blocks for minutes; neither a request's thread nor an actor may.
// Bounds One walk at a time; runs_max runs are remembered.
// Errors See ledger_checks. An exception of a walk is a failed run.
// Threads any; the destructor ends the walk and waits for it.
#pragma once

#include "base/time.hpp"
#include "http/backfill_pass.hpp"
#include "http/ledger_checks.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "scheduler/zone_rules.hpp"
#include "storage/open.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace app {

struct check_surroundings {
  storage::open_settings database; ///< for a snapshot of its own, beside the store
  storage::store& store;
  const scheduler::zone_rules& zone;
  base::clock& clock;
  observability::log& log;
  observability::metrics& metrics;
  std::function<std::string()> new_id;
};

class check_runner final : public http::ledger_checks {
public:
  explicit check_runner(check_surroundings around) : around_(std::move(around)) {}
  ~check_runner() override { stop(); }

  base::result<std::string> start(http::check_wish wish) override;
  std::optional<http::check_run> look(const std::string& id,
                                      std::chrono::milliseconds patience) override;
  std::vector<http::check_run> recent() override;
  void backfilled(const http::backfill_page& page) override;

  /// Nothing starts any more, nobody waits any more, and the walk ends with its page.
  void begin_stop();
  /// Waits for that: a page may take minutes, so do it last.
  void stop();

private:
  struct ending {
    std::string result;
    bool passed = false;
  };

  void forget_old(); ///< under the lock
  void run(const std::string& id, const http::check_wish& wish);
  base::result<ending> walk(const std::string& id, const http::check_wish& wish);
  base::result<ending> verify(const std::string& id, const http::check_wish& wish);
  bool goes_on(const std::string& id, std::string_view of, std::uint64_t seen);
  base::result<ending> reconcile(const std::string& id, const http::check_wish& wish);
  base::result<ending> snapshots(const std::string& id, const http::check_wish& wish);
  http::check_run* find(const std::string& id); ///< under the lock

  check_surroundings around_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::deque<http::check_run> runs_; ///< newest first
  http::backfill_pass backfill_;
  std::thread thread_;
};

} // namespace app
