// What   The handlers of /api/jobs/locks: who holds what, and the guarded release.
// Errors Those of lock_backend.hpp; 503 JOBS_OFF when this server runs no jobs.
// Threads any; what takes a `reply` returns at once.
// Source jobs.md §10, §18
#pragma once

#include "http/api/service.hpp"

namespace http {

/// [{job_name, key, held, holder: {node, pid, foreign} or null, acquired_at, age_s, job_id}]
response list_locks(const service& s, const request& r, const ledger::user_record& user);
/// {reason, pid, force?} -> {job_name, released: {node, pid, foreign}}
void release_lock(const service& s, request r, reply to);

} // namespace http
