// What   The handlers of a user's data as a whole: export of a report, export for the user's own
//        hands, and what two devices tell each other.
// Errors A handler answers every expected failure itself.
// Threads any: called on many threads at once.
// Source api-contract.md §12
#pragma once

#include "http/api/service.hpp"

namespace http {

response export_report(const service& s, const request& r, const ledger::user_record& user);
response export_my_data(const service& s, const request& r, const ledger::user_record& user);
/// What changed since.
response my_changes(const service& s, const request& r, const ledger::user_record& user);
/// Accounts, categories, envelopes and goals as a device has them.
decision merge_my_data(const service& s, const request& r, const ledger::user_record& user);

} // namespace http
