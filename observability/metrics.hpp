// What   metrics: every metric that exists now, one member each; counter, gauge and histogram
//        handles.
// Why    The only face of the metrics library: no foreign type, so every folder may hold a
//        reference to it. Names and labels are fixed by the catalogue, so a typing error does not
//        compile.
// Bounds < 2 000 series. All closed label sets are there with 0 from construction; routes from
//        add_route().
// Errors Nothing fails: what is negative (counters, histograms) or not finite is dropped and
//        counted in metrics_bad_observations.
// Threads any, all members; a counter or gauge is one atomic, a histogram takes a short mutex.
// Source metrics.md §1, §3-§5.
#pragma once

#include "observability/labels.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace observability {

class job_metrics;
class prometheus_exporter;
struct counter_cell;
struct gauge_cell;
struct histogram_cell;

/// Only grows. A handle is a pointer: copy it freely while its metrics object lives.
class counter {
public:
  counter() = default;
  explicit counter(counter_cell* cell) : cell_(cell) {}
  void add(double n = 1) const noexcept;
  double value() const noexcept;

private:
  counter_cell* cell_ = nullptr;
};

/// A level.
class gauge {
public:
  gauge() = default;
  explicit gauge(gauge_cell* cell) : cell_(cell) {}
  void set(double level) const noexcept;
  void add(double n = 1) const noexcept; ///< may be negative
  double value() const noexcept;

private:
  gauge_cell* cell_ = nullptr;
};

/// Latencies in seconds, or sizes.
class histogram {
public:
  histogram() = default;
  explicit histogram(histogram_cell* cell) : cell_(cell) {}
  void observe(double value) const;
  void observe(std::chrono::nanoseconds took) const {
    observe(static_cast<double>(took.count()) / 1e9);
  }
  /// One lock for a whole batch.
  void observe_all(std::span<const double> values) const;
  std::uint64_t count() const;
  double sum() const;

private:
  histogram_cell* cell_ = nullptr;
};

/// One handle per combination of closed labels: `m.auth_attempts(auth_operation::login,
/// auth_result::ok).add()`.
template <class Handle, class... Labels> class labelled {
public:
  static constexpr std::size_t size = (label_values<Labels>::values.size() * ...);

  const Handle& operator()(Labels... at) const { return handles_[index(at...)]; }
  Handle& operator()(Labels... at) { return handles_[index(at...)]; }

private:
  static constexpr std::size_t index(Labels... at) {
    std::size_t i = 0;
    ((i = i * label_values<Labels>::values.size() + static_cast<std::size_t>(at)), ...);
    return i;
  }
  std::array<Handle, size> handles_{};
};

/// Labels of vaidepix_build_info.
struct build_identity {
  std::string version = "unknown";
  std::string revision = "unknown";
  std::string compiler = "unknown";
  std::string storage = "sqlite"; ///< or postgres
};

class metrics {
public:
  explicit metrics(const build_identity& build = {});
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// The text of /metrics (Prometheus 0.0.4). Renders atomics: no SQL, no message.
  std::string render() const;

  // The eight names of the former backend.
  labelled<histogram, insights_source> insights_compute_duration;
  counter insights_cache_hits;
  counter insights_cache_misses;
  labelled<counter, insights_caller> insights_errors;
  labelled<counter, job_name> job_lock_acquired;
  labelled<counter, job_name> job_lock_contended;
  labelled<histogram, job_name> job_duration;
  labelled<counter, job_name> job_failures;

  // HTTP. Routes are templates ("/api/accounts/{id}"), registered before the server listens.
  void add_route(http_method method, std::string_view route, bool takes_idempotency_key = false);
  /// A route that is not registered counts as "unmatched".
  counter http_requests(http_method method, std::string_view route, status_class status);
  labelled<histogram, route_group> http_request_duration;
  labelled<counter, rejection> http_rejected;
  labelled<gauge, listener> http_connections;
  gauge http_requests_in_flight;
  counter http_unhandled_exceptions;
  counter http_version_conflicts;

  // Ledger.
  labelled<counter, posting_type> ledger_postings;
  labelled<counter, refusal_code> ledger_refusals; ///< label_of(code, refusal_code::other)
  counter ledger_entries;
  counter ledger_version_conflicts;
  histogram ledger_posting_duration;
  labelled<counter, invariant> ledger_invariant_violations;
  labelled<gauge, ledger_check> ledger_findings;
  labelled<gauge, ledger_check> ledger_check_timestamp;
  labelled<counter, ledger_check> ledger_checked;
  gauge recovery_mode;

  // Journal.
  histogram journal_batch_size;
  histogram journal_wait;
  histogram journal_commit;
  labelled<counter, commit_result> journal_commits;
  labelled<counter, doubt_outcome> journal_in_doubt_resolved;
  gauge journal_in_doubt;
  gauge journal_queue;
  gauge journal_last_commit_timestamp;

  // Account actors.
  histogram account_wait;
  histogram account_reserve;
  gauge accounts_active;
  gauge accounts_hot;
  gauge account_reservations;
  gauge account_mailbox_max;
  labelled<counter, account_load> account_loads;

  job_metrics& jobs() { return *jobs_; } ///< of the job platform: job_metrics.hpp

  // Idempotency. The route as in http_requests.
  counter idempotency_requests(std::string_view route, idempotency_result result);
  histogram idempotency_wait;
  counter idempotency_purged;

  // Auth.
  labelled<counter, auth_operation, auth_result> auth_attempts;
  labelled<counter, token_rejection> auth_token_rejections;

  // Storage.
  gauge storage_up;
  gauge storage_read_only;
  gauge storage_schema_version;
  labelled<histogram, statement_class> storage_statement;
  labelled<counter, error_class> storage_errors;
  labelled<gauge, connection_role, connection_state> storage_connections;
  labelled<counter, connection_role> storage_reconnects;
  histogram storage_pool_wait;

  // Actors and their supervisor.
  labelled<gauge, actor_role> actors;
  labelled<gauge, actor_role> actor_mailbox;
  labelled<counter, actor_role> actor_messages;
  labelled<counter, actor_role> actor_busy_seconds;
  labelled<counter, actor_role> actor_failures;
  labelled<counter, actor_role> actor_restarts;
  labelled<counter, actor_role> actor_rejections;
  counter supervisor_escalations;

  // The process and its telemetry.
  gauge build_info;
  gauge ready;
  gauge draining;
  labelled<counter, log_level> log_lines;
  counter log_dropped;
  counter metrics_bad_observations;
  histogram metrics_render;

private:
  struct routes;
  std::unique_ptr<prometheus_exporter> exporter_;
  std::unique_ptr<routes> routes_;
  std::unique_ptr<job_metrics> jobs_;
};

} // namespace observability
