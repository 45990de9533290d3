// What   job_facts: what the owner's facts mean for metrics, the log and the stream of events.
// Why    One reader of every change of a state: a gauge that drifts shows a way out of a state that
//        tells nothing.
// Threads confined to the owner of the jobs; what it moves is read by any.
// Source jobs.md J10; metrics.md §4, §5.
#pragma once

#include "actors/job_feed.hpp"
#include "actors/job_kinds.hpp"
#include "actors/live_job.hpp"
#include "observability/job_metrics.hpp"
#include "observability/log.hpp"

#include <map>
#include <memory>
#include <string>

namespace actors {

class job_facts {
public:
  job_facts(observability::metrics& all, observability::log& log, std::shared_ptr<job_feed> feed)
      : all_(all), metrics_(all.jobs()), log_(log), feed_(std::move(feed)) {}

  void register_kind(const job_kind& kind);
  /// A start found it live: a level, and nothing that has happened.
  void found(const live_job& j);
  /// It had an outcome that another owner wrote.
  void ended_before(const live_job& j, scheduler::job_state last_told);
  void tell(scheduler::job_fact fact);

private:
  void count(const std::string& queue, scheduler::job_state state, double n);
  void count_attempt(const scheduler::job_fact& f);

  observability::metrics& all_;
  observability::job_metrics& metrics_;
  observability::log& log_;
  std::shared_ptr<job_feed> feed_;
  std::map<std::string, observability::literal> failed_lines_; ///< by kind
};

} // namespace actors
