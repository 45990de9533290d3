#include "observability/metrics.hpp"

#include "observability/declarer.hpp"
#include "observability/job_metrics.hpp"
#include "observability/prometheus_exporter.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>

namespace observability {

// -- buckets (metrics.md §4, §5)
// ---------------------------------------------------------------------

namespace {

constexpr std::array fast{.0001, .00025, .0005, .001, .0025, .005, .01,
                          .025,  .05,    .1,    .25,  .5,    1.0,  2.5};
constexpr std::array http{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1.0, 2.5, 5.0, 10.0};
constexpr std::array sizes{1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0};
constexpr std::array insights{.01, .05, .1, .25, .5, 1.0, 2.5, 5.0};
constexpr std::array job{.1, .5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0};

} // namespace

// -- routes
// ------------------------------------------------------------------------------------------

struct metrics::routes {
  static constexpr std::string_view unmatched = "unmatched";

  struct route {
    /// By method; an empty optional is a method that this route does not take.
    std::array<std::optional<std::array<std::optional<counter>, 4>>, 8> requests;
    /// By result; empty: takes no key.
    std::optional<std::array<std::optional<counter>, 5>> idempotency;
  };

  mutable std::shared_mutex mutex;
  std::map<std::string, route, std::less<>> known;

  static counter make_requests(prometheus_exporter& to, http_method method, std::string_view path,
                               status_class status) {
    return to.add_counter("vaidepix_http_requests_total", "HTTP requests answered.",
                          {{"method", std::string{text_of(method)}},
                           {"route", std::string{path}},
                           {"status_class", std::string{text_of(status)}}});
  }

  static counter make_results(prometheus_exporter& to, std::string_view path,
                              idempotency_result result) {
    return to.add_counter("vaidepix_idempotency_requests_total",
                          "Requests with an Idempotency-Key.",
                          {{"route", std::string{path}}, {"result", std::string{text_of(result)}}});
  }

  /// The counter of a route, made when it is first needed. `cell_of` has its place in the route, or
  /// nothing when the route has no such counter: then it is that of all unknown ones.
  template <class CellOf, class Make>
  counter counted(std::string_view path, CellOf cell_of, Make make) {
    {
      const std::shared_lock hold{mutex};
      auto at = known.find(path);
      if (at == known.end() || cell_of(at->second) == nullptr) at = known.find(unmatched);
      path = at->first; // keys of a map stay where they are
      if (const auto& made = *cell_of(at->second)) return *made;
    }
    const std::lock_guard hold{mutex};
    auto& cell = *cell_of(known.find(path)->second);
    if (!cell) cell = make(path);
    return *cell;
  }
};

void metrics::add_route(http_method method, std::string_view path, bool takes_idempotency_key) {
  const std::lock_guard hold{routes_->mutex};
  auto& route = routes_->known[std::string{path}];
  auto& classes = route.requests[static_cast<std::size_t>(method)].emplace();
  for (status_class c : {status_class::c2xx, status_class::c5xx})
    classes[static_cast<std::size_t>(c)] = routes::make_requests(*exporter_, method, path, c);
  if (!takes_idempotency_key || route.idempotency) return;
  auto& results = route.idempotency.emplace();
  // All results of all routes were a fifth of the budget of series, nearly all of them 0 for ever:
  // a rare one begins with its first, as a status class does, but where no route is known.
  const std::size_t at_start = path == routes::unmatched ? results.size() : 1;
  for (std::size_t i = 0; i < at_start; ++i)
    results[i] = routes::make_results(*exporter_, path, static_cast<idempotency_result>(i));
}

counter metrics::http_requests(http_method method, std::string_view path, status_class status) {
  return routes_->counted(
      path,
      [&](routes::route& r) {
        auto& of_method = r.requests[static_cast<std::size_t>(method)];
        return of_method ? &(*of_method)[static_cast<std::size_t>(status)] : nullptr;
      },
      [&](std::string_view known) {
        return routes::make_requests(*exporter_, method, known, status);
      });
}

counter metrics::idempotency_requests(std::string_view path, idempotency_result result) {
  return routes_->counted(
      path,
      [&](routes::route& r) {
        return r.idempotency ? &(*r.idempotency)[static_cast<std::size_t>(result)] : nullptr;
      },
      [&](std::string_view known) { return routes::make_results(*exporter_, known, result); });
}

// -- the catalogue
// -----------------------------------------------------------------------------------

metrics::metrics(const build_identity& build)
    : exporter_(std::make_unique<prometheus_exporter>()), routes_(std::make_unique<routes>()) {
  declarer declare{*exporter_};

  declare(insights_compute_duration, "insights_compute_duration_seconds",
          "Time to compute the insights of one user.", insights);
  declare(insights_cache_hits, "insights_cache_hits_total", "Insights answered from the cache.");
  declare(insights_cache_misses, "insights_cache_misses_total",
          "Insights that were not in the cache.");
  declare(insights_errors, "insights_errors_total", "Failed computations of insights.");
  declare(job_lock_acquired, "job_lock_acquired_total", "Job locks taken.");
  declare(job_lock_contended, "job_lock_contended_total",
          "Job runs given up because another one held the lock.");
  declare(job_duration, "job_duration_seconds",
          "Wall time of a run that held its lock or needed none.", job);
  declare(job_failures, "job_failures_total", "Failed attempts of system jobs.");

  declare(http_request_duration, "vaidepix_http_request_duration_seconds",
          "First byte of a request to the last byte of its answer.", http);
  declare(http_rejected, "vaidepix_http_rejected_total", "Requests answered without work.");
  declare(http_connections, "vaidepix_http_connections", "Open connections.");
  declare(http_requests_in_flight, "vaidepix_http_requests_in_flight",
          "Requests that are being worked on.");
  declare(http_unhandled_exceptions, "vaidepix_http_unhandled_exceptions_total",
          "Exceptions that no handler expected; each is a bug.");
  declare(http_version_conflicts, "vaidepix_http_version_conflicts_total",
          "Requests with a stale If-Match.");
  for (std::size_t m = 0; m < label_values<http_method>::values.size(); ++m)
    add_route(static_cast<http_method>(m), routes::unmatched, true);

  declare(ledger_postings, "vaidepix_ledger_postings_total", "Transactions committed.");
  declare(ledger_refusals, "vaidepix_ledger_refusals_total", "Business refusals of the ledger.");
  declare(ledger_entries, "vaidepix_ledger_entries_total", "Ledger entries committed.");
  declare(ledger_version_conflicts, "vaidepix_ledger_version_conflicts_total",
          "Commits refused because somebody else wrote an account; must stay 0.");
  declare(ledger_posting_duration, "vaidepix_ledger_posting_duration_seconds",
          "Command received to durable answer.", fast);
  declare(ledger_invariant_violations, "vaidepix_ledger_invariant_violations_total",
          "Violated invariants of the ledger; must stay 0.");
  declare(ledger_findings, "vaidepix_ledger_findings", "Open findings of the last complete check.");
  declare(ledger_check_timestamp, "vaidepix_ledger_check_timestamp_seconds",
          "End of the last complete check since the Unix epoch.");
  declare(ledger_checked, "vaidepix_ledger_checked_total", "Objects looked at by checks.");
  declare(recovery_mode, "vaidepix_recovery_mode", "1 while the server is in recovery mode.");

  declare(journal_batch_size, "vaidepix_journal_batch_size", "Postings and outcomes per commit.",
          sizes);
  declare(journal_wait, "vaidepix_journal_wait_seconds",
          "A posting's wait from hand-over to the begin of its batch.", fast);
  declare(journal_commit, "vaidepix_journal_commit_seconds", "Begin of a batch to durable.", fast);
  declare(journal_commits, "vaidepix_journal_commits_total", "Batches by their end.");
  declare(journal_in_doubt_resolved, "vaidepix_journal_in_doubt_resolved_total",
          "Batches whose fate was asked and found.");
  declare(journal_in_doubt, "vaidepix_journal_in_doubt", "Batches whose fate is being asked.");
  declare(journal_queue, "vaidepix_journal_queue", "Postings that wait for a batch.");
  declare(journal_last_commit_timestamp, "vaidepix_journal_last_commit_timestamp_seconds",
          "Last commit since the Unix epoch, 0 = never.");

  declare(account_wait, "vaidepix_account_wait_seconds",
          "Message in the mailbox of an account to its handling.", fast);
  declare(account_reserve, "vaidepix_account_reserve_seconds",
          "First reservation to the agreement of all accounts.", fast);
  declare(accounts_active, "vaidepix_accounts_active", "Accounts held in memory.");
  declare(accounts_hot, "vaidepix_accounts_hot",
          "Accounts whose wait p95 of the last minute is above 100 ms.");
  declare(account_reservations, "vaidepix_account_reservations", "Open reservations.");
  declare(account_mailbox_max, "vaidepix_account_mailbox_max", "Deepest mailbox of an account.");
  declare(account_loads, "vaidepix_account_loads_total", "Accounts loaded and passivated.");

  declare(idempotency_wait, "vaidepix_idempotency_wait_seconds",
          "Wait of a duplicate for the first request.", fast);
  declare(idempotency_purged, "vaidepix_idempotency_purged_total", "Expired keys removed.");

  declare(auth_attempts, "vaidepix_auth_attempts_total", "Attempts to authenticate.");
  declare(auth_token_rejections, "vaidepix_auth_token_rejections_total", "Access tokens refused.");

  declare(storage_up, "vaidepix_storage_up", "1 while the database answers the probe.");
  declare(storage_read_only, "vaidepix_storage_read_only", "1 while the database takes no writes.");
  declare(storage_schema_version, "vaidepix_storage_schema_version",
          "Number of the newest migration applied.");
  declare(storage_statement, "vaidepix_storage_statement_seconds", "Time per statement.", fast);
  declare(storage_errors, "vaidepix_storage_errors_total", "Errors of the database by class.");
  declare(storage_connections, "vaidepix_storage_connections", "Connections to the database.");
  declare(storage_reconnects, "vaidepix_storage_reconnects_total", "Connections opened anew.");
  declare(storage_pool_wait, "vaidepix_storage_pool_wait_seconds",
          "Wait for a connection that reads.", fast);

  declare(actors, "vaidepix_actors", "Actors alive.");
  declare(actor_mailbox, "vaidepix_actor_mailbox", "Messages waiting, sum over the role.");
  declare(actor_messages, "vaidepix_actor_messages_total", "Messages handled.");
  declare(actor_busy_seconds, "vaidepix_actor_busy_seconds_total", "Time spent in handlers.");
  declare(actor_failures, "vaidepix_actor_failures_total", "Actors that ended by a fault.");
  declare(actor_restarts, "vaidepix_actor_restarts_total", "Actors started again.");
  declare(actor_rejections, "vaidepix_actor_rejections_total",
          "Messages refused because a bound was reached.");
  declare(supervisor_escalations, "vaidepix_supervisor_escalations_total",
          "Faults that a supervisor handed upwards.");

  build_info = exporter_->add_gauge("vaidepix_build_info", "Identity of this build; always 1.",
                                    {{"version", build.version},
                                     {"revision", build.revision},
                                     {"compiler", build.compiler},
                                     {"storage", build.storage}});
  build_info.set(1);
  declare(ready, "vaidepix_ready", "1 while the server takes traffic.");
  declare(draining, "vaidepix_draining", "1 while the server is stopping.");
  declare(log_lines, "vaidepix_log_lines_total", "Log lines by level.");
  declare(log_dropped, "vaidepix_log_dropped_total", "Log lines lost.");
  jobs_ = std::make_unique<job_metrics>(*exporter_);
  metrics_bad_observations = exporter_->bad_observations();
  declare(metrics_render, "vaidepix_metrics_render_seconds", "Time to write /metrics.", fast);
}

metrics::~metrics() = default;

std::string metrics::render() const {
  const auto start = std::chrono::steady_clock::now();
  std::string text = exporter_->render();
  metrics_render.observe(std::chrono::steady_clock::now() - start);
  return text;
}

} // namespace observability
