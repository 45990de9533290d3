// Goal: what goes in comes out, whatever it holds; statements that do not fit are found at the
// start.
#include "tests/contract/postgres/session_fixture.hpp"

#include <algorithm>
#include <limits>

using contract::session_fixture;
using storage::blob;
using storage::statement;
using storage::statement_kind;
using storage::step;
using support::pg_cluster;

BOOST_AUTO_TEST_SUITE(pg_values, *boost::unit_test::precondition(contract_runs))

namespace {

const statement echo_batch{"echo_batch", "select r.n, r.t, r.b from {rows}",
                           "n bigint, t text, b bytea", "itb", statement_kind::batch};
const statement echo_single{"echo_single",
                            "select cast($1 as bigint), cast($2 as text), cast($3 as bytea)",
                            "n bigint, t text, b bytea", "itb"};

const std::string zero_bytes("\0\x01\xff\0", 4);
const std::string emoji = "caf\xc3\xa9 \xf0\x9f\x90\x8d 'quoted' \"x\" {,} \\";

storage::rows sorted(storage::rows r) {
  std::sort(r.begin(), r.end(), [](const auto& x, const auto& y) {
    return std::get<std::string>(x[1]) < std::get<std::string>(y[1]);
  });
  return r;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_batch_comes_back_as_it_went) {
  session_fixture f;
  auto s = f.make(storage::pg_role::read, {}, {{&echo_batch}});
  BOOST_REQUIRE(f.run(s->connect(contract::late())).has_value());
  step st;
  st.what = &echo_batch;
  const std::int64_t low = std::numeric_limits<std::int64_t>::min();
  const std::int64_t high = std::numeric_limits<std::int64_t>::max();
  st.columns = {{storage::cell_type::integer, {low, high, std::monostate{}}},
                {storage::cell_type::text, {std::string_view("a"), std::string_view("b"), emoji}},
                {storage::cell_type::blob,
                 {storage::blob_view{zero_bytes}, std::monostate{}, storage::blob_view{""}}}};
  const auto got = f.run(s->execute(st, contract::late()));
  BOOST_REQUIRE(got.has_value());
  const storage::rows wanted = {{low, std::string("a"), blob{zero_bytes}},
                                {high, std::string("b"), std::monostate{}},
                                {std::monostate{}, emoji, blob{}}};
  BOOST_TEST((sorted(*got) == wanted));
  st.columns = {{storage::cell_type::integer, {}},
                {storage::cell_type::text, {}},
                {storage::cell_type::blob, {}}};
  const auto none = f.run(s->execute(st, contract::late()));
  BOOST_TEST((none.has_value() && none->empty()));
}

BOOST_AUTO_TEST_CASE(single_values_come_back_as_they_went) {
  session_fixture f;
  auto s = f.make(storage::pg_role::read, {}, {{&echo_single}});
  BOOST_REQUIRE(f.run(s->connect(contract::late())).has_value());
  const std::vector<storage::params> all = {{std::int64_t{-1}, emoji, blob{zero_bytes}},
                                            {std::int64_t{0}, std::string(), blob{}},
                                            {std::monostate{}, std::monostate{}, std::monostate{}}};
  for (const auto& values : all) {
    step st;
    st.what = &echo_single;
    st.values = values;
    const auto got = f.run(s->execute(st, contract::late()));
    BOOST_REQUIRE(got.has_value());
    BOOST_REQUIRE_EQUAL(got->size(), 1U);
    BOOST_TEST((got->front() == values));
  }
}

// Twenty megabytes each way: with blocking or one-sided waits both buffers fill and nothing moves.
BOOST_AUTO_TEST_CASE(two_full_buffers_do_not_wait_for_each_other) {
  session_fixture f;
  auto s = f.make(storage::pg_role::journal, {}, {{&echo_batch}});
  BOOST_REQUIRE(f.run(s->connect(contract::late())).has_value());
  const std::string million(1'000'000, 'x');
  std::vector<step> steps;
  for (int i = 0; i < 20; ++i) {
    auto& st = steps.emplace_back();
    st.what = &echo_batch;
    st.columns = {{storage::cell_type::integer, {std::int64_t{i}}},
                  {storage::cell_type::text, {std::string_view(million)}},
                  {storage::cell_type::blob, {std::monostate{}}}};
  }
  const auto done = f.run(s->commit(steps, contract::late()));
  BOOST_TEST((done.what == storage::commit_class::committed));
}

BOOST_AUTO_TEST_CASE(every_statement_of_the_program_prepares) {
  session_fixture f;
  auto s = f.connected();
  BOOST_TEST(f.truth("select count(*) from pg_stat_activity where application_name = '' and "
                     "backend_type = 'client backend' and datname = current_database()") == "2");
  BOOST_TEST(s->connected());
}

BOOST_AUTO_TEST_CASE(a_statement_that_does_not_fit_is_named) {
  session_fixture f;
  static const statement no_table{"no_table", "select x from nowhere", "", "i"};
  static const statement wrong_type{"wrong_type", "select cast(1 as numeric)", "", "i"};
  static const statement too_many{"too_many", "select cast(1 as bigint), cast(2 as bigint)", "",
                                  "i"};
  for (const auto* bad : {&no_table, &wrong_type, &too_many}) {
    auto s = f.make(storage::pg_role::read, {}, {{&echo_single, bad, &echo_batch}});
    const auto done = f.run(s->connect(contract::late()));
    BOOST_REQUIRE(done.has_error());
    BOOST_TEST(done.error().code == code_text(storage::errc::schema));
    BOOST_TEST(done.error().detail.find(bad->name) != std::string::npos);
    BOOST_TEST(!s->connected());
  }
}

// Statistics that say "half of all entries are of this account" made the server start two workers
// for a sum over some hundred entries: 10 ms instead of 0.3.
BOOST_AUTO_TEST_CASE(no_session_pays_for_workers_or_compiled_plans) {
  session_fixture f;
  static const statement plans{"plans",
                               "select current_setting('max_parallel_workers_per_gather'),"
                               " current_setting('jit')",
                               "", "tt"};
  for (const auto role : {storage::pg_role::read, storage::pg_role::journal}) {
    auto s = f.make(role, {}, {{&plans}});
    BOOST_REQUIRE(f.run(s->connect(contract::late())).has_value());
    step st;
    st.what = &plans;
    const auto got = f.run(s->execute(st, contract::late()));
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST((*got == storage::rows{{std::string{"0"}, std::string{"off"}}}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
