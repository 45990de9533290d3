// Corrections: entries that are missing, balances that are not those of the entries, and a shard
// that a foreign hand stopped.
#include "tests/support/caf_fixture.hpp"

using tests::caf_fixture;
using tests::expense;
using tests::income;
using tests::transfer;

BOOST_AUTO_TEST_SUITE(correction)

namespace {

struct correction_fixture : caf_fixture {
  std::string run_one(ledger::command what) {
    const auto index = send(std::move(what));
    settle();
    return word(index);
  }
  ledger::audit_note note() { return {"root", "test", "x", "a reason", "{}", "{}", "rid"}; }
  ledger::sync_balances sync(std::vector<std::string> names) {
    ledger::sync_balances s;
    for (auto& id : names) s.ids.emplace_back(std::move(id));
    s.note = note();
    return s;
  }
  /// The entries of this transaction are gone, and the balances with them.
  ledger::transaction_id lose(const ledger::create_transaction& what) {
    const auto index = send(what);
    settle();
    const auto reply = answer(index);
    const auto made = std::get<ledger::transaction_record>(*reply->result);
    return made.id;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(missing_entries_are_appended_on_what_the_entries_say, correction_fixture) {
  const auto id = lose(expense(300)); // sums_ of the store know nothing of its entries
  // The row was restored newer than the entries: two of them are gone.
  store.truth_["A"] = {base::centavos{10'000}, 1};
  store.truth_["C"] = {base::centavos{0}, 0};
  const auto index = send(ledger::repair_entries{{id}, note()});
  settle();
  const auto reply = answer(index);
  BOOST_REQUIRE(reply->result.has_value());
  const auto& made = std::get<ledger::repaired_entries>(*reply->result);
  BOOST_TEST(made.created == 2u);
  const auto& batch = *store.committed.back();
  BOOST_REQUIRE(batch.entries.size() == 2u);
  for (const auto& e : batch.entries) {
    BOOST_TEST(e.draft.transaction.text() == id.text());
    BOOST_TEST(e.version == (e.draft.account.text() == "A" ? 2u : 1u));
    BOOST_TEST(e.balance_after.minor == (e.draft.account.text() == "A" ? 9'700 : 300));
  }
  BOOST_TEST(balance("A") == 9'700);
  BOOST_TEST(balance("C") == 300);
  BOOST_REQUIRE(batch.audit.size() == 1u);
  BOOST_TEST(batch.audit[0].number == 1u);
  BOOST_TEST(batch.audit[0].seq == batch.records[0].seq);
  BOOST_TEST(batch.audit[0].note.reason == "a reason");
  BOOST_TEST(batch.audit[0].note.before == R"({"versions":{"A":2,"C":1}})");
  BOOST_TEST(batch.audit[0].note.after ==
             R"({"versions":{"A":2,"C":1},"entries_created":2,"balances_changed":2})");
  // The account goes on from there.
  BOOST_TEST(run_one(expense(9'700)) == "ok");
  BOOST_TEST(run_one(expense(1)) == "TX_INSUFFICIENT_BALANCE");
}

BOOST_FIXTURE_TEST_CASE(nothing_missing_commits_nothing, correction_fixture) {
  const auto id = lose(expense(300));
  store.sums_[id.text()] = {{ledger::account_id{"A"}, {}, base::centavos{-300}},
                            {ledger::account_id{"C"}, {}, base::centavos{300}}};
  const auto before = store.batches_seen;
  BOOST_TEST(run_one(ledger::repair_entries{{id}, note()}) == "ok");
  BOOST_TEST(store.batches_seen == before);
}

BOOST_FIXTURE_TEST_CASE(an_account_is_held_while_it_is_corrected, correction_fixture) {
  BOOST_TEST(run_one(expense(1)) == "ok");
  store.truth_["A"] = {base::centavos{50}, 7};
  const auto first = send(sync({"A"}));
  run();
  const auto second = send(expense(60)); // waits for the correction and sees what it left
  settle();
  BOOST_TEST(word(first) == "ok");
  BOOST_TEST(word(second) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(balance("A") == 50);
  BOOST_TEST(run_one(expense(50)) == "ok");
  BOOST_TEST(store.accounts_.at("A").version == 8u);
}

BOOST_FIXTURE_TEST_CASE(a_version_may_fall_when_it_is_corrected, correction_fixture) {
  for (int i = 0; i < 3; ++i) BOOST_TEST(run_one(expense(1)) == "ok");
  store.truth_["A"] = {base::centavos{10'000}, 1};
  BOOST_TEST(run_one(sync({"A"})) == "ok");
  BOOST_TEST(store.accounts_.at("A").version == 1u);
  BOOST_TEST(run_one(expense(1)) == "ok");
  BOOST_TEST(store.accounts_.at("A").version == 2u);
}

BOOST_FIXTURE_TEST_CASE(corrections_and_postings_do_not_share_a_batch, correction_fixture) {
  std::vector<std::size_t> all;
  all.push_back(send(income(1)));
  run(); // on its way
  all.push_back(send(income(1, "B")));
  all.push_back(send(sync({"C"})));
  all.push_back(send(income(1, "B")));
  settle();
  for (const auto index : all) BOOST_TEST(word(index) == "ok");
  for (const auto& batch : store.committed) {
    if (!batch->audit.empty()) BOOST_TEST(batch->items.size() == 1u);
  }
  BOOST_TEST(balance("C") == -3);
}

BOOST_FIXTURE_TEST_CASE(somebody_elses_account_is_not_there, correction_fixture) {
  BOOST_TEST(run_one(sync({"bia-equity"})) == "ACCOUNT_NOT_FOUND");
  BOOST_TEST(run_one(sync({"ana-equity"})) == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_basis_that_cannot_be_read_ends_the_correction, correction_fixture) {
  BOOST_TEST(run_one(expense(1)) == "ok");
  store.load_fails = true;
  BOOST_TEST(run_one(sync({"A"})) == "DB_UNAVAILABLE");
  store.load_fails = false;
  BOOST_TEST(run_one(sync({"A"})) == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_correction_that_is_lost_reads_its_basis_again, correction_fixture) {
  BOOST_TEST(run_one(expense(1)) == "ok");
  store.outcomes.push_back(storage::commit_class::in_doubt);
  store.fates.push_back({storage::resolution::fate::absent, {}});
  const auto index = send(sync({"A"}));
  run();
  store.run(); // the basis
  run();
  store.truth_["A"] = {base::centavos{77}, 9}; // what would be found by now
  settle();
  BOOST_TEST(word(index) == "ok");
  BOOST_TEST(balance("A") == 77);
}

// api-contract §16, OPERATIONS "Restore parcial"
BOOST_FIXTURE_TEST_CASE(a_shard_that_a_foreign_hand_stopped_goes_on_after_a_correction,
                        correction_fixture) {
  BOOST_TEST(run_one(expense(1)) == "ok");
  store.outcomes.push_back(storage::commit_class::conflict);
  BOOST_TEST(run_one(expense(2)) == "SHARD_STOPPED");
  BOOST_TEST(status.stopped.count() == 1u);
  BOOST_TEST(run_one(expense(3)) == "SHARD_STOPPED");
  // Another account of the shard: the suspected ones are corrected with it.
  store.truth_["A"] = {base::centavos{9'999}, 2};
  BOOST_TEST(run_one(sync({"B"})) == "ok");
  BOOST_TEST(status.stopped.count() == 0u);
  BOOST_TEST(run_one(expense(4)) == "ok");
  BOOST_TEST(balance("A") == 9'995);
}

BOOST_FIXTURE_TEST_CASE(a_broken_invariant_is_not_lifted_by_a_correction, correction_fixture) {
  BOOST_TEST(run_one(expense(1)) == "ok");
  status.stopped.suspect(0, {ledger::account_id{"A"}});
  status.stopped.add(0);
  BOOST_TEST(run_one(sync({"A"})) == "SHARD_STOPPED");
  BOOST_TEST(status.stopped.count() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
