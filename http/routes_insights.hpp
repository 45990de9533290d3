// What   The routes of insights.
// Bounds `s` must outlive the table.
// Threads built by one thread.
// Source api-contract.md §11.1
#pragma once

#include "http/api/service.hpp"
#include "http/route.hpp"

namespace http {

void add_insights_routes(route_table& t, const service& s);

} // namespace http
