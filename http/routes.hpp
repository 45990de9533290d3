// What   make_routes: the table of REST routes and nothing else.
// Why    One page that reads like the contract; documents and metrics are made from it too.
// Bounds `s` must outlive the table.
// Threads built by one thread.
// Source api-contract.md §4-§7, §15.1
#pragma once

#include "http/api/service.hpp"
#include "http/route.hpp"
#include "http/static_files.hpp"

namespace http {

/// With `site`, which must outlive the table too, the front page and all unknown paths outside the
/// API are those of the web app.
route_table make_routes(const service& s, static_files* site = nullptr);

} // namespace http
