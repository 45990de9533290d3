// What   What a PostgreSQL server says of itself to an operator: the two questions, and their
//        answers as database_usage.
// Why    Catalogues of the server have no counterpart in SQLite, so these texts are not among
//        all_statements().
// Bounds At most 100 transactions, the oldest. No text of a query is read: it holds values.
// Errors errc::broken when an answer is not of the form.
// Threads none (pure).
#pragma once

#include "storage/port.hpp"

#include <libpq-fe.h>

#include <string>

namespace storage {

/// One row: version, bytes of this database, connections in use, connections at most.
std::string usage_text();

/// A row for each transaction of others that is older than old_transaction_s, oldest first. Of
/// other roles a server tells only whoever has pg_read_all_stats.
std::string old_transactions_text();

base::result<database_usage> usage_from(const PGresult& usage, const PGresult& transactions);

} // namespace storage
