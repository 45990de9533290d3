// What   What the server logs and counts about requests: the hooks of the handlers and of the HTTP
//        server.
// Why    Every line about a request carries its id, so that one search finds all of them; said here
//        once, where a test can see it.
// Errors none. Nothing of what somebody sent gets into a line but ids, codes and types.
// Threads the hooks: any.
// Source metrics.md §8; api-contract §15.3
#pragma once

#include "http/api/service.hpp"
#include "http/server/server.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"

namespace app {

/// Both outlive the hooks.
http::service_hooks service_hooks_of(observability::log& log, observability::metrics& metrics);
http::server_hooks server_hooks_of(observability::log& log, observability::metrics& metrics,
                                   bool access_lines);

} // namespace app
