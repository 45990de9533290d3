#include "observability/job_metrics.hpp"

#include "observability/declarer.hpp"

namespace observability {

namespace {

constexpr std::array waits{.005, .01, .025, .05,  .1,   .25,  .5,
                           1.0,  2.5, 5.0,  10.0, 30.0, 60.0, 300.0};
constexpr std::array lateness{.1, .5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21600.0};
constexpr std::string_view beyond = "other";

/// The entry of the name, made by `make` when it is new and there is room.
template <class Map, class Make>
auto& entry_of(Map& all, std::string_view name, std::size_t most, Make make) {
  if (const auto at = all.find(name); at != all.end()) return at->second;
  if (all.size() >= most) name = beyond;
  const auto [at, fresh] = all.try_emplace(std::string{name});
  if (fresh) make(at->second, at->first);
  return at->second;
}

} // namespace

job_metrics::job_metrics(prometheus_exporter& to) : to_(to) {
  declarer declare{to};
  declare(finished, "vaidepix_jobs_finished_total", "Jobs that reached a final state.");
  declare(run, "vaidepix_job_run_seconds", "Start to end of an attempt.", waits);
  declare(lanes, "vaidepix_job_lanes", "Lanes that have jobs; paused and shut ones apart.");
  declare(dead_letters, "vaidepix_job_dead_letters",
          "Jobs that are dead; those of groups that somebody has muted apart.");
  declare(pauses, "vaidepix_job_pauses", "Pauses in force.");
  declare(unique, "vaidepix_job_unique_total", "Wishes whose unique key was taken.");
  declare(recovered, "vaidepix_job_recovered_total",
          "Jobs that an owner took over, or took back from an executor.");
  declare(executors, "vaidepix_job_executors", "Threads of built-in handlers.");
  declare(workers, "vaidepix_job_workers", "Workers that pull jobs.");
  declare(unknown_kind, "vaidepix_jobs_unknown_kind", "Live jobs of kinds that nobody knows.");
  declare(leases, "vaidepix_job_leases", "Jobs that workers have.");
  declare(duplicates_prevented, "vaidepix_job_duplicates_prevented_total",
          "Second outcomes that were stopped.");
  declare(pruned, "vaidepix_jobs_pruned_total", "Finished jobs whose rows were deleted by age.");
  declare(lock_held_timestamp, "vaidepix_job_lock_held_timestamp_seconds",
          "Since when a job lock is held; 0 when it is free.");
  declare(time_limit, "vaidepix_job_time_limit_seconds", "How long a run of the job may take.");
  declare(deliveries, "vaidepix_deliveries_total", "Mails and calls of webhooks, by their end.");
  declare(gate_wait, "vaidepix_job_gate_wait_seconds_total",
          "How long jobs have waited, summed, by what kept them.");
  declare(schedules, "vaidepix_schedules", "Schedules that are not deleted.");
  declare(ticks, "vaidepix_schedule_ticks_total", "Ticks of schedules, by how they were settled.");
  declare(tick_lateness, "vaidepix_schedule_lateness_seconds",
          "Instant of a tick to its job being there.", lateness);
}

job_metrics::of_kind& job_metrics::kind(std::string_view name) {
  const std::lock_guard hold{mutex_};
  return entry_of(kinds_, name, kinds_max, [this](of_kind& made, const std::string& label) {
    declarer declare{to_, {{"kind", label}}};
    declare(made.enqueued, "vaidepix_jobs_enqueued_total", "Jobs taken in.");
    declare(made.attempts, "vaidepix_job_attempts_total", "Attempts that ended.");
  });
}

job_metrics::of_queue& job_metrics::queue(std::string_view name) {
  const std::lock_guard hold{mutex_};
  return entry_of(queues_, name, queues_max, [this](of_queue& made, const std::string& label) {
    declarer declare{to_, {{"queue", label}}};
    declare(made.jobs, "vaidepix_jobs", "Jobs that are not finished.");
    declare(made.oldest_ready, "vaidepix_jobs_oldest_ready_timestamp_seconds",
            "When the oldest ready job became due; 0 when nothing is ready.");
    declare(made.started, "vaidepix_jobs_started_total", "Attempts that began.");
    declare(made.wait, "vaidepix_job_wait_seconds", "Due to started.", waits);
    declare(made.end_to_end, "vaidepix_job_end_to_end_seconds", "Due to committed.", waits);
  });
}

gauge& job_metrics::last_success(std::string_view schedule) {
  const std::lock_guard hold{mutex_};
  return entry_of(
      last_success_, schedule, kinds_max, [this](gauge& made, const std::string& label) {
        declarer declare{to_, {{"schedule", label}}};
        declare(made, "vaidepix_schedule_last_success_timestamp_seconds",
                "When a run of the schedule last succeeded; before the first, when it was made.");
      });
}

void job_metrics::none_live() {
  const std::lock_guard hold{mutex_};
  for (auto& [name, q] : queues_) {
    for (std::size_t i = 0; i < label_values<live_state>::values.size(); ++i)
      q.jobs(static_cast<live_state>(i)).set(0);
    q.oldest_ready.set(0);
  }
}

} // namespace observability
