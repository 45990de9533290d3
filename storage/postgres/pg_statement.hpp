// What   The text and the parameter types under which a named statement is prepared on PostgreSQL.
// Why    The hole {rows} and the count are the only two places where the databases differ.
// Errors A text that is not of the form is a fault of ours (ENSURE).
// Threads none (pure).
// Source storage/statement.hpp; engineering.md f.
#pragma once

#include "storage/session.hpp"
#include "storage/statement.hpp"

#include <libpq-fe.h>
#include <string>
#include <vector>

namespace storage {

std::string prepared_text(const statement& s);
std::vector<Oid> prepared_types(const statement& s);

/// Empty, or what does not fit between the description by the server and statement::results.
std::string mismatch_of(const statement& s, const PGresult& description);

} // namespace storage
