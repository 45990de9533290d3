// The contract on PostgreSQL, and what only a database in another process does to an open store.
#include "storage/postgres/pg_setup.hpp"
#include "storage/postgres/pg_statement.hpp"
#include "tests/contract/scribe.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/support/pg_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using support::pg_admin;
using support::pg_cluster;

class pg_fixture final : public database_under_test {
public:
  pg_fixture() : name_(pg_cluster::instance().create_database()) {}
  ~pg_fixture() override { pg_cluster::instance().drop_database(name_); }
  pg_fixture(const pg_fixture&) = delete;
  pg_fixture& operator=(const pg_fixture&) = delete;

  std::string url() const { return pg_cluster::instance().url(name_); }

  storage::open_settings settings() const override {
    storage::open_settings s;
    s.database_url = url();
    s.journals = 1;
    s.read_connections = 2;
    s.require_durable = false; // the cluster of the tests runs without fsync
    return s;
  }

  /// As a standby or an administrator would make it: every session starts read-only.
  storage::open_settings read_only_settings() const override {
    auto s = settings();
    s.database_url += "&options=-c%20default_transaction_read_only%3Don";
    return s;
  }

  std::string_view adapter_name() const override { return "postgres"; }

  std::unique_ptr<storage::database> adapter() const override {
    contract::surroundings around;
    auto opened = storage::open_postgres(settings(), around.log);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().detail));
    return std::move(*opened);
  }

  std::string raw(const std::string& sql) const override {
    try {
      pg_admin(url()).query(sql);
      return "";
    } catch (const std::runtime_error& e) {
      return e.what();
    }
  }

  std::string columns() const override {
    return pg_admin(url()).query(
        "select string_agg(c.table_name || '.' || c.column_name, ' ') from"
        " information_schema.columns c where c.table_schema = current_schema()");
  }

  /// With the values and for any; as sessions that read are set (storage/postgres/pg_setup.cpp).
  std::string plan(const storage::statement& what,
                   const std::vector<std::string>& values) const override {
    return plan(what, values, storage::setup_text({}));
  }

  /// Of a session that is set so.
  std::string plan(const storage::statement& what, const std::vector<std::string>& values,
                   const std::string& setup) const {
    pg_admin admin(url());
    std::string types, literals, found;
    const auto* each = what.kind == storage::statement_kind::batch ? "[]" : "";
    for (const auto& column : storage::columns_of(what.parameters))
      types += std::string{types.empty() ? "(" : ", "} +
               (column.type == storage::cell_type::integer ? "bigint" : "text") + each;
    for (const auto& v : values) literals += (literals.empty() ? "(" : ", ") + v;
    admin.query(setup);
    if (const auto text = storage::reading_text(what.read)) {
      admin.query("begin");
      admin.query(*text);
    }
    admin.query("prepare it" + (types.empty() ? "" : types + ")") + " as " +
                storage::prepared_text(what, 0));
    for (const auto* mode : {"force_generic_plan", "force_custom_plan"}) {
      admin.query(std::string{"set plan_cache_mode = "} + mode);
      found += admin.query("explain (format json, costs off) execute it" +
                           (literals.empty() ? "" : literals + ")"));
    }
    return found;
  }

  std::vector<std::string> other_ways_to_delete(const std::string& table) const override {
    return {"truncate " + table, "truncate " + table + " cascade"};
  }

private:
  std::string name_;
};

} // namespace

std::unique_ptr<database_under_test> fresh_database() { return std::make_unique<pg_fixture>(); }

bool contract_runs(boost::unit_test::test_unit_id) { return pg_cluster::require(); }

BOOST_AUTO_TEST_SUITE(pg_store, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using namespace std::chrono_literals;

namespace {

/// Of each statement that says so, for any values and for those at hand.
void expect_indexed_plans(const pg_fixture& db, const std::string& setup) {
  std::size_t pages = 0;
  for (const auto* s : storage::all_statements()) {
    if (s->read == storage::reading::any) continue;
    ++pages;
    std::vector<std::string> values;
    const bool batch = s->kind == storage::statement_kind::batch;
    for (const auto& c : storage::columns_of(s->parameters))
      values.emplace_back(batch ? "'{1}'" : c.type == storage::cell_type::integer ? "1" : "'x'");
    const auto plan = db.plan(*s, values, setup);
    for (const auto* word : {"Sort", "Bitmap", "Seq Scan"})
      BOOST_TEST(plan.find(word) == std::string::npos, s->name << ": " << word << " in " << plan);
  }
  BOOST_TEST(pages > 0u);
}

} // namespace

// With no statistics at all, as after a first busy minute.
BOOST_AUTO_TEST_CASE(pages_come_in_the_order_of_an_index_and_sort_nothing) {
  pg_fixture db;
  world w{db.settings()};
  expect_indexed_plans(db, storage::setup_text({}));
}

// Of tables that are known to be empty, where reading all of it is the cheapest; and whatever the
// session is set to: what the statement says of itself is enough.
BOOST_AUTO_TEST_CASE(an_indexed_read_of_an_empty_table_is_planned_for_a_full_one) {
  pg_fixture db;
  world w{db.settings()};
  pg_admin(db.url()).query("vacuum analyze");
  expect_indexed_plans(db, "select 1");
}

// Nothing is in doubt, so nothing but the next call would ever connect again.
BOOST_AUTO_TEST_CASE(a_journal_that_lost_its_connection_while_idle_goes_on) {
  pg_fixture db;
  world w{db.settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  pg_admin admin(db.url());
  admin.query("select count(pg_terminate_backend(pid)) from pg_stat_activity"
              " where datname = current_database() and pid <> pg_backend_pid()");

  const auto asked = [&] {
    return answer_of<base::result<std::vector<storage::loaded_account>>>(
        [&](auto done) { w.journal().load({ana.checking.id}, std::move(done)); });
  };
  auto read = asked(); // may be the one that notices
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (!read && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(20ms);
    read = asked();
  }
  BOOST_REQUIRE_MESSAGE(read.has_value(), (read ? ""s : read.error().detail));
  s.write(w, {posting(expense(ana, "t1", 100))});
  BOOST_TEST(w.entries().size() == 2);
}

// Whoever forgot to commit holds the locks and the vacuum of everybody.
BOOST_AUTO_TEST_CASE(a_transaction_that_stays_open_is_told_after_ten_seconds) {
  pg_fixture db;
  world w{db.settings()};
  pg_admin forgetful(db.url() + "&application_name=somebody");
  forgetful.query("begin");
  forgetful.query("select secret from (values ('value')) as t (secret)");
  const auto pid = forgetful.query("select pg_backend_pid()");
  const auto open = [&] {
    const auto said =
        value_of<storage::store_usage>([&](auto done) { w.store().usage(std::move(done)); });
    return said.database.value().transactions.value();
  };
  BOOST_TEST(open().empty());
  std::vector<storage::old_transaction> found;
  const auto give_up = std::chrono::steady_clock::now() + 30s;
  while (found.empty() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(500ms);
    found = open();
  }
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(std::to_string(found[0].pid) == pid);
  BOOST_TEST(found[0].age_s >= storage::old_transaction_s);
  BOOST_TEST(found[0].state == "idle in transaction");
  BOOST_TEST(found[0].application == "somebody");
  BOOST_TEST(std::to_string(found[0].since.count) ==
             forgetful.query("select cast(extract(epoch from now()) * 1000000 as bigint)"));
  forgetful.query("rollback");
  BOOST_TEST(open().empty());
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away_says_nothing_and_the_pools_do) {
  pg_fixture db;
  world w{db.settings()};
  const auto asked = [&] {
    return value_of<storage::store_usage>([&](auto done) { w.store().usage(std::move(done)); });
  };
  BOOST_TEST(asked().database.has_value());
  pg_cluster::instance().stop_immediate();
  auto said = asked();
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (said.database && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(50ms);
    said = asked();
  }
  BOOST_TEST(!said.database.has_value());
  BOOST_TEST(said.adapter == "postgres");
  BOOST_TEST(said.readers.idle + said.readers.busy + said.readers.broken == 2u);
  pg_cluster::instance().start();
  while (!said.database && std::chrono::steady_clock::now() < give_up + 20s) {
    std::this_thread::sleep_for(50ms);
    said = asked();
  }
  BOOST_TEST(said.database.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
