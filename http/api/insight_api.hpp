// What   The REST handlers of insights.
// Why    All of them answer 204 while ENABLE_INSIGHTS is off, whatever they were sent.
// Errors as those of handlers.hpp.
// Threads any: called on many threads at once.
// Source api-contract.md §11.1
#pragma once

#include "http/api/service.hpp"

namespace http {

/// Changes nothing: it reads and computes.
response get_insights(const service& s, const request& r, const ledger::user_record& user);
decision post_insight_feedback(const service& s, const request& r, const ledger::user_record& user);
response get_insight_preferences(const service& s, const request& r,
                                 const ledger::user_record& user);
decision patch_insight_preferences(const service& s, const request& r,
                                   const ledger::user_record& user);

} // namespace http
