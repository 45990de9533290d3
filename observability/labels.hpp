// What   Every closed list of label values, as an enum and its texts.
// Why    A label that is an enum cannot hold a name, an id or an error text, and its series can all
//        be made at start. The order of the enumerators is the order of the texts.
// Bounds Label names never include job, instance, le, quantile, env, region, cluster, service.
// Threads any (constants).
// Source metrics.md §4, §5; job names: api-contract §14.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace observability {

/// Specialised below: `key` is the label's name, `values` its texts.
template <class Label> struct label_values;

template <class Label> constexpr std::string_view text_of(Label at) {
  return label_values<Label>::values[static_cast<std::size_t>(at)];
}

/// The enumerator with this text, else `otherwise`.
template <class Label> constexpr Label label_of(std::string_view text, Label otherwise) {
  const auto& values = label_values<Label>::values;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] == text) return static_cast<Label>(i);
  return otherwise;
}

// -- jobs and insights (the eight fixed names)
// ------------------------------------------------------

enum class job_name : std::uint8_t {
  recurring_transactions,
  insights_job,
  budget_alerts,
  weekly_reports,
  low_balance_alerts,
  insights_weekly_notifications,
  payment_reminders,
  monthly_balance_snapshots,
  reconcile_snapshots,
  reconcile_balances,
  ledger_audit,
  idempotency_purge,
  prune,
  other ///< locks of kinds that are no job of the system
};
template <> struct label_values<job_name> {
  static constexpr std::string_view key = "job_name";
  static constexpr std::array<std::string_view, 14> values{"recurring_transactions",
                                                           "insights_job",
                                                           "budget_alerts",
                                                           "weekly_reports",
                                                           "low_balance_alerts",
                                                           "insights_weekly_notifications",
                                                           "payment_reminders",
                                                           "monthly_balance_snapshots",
                                                           "reconcile_snapshots",
                                                           "reconcile_balances",
                                                           "ledger_audit",
                                                           "idempotency_purge",
                                                           "prune",
                                                           "other"};
};

enum class insights_source : std::uint8_t {
  api,
  job,
  api_incremental_category,
  api_incremental_goals,
  job_incremental_category,
  job_incremental_goals
};
template <> struct label_values<insights_source> {
  static constexpr std::string_view key = "source";
  static constexpr std::array<std::string_view, 6> values{"api",
                                                          "job",
                                                          "api_incremental_category",
                                                          "api_incremental_goals",
                                                          "job_incremental_category",
                                                          "job_incremental_goals"};
};

enum class insights_caller : std::uint8_t { api, job };
template <> struct label_values<insights_caller> {
  static constexpr std::string_view key = "source";
  static constexpr std::array<std::string_view, 2> values{"api", "job"};
};

// -- http
// --------------------------------------------------------------------------------------------

enum class http_method : std::uint8_t { get, head, post, put, patch, del, options, other };
template <> struct label_values<http_method> {
  static constexpr std::string_view key = "method";
  static constexpr std::array<std::string_view, 8> values{"GET",   "HEAD",   "POST",    "PUT",
                                                          "PATCH", "DELETE", "OPTIONS", "OTHER"};
};

enum class status_class : std::uint8_t { c2xx, c3xx, c4xx, c5xx };
template <> struct label_values<status_class> {
  static constexpr std::string_view key = "status_class";
  static constexpr std::array<std::string_view, 4> values{"2xx", "3xx", "4xx", "5xx"};
};
constexpr status_class class_of_status(int status) {
  if (status >= 500) return status_class::c5xx;
  if (status >= 400) return status_class::c4xx;
  return status >= 300 ? status_class::c3xx : status_class::c2xx;
}

enum class route_group : std::uint8_t {
  auth,
  accounts,
  transactions,
  planning,
  reports,
  shared,
  jobs,
  schedules,
  workers,
  console,
  health
};
template <> struct label_values<route_group> {
  static constexpr std::string_view key = "route_group";
  static constexpr std::array<std::string_view, 11> values{
      "auth", "accounts",  "transactions", "planning", "reports", "shared",
      "jobs", "schedules", "workers",      "console",  "health"};
};

enum class rejection : std::uint8_t {
  overload,
  shutting_down,
  rate_limited,
  too_large,
  malformed,
  db_unavailable,
  read_only,
  recovery_mode
};
template <> struct label_values<rejection> {
  static constexpr std::string_view key = "reason";
  static constexpr std::array<std::string_view, 8> values{
      "overload",  "shutting_down",  "rate_limited", "too_large",
      "malformed", "db_unavailable", "read_only",    "recovery_mode"};
};

enum class listener : std::uint8_t { public_, console };
template <> struct label_values<listener> {
  static constexpr std::string_view key = "listener";
  static constexpr std::array<std::string_view, 2> values{"public", "console"};
};

// -- ledger, journal, accounts
// -----------------------------------------------------------------------

enum class posting_type : std::uint8_t { income, expense, transfer, opening, adjustment, reversal };
template <> struct label_values<posting_type> {
  static constexpr std::string_view key = "type";
  static constexpr std::array<std::string_view, 6> values{"income",  "expense",    "transfer",
                                                          "opening", "adjustment", "reversal"};
};

enum class refusal_code : std::uint8_t {
  insufficient_balance,
  account_closed,
  balance_limit,
  envelope_insufficient,
  other
};
template <> struct label_values<refusal_code> {
  static constexpr std::string_view key = "code";
  static constexpr std::array<std::string_view, 5> values{"TX_INSUFFICIENT_BALANCE",
                                                          "TX_ACCOUNT_CLOSED", "TX_BALANCE_LIMIT",
                                                          "ENVELOPE_INSUFFICIENT", "other"};
};

enum class invariant : std::uint8_t {
  ledger_balance,
  transfer_net_zero,
  soft_delete_reversal,
  ledger_append_only,
  goal,
  envelope,
  snapshot,
  has_entries,
  same_owner,
  shares_exact,
  balanced
};
template <> struct label_values<invariant> {
  static constexpr std::string_view key = "invariant";
  static constexpr std::array<std::string_view, 11> values{
      "LedgerBalance", "TransferNetZero", "SoftDeleteReversal", "LedgerAppendOnly", "Goal",
      "Envelope",      "Snapshot",        "HasEntries",         "SameOwner",        "SharesExact",
      "Balanced"};
};

enum class ledger_check : std::uint8_t { chain, entries, balances, snapshots };
template <> struct label_values<ledger_check> {
  static constexpr std::string_view key = "check";
  static constexpr std::array<std::string_view, 4> values{"chain", "entries", "balances",
                                                          "snapshots"};
};

enum class commit_result : std::uint8_t { ok, failed, fenced, bisected };
template <> struct label_values<commit_result> {
  static constexpr std::string_view key = "result";
  static constexpr std::array<std::string_view, 4> values{"ok", "failed", "fenced", "bisected"};
};

enum class doubt_outcome : std::uint8_t { applied, absent };
template <> struct label_values<doubt_outcome> {
  static constexpr std::string_view key = "outcome";
  static constexpr std::array<std::string_view, 2> values{"applied", "absent"};
};

enum class account_load : std::uint8_t { loaded, passivated };
template <> struct label_values<account_load> {
  static constexpr std::string_view key = "result";
  static constexpr std::array<std::string_view, 2> values{"loaded", "passivated"};
};

// -- idempotency, auth
// -------------------------------------------------------------------------------

enum class idempotency_result : std::uint8_t { first, replayed, waited, conflict, mismatch };
template <> struct label_values<idempotency_result> {
  static constexpr std::string_view key = "result";
  static constexpr std::array<std::string_view, 5> values{"first", "replayed", "waited", "conflict",
                                                          "mismatch"};
};

enum class auth_operation : std::uint8_t { login, refresh, register_, reset };
template <> struct label_values<auth_operation> {
  static constexpr std::string_view key = "operation";
  static constexpr std::array<std::string_view, 4> values{"login", "refresh", "register", "reset"};
};

enum class auth_result : std::uint8_t {
  ok,
  bad_credentials,
  inactive,
  expired,
  revoked,
  limited,
  error
};
template <> struct label_values<auth_result> {
  static constexpr std::string_view key = "result";
  static constexpr std::array<std::string_view, 7> values{
      "ok", "bad_credentials", "inactive", "expired", "revoked", "limited", "error"};
};

enum class token_rejection : std::uint8_t {
  missing,
  expired,
  bad_signature,
  unknown_key,
  unknown_user,
  malformed,
  revoked
};
template <> struct label_values<token_rejection> {
  static constexpr std::string_view key = "reason";
  static constexpr std::array<std::string_view, 7> values{
      "missing", "expired", "bad_signature", "unknown_key", "unknown_user", "malformed", "revoked"};
};

// -- storage
// -----------------------------------------------------------------------------------------

enum class statement_class : std::uint8_t { commit, read, lock, migrate };
template <> struct label_values<statement_class> {
  static constexpr std::string_view key = "class";
  static constexpr std::array<std::string_view, 4> values{"commit", "read", "lock", "migrate"};
};

enum class error_class : std::uint8_t { definite, transient, read_only, in_doubt };
template <> struct label_values<error_class> {
  static constexpr std::string_view key = "class";
  static constexpr std::array<std::string_view, 4> values{"definite", "transient", "read_only",
                                                          "in_doubt"};
};

enum class connection_role : std::uint8_t { journal, read, lock };
template <> struct label_values<connection_role> {
  static constexpr std::string_view key = "role";
  static constexpr std::array<std::string_view, 3> values{"journal", "read", "lock"};
};

enum class connection_state : std::uint8_t { idle, busy, broken };
template <> struct label_values<connection_state> {
  static constexpr std::string_view key = "state";
  static constexpr std::array<std::string_view, 3> values{"idle", "busy", "broken"};
};

// -- the job platform
// -------------------------------------------------------------------------------

/// Of jobs without an outcome; one that is told to stop still runs.
enum class live_state : std::uint8_t {
  scheduled,
  waiting,
  ready,
  running,
  committing,
  retrying,
  parked,
  dead
};
template <> struct label_values<live_state> {
  static constexpr std::string_view key = "state";
  static constexpr std::array<std::string_view, 8> values{
      "scheduled", "waiting", "ready", "running", "committing", "retrying", "parked", "dead"};
};

enum class final_state : std::uint8_t { succeeded, cancelled, discarded };
template <> struct label_values<final_state> {
  static constexpr std::string_view key = "state";
  static constexpr std::array<std::string_view, 3> values{"succeeded", "cancelled", "discarded"};
};

enum class attempt_outcome : std::uint8_t {
  succeeded,
  retried,
  dead,
  cancelled,
  snoozed,
  lost,
  handed_back
};
template <> struct label_values<attempt_outcome> {
  static constexpr std::string_view key = "outcome";
  static constexpr std::array<std::string_view, 7> values{
      "succeeded", "retried", "dead", "cancelled", "snoozed", "lost", "handed_back"};
};

enum class run_result : std::uint8_t { ok, failed };
template <> struct label_values<run_result> {
  static constexpr std::string_view key = "result";
  static constexpr std::array<std::string_view, 2> values{"ok", "failed"};
};

enum class lane_state : std::uint8_t { active, paused, shut };
template <> struct label_values<lane_state> {
  static constexpr std::string_view key = "state";
  static constexpr std::array<std::string_view, 3> values{"active", "paused", "shut"};
};

enum class dead_letter_state : std::uint8_t { open, muted };
template <> struct label_values<dead_letter_state> {
  static constexpr std::string_view key = "state";
  static constexpr std::array<std::string_view, 2> values{"open", "muted"};
};

enum class pause_target : std::uint8_t { queue, kind, user, lane, schedule };
template <> struct label_values<pause_target> {
  static constexpr std::string_view key = "target";
  static constexpr std::array<std::string_view, 5> values{"queue", "kind", "user", "lane",
                                                          "schedule"};
};

enum class unique_result : std::uint8_t { returned, refused, replaced, debounced };
template <> struct label_values<unique_result> {
  static constexpr std::string_view key = "result";
  static constexpr std::array<std::string_view, 4> values{"returned", "refused", "replaced",
                                                          "debounced"};
};

enum class recovered_reason : std::uint8_t { restart, adopted, lease_lost, crash_suspect };
template <> struct label_values<recovered_reason> {
  static constexpr std::string_view key = "reason";
  static constexpr std::array<std::string_view, 4> values{"restart", "adopted", "lease_lost",
                                                          "crash_suspect"};
};

enum class executor_state : std::uint8_t { idle, busy, stuck };
template <> struct label_values<executor_state> {
  static constexpr std::string_view key = "state";
  static constexpr std::array<std::string_view, 3> values{"idle", "busy", "stuck"};
};

enum class pull_state : std::uint8_t { active, quiet, terminating, lost };
template <> struct label_values<pull_state> {
  static constexpr std::string_view key = "state";
  static constexpr std::array<std::string_view, 4> values{"active", "quiet", "terminating", "lost"};
};

enum class delivery_way : std::uint8_t { mail, webhook };
template <> struct label_values<delivery_way> {
  static constexpr std::string_view key = "way";
  static constexpr std::array<std::string_view, 2> values{"mail", "webhook"};
};
enum class delivery_result : std::uint8_t { delivered, failed, unknown, retried };
template <> struct label_values<delivery_result> {
  static constexpr std::string_view key = "result";
  static constexpr std::array<std::string_view, 4> values{"delivered", "failed", "unknown",
                                                          "retried"};
};

// -- actors, logs
// ------------------------------------------------------------------------------------

enum class actor_role : std::uint8_t {
  supervisor,
  gateway,
  account,
  journal,
  dispatcher,
  queue,
  schedule,
  lock,
  worker_hub,
  store,
  console
};
template <> struct label_values<actor_role> {
  static constexpr std::string_view key = "role";
  static constexpr std::array<std::string_view, 11> values{
      "supervisor", "gateway", "account",    "journal", "dispatcher", "queue",
      "schedule",   "lock",    "worker_hub", "store",   "console"};
};

enum class log_level : std::uint8_t { debug, info, warning, error, critical };
template <> struct label_values<log_level> {
  static constexpr std::string_view key = "level";
  static constexpr std::array<std::string_view, 5> values{"debug", "info", "warning", "error",
                                                          "critical"};
};

} // namespace observability
