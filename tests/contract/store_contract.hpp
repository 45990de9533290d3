// What   The contract of storage/port.hpp: what every database has to do. The cases stand in
//        *_contract_test.cpp beside this file, once for all databases.
// Why    The rest of the system cannot tell SQLite from PostgreSQL, because both pass this.
// Bounds A driver, one program each, defines fresh_database and contract_runs.
// Threads the test's.
#pragma once

#include "storage/open.hpp"
#include "storage/session.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

class database_under_test {
public:
  virtual ~database_under_test() = default;
  /// Opens this database; may be used several times.
  virtual storage::open_settings settings() const = 0;
  /// The same, and it takes no writes.
  virtual storage::open_settings read_only_settings() const = 0;
  /// As a store calls it.
  virtual std::string_view adapter_name() const = 0;
  /// No store is open at that time.
  virtual std::unique_ptr<storage::database> adapter() const = 0;
  /// Runs it beside the store: "" or the error message.
  virtual std::string raw(const std::string& sql) const = 0;
  /// table.column of all tables, blanks between.
  virtual std::string columns() const = 0;
  /// How it goes about a single statement, in its own words; `values` are literals of SQL.
  virtual std::string plan(const storage::statement& what,
                           const std::vector<std::string>& values) const = 0;
  /// Texts that would get rid of rows of an append-only table by the back door.
  virtual std::vector<std::string> other_ways_to_delete(const std::string& table) const = 0;
};

/// An empty one: each case begins with its own.
std::unique_ptr<database_under_test> fresh_database();
/// False when this machine has no such database; a failure in CI.
bool contract_runs(boost::unit_test::test_unit_id);
