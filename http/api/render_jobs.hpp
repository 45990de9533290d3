// What   Jobs, their attempts, gates, lanes, queues and workers as JSON.
// Threads any (pure).
// Source jobs.md §18
#pragma once

#include "http/job_backend.hpp"
#include "http/worker_backend.hpp"
#include "scheduler/job_fact.hpp"

#include <string>

namespace http {

struct dry_run_report;

void append_job(std::string& out, const job_view& j);
/// What its sender cannot know yet.
void append_job_receipt(std::string& out, const job_view& j);
void append_attempt(std::string& out, const scheduler::job_attempt& a);
void append_explanation(std::string& out, const job_explanation& e);
void append_kind(std::string& out, const job_kind_view& k);
void append_lane(std::string& out, const lane_view& l);
void append_dead_group(std::string& out, const dead_group_view& g);
void append_dead_note(std::string& out, const scheduler::dead_letter_note& n);
void append_dry_run(std::string& out, const dry_run_report& d);
void append_traces(std::string& out, const job_traces& t);
void append_job_event(std::string& out, const scheduler::job_fact& f);
void append_pause(std::string& out, const scheduler::pause& p);
void append_queue(std::string& out, const queue_view& q);
void append_job_stats(std::string& out, const job_stats& s);
void append_worker(std::string& out, const worker_view& w);
void append_leased(std::string& out, const leased_job& j);
/// For the receiver of signed push: as a leased one, without a lease.
void append_pushed(std::string& out, const scheduler::job& j, std::int32_t attempt);
std::string_view to_text(worker_state s);

} // namespace http
