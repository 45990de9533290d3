// What   job_service: what the handlers of jobs and workers work with, beside the service.
// Threads any: the members are safe for that.
// Source jobs.md §14, §18.
#pragma once

#include "http/job_backend.hpp"
#include "http/job_event_source.hpp"
#include "http/lock_backend.hpp"
#include "http/schedule_backend.hpp"
#include "http/worker_backend.hpp"
#include "scheduler/zone_rules.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

/// What a worker's token lets it do.
struct worker_permission {
  std::vector<std::string> kinds;
  bool effects = false; ///< its jobs may post
  std::string secret;   ///< of this token and this installation: proves which worker is its
};

/// The rules of a zone by its IANA name. From any thread.
using zone_source =
    std::function<base::result<std::shared_ptr<const scheduler::zone_rules>>(std::string_view)>;

struct job_service {
  job_backend& jobs;
  worker_backend& workers;
  schedule_backend& schedules;
  zone_source zones;
  /// Nothing for a token that nobody has. Compares in constant time.
  std::function<std::optional<worker_permission>(std::string_view token)> worker_of;
  job_event_source* events = nullptr; ///< none: there is no stream of them
  lock_backend* locks = nullptr;      ///< none: there are no locks to see
};

} // namespace http
