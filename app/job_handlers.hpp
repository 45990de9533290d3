// What   The kinds of jobs of this program: built-in ones with their handlers, those that workers
//        pull, and those that are pushed.
// Why    Handlers decode what the API decodes, so they stand where both can be seen.
// Threads Handlers run on the executor's threads.
// Source jobs.md §2; docs/JOBS.md lists them.
#pragma once

#include "actors/job_kinds.hpp"
#include "app/product_kinds.hpp"
#include "config/worker_tokens.hpp"
#include "scheduler/zone_rules.hpp"

#include <memory>
#include <string>
#include <vector>

namespace app {

/// Their names, without those that the settings name.
std::vector<std::string> builtin_kinds();

std::shared_ptr<const actors::job_kinds> kinds_of(const product_surroundings& around,
                                                  const std::vector<config::worker_token>& workers);

} // namespace app
