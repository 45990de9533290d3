// What   health_probe: asks the database once a second whether it is there and takes writes, and in
//        between what it uses, for whoever wants to know.
// Why    On a connection of its own: what it tells is wanted most when readers and journals are
//        stuck. health() then reads what is known and never waits.
// Bounds One question at a time, each within 3 s; at most asking_max wait.
// Errors usage: failures of storage::errc; unavailable at once while the last probe found nobody.
// Threads any; the session is confined to the probe's lane.
#pragma once

#include "observability/metrics.hpp"
#include "storage/asked.hpp"
#include "storage/lane.hpp"
#include "storage/session.hpp"
#include "storage/stop_signal.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace storage {

class health_probe {
public:
  health_probe(database& db, std::int64_t schema, observability::metrics& metrics,
               stop_signal& stop, open_calls& calls);

  /// `tick` runs after each probe.
  void start(std::function<void()> tick);
  void usage(callback<database_usage> done);
  store_health state();
  /// After the stop signal, when no call is open any more.
  void close();

private:
  static constexpr std::size_t asking_max = 8;
  static constexpr std::size_t queue_max = asking_max + 2; ///< with a probe, and the end

  boost::asio::awaitable<void> repeat();
  boost::asio::awaitable<void> probe();
  boost::asio::awaitable<void> tell(std::shared_ptr<callback<database_usage>> answer);

  lane lane_;
  serial_queue queue_{lane_, queue_max};
  database& db_;
  std::unique_ptr<session> session_;
  observability::metrics& metrics_;
  stop_signal& stop_;
  open_calls& calls_;
  std::function<void()> tick_;
  std::atomic<std::size_t> asking_{0};
  std::atomic<bool> probing_{false};
  std::mutex mutex_;
  store_health state_;
};

} // namespace storage
