// What   Routes of the documentation: /openapi.json, and a page that shows it (/docs, /redoc).
// Why    Added beside make_routes(), so that DOCS_ENABLED=0 leaves no trace of them.
// Bounds The page is self-contained: script and style are routes of their own, because the policy
//        of pages allows nothing inline and nothing from elsewhere.
// Threads built by one thread.
// Source api-contract.md §15.1, §1.5
#pragma once

#include "http/route.hpp"

namespace http {

void add_docs_routes(route_table& t);

} // namespace http
