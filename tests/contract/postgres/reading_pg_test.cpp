// Goal: what is read by an index is read by the right one, whatever was read in the session before.
#include "tests/contract/postgres/session_fixture.hpp"

using contract::late;
using contract::session_fixture;
using storage::step;
using support::pg_cluster;

BOOST_AUTO_TEST_SUITE(pg_reading, *boost::unit_test::precondition(contract_runs))

// From the sixth time on PostgreSQL takes a plan for any shard when it looks as cheap: while nearly
// all jobs are of one shard it is the primary key, by which an empty shard costs the whole table.
BOOST_AUTO_TEST_CASE(a_page_of_a_shard_is_planned_for_that_shard) {
  session_fixture f;
  f.truth("insert into jobs (id, run_at, created_at, shard, payload_version, timeout_s,"
          " max_attempts, priority, on_failure, kind, queue, request_id, payload) select n, 1, 1,"
          " 5, 1, 60, 1, 5, 0, 'noop', 'default', '', '{}' from generate_series(1, 20000) n");
  f.truth("analyze");
  const storage::statement counts{
      "counts",
      "select cast(custom_plans as bigint), cast(generic_plans as bigint)"
      " from pg_prepared_statements where name like 'jobs_live%'",
      "", "ii"};
  auto s = f.make(storage::pg_role::read, {}, {{&storage::sql::jobs_live, &counts}});
  BOOST_REQUIRE(f.run(s->connect(late())).has_value());
  step page;
  page.what = &storage::sql::jobs_live;
  const auto rows_of = [&](std::int64_t shard) {
    page.values = {shard, std::int64_t{0}, std::int64_t{1000}};
    const auto got = f.run(s->execute(page, late()));
    BOOST_REQUIRE(got.has_value());
    return got->size();
  };
  for (int n = 0; n < 6; ++n) BOOST_TEST(rows_of(5) == 1000u);
  BOOST_TEST(rows_of(3) == 0u);
  step ask;
  ask.what = &counts;
  const auto plans = f.run(s->execute(ask, late()));
  BOOST_REQUIRE(plans.has_value());
  BOOST_REQUIRE(plans->size() == 1u);
  BOOST_TEST(std::get<std::int64_t>(plans->front().at(0)) == 7);
  BOOST_TEST(std::get<std::int64_t>(plans->front().at(1)) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
