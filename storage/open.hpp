// What   Opens the configured database: connects, checks or creates the schema, prepares every
//        named statement.
// Errors result with storage::errc and a text for the operator: unreachable, schema altered or
//        newer (what to do), data directory locked by another process, weak durability settings.
#pragma once

#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "storage/bulk.hpp"
#include "storage/port.hpp"

#include <memory>
#include <string>

namespace storage {

/// Who opens the database. SQLite's file belongs to one process in any case.
enum class presence : std::uint8_t {
  looks,  ///< verify and the like
  serves, ///< a server: its writers hold a shared advisory lock as long as they are connected
  alone,  ///< a correction without a server: holds that lock for itself, or fails with in_use
};

struct open_settings {
  std::string database_url; ///< sqlite:///path, sqlite:///:memory:, postgresql://…
  std::size_t journals = 1; ///< writer connections (SQLite: always 1)
  std::size_t read_connections = 4;
  std::size_t read_queue_max = 2000;      ///< waiting reads; beyond it errc::overloaded
  std::uint32_t shards = 16;              ///< for a new database
  std::int64_t commit_deadline_ms = 5000; ///< without an answer a batch is in doubt
  std::int64_t read_deadline_ms = 4000;
  presence as = presence::looks;
  bool require_durable = true; ///< refuse fsync=off and the like; tests may turn it off
  bool beside_owner = false;   ///< SQLite: reads only, and needs no lock: a server may be at work
};

enum class migrate_mode : std::uint8_t {
  serve,   ///< an empty database is migrated, an older one too; a newer or altered one is refused
  migrate, ///< the same without opening for service: `vaidepix migrate`
  dry_run, ///< lists what would be done
  refuse,  ///< verify and the like: the schema must be there as expected
};

struct migration_report {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::vector<std::string> applied; ///< names, or names that would be applied
};

base::result<std::unique_ptr<store>> open_store(const open_settings& settings, migrate_mode mode,
                                                base::clock& time, observability::log& log,
                                                observability::metrics& metrics);

/// A transaction over the whole database, on the only connection that is opened. read: on SQLite
/// beside a server too. write: the mode is that of a server (an empty database gets its schema,
/// with settings.shards), under the lock of the data directory.
base::result<std::unique_ptr<bulk>> open_bulk(const open_settings& settings, transaction_use use,
                                              base::clock& time, observability::log& log,
                                              observability::metrics& metrics);

base::result<migration_report> migrate(const open_settings& settings, migrate_mode mode,
                                       base::clock& time, observability::log& log);

} // namespace storage
