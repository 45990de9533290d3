// Goal: a connection cut at any byte of a commit resolves to what happened.
// Method: a proxy cuts after 1, 65, 129… bytes in either direction; the tables are the truth.
#include "tests/contract/postgres/session_fixture.hpp"
#include "tests/support/cut_proxy.hpp"

using contract::batch;
using contract::commit_class;
using contract::late;
using contract::session_fixture;
using support::cut_proxy;
using support::pg_cluster;

BOOST_AUTO_TEST_SUITE(pg_cut, *boost::unit_test::precondition(contract_runs))

namespace {

constexpr std::size_t stride = 64;

struct outcomes {
  int committed = 0, applied = 0, absent = 0;
};

outcomes cut_everywhere(session_fixture& f, cut_proxy::direction where) {
  auto& cluster = pg_cluster::instance();
  cut_proxy proxy(cluster.socket_path(), pg_cluster::socket_name());
  auto seeder = f.connected();
  f.seed(*seeder);
  auto s = f.make(storage::pg_role::journal, proxy.socket_dir());
  outcomes seen;
  std::int64_t version = 1;
  for (std::int64_t seq = 2;; ++seq) {
    BOOST_REQUIRE(f.run(s->connect(late())).has_value());
    const std::string hash = "hash of " + std::to_string(seq);
    const std::size_t offset = 1 + static_cast<std::size_t>(seq - 2) * stride;
    proxy.cut_after(where, offset);
    const auto done =
        f.commit(*s, batch().record(1, seq, hash).transfer(1, seq, "a", "b", 5, version));
    const bool cut = proxy.has_cut();
    proxy.let_pass();
    bool applied = done.what == commit_class::committed;
    if (applied) {
      ++seen.committed;
    } else {
      BOOST_REQUIRE_MESSAGE(done.what == commit_class::in_doubt, offset << ": " << done.detail);
      applied = f.resolve(*s, 1, seq, hash).applied;
      ++(applied ? seen.applied : seen.absent);
    }
    const auto entries = f.truth("select count(*) from ledger_entries where commit_id & 65535 = " +
                                 std::to_string(seq));
    BOOST_TEST(entries == (applied ? "2" : "0"), "cut after " << offset << " bytes");
    if (applied) ++version;
    if (!cut) return seen; // the cut lies behind the whole commit
  }
}

} // namespace

BOOST_FIXTURE_TEST_CASE(on_the_way_to_the_server, session_fixture) {
  const auto seen = cut_everywhere(*this, cut_proxy::direction::to_server);
  BOOST_TEST(seen.absent > 5);
  BOOST_TEST(seen.applied == 0); // the sync is the last byte
  BOOST_TEST(seen.committed >= 1);
}

BOOST_FIXTURE_TEST_CASE(on_the_way_back, session_fixture) {
  const auto seen = cut_everywhere(*this, cut_proxy::direction::to_client);
  BOOST_TEST(seen.applied + seen.absent >= 1);
  BOOST_TEST(seen.committed >= 1);
}

BOOST_AUTO_TEST_SUITE_END()
