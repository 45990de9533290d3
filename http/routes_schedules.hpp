// What   The routes of schedules.
// Threads the thread that builds the table.
// Source jobs.md §18
#pragma once

#include "http/api/service.hpp"
#include "http/route.hpp"

namespace http {

/// They answer 503 JOBS_OFF when the service has no jobs.
void add_schedule_routes(route_table& t, const service& s);

} // namespace http
