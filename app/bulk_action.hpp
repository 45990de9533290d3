// What   bulk_action: the built-in kind that does one act to every live job of a filter.
// Why    It is a job itself: it survives a restart, shows its progress, can be cancelled, and holds
//        no owner up: it asks for ids and acts on them like any client.
// Bounds bulk_jobs_max jobs; bulk_in_flight acts at once, or `per_second`. One runs at a time: they
//        share a lane.
// Errors A job that no longer takes the act is counted as refused, and is no failure. While the
//        node cannot be asked, it is tried again from the start: what was done does not match any
//        more.
// Threads an executor's.
// Source jobs.md §18 (POST /api/jobs/actions).
#pragma once

#include "actors/job_kinds.hpp"
#include "app/late_node.hpp"

#include <memory>

namespace app {

inline constexpr std::size_t bulk_in_flight = 100;

actors::job_kind bulk_action_kind(std::shared_ptr<late_node> node);

} // namespace app
