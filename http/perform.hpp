// What   perform: a command whose answer the calling thread waits for.
// Why    Logins, resets and the operator's corrections are sequences of steps; they hold their
//        thread on purpose. Everything else goes through change_for_user.
// Bounds Waits until the command's deadline: then at the latest the backend answers.
// Errors Those of the backend.
// Threads any, none that must not block.
#pragma once

#include "http/backend.hpp"

namespace http {

/// With the answer that is stored under its key.
ledger::reply reply_to(backend& books, ledger::envelope command);

base::result<ledger::outcome> perform(backend& books, ledger::envelope command);

/// The same for rows beside the books.
base::result<ledger::changed_rows> perform_rows(backend& books, ledger::envelope command);

} // namespace http
