// What   Handlers of a service as the route table takes them: open, own, changing.
// Why    Each file of routes binds the same kinds of handlers to the same service.
// Bounds `s` must outlive what is made.
// Errors none.
// Threads the thread that builds the table.
#pragma once

#include "http/api/service.hpp"
#include "http/route.hpp"

#include <utility>

namespace http {

using open_handler = response (*)(const service&, const request&);
using own_handler = response (*)(const service&, const request&, const ledger::user_record&);
using decider = decision (*)(const service&, const request&);
using own_decider = decision (*)(const service&, const request&, const ledger::user_record&);

/// For anybody.
inline handler open(const service& s, open_handler run) {
  return [&s, run](const request& r) { return run(s, r); };
}

/// For the user who asks.
inline handler own(const service& s, own_handler run) {
  return [&s, run](const request& r) { return for_user(s, r, run); };
}

inline deferred_handler changing(const service& s, own_decider decide) {
  return [&s, decide](request r, reply to) {
    change_for_user(s, std::move(r), decide, std::move(to));
  };
}

inline deferred_handler changing(const service& s, decider decide) {
  return [&s, decide](request r, reply to) {
    const auto of_anybody = [decide](const service& all, const request& sent,
                                     const ledger::user_record&) { return decide(all, sent); };
    change_for_user(s, std::move(r), of_anybody, std::move(to));
  };
}

} // namespace http
