// What   Rows that a user has beside the books as JSON, where more than their own file shows them.
// Threads any (pure).
// Source api-contract.md §4, §10, §11.2, §12.3
#pragma once

#include "ledger/user_row.hpp"

#include <string>

namespace http {

void append_session(std::string& out, const ledger::login_session& session, bool current);
void append_automation(std::string& out, const ledger::automation& a);
void append_automation_run(std::string& out, const ledger::automation_run& run);
void append_notification(std::string& out, const ledger::notification& n);

} // namespace http
