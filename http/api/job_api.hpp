// What   The handlers of /api/jobs, /api/queues and /api/workers.
// Why    One surface: a user sees and acts on the own jobs of kinds that are shown to users, an
//        administrator on all of them, with a reason that stands in the audit log.
// Errors Those of jobs.md §19; 503 JOBS_OFF when this server runs no jobs.
// Threads any; what takes a `reply` returns at once.
// Source jobs.md §14, §16, §18
#pragma once

#include "http/api/decode.hpp"
#include "http/api/service.hpp"
#include "http/job_service.hpp"

namespace http {

// jobs (job_api.cpp)
void post_job(const service& s, request r, reply to);
/// {jobs: [1…1,000]} -> {items: [job]}, all or none
void post_jobs(const service& s, request r, reply to);
response list_jobs(const service& s, const request& r, const ledger::user_record& user);
response get_job(const service& s, const request& r, const ledger::user_record& user);
response list_attempts(const service& s, const request& r, const ledger::user_record& user);
response explain_job(const service& s, const request& r, const ledger::user_record& user);
response job_statistics(const service& s, const request& r, const ledger::user_record& user);
response list_kinds(const service& s, const request& r, const ledger::user_record& user);

// what is wanted of one (job_act_api.cpp)
void act_on_job(scheduler::control_action what, const service& s, request r, reply to);
void patch_job(const service& s, request r, reply to);

// lanes, the dead, queues (job_operation_api.cpp)
response list_lanes(const service& s, const request& r, const ledger::user_record& user);
void act_on_lane(lane_action what, const service& s, request r, reply to);
response list_dead_letters(const service& s, const request& r, const ledger::user_record& user);
void act_on_dead_letters(scheduler::control_action what, const service& s, request r, reply to);
response list_queues(const service& s, const request& r, const ledger::user_record& user);
response get_queue(const service& s, const request& r, const ledger::user_record& user);
void put_queue(const service& s, request r, reply to);
void pause_queue(bool over, const service& s, request r, reply to);

// workers (worker_api.cpp)
response join_workers(const service& s, const request& r);
void lease_jobs(const service& s, request r, reply to);
response beat(const service& s, const request& r);
void complete_job(const service& s, request r, reply to);
void fail_job(const service& s, request r, reply to);
void snooze_job(const service& s, request r, reply to);
response log_job(const service& s, const request& r);
response leave_workers(const service& s, const request& r);
response list_workers(const service& s, const request& r, const ledger::user_record& user);
response set_worker_state(const service& s, const request& r, const ledger::user_record& user);

// shared by them (job_answers.cpp)
response job_refusal(const service& s, const base::failure& why, const request& r);
job_caller caller_of(const ledger::user_record& user);
/// The user who asks, or what refuses the request; also when there are no jobs here.
std::variant<ledger::user_record, response> job_user(const service& s, const request& r);
scheduler::job_id job_of_path(const request& r);
/// The reason: an administrator who acts on what is another's has to give one.
std::optional<std::string> act_reason(const request& r, const base::json::value& body,
                                      bool required, faults& bad);
/// A line of the audit log, when an administrator did it.
void note_job_action(const service& s, const ledger::user_record& who, std::string_view action,
                     const std::string& target, const std::string& reason, const request& r);

} // namespace http
