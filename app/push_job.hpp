// What   push_kinds: the kinds of PUSH_TARGETS, whose handler POSTs its job to a receiver and turns
//        the answer into a verdict.
// Why    For the owner of the jobs these are built-in kinds: order, attempts, cancel and effects
//        are theirs as for all others, and an answer that was not committed is asked for again.
// Bounds The call ends a moment before the job's timeout, so that the job says why.
// Errors for good: PUSH_HTTP_<status>, PUSH_BAD_ANSWER, PUSH_TOO_LARGE, PUSH_ASYNC_UNSUPPORTED,
//        PUSH_URL, PUSH_ADDRESS, KIND_NOT_ALLOWED. Tried again: PUSH_HTTP_408, _425, _429, _5xx,
//        PUSH_UNREACHABLE, PUSH_TIMEOUT, PUSH_TLS, INTERRUPTED.
// Threads those for calls of other people's servers, several at once.
// Source jobs.md §15
#pragma once

#include "actors/job_kinds.hpp"
#include "config/push_targets.hpp"
#include "http/outbound/push_client.hpp"
#include "scheduler/zone_rules.hpp"

#include <vector>

namespace app {

std::vector<actors::job_kind> push_kinds(const config::push_settings& settings,
                                         const scheduler::zone_rules& zone, base::clock& clock);

struct push_reading {
  bool effects = false; ///< of the target
  base::utc_us now;
  const scheduler::zone_rules& zone;
};

/// What an answer means for its job (pure).
actors::job_verdict verdict_of(const http::outbound_answer& answer, const push_reading& how);

} // namespace app
