// What   The base of /api/admin: who may call it, what every change has to say, and its handlers.
// Why    Role and reason are checked in one place, so no route of the operator can forget them. A
//        handler gets the administrator as a parameter: without one it cannot run.
// Errors 403 ADMIN_REQUIRED for everybody whose role is not admin, before the request is decoded.
// Threads any: called on many threads at once; a handler may hold its worker for the request's
//        deadline.
// Source api-contract.md §16
#pragma once

#include "http/api/decode.hpp"
#include "http/api/service.hpp"

#include <functional>
#include <optional>
#include <string>

namespace http {

using admin_handler = response (*)(const service&, const request&,
                                   const ledger::user_record& admin);

/// Runs the handler for an administrator, or refuses.
response for_admin(const service& s, const request& r, admin_handler run);

/// The body of a change: an object, or nothing at all, which reads as an empty one.
std::variant<base::json::value, response> read_admin_body(const request& r);

/// Why a change is made, 3..200 code points: `reason` of the body, else of the query. Required.
std::optional<std::string> read_reason(const request& r, const base::json::value& body,
                                       faults& bad);

/// An action that says its reason and nothing else: done once under its key, if there is one.
response act_with_reason(const service& s, const request& r, const ledger::user_record& admin,
                         const std::function<response(const std::string& reason)>& act);

// -- users (admin_users_api.cpp) ------------------------------------------------------------------

/// ?email= : {items: [at most one user], next_cursor: null}
response admin_find_users(const service& s, const request& r, const ledger::user_record& admin);
/// {role: user or admin, reason} -> User; 409 LAST_ADMIN when no active administrator were left.
response admin_set_role(const service& s, const request& r, const ledger::user_record& admin);
/// {reason} -> User; 409 USER_DELETED for whoever deleted the account.
response admin_activate(const service& s, const request& r, const ledger::user_record& admin);
/// {reason} -> User. All sessions end; 409 LAST_ADMIN as above.
response admin_deactivate(const service& s, const request& r, const ledger::user_record& admin);
/// {reason} -> {user_id, sessions_revoked}
response admin_revoke_sessions(const service& s, const request& r,
                               const ledger::user_record& admin);
/// {reason} -> {user_id, accounts_created, categories_created}: what a new user begins with, of
/// each kind that this one has nothing of.
response admin_seed_defaults(const service& s, const request& r, const ledger::user_record& admin);

// -- database (admin_database_api.cpp) ------------------------------------------------------------

/// {state, adapter, version, read_only, schema, size_bytes, free_bytes, pool, connections,
/// long_transactions, file}; null what the database does not say, because it is away or has it not.
response admin_database(const service& s, const request& r, const ledger::user_record& admin);

// -- recovery mode --------------------------------------------------------------------------------

/// {active, lost: [{shard, remembered_seq, found_seq, other_history}]}
response admin_recovery(const service& s, const request& r, const ledger::user_record& admin);

/// {reason, force?}: what is lost is given up, and clients write again. 409 that names the step of
/// recovery_steps which is missing, or whose last run found something, unless it is forced.
response admin_finish_recovery(const service& s, const request& r,
                               const ledger::user_record& admin);

// -- ledger (admin_ledger_api.cpp) ----------------------------------------------------------------

/// {dry_run = true, reason, cursor?} -> {processed, created, skipped, errors, samples,
/// next_cursor}.
/// It works until the request's deadline is near; next_cursor says where the next call goes on.
response admin_backfill(const service& s, const request& r, const ledger::user_record& admin);
/// {dry_run?, reason} -> {account_id, stored, from_ledger, diff, changed}
response admin_sync_account(const service& s, const request& r, const ledger::user_record& admin);
/// All accounts: {dry_run = true, reason, cursor?} -> {checked, changed, items, next_cursor}
response admin_sync_accounts(const service& s, const request& r, const ledger::user_record& admin);

// -- long looks at the ledger (admin_checks_api.cpp) ----------------------------------------------
// They answer with their result when it comes within ?wait_s= (0..8, 2 by default), else 202
// {job_id}; 409 CHECK_RUNNING while one runs.

/// {user_id?, account_id?} -> {ok, checks: [{invariant, checked, violations, samples}], chain}
response admin_verify(const service& s, const request& r, const ledger::user_record& admin);
/// {scope = all} -> {checked, divergences, items: [{account_id, snapshot_date, diff_abs}]}
response admin_reconcile(const service& s, const request& r, const ledger::user_record& admin);
/// {month?, account_id?, reason} -> {month, snapshots_created_or_updated}; members also as query
response admin_snapshots(const service& s, const request& r, const ledger::user_record& admin);
/// {items: [run], next_cursor: null}, newest first; a run: {job_id, kind, whole, state, passed,
/// started_at, ended_at, progress, error, result}
response admin_list_checks(const service& s, const request& r, const ledger::user_record& admin);
response admin_get_check(const service& s, const request& r, const ledger::user_record& admin);

// -- throttling (admin_throttle_api.cpp) ---------------------------------------------------------

/// [{id, scope: account, ip or registration, failures, blocked_until}], the latest first.
response admin_list_throttled(const service& s, const request& r, const ledger::user_record& admin);
/// {reason} -> {id, unblocked}; 404 RATE_LIMIT_NOT_FOUND.
response admin_unblock(const service& s, const request& r, const ledger::user_record& admin);

// -- audit log (admin_audit_api.cpp) --------------------------------------------------------------

/// ?action= &target= &limit= &cursor= : {items, next_cursor}, newest first.
response admin_list_audit(const service& s, const request& r, const ledger::user_record& admin);

} // namespace http
