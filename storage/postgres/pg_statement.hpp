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

/// A batch is prepared in several forms: 0 takes arrays of any length; n takes the cells of exactly
/// n rows, which saves a posting that goes alone the arrays' way through the server.
inline constexpr std::size_t row_forms_max = 2;
inline constexpr std::size_t parameters_max = 32; ///< of any form, without the count

/// The best form for so many rows.
std::size_t form_of(const statement& s, std::size_t row_count);

std::string prepared_name(const statement& s, std::size_t form = 0);
std::string prepared_text(const statement& s, std::size_t form = 0);
std::vector<Oid> prepared_types(const statement& s, std::size_t form = 0);

/// Empty, or what does not fit between the description by the server and statement::results.
std::string mismatch_of(const statement& s, const PGresult& description);

} // namespace storage
