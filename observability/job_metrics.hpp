// What   job_metrics: the metrics of the job platform, one member each; those of one kind, of one
//        queue and of one schedule of the system by name.
// Why    Kinds and queues are known when the node starts, not when this is compiled, so their
//        series are made when they are named first: at registration, before anything happens.
// Bounds 64 kinds, 32 queues, 64 schedules; whatever comes beyond shares the label "other".
// Errors As metrics.hpp.
// Threads any, all members; a reference stays good as long as the metrics.
// Source metrics.md §5; jobs.md J10.
#pragma once

#include "observability/metrics.hpp"
#include "observability/schedule_labels.hpp"

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace observability {

class job_metrics {
public:
  struct of_kind {
    counter enqueued;
    labelled<counter, attempt_outcome> attempts;
  };
  struct of_queue {
    labelled<gauge, live_state> jobs;
    gauge oldest_ready; ///< since when; 0: nothing is ready
    counter started;
    histogram wait, end_to_end;
  };
  static constexpr std::size_t kinds_max = 64;
  static constexpr std::size_t queues_max = 32;

  explicit job_metrics(prometheus_exporter& to);
  job_metrics(const job_metrics&) = delete;
  job_metrics& operator=(const job_metrics&) = delete;

  of_kind& kind(std::string_view name);
  of_queue& queue(std::string_view name);
  /// When a run of it last succeeded; before the first one, when it was made. 0: not known yet.
  gauge& last_success(std::string_view schedule);
  /// No job is live: before an owner counts those that it finds.
  void none_live();

  labelled<counter, final_state> finished;
  labelled<histogram, run_result> run;
  labelled<gauge, lane_state> lanes;
  labelled<gauge, dead_letter_state> dead_letters;
  labelled<gauge, pause_target> pauses;
  labelled<counter, unique_result> unique;
  labelled<counter, recovered_reason> recovered;
  labelled<gauge, executor_state> executors; ///< of built-in kinds
  labelled<gauge, pull_state> workers;
  gauge unknown_kind;
  gauge leases;
  counter duplicates_prevented;
  counter pruned;
  labelled<gauge, job_name> lock_held_timestamp; ///< 0: it is free
  labelled<gauge, job_name> time_limit;
  labelled<counter, delivery_way, delivery_result> deliveries; ///< attempts to send
  labelled<counter, waits_for> gate_wait;                      ///< seconds of all jobs that wait
  labelled<gauge, schedule_level> schedules;
  labelled<counter, tick_result> ticks;
  histogram tick_lateness;

private:
  template <class T> using by_name = std::map<std::string, T, std::less<>>;

  prometheus_exporter& to_;
  std::mutex mutex_;
  by_name<of_kind> kinds_;
  by_name<of_queue> queues_;
  by_name<gauge> last_success_;
};

} // namespace observability
