#include "storage/open.hpp"

#include "base/id.hpp"
#include "storage/migrate.hpp"
#include "storage/sql_bulk.hpp"
#include "storage/sql_store.hpp"

#include <filesystem>

namespace storage {

namespace {

constexpr std::string_view sqlite_scheme = "sqlite:///";

/// The forms of a PostgreSQL URL that the former backend took, as the one that libpq knows.
std::string normalised(std::string url) {
  for (const std::string_view other : {"postgresql+psycopg2://", "postgres://"})
    if (url.starts_with(other)) return "postgresql://" + url.substr(other.size());
  return url;
}

base::result<std::unique_ptr<database>> open_database(const open_settings& settings,
                                                      observability::log& log) {
  if (settings.database_url.starts_with("sqlite:")) return open_sqlite(settings, log);
  if (settings.database_url.starts_with("postgresql://")) return open_postgres(settings, log);
  return base::fail(errc::unavailable, "DATABASE_URL is sqlite:///path or postgresql://…");
}

/// Looking must not make an empty file.
bool missing_file(const std::string& url) {
  if (!url.starts_with(sqlite_scheme)) return false;
  auto path = url.substr(sqlite_scheme.size());
  if (path.ends_with("?mode=ro")) path.resize(path.size() - std::string_view{"?mode=ro"}.size());
  return path != ":memory:" && !std::filesystem::exists(path);
}

base::result<migration_report> migrate_with(database& db, const open_settings& settings,
                                            migrate_mode mode, base::clock& time,
                                            observability::log& log) {
  auto session = db.open_schema();
  if (!session) return session.error();
  base::random chance{base::system_seed()};
  schema_wish wish;
  wish.migrations = migrations_of(db.dialect());
  wish.mode = mode;
  wish.shards = settings.shards;
  wish.now = time.now();
  wish.installation_id = base::uuid7(wish.now, chance);
  auto report = migrate_schema(**session, wish);
  if (report && mode != migrate_mode::dry_run)
    for (const auto& name : report->applied)
      log.info("vai_de_pix.storage", "migration applied", {{"name", observability::code{name}}});
  return report;
}

} // namespace

base::result<migration_report> migrate(const open_settings& wanted, migrate_mode mode,
                                       base::clock& time, observability::log& log) {
  auto settings = wanted;
  settings.database_url = normalised(settings.database_url);
  if (missing_file(settings.database_url)) {
    if (mode == migrate_mode::refuse)
      return base::fail(errc::unavailable, "there is no database file at " + wanted.database_url);
    if (mode == migrate_mode::dry_run) {
      migration_report report;
      for (const auto& m : migrations_of("sqlite")) {
        report.applied.emplace_back(m.name);
        report.to = m.number;
      }
      return report;
    }
  }
  auto db = open_database(settings, log);
  if (!db) return db.error();
  return migrate_with(**db, settings, mode, time, log);
}

base::result<std::unique_ptr<store>> open_store(const open_settings& wanted, migrate_mode mode,
                                                base::clock& time, observability::log& log,
                                                observability::metrics& metrics) {
  auto settings = wanted;
  settings.database_url = normalised(settings.database_url);
  if (mode == migrate_mode::dry_run || mode == migrate_mode::migrate)
    return base::fail(errc::broken, "a store is opened to serve or to look");
  if (mode == migrate_mode::refuse && missing_file(settings.database_url))
    return base::fail(errc::unavailable, "there is no database file at " + wanted.database_url);
  auto db = open_database(settings, log);
  if (!db) return db.error();
  if (settings.as == presence::alone)
    if (const auto alone = (*db)->stay_alone(); !alone) return alone.error();
  auto report = migrate_with(**db, settings, mode, time, log);
  if (!report) return report.error();
  return make_sql_store(std::move(*db), settings, report->to, log, metrics);
}

base::result<std::unique_ptr<bulk>> open_bulk(const open_settings& wanted, transaction_use use,
                                              base::clock& time, observability::log& log,
                                              observability::metrics& metrics) {
  auto settings = wanted;
  settings.database_url = normalised(settings.database_url);
  // One statement may read or write thousands of rows, and nobody waits for it.
  settings.read_deadline_ms = settings.commit_deadline_ms = bulk_patience_ms;
  const bool read = use == transaction_use::read;
  settings.beside_owner = read;
  if (read && missing_file(settings.database_url))
    return base::fail(errc::unavailable, "there is no database file at " + wanted.database_url);
  auto db = open_database(settings, log);
  if (!db) return db.error();
  auto report =
      migrate_with(**db, settings, read ? migrate_mode::refuse : migrate_mode::serve, time, log);
  if (!report) return report.error();
  return make_sql_bulk(std::move(*db), use, metrics);
}

} // namespace storage
