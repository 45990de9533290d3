// What   The routes of jobs, lanes, dead letters, queues and workers.
// Threads the thread that builds the table.
// Source jobs.md §18
#pragma once

#include "http/api/service.hpp"
#include "http/route.hpp"

namespace http {

/// They answer 503 JOBS_OFF when the service has no jobs.
void add_job_routes(route_table& t, const service& s);

} // namespace http
