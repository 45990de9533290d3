// What   The routes of a user's data as a whole: exports and what devices tell each other.
// Bounds `s` must outlive the table.
// Threads built by one thread.
// Source api-contract.md §12
#pragma once

#include "http/api/service.hpp"
#include "http/route.hpp"

namespace http {

void add_own_data_routes(route_table& t, const service& s);

} // namespace http
