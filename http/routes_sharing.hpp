// What   The routes of shared expenses and of the activity feed.
// Bounds `s` must outlive the table.
// Threads built by one thread.
// Source api-contract.md §13
#pragma once

#include "http/api/service.hpp"
#include "http/route.hpp"

namespace http {

void add_sharing_routes(route_table& t, const service& s);

} // namespace http
