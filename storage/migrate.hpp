// What   Brings the schema of a database to that of this program, or says why not.
// Why    `serve` must never work on tables that it does not know: a newer program made them, or a
//        hand changed them.
// Bounds All that is missing is applied in one transaction, so it is there whole or not at all. Two
//        starters: the second waits at the lock and finds nothing to do.
// Errors errc::schema with a text for the operator: newer, altered, missing, of another program; a
//        migration that the database refused. Other codes come from the session.
// Threads none.
// Source design.md §5.
#pragma once

#include "storage/schema_text.hpp"
#include "storage/session.hpp"

#include <span>
#include <string>

namespace storage {

struct schema_wish {
  std::span<const migration> migrations;
  migrate_mode mode = migrate_mode::serve;
  std::uint32_t shards = 16;   ///< written into a new database
  std::string installation_id; ///< the same
  base::utc_us now;
};

base::result<migration_report> migrate_schema(schema_session& db, const schema_wish& wish);

} // namespace storage
