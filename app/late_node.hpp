// What   late_node: the ports of the node, and the looks at the ledger, for handlers of jobs: they
//        are made before these are.
// Threads any.
#pragma once

#include "http/backend.hpp"
#include "http/job_backend.hpp"
#include "http/ledger_checks.hpp"
#include "http/schedule_backend.hpp"

#include <atomic>

namespace app {

struct late_node {
  std::atomic<http::backend*> books{nullptr};
  std::atomic<http::job_backend*> jobs{nullptr};
  std::atomic<http::schedule_backend*> schedules{nullptr};
  std::atomic<http::ledger_checks*> checks{nullptr};
};

} // namespace app
