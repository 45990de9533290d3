#include "storage/migrate.hpp"

#include "base/assert.hpp"
#include "base/sha256.hpp"

#include <fmt/format.h>

#include <vector>

namespace storage {

namespace {

struct applied_row {
  std::int64_t number = 0;
  std::string name;
  std::string checksum;
};

std::string checksum_of(const migration& m) { return base::hex(base::sha256(m.text)); }

/// Our own names and hex digits only; nothing from outside comes near a literal.
std::string quoted(std::string_view text) {
  ENSURE(text.find('\'') == std::string_view::npos, "a literal of ours has no quote");
  return fmt::format("'{}'", text);
}

base::result<std::vector<applied_row>> applied_in(schema_session& db) {
  // schema_migrations is asked for last: another starter may commit it together with the tables.
  std::string_view table;
  for (const auto* name : {"users", "accounts", "transactions", "ledger_entries"}) {
    auto found = db.has_table(name);
    if (!found) return found.error();
    if (*found) table = name;
  }
  auto there = db.has_table("schema_migrations");
  if (!there) return there.error();
  std::vector<applied_row> found;
  if (!*there && table.empty()) return found;
  if (!*there)
    return base::fail(errc::schema,
                      fmt::format("the database has a table {} but no schema_migrations: it is "
                                  "of another program. Use an empty database; `import` takes "
                                  "over the data of the former backend",
                                  table));
  auto read = db.query("select number, name, checksum from schema_migrations order by number");
  if (!read) return read.error();
  for (auto& one : *read)
    found.push_back({std::get<std::int64_t>(one.at(0)), std::get<std::string>(one.at(1)),
                     std::get<std::string>(one.at(2))});
  return found;
}

/// What is there must be the beginning of what we know, to the letter.
base::status compare(const std::vector<applied_row>& there, std::span<const migration> known) {
  for (std::size_t i = 0; i < there.size(); ++i) {
    const auto& row = there[i];
    if (i >= known.size())
      return base::fail(errc::schema,
                        fmt::format("the schema is newer than this program: it has migration {} "
                                    "({}), the program knows {}. Start the newer program again, or "
                                    "restore a backup from before the upgrade",
                                    row.number, row.name, known.size()));
    if (row.number != known[i].number || row.checksum != checksum_of(known[i]))
      return base::fail(errc::schema,
                        fmt::format("migration {} ({}) in the database is not that of this program "
                                    "({}): the schema was altered. Restore a backup, or run the "
                                    "program that made it",
                                    row.number, row.name, known[i].name));
  }
  return {};
}

base::status apply(schema_session& db, const schema_wish& wish,
                   const std::vector<applied_row>& there, migration_report& report) {
  if (there.empty()) {
    if (auto s = db.run("create table if not exists schema_migrations ("
                        "number bigint not null primary key, name text not null, "
                        "checksum text not null, applied_at bigint not null)");
        !s)
      return s;
  }
  for (std::size_t i = there.size(); i < wish.migrations.size(); ++i) {
    const auto& one = wish.migrations[i];
    if (auto s = db.run(std::string{one.text}); !s)
      return base::fail(errc::schema, fmt::format("migration {} failed, nothing was changed: {}",
                                                  one.name, s.error().detail));
    if (auto s = db.run(fmt::format("insert into schema_migrations (number, name, checksum, "
                                    "applied_at) values ({}, {}, {}, {})",
                                    one.number, quoted(one.name), quoted(checksum_of(one)),
                                    wish.now.count));
        !s)
      return s;
    report.applied.emplace_back(one.name);
  }
  if (!there.empty()) return {};
  return db.run(fmt::format("insert into meta (name, value) values ('shards', '{}'), "
                            "('installation_id', {})",
                            wish.shards, quoted(wish.installation_id)));
}

base::status migrate_locked(schema_session& db, const schema_wish& wish, migration_report& report) {
  if (auto s = db.begin(); !s) return s;
  // Read again under the lock: another starter may have been faster.
  auto there = applied_in(db);
  if (!there) return there.error();
  if (auto s = compare(*there, wish.migrations); !s) return s;
  report.from = there->empty() ? 0 : there->back().number;
  if (auto s = apply(db, wish, *there, report); !s) return s;
  return db.commit();
}

} // namespace

base::result<migration_report> migrate_schema(schema_session& db, const schema_wish& wish) {
  auto there = applied_in(db);
  if (!there) return there.error();
  if (auto s = compare(*there, wish.migrations); !s) return s.error();
  migration_report report;
  report.from = there->empty() ? 0 : there->back().number;
  report.to = wish.migrations.empty() ? 0 : wish.migrations.back().number;
  if (report.from == report.to) return report;
  if (wish.mode == migrate_mode::refuse)
    return base::fail(errc::schema, fmt::format("the schema is at {} and the program needs {}: run "
                                                "`vaidepix migrate` first",
                                                report.from, report.to));
  if (wish.mode == migrate_mode::dry_run) {
    for (std::size_t i = there->size(); i < wish.migrations.size(); ++i)
      report.applied.emplace_back(wish.migrations[i].name);
    return report;
  }
  if (auto s = migrate_locked(db, wish, report); !s) {
    db.rollback();
    return s.error();
  }
  return report;
}

} // namespace storage
