// What   Contract of the end of a chain: nothing follows a commit that is not there, and what is
//        missing is found.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "audit/lost_commits.hpp"
#include "storage/head_memory.hpp"
#include "tests/contract/scribe.hpp"

#include <filesystem>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(lost_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using storage::commit_class;

/// The database came back older than its writer knows: nothing may be written over the gap.
BOOST_AUTO_TEST_CASE(a_commit_whose_former_is_gone_is_fenced) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  s.accept(s.batch({posting(expense(ana, own_id(1), 100))})); // never arrived
  auto late = s.batch({newcomer(make_person("ben"))});
  BOOST_TEST(w.commit(late).what == commit_class::fenced);
  BOOST_TEST(w.resolve(late).what == storage::resolution::fate::fenced);
  BOOST_TEST(w.commits(s.shard()).size() == 1u);

  // The number is right, the history is another.
  auto head = w.commits(s.shard()).back().head();
  head.hash = base::sha256("another");
  s.accept(head);
  BOOST_TEST(w.commit(s.batch({newcomer(make_person("cia"))})).what == commit_class::fenced);
}

BOOST_AUTO_TEST_CASE(lost_commits_are_found_by_what_is_remembered) {
  const auto db = fresh_database();
  const auto settings = db->settings();
  world w{settings};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  s.write(w, {posting(expense(ana, own_id(1), 100))});
  const auto head = s.head();
  const auto path =
      (std::filesystem::temp_directory_path() / ("lost-" + std::to_string(::getpid()) + ".heads"))
          .string();
  const auto memory =
      storage::head_memory::open(path, w.store().installation(), w.store().shards());
  BOOST_REQUIRE(memory.has_value());
  BOOST_TEST(!w.store().installation().empty());
  const auto found = [&] {
    auto lost = audit::find_lost_commits(w.store(), **memory);
    BOOST_REQUIRE(lost.has_value());
    return *lost;
  };
  BOOST_TEST(found().empty()); // nothing is remembered
  (*memory)->remember(head);
  BOOST_TEST(found().empty());
  s.write(w, {posting(expense(ana, own_id(2), 5))});
  BOOST_TEST(found().empty()); // the database is ahead: another node went on
  (*memory)->remember({head.shard, head.seq + 3, 1, base::sha256("lost"), {}});
  BOOST_TEST((found() == std::vector{ledger::lost_commits{head.shard, 5, 3, false}}));
  (*memory)->replace({head.shard, 2, 1, base::sha256("another"), {}});
  BOOST_TEST((found() == std::vector{ledger::lost_commits{head.shard, 2, 3, true}}));
  (*memory)->replace({7, 4, 1, base::sha256("lost"), {}}); // a shard that has nothing
  (*memory)->replace(head);
  BOOST_TEST((found() == std::vector{ledger::lost_commits{7, 4, 0, false}}));
  std::filesystem::remove(path);
}

BOOST_AUTO_TEST_SUITE_END()
