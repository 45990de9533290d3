#include "http/routes_jobs.hpp"

#include "http/api/job_api.hpp"
#include "http/api/lock_api.hpp"
#include "http/route_binding.hpp"

namespace http {
namespace {

using starter = void (*)(const service&, request, reply);

deferred_handler starting(const service& s, starter run) {
  return [&s, run](request r, reply to) { run(s, std::move(r), std::move(to)); };
}

deferred_handler acting(const service& s, scheduler::control_action what) {
  return [&s, what](request r, reply to) { act_on_job(what, s, std::move(r), std::move(to)); };
}

deferred_handler on_lane(const service& s, lane_action what) {
  return [&s, what](request r, reply to) { act_on_lane(what, s, std::move(r), std::move(to)); };
}

deferred_handler on_dead(const service& s, scheduler::control_action what) {
  return [&s, what](request r, reply to) {
    act_on_dead_letters(what, s, std::move(r), std::move(to));
  };
}

deferred_handler noting(const service& s, bool mute) {
  return
      [&s, mute](request r, reply to) { note_dead_letters(mute, s, std::move(r), std::move(to)); };
}

deferred_handler pausing(const service& s, bool over) {
  return [&s, over](request r, reply to) { pause_queue(over, s, std::move(r), std::move(to)); };
}

} // namespace

void add_job_routes(route_table& t, const service& s) {
  using enum scheduler::control_action;
  constexpr route_flags plain{};
  constexpr route_flags keyed{.takes_key = true};
  constexpr auto group = "jobs";
  t.add({"POST", "/api/jobs", group, nullptr, keyed, starting(s, post_job)});
  t.add({"POST", "/api/jobs/bulk", group, nullptr, keyed, starting(s, post_jobs)});
  t.add({"POST", "/api/jobs/dry-run", group, own(s, dry_run_job), plain});
  t.add({"GET", "/api/jobs", group, own(s, list_jobs), plain});
  t.add({"GET", "/api/jobs/stats", group, own(s, job_statistics), plain});
  t.add({"GET", "/api/jobs/kinds", group, own(s, list_kinds), plain});
  t.add({"GET", "/api/jobs/lanes", group, own(s, list_lanes), plain});
  t.add({"GET", "/api/jobs/dead-letters", group, own(s, list_dead_letters), plain});
  t.add({"GET", "/api/jobs/dead-letters/{fingerprint}", group, own(s, get_dead_letter), plain});
  t.add({"GET", "/api/jobs/events", group, open(s, stream_job_events), plain});
  t.add({"GET", "/api/admin/events", group, open(s, stream_admin_events), plain});
  t.add({"POST", "/api/jobs/actions", group, nullptr, keyed, starting(s, act_on_jobs)});
  t.add({"GET", "/api/jobs/locks", group, own(s, list_locks), plain});
  t.add(
      {"POST", "/api/jobs/locks/{name}/release", group, nullptr, keyed, starting(s, release_lock)});
  t.add({"GET", "/api/jobs/{id}", group, own(s, get_job), plain});
  t.add({"PATCH", "/api/jobs/{id}", group, nullptr, keyed, starting(s, patch_job)});
  t.add({"GET", "/api/jobs/{id}/attempts", group, own(s, list_attempts), plain});
  t.add({"GET", "/api/jobs/{id}/explain", group, own(s, explain_job), plain});
  t.add({"GET", "/api/jobs/{id}/effects", group, own(s, list_effects), plain});
  t.add({"POST", "/api/jobs/{id}/rerun", group, nullptr, keyed, starting(s, rerun_job)});
  t.add({"POST", "/api/jobs/{id}/cancel", group, nullptr, keyed, acting(s, cancel)});
  t.add({"POST", "/api/jobs/{id}/park", group, nullptr, keyed, acting(s, park)});
  t.add({"POST", "/api/jobs/{id}/release", group, nullptr, keyed, acting(s, release)});
  t.add({"POST", "/api/jobs/{id}/redrive", group, nullptr, keyed, acting(s, redrive)});
  t.add({"POST", "/api/jobs/{id}/discard", group, nullptr, keyed, acting(s, discard)});
  t.add({"POST", "/api/jobs/{id}/run-now", group, nullptr, keyed, acting(s, run_now)});
  t.add({"POST", "/api/jobs/lanes/{lane}/pause", group, nullptr, keyed,
         on_lane(s, lane_action::pause)});
  t.add({"POST", "/api/jobs/lanes/{lane}/resume", group, nullptr, keyed,
         on_lane(s, lane_action::resume)});
  t.add({"POST", "/api/jobs/lanes/{lane}/skip-head", group, nullptr, keyed,
         on_lane(s, lane_action::skip_head)});
  t.add({"POST", "/api/jobs/lanes/{lane}/retry-head", group, nullptr, keyed,
         on_lane(s, lane_action::retry_head)});
  t.add({"POST", "/api/jobs/dead-letters/{fingerprint}/redrive", group, nullptr, keyed,
         on_dead(s, redrive)});
  t.add({"POST", "/api/jobs/dead-letters/{fingerprint}/discard", group, nullptr, keyed,
         on_dead(s, discard)});
  t.add({"POST", "/api/jobs/dead-letters/{fingerprint}/note", group, nullptr, keyed,
         noting(s, false)});
  t.add({"POST", "/api/jobs/dead-letters/{fingerprint}/mute", group, nullptr, keyed,
         noting(s, true)});

  t.add({"GET", "/api/queues", group, own(s, list_queues), plain});
  t.add({"GET", "/api/queues/{queue}", group, own(s, get_queue), plain});
  t.add({"PUT", "/api/queues/{queue}", group, nullptr, keyed, starting(s, put_queue)});
  t.add({"POST", "/api/queues/{queue}/pause", group, nullptr, keyed, pausing(s, false)});
  t.add({"POST", "/api/queues/{queue}/resume", group, nullptr, keyed, pausing(s, true)});

  t.add({"POST", "/api/workers", "workers", open(s, join_workers), plain});
  t.add({"GET", "/api/workers", "workers", own(s, list_workers), plain});
  t.add(
      {"POST", "/api/workers/{worker}/lease", "workers", nullptr, plain, starting(s, lease_jobs)});
  t.add({"POST", "/api/workers/{worker}/heartbeat", "workers", open(s, beat), plain});
  t.add({"POST", "/api/workers/{worker}/jobs/{id}/complete", "workers", nullptr, plain,
         starting(s, complete_job)});
  t.add({"POST", "/api/workers/{worker}/jobs/{id}/fail", "workers", nullptr, plain,
         starting(s, fail_job)});
  t.add({"POST", "/api/workers/{worker}/jobs/{id}/snooze", "workers", nullptr, plain,
         starting(s, snooze_job)});
  t.add({"POST", "/api/workers/{worker}/jobs/{id}/log", "workers", open(s, log_job), plain});
  t.add({"GET", "/api/workers/{worker}", "workers", own(s, get_worker), plain});
  t.add({"PUT", "/api/workers/{worker}/state", "workers", nullptr, keyed,
         starting(s, set_worker_state)});
  t.add({"DELETE", "/api/workers/{worker}", "workers", open(s, leave_workers), plain});
}

} // namespace http
