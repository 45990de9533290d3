// What   sql_bulk: storage::bulk over an adapter: one lane, one session, one transaction.
// Threads As bulk.
#pragma once

#include "observability/metrics.hpp"
#include "storage/bulk.hpp"
#include "storage/session.hpp"

#include <memory>

namespace storage {

/// Connects and begins the transaction.
base::result<std::unique_ptr<bulk>> make_sql_bulk(std::unique_ptr<database> db, transaction_use use,
                                                  observability::metrics& metrics);

} // namespace storage
