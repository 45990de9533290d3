// What   Contract of what a store says of the database and of itself, for an operator.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/scribe.hpp"

#include <filesystem>
#include <thread>

BOOST_AUTO_TEST_SUITE(usage_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

namespace {

storage::store_usage used(world& w) {
  return value_of<storage::store_usage>([&](auto done) { w.store().usage(std::move(done)); });
}

} // namespace

BOOST_AUTO_TEST_CASE(the_database_says_what_it_uses) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  s.write(w, {newcomer(make_person("ana"))});
  const auto said = used(w);
  const std::string dialect{db->adapter_name()};
  BOOST_TEST(said.adapter == dialect);
  BOOST_REQUIRE(said.database.has_value());
  const auto& d = *said.database;
  BOOST_TEST(!d.version.empty());
  BOOST_TEST(d.size_bytes > 100'000); // the tables of our schema alone are more
  if (dialect == "sqlite") {
    BOOST_REQUIRE(d.on_disk.has_value());
    BOOST_TEST(d.on_disk->page_bytes * d.on_disk->pages == d.size_bytes);
    BOOST_TEST(d.on_disk->pages_free >= 0);
    BOOST_TEST(d.on_disk->wal_bytes > 0); // of the commit above
    BOOST_TEST(!d.server.has_value());
    BOOST_TEST(!d.transactions.has_value());
  } else {
    BOOST_TEST(!d.on_disk.has_value());
    BOOST_REQUIRE(d.server.has_value());
    BOOST_TEST(d.server->in_use >= 4); // a journal, two readers, the probe
    BOOST_TEST(d.server->max >= d.server->in_use);
    BOOST_REQUIRE(d.transactions.has_value());
    BOOST_TEST(d.transactions->empty());
  }
}

BOOST_AUTO_TEST_CASE(the_pools_are_counted) {
  const auto db = fresh_database();
  world w{db->settings()};
  const auto said = used(w);
  BOOST_TEST(said.readers.idle + said.readers.busy == 2u);
  BOOST_TEST(said.readers.broken == 0u);
  BOOST_TEST(said.journals.idle + said.journals.busy == 1u);
}

BOOST_AUTO_TEST_CASE(questions_may_come_all_at_once_and_each_is_answered) {
  const auto db = fresh_database();
  world w{db->settings()};
  std::vector<std::future<bool>> answers;
  for (int i = 0; i < 40; ++i) {
    const auto promise = std::make_shared<std::promise<bool>>();
    answers.push_back(promise->get_future());
    w.store().usage([promise](base::result<storage::store_usage> said) {
      promise->set_value(said.has_value() && said->database.has_value());
    });
  }
  std::size_t told = 0;
  for (auto& a : answers) {
    BOOST_REQUIRE(a.wait_for(std::chrono::seconds{60}) == std::future_status::ready);
    told += a.get() ? 1U : 0U;
  }
  BOOST_TEST(told >= 8u); // beyond the bound the database is not asked
  BOOST_TEST(used(w).database.has_value());
}

BOOST_AUTO_TEST_CASE(a_store_that_stopped_still_answers) {
  const auto db = fresh_database();
  world w{db->settings()};
  w.store().stop();
  const auto said = used(w);
  BOOST_TEST(!said.adapter.empty());
  BOOST_TEST(!said.database.has_value());
}

BOOST_AUTO_TEST_CASE(free_space_is_told_where_the_file_is_ours) {
  const auto db = fresh_database();
  world w{db->settings()};
  const auto health = w.store().health();
  BOOST_TEST(health.free_bytes.has_value() == (db->adapter_name() == "sqlite"));
  if (!health.free_bytes) return;
  const auto here = std::filesystem::space(std::filesystem::temp_directory_path());
  BOOST_TEST(*health.free_bytes > 0u);
  BOOST_TEST(*health.free_bytes <= here.capacity);
}

BOOST_AUTO_TEST_SUITE_END()
