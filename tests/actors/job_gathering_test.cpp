// Goal: what the owner writes while an item of its shard is at the journal goes as one item, with
// the answer to that one; a journal that answers nothing keeps nobody longer than its beats.
#include "tests/actors/job_fixture.hpp"

BOOST_AUTO_TEST_SUITE(job_gathering)

namespace {

using namespace std::chrono_literals;
using tests::job_fixture;

bool waits(const job_fixture::enqueued& answer) { return !answer->has_value(); }
bool taken(const job_fixture::enqueued& answer) { return !waits(answer) && (**answer).has_value(); }

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_written_meanwhile_is_one_item, job_fixture) {
  put(); // whatever else a start writes is written
  const auto batches = store.batches_seen;
  const auto first = enqueue({wish()});
  BOOST_TEST(store.batches_seen == batches + 1);
  std::vector<enqueued> later;
  for (int n = 0; n < 10; ++n) later.push_back(enqueue({wish()}));
  store.run(); // the commit of the first
  run();
  BOOST_TEST(taken(first));
  for (const auto& one : later) BOOST_TEST(waits(one));
  BOOST_TEST(store.batches_seen == batches + 2);
  settle();
  for (const auto& one : later) BOOST_TEST(taken(one));
  BOOST_TEST(store.batches_seen == batches + 2);
  BOOST_TEST(store.committed.back()->items.size() == 1u);
  BOOST_TEST(store.committed.back()->items.front()->job_rows.size() == 10u);
}

BOOST_FIXTURE_TEST_CASE(one_that_is_refused_takes_nobody_with_it, job_fixture) {
  put();
  const auto first = enqueue({wish()});
  const auto second = enqueue({wish()}), third = enqueue({wish()});
  store.outcomes = {storage::commit_class::committed, storage::commit_class::definite,
                    storage::commit_class::definite};
  settle();
  BOOST_TEST(taken(first));
  BOOST_TEST(int{taken(second)} + int{taken(third)} == 1);
}

BOOST_FIXTURE_TEST_CASE(a_full_item_waits_for_no_answer, job_fixture) {
  put();
  const auto batches = store.batches_seen;
  const auto first = enqueue({wish()});
  std::vector<enqueued> later;
  for (int n = 0; n < 250; ++n) later.push_back(enqueue({wish()}));
  later.push_back(enqueue({wish()})); // goes with the answer to the first
  settle();
  for (const auto& one : later) BOOST_TEST(taken(one));
  BOOST_TEST(store.batches_seen == batches + 3); // the first, the full one, what was left
  BOOST_TEST(store.committed.back()->items.front()->job_rows.size() == 1u);
  const auto& full = *store.committed.at(store.committed.size() - 2);
  BOOST_TEST_REQUIRE(full.items.size() == 1u);
  BOOST_TEST(full.items.front()->job_rows.size() == 250u);
}

BOOST_FIXTURE_TEST_CASE(while_the_database_is_away_the_beat_asks_the_journal, job_fixture) {
  put();
  store.outcomes.push_back(storage::commit_class::in_doubt);
  const auto first = enqueue({wish()});
  store.run(); // and nobody resolves it
  run();
  const auto second = enqueue({wish()});
  BOOST_TEST(waits(second));
  for (int beat = 0; beat < 3; ++beat) pass(1s);
  BOOST_TEST_REQUIRE(!waits(second));
  BOOST_TEST_REQUIRE(!taken(second));
  BOOST_TEST((**second).error().code == "DB_UNAVAILABLE");
  BOOST_TEST(waits(first));
  settle();
  BOOST_TEST(taken(first));
}

BOOST_AUTO_TEST_SUITE_END()
