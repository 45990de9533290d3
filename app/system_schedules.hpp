// What   system_schedules: when the work of the product itself runs: the table of its schedules,
//        and who makes them so at each start.
// Why    Their ids, times and names are what dashboards, operators and the former program know.
// Bounds One schedule for each; its id is the name of its kind.
// Errors While the node reads, its database is away, or it is in recovery mode, the keeper tries
//        again. What would be refused again is logged, and the others go on.
// Threads The keeper has a thread of its own: the schedules are there some moments after the start.
// Source api-contract §14
#pragma once

#include "actors/job_kinds.hpp"
#include "base/time.hpp"
#include "http/schedule_backend.hpp"
#include "observability/log.hpp"
#include "scheduler/schedule.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace app {

struct system_schedule {
  std::string_view kind;                       ///< job_name; the id of its schedule too
  observability::literal begun, ended, failed; ///< in the log, with the names known there
  std::string_view cron;                       ///< in APP_TIMEZONE
  scheduler::misfire_policy misfire = scheduler::misfire_policy::once;
  std::int32_t timeout_s = 3600;
  bool at_start = false; ///< runs at each start as well, unless it is paused

  std::string lock() const; ///< that it runs under: the label `job_name` of its metrics
};

std::span<const system_schedule> system_schedules();
const system_schedule* system_schedule_of(std::string_view kind);

/// Makes those whose kind the node knows, and what differs from the table becomes as it says. A
/// paused one stays paused.
class schedule_keeper {
public:
  /// `there` hears of each one when all are there; on the keeper's thread, and may block.
  schedule_keeper(http::schedule_backend& schedules, std::shared_ptr<const actors::job_kinds> kinds,
                  std::string zone, base::clock& clock, observability::log& log,
                  std::function<void(const scheduler::schedule&)> there = {});
  ~schedule_keeper(); ///< waits for an answer that is under way, a few seconds at most

private:
  void work(const std::stop_token& stop);
  /// What was answered when it was not "later"; nothing: told to stop.
  std::optional<base::result<http::schedule_answer>> until_answered(const http::schedule_wish& wish,
                                                                    const std::stop_token& stop);
  void report(const system_schedule& s, const base::failure& why);

  http::schedule_backend& schedules_;
  std::shared_ptr<const actors::job_kinds> kinds_;
  std::string zone_;
  base::clock& clock_;
  observability::log& log_;
  std::function<void(const scheduler::schedule&)> there_;
  std::jthread thread_;
};

} // namespace app
