// The contract of storage/port.hpp on PostgreSQL.
#include "storage/session.hpp"
#include "tests/support/pg_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <exception>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace {

class postgres_fixture {
public:
  postgres_fixture() : name_(support::pg_cluster::instance().create_database()) {}
  ~postgres_fixture() { support::pg_cluster::instance().drop_database(name_); }
  postgres_fixture(const postgres_fixture&) = delete;
  postgres_fixture& operator=(const postgres_fixture&) = delete;

  storage::open_settings settings() const {
    storage::open_settings s;
    s.database_url = url();
    s.read_connections = 2;
    s.require_durable = false;
    return s;
  }

  storage::open_settings read_only_settings() const {
    auto s = settings();
    s.database_url += "&options=-c%20default_transaction_read_only%3Don";
    return s;
  }

  std::unique_ptr<storage::database> adapter() const;

  std::string raw(const std::string& sql) const {
    try {
      support::pg_admin(url()).query(sql);
    } catch (const std::exception& refused) {
      return refused.what();
    }
    return {};
  }

  std::vector<std::string> other_ways_to_delete(const std::string& table) const {
    return {"truncate " + table};
  }

private:
  std::string url() const { return support::pg_cluster::instance().url(name_); }

  std::string name_;
};

} // namespace

using contract_databases = std::tuple<postgres_fixture>;

#include "tests/contract/store_contract.hpp"

namespace {

std::unique_ptr<storage::database> postgres_fixture::adapter() const {
  contract::surroundings around;
  auto opened = storage::open_postgres(settings(), around.log);
  BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().detail));
  return std::move(*opened);
}

} // namespace
