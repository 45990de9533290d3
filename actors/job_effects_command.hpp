// What   What a job wants of the book of its user as one command, and what became of it.
// Why    A dry run decides the same command as the real one.
// Bounds Postings or a change of rows, never both.
// Errors None of its own: effects_verdict passes on what the ledger says.
// Threads any (pure).
// Source jobs.md §12, §16
#pragma once

#include "http/worker_backend.hpp"
#include "ledger/command.hpp"

#include <optional>
#include <vector>

namespace actors {

/// All postings or none. Nothing when there is nothing for a book.
std::optional<ledger::command>
effects_command(const std::vector<ledger::create_transaction>& transactions,
                const std::optional<ledger::change_rows>& change);

/// Nothing is wrong with what was sent: it may be sent again.
bool is_away(const base::failure& why);

/// Why it was refused, if it was: of several postings the first one's reason.
base::status effects_verdict(const ledger::reply& r);

} // namespace actors
