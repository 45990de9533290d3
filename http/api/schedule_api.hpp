// What   The handlers of /api/schedules.
// Why    A user sees and changes the own schedules, an administrator those of all and of the
//        system, with a reason that stands in the audit log.
// Errors Those of jobs.md §19; 503 JOBS_OFF when this server follows no schedules.
// Threads any; what takes a `reply` returns at once.
// Source jobs.md §9, §18
#pragma once

#include "http/api/service.hpp"

namespace http {

void post_schedule(const service& s, request r, reply to);
void put_schedule(const service& s, request r, reply to);
void delete_schedule(const service& s, request r, reply to);
void pause_schedule(const service& s, request r, reply to);
void resume_schedule(const service& s, request r, reply to);
void run_schedule(const service& s, request r, reply to);
/// {from, to} -> {count, existing, first, last, token}; with the token the jobs are made
void backfill_schedule(const service& s, request r, reply to);

response list_schedules(const service& s, const request& r, const ledger::user_record& user);
response get_schedule(const service& s, const request& r, const ledger::user_record& user);
response list_ticks(const service& s, const request& r, const ledger::user_record& user);
response preview_schedule(const service& s, const request& r, const ledger::user_record& user);
/// {rule, zone?, end?, n?}: of a rule that is not saved
response preview_rule(const service& s, const request& r, const ledger::user_record& user);

// shared by them (schedule_answers.cpp)
response schedule_refusal(const service& s, const base::failure& why, const request& r);

} // namespace http
