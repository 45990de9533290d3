#include "app/prune_job.hpp"

#include "base/json.hpp"
#include "base/slot.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace app {
namespace {

using namespace std::chrono_literals;
using storage::old_rows;

constexpr auto slice_patience = 15s;
constexpr std::int64_t rest_factor = 4;
constexpr std::int64_t deliveries_kept_us = 90 * base::us_per_day;
/// Somebody may still post into last year.
constexpr std::int64_t states_kept_us = 400 * base::us_per_day;
/// Clocks of two nodes differ, and a request that is under way may still look.
constexpr std::int64_t expired_grace_us = 3600 * base::us_per_second;

base::result<std::int64_t> prune_slice(storage::pruning_port& from, const old_part& part) {
  const auto waiting = std::make_shared<base::slot<base::result<std::int64_t>>>();
  from.prune(part.what, part.before,
             [waiting](base::result<std::int64_t> r) { waiting->put(std::move(r)); });
  auto answer = waiting->wait_for(slice_patience);
  if (!answer) return base::failure{"DB_TIMEOUT", {}};
  return std::move(*answer);
}

/// False: told to stop.
bool rest_between(std::chrono::nanoseconds time, const std::stop_token& stop) {
  std::mutex guard;
  std::condition_variable_any told;
  std::unique_lock hold{guard};
  told.wait_for(hold, stop, time, [] { return false; });
  return !stop.stop_requested();
}

base::utc_us back(base::utc_us from, std::int64_t us) { return {from.count - us}; }

} // namespace

actors::job_verdict prune_parts(storage::pruning_port& from, base::clock& clock,
                                observability::metrics& metrics, const actors::job_context& job,
                                const std::vector<old_part>& parts) {
  const auto end = clock.steady_ns() + std::chrono::nanoseconds{prune_time_max}.count();
  base::json::object counts;
  bool more = false;
  for (const auto& part : parts) {
    std::int64_t gone = 0, last = storage::pruned_rows_max;
    for (int slice = 0; last == storage::pruned_rows_max; ++slice) {
      if (slice == prune_slices_max || clock.steady_ns() >= end) {
        more = true;
        break;
      }
      const auto begun = clock.steady_ns();
      const auto n = prune_slice(from, part);
      if (!n) return actors::try_later(n.error().code);
      last = *n;
      gone += last;
      if (part.what == old_rows::answers) metrics.idempotency_purged.add(static_cast<double>(last));
      if (job.progress) job.progress(gone, gone);
      const std::chrono::nanoseconds took{clock.steady_ns() - begun};
      if (last == storage::pruned_rows_max && !rest_between(rest_factor * took, job.stop))
        return actors::try_later("INTERRUPTED");
    }
    counts.emplace_back(part.name, gone);
  }
  counts.emplace_back("more", more);
  return actors::job_done{base::json::write(counts), {}};
}

actors::job_kind idempotency_purge_kind(const product_surroundings& around) {
  actors::job_kind k;
  k.name = "idempotency_purge";
  k.run = [around](const actors::job_context& job) {
    return prune_parts(around.store.pruning(), around.clock, around.metrics, job,
                       {{"answers", old_rows::answers, back(job.now, expired_grace_us)}});
  };
  return k;
}

actors::job_kind prune_kind(const product_surroundings& around) {
  actors::job_kind k;
  k.name = "prune";
  k.run = [around](const actors::job_context& job) {
    const auto expired = back(job.now, expired_grace_us);
    const auto told = around.settings.insights.notification_retention_days * base::us_per_day;
    return prune_parts(around.store.pruning(), around.clock, around.metrics, job,
                       {{"sessions", old_rows::sessions, expired},
                        {"refresh_tokens", old_rows::refresh_tokens, expired},
                        {"password_resets", old_rows::password_resets, expired},
                        {"notifications", old_rows::notifications, back(job.now, told)},
                        {"deliveries", old_rows::deliveries, back(job.now, deliveries_kept_us)},
                        {"alert_states", old_rows::alert_states, back(job.now, states_kept_us)}});
  };
  return k;
}

} // namespace app
