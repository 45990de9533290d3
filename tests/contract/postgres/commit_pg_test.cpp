// Goal: every way in which a batch can end has its class, and nothing but `committed` leaves rows.
#include "tests/contract/postgres/session_fixture.hpp"

using contract::batch;
using contract::commit_class;
using contract::late;
using contract::session_fixture;
using support::pg_cluster;

BOOST_AUTO_TEST_SUITE(pg_commit, *boost::unit_test::precondition(contract_runs))

namespace {

const std::string account_b = std::to_string(base::key_of("b"));

struct seeded : session_fixture {
  seeded() : s(connected()) { seed(*s); }
  void expect(const batch& b, commit_class wanted, std::string_view part = {}) {
    const auto before = rows();
    const auto got = commit(*s, b);
    BOOST_TEST((got.what == wanted), got.detail << " was class " << static_cast<int>(got.what));
    BOOST_TEST(got.detail.find(part) != std::string::npos, got.detail);
    BOOST_TEST((rows() == before || wanted == commit_class::committed));
    BOOST_TEST(s->connected());
  }
  std::string rows() {
    return truth("select concat((select count(*) from ledger_commits), ' ',"
                 " (select count(*) from ledger_entries), ' ', (select count(*) from users), ' ',"
                 " (select sum(version) from balances))");
  }
  std::unique_ptr<storage::pg_session> s;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_batch_is_there_whole, seeded) {
  expect(batch().record(1, 2, "second").transfer(1, 2, "a", "b", 5, 1), commit_class::committed);
  BOOST_TEST(rows() == "2 2 1 2");
  BOOST_TEST(truth("select balance from balances where account_id = " + account_b) == "5");
}

BOOST_FIXTURE_TEST_CASE(a_version_that_moved_leaves_nothing, seeded) {
  expect(batch().record(1, 2, "x").transfer(1, 2, "a", "b", 5, 2), commit_class::conflict, "VD001");
  expect(batch().record(1, 2, "y").transfer(1, 2, "a", "b", 5, 1), commit_class::committed);
}

BOOST_FIXTURE_TEST_CASE(a_writer_plans_each_statement_once, seeded) {
  static constexpr storage::statement plans{
      "plans",
      "select cast(sum(custom_plans) as bigint), cast(sum(generic_plans) as bigint)"
      " from pg_prepared_statements where name in ('balance_update/2', 'entry_insert/2')",
      "", "ii"};
  std::vector<const storage::statement*> statements(storage::all_statements().begin(),
                                                    storage::all_statements().end());
  statements.push_back(&plans);
  s = make(storage::pg_role::journal, {}, statements);
  BOOST_REQUIRE(run(s->connect(late())).has_value());
  for (std::int64_t n = 1; n <= 7; ++n)
    expect(batch().record(1, n + 1, "x").transfer(1, n + 1, "a", "b", 5, n),
           commit_class::committed);
  storage::step ask;
  ask.what = &plans;
  const auto counts = run(s->execute(ask, late()));
  BOOST_REQUIRE(counts.has_value());
  BOOST_TEST(std::get<std::int64_t>(counts->front().at(0)) == 0);
  BOOST_TEST(std::get<std::int64_t>(counts->front().at(1)) == 14);
}

BOOST_FIXTURE_TEST_CASE(a_count_that_is_wrong_leaves_nothing, seeded) {
  batch b;
  b.record(1, 2, "x").transfer(1, 2, "a", "b", 5, 1);
  b.edit().back().rows_expected = 7;
  expect(b, commit_class::conflict, "row count 2 instead of 7");
}

BOOST_FIXTURE_TEST_CASE(a_taken_place_in_the_order_fences, seeded) {
  expect(batch().record(1, 1, "x").transfer(1, 1, "a", "b", 5, 1), commit_class::fenced, "23505");
}

BOOST_FIXTURE_TEST_CASE(other_unique_values_have_their_class, seeded) {
  expect(batch().record(1, 2, "x").user("u"), commit_class::definite, "users_pkey");
  truth("update users set email = 'v@example.com'");
  expect(batch().record(1, 2, "x").user("v"), commit_class::duplicate_key, "users_email_key");
  expect(batch().record(1, 2, "x").transfer(1, 2, "a", "b", 5, 1), commit_class::committed);
  batch again;
  again.record(1, 3, "x").transfer(1, 3, "a", "b", 5, 1);
  expect(again, commit_class::conflict, "ledger_entries_pkey");
}

BOOST_FIXTURE_TEST_CASE(a_constraint_is_definite, seeded) {
  expect(batch().record(1, 0, "x"), commit_class::definite, "23514");
}

// The transaction ends at the sync, so an error of the commit itself comes behind all results.
BOOST_FIXTURE_TEST_CASE(an_error_at_the_very_end_is_no_commit, seeded) {
  truth("create function late() returns trigger language plpgsql as $$ begin"
        " raise exception 'late' using errcode = '23000'; end $$;"
        "create constraint trigger late after insert on ledger_commits"
        " deferrable initially deferred for each row execute function late()");
  expect(batch().record(1, 2, "x").transfer(1, 2, "a", "b", 5, 1), commit_class::definite, "23000");
  truth("drop trigger late on ledger_commits");
  expect(batch().record(1, 2, "x").transfer(1, 2, "a", "b", 5, 1), commit_class::committed);
}

BOOST_FIXTURE_TEST_CASE(each_code_has_its_class, seeded) {
  truth("create function refuse() returns trigger language plpgsql as $$ begin"
        " raise exception 'refused' using errcode = new.node; end $$;"
        "create trigger refuse before insert on ledger_commits for each row"
        " when (new.node <> 'node-a') execute function refuse()");
  const std::pair<const char*, commit_class> table[] = {
      {"40001", commit_class::transient}, {"40P01", commit_class::transient},
      {"55P03", commit_class::transient}, {"53000", commit_class::transient},
      {"53200", commit_class::transient}, {"53100", commit_class::full},
      {"57014", commit_class::transient}, {"25006", commit_class::read_only},
      {"VD001", commit_class::conflict},  {"VD002", commit_class::duplicate_key},
      {"VD003", commit_class::definite},  {"VD004", commit_class::definite},
      {"23503", commit_class::definite},  {"22003", commit_class::definite},
      {"42P01", commit_class::definite},  {"XX000", commit_class::definite},
      {"08006", commit_class::definite}, // an ERROR for our statement, whatever its code
  };
  for (const auto& [code, wanted] : table)
    expect(batch().record(1, 2, "x", code).transfer(1, 2, "a", "b", 5, 1), wanted, code);
}

BOOST_FIXTURE_TEST_CASE(a_database_that_takes_no_writes_says_so, seeded) {
  truth("alter database " + database.name() + " set default_transaction_read_only = on");
  auto reader = connected();
  const auto probed = run(reader->probe_read_only(contract::late()));
  BOOST_TEST((probed.has_value() && *probed));
  const auto got = commit(*reader, batch().record(1, 2, "x"));
  BOOST_TEST((got.what == commit_class::read_only), got.detail);
  BOOST_TEST(rows() == "1 0 1 0");
  const auto still = run(s->probe_read_only(contract::late()));
  BOOST_TEST((still.has_value() && !*still));
}

BOOST_FIXTURE_TEST_CASE(a_session_without_connection_sends_nothing, seeded) {
  s->close();
  const auto got = commit(*s, batch().record(1, 2, "x"));
  BOOST_TEST((got.what == commit_class::unavailable), got.detail);
  BOOST_REQUIRE(run(s->connect(contract::late())).has_value());
  BOOST_TEST((commit(*s, batch().record(1, 2, "x")).what == commit_class::committed));
}

BOOST_AUTO_TEST_SUITE_END()
