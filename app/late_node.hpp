// What   late_node: the ports of the node, and the looks at the ledger, for handlers of jobs: they
//        are made before these are.
// Why    A node that starts finds jobs that are due at once, before it is whole.
// Threads any.
#pragma once

#include "actors/job_kinds.hpp"
#include "http/backend.hpp"
#include "http/job_backend.hpp"
#include "http/ledger_checks.hpp"
#include "http/schedule_backend.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace app {

struct late_node {
  std::atomic<http::backend*> books{nullptr};
  std::atomic<http::job_backend*> jobs{nullptr};
  std::atomic<http::schedule_backend*> schedules{nullptr};
  std::atomic<http::ledger_checks*> checks{nullptr};

  bool whole() const {
    return books.load() != nullptr && jobs.load() != nullptr && schedules.load() != nullptr &&
           checks.load() != nullptr;
  }
};

/// A handler that finds the node whole. A job that comes before waits a second and has failed at
/// nothing: none of its attempts is used up, and nobody is alarmed.
inline actors::job_handler once_whole(std::shared_ptr<const late_node> node,
                                      actors::job_handler run) {
  return [node = std::move(node),
          run = std::move(run)](const actors::job_context& job) -> actors::job_verdict {
    if (!node->whole()) return actors::job_snoozed{{job.now.count + base::us_per_second}};
    return run(job);
  };
}

} // namespace app
