// What   The contract of storage/port.hpp: what every database has to do, as test templates over a
//        fixture.
// Why    The rest of the system cannot tell SQLite from PostgreSQL, because both pass this.
//
// A driver defines `using contract_databases = std::tuple<Fixture>;` and
// `bool contract_runs(boost::unit_test::test_unit_id)`, and then includes this file.
// Each case makes a Fixture, so it starts with a fresh and empty database:
//   storage::open_settings settings();             opens that database; may be used several times
//   storage::open_settings read_only_settings();   the same, and it takes no writes
//   std::unique_ptr<storage::database> adapter();  no store is open at that time
//   std::string raw(const std::string& sql);       runs it beside the store: "" or the error
//   std::string columns();                         table.column of all tables, blanks between
//   message std::vector<std::string> other_ways_to_delete(const std::string& table);
//                                                  texts that would get rid of rows of an
//                                                  append-only table by the back door
#pragma once

#include "tests/contract/audit_contract.hpp"
#include "tests/contract/bulk_contract.hpp"
#include "tests/contract/hold_contract.hpp"
#include "tests/contract/id_contract.hpp"
#include "tests/contract/journal_contract.hpp"
#include "tests/contract/lost_contract.hpp"
#include "tests/contract/read_contract.hpp"
#include "tests/contract/row_contract.hpp"
#include "tests/contract/schema_contract.hpp"
#include "tests/contract/user_contract.hpp"
#include "tests/contract/verification_contract.hpp"
