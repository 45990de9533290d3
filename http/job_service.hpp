// What   job_service: what the handlers of jobs and workers work with, beside the service.
// Threads any: the members are safe for that.
// Source jobs.md §14, §18.
#pragma once

#include "http/job_backend.hpp"
#include "http/worker_backend.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

/// What a worker's token lets it do.
struct worker_permission {
  std::vector<std::string> kinds;
  bool effects = false; ///< its jobs may post
};

struct job_service {
  job_backend& jobs;
  worker_backend& workers;
  /// Nothing for a token that nobody has. Compares in constant time.
  std::function<std::optional<worker_permission>(std::string_view token)> worker_of;
};

} // namespace http
