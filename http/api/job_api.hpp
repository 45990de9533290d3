// What   The handlers of /api/jobs, /api/queues and /api/workers.
// Why    One surface: a user sees and acts on the own jobs of kinds that are shown to users, an
//        administrator on all of them, with a reason that stands in the audit log.
// Errors Those of jobs.md §19; 503 JOBS_OFF when this server runs no jobs.
// Threads any; what takes a `reply` returns at once.
// Source jobs.md §14, §16, §18
#pragma once

#include "http/api/decode.hpp"
#include "http/api/keyed_action.hpp"
#include "http/api/render.hpp"
#include "http/api/service.hpp"
#include "http/bulk_wish.hpp"
#include "http/job_service.hpp"

#include <algorithm>

namespace http {

// jobs (job_api.cpp)
void post_job(const service& s, request r, reply to);
/// {jobs: [1…1,000]} -> {items: [job]}, all or none
void post_jobs(const service& s, request r, reply to);
/// The body of post_job -> what it would do, without doing it (job_dry_run_api.cpp).
response dry_run_job(const service& s, const request& r, const ledger::user_record& user);
/// Whose they are: the user who asks, unless another is named, which is for administrators. All of
/// a request are of one user.
std::optional<response> give_owner(std::vector<scheduler::job>& jobs,
                                   const ledger::user_record& user, const request& r);
response list_jobs(const service& s, const request& r, const ledger::user_record& user);
response get_job(const service& s, const request& r, const ledger::user_record& user);
/// {transactions: [id], jobs: [id], commit: {shard, seq} or null}
response list_effects(const service& s, const request& r, const ledger::user_record& user);
response list_attempts(const service& s, const request& r, const ledger::user_record& user);
response explain_job(const service& s, const request& r, const ledger::user_record& user);
response job_statistics(const service& s, const request& r, const ledger::user_record& user);
response list_kinds(const service& s, const request& r, const ledger::user_record& user);

// what is wanted of one (job_act_api.cpp)
void act_on_job(scheduler::control_action what, const service& s, request r, reply to);
void patch_job(const service& s, request r, reply to);
/// A finished one once more, as a new job: rerun_of.
void rerun_job(const service& s, request r, reply to);

// acts on many (job_bulk_api.cpp)
/// {action, filter, preview: true} -> {count, sample, token}; {token, reason} -> 202 {job}
void act_on_jobs(const service& s, request r, reply to);
/// 202 with the job that acts on all live jobs of the filter.
void start_bulk(const service& s, request r, reply to, const ledger::user_record& user,
                action_key key, const bulk_wish& wish);

// events (job_stream.cpp)
/// The own jobs' events; of an administrator's path those of all.
response stream_job_events(const service& s, const request& r);
response stream_admin_events(const service& s, const request& r);

// lanes, the dead, queues (job_operation_api.cpp)
response list_lanes(const service& s, const request& r, const ledger::user_record& user);
void act_on_lane(lane_action what, const service& s, request r, reply to);
response list_dead_letters(const service& s, const request& r, const ledger::user_record& user);
response get_dead_letter(const service& s, const request& r, const ledger::user_record& user);
/// {limit?, per_second?, reason}: at a rate it is a job of its own.
void act_on_dead_letters(scheduler::control_action what, const service& s, request r, reply to);
/// {note, reason?} · {until?, reason}
void note_dead_letters(bool mute, const service& s, request r, reply to);
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
response get_worker(const service& s, const request& r, const ledger::user_record& user);
void set_worker_state(const service& s, request r, reply to);

// shared by them (job_answers.cpp)
response job_refusal(const service& s, const base::failure& why, const request& r);
job_caller caller_of(const ledger::user_record& user);
/// The user who asks, or what refuses the request; also when there are no jobs here.
std::variant<ledger::user_record, response> job_user(const service& s, const request& r);
scheduler::job_id job_of_path(const request& r);
/// The reason: an administrator who acts on what is another's has to give one.
std::optional<std::string> act_reason(const request& r, const base::json::value& body,
                                      bool required, faults& bad);
/// A line of the audit log, when an administrator did it; `then` runs when it is durable.
void note_job_action(const service& s, const ledger::user_record& who, std::string_view action,
                     const std::string& target, const std::string& reason, const request& r,
                     std::function<void()> then = {});
/// What the audit log says of an action.
struct job_note {
  std::string action, target, reason;
};
/// Does it and gives the answer, with its note when it is done.
using job_action = std::function<void(
    const request&, const std::function<void(response, std::optional<job_note>)>& done)>;
/// Once per key; when an administrator did it, it is answered after its line stands in the audit
/// log.
void do_job_action(const service& s, request r, reply to, const ledger::user_record& who,
                   action_key key, const job_action& act);

/// A page of a list that comes from memory, in the order of its keys: behind `after`.
struct list_wish {
  std::int64_t limit = 100;
  std::string after;
};
list_wish read_list_wish(query_reader& in);
/// `,"next_cursor":…,"total":{…}}`
void append_list_end(std::string& out, const std::optional<std::string>& next,
                     const list_total& total);
/// Sorts by the key and cuts the page out.
template <class Items, class Key, class Append>
response list_page(Items items, const list_wish& wish, Key key, Append append) {
  std::sort(items.begin(), items.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const list_total total{std::ssize(items), true};
  std::erase_if(items,
                [&](const auto& one) { return !wish.after.empty() && key(one) <= wish.after; });
  std::optional<std::string> next;
  if (std::ssize(items) > wish.limit) {
    items.erase(items.begin() + wish.limit, items.end());
    next = key(items.back());
  }
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, items, append);
  append_list_end(answer.body, next, total);
  return answer;
}

} // namespace http
