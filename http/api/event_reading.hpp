// What   What streams of events have in common: whose they are, and whether they may go on.
// Threads any.
// Source api-contract.md §13.2, §16
#pragma once

#include "http/api/service.hpp"

namespace http {

/// EventSource sends no headers: the token may come in the query.
request with_bearer(const request& r);

/// Whether whoever sent it may still read; while nobody can be asked, the reader keeps what it has.
bool may_read_on(const service& s, const request& asked, bool admin_only);

/// The answer whose socket gets what `from` appends, or 503.
response open_events(const service& s, const request& r,
                     std::function<bool(std::string& out, bool beat)> from);

} // namespace http
