// Recovery after a partial restore on both databases (incident-playbook §8, §9, §13).
#include "tests/recovery/bed.hpp"

#include <atomic>
#include <tuple>

BOOST_AUTO_TEST_SUITE(partial_restore)

namespace {

using namespace recovery;

using databases = std::tuple<sqlite_database, pg_database>;

/// Every kind of transaction and change; `cut` is the last commit that the restore kept.
template <class Bed> struct story {
  Bed& b;
  std::uint64_t cut = 0;
  balances expected;

  explicit story(Bed& on) : b(on) {
    b.open_account("bank", 100'000);
    const auto kept = b.post("expense", "bank", 1'000);
    const auto moved = b.post("expense", "bank", 2'000);
    const auto undone = b.post("income", "bank", 7'000);
    const auto twice = b.post("expense", "bank", 50);
    cut = b.head();
    b.open_account("cash", 500); // an opening that is lost
    b.post("income", "bank", 30'000);
    b.post("expense", "cash", 40);
    const auto sent = b.post("transfer", "bank", 9'000, "cash");
    b.edit(sent, 8'000, 20'003);
    b.edit(moved, 2'500, 20'002);
    b.remove(undone);
    b.remove(twice);
    b.done(ledger::restore_transaction{twice});
    b.remove(b.post("expense", "cash", 3)); // neither effect nor reversal is left
    b.remove(b.post("transfer", "bank", 4, "cash"));
    ledger::update_account adjust;
    adjust.id = b.named.at("cash");
    adjust.balance = base::centavos{10'000};
    b.done(adjust);
    BOOST_TEST_REQUIRE(b.faults() == "");
    expected = b.stored();
    BOOST_TEST(kept.text() != moved.text());
  }
};

} // namespace

// Entries, commit records and balances are those of an older day, the transactions are not.
BOOST_AUTO_TEST_CASE_TEMPLATE(lost_entries_come_back_once, Database, databases) {
  if (!Database::required()) return;
  bed<Database> b;
  story s(b);
  const auto day_before = b.on_day("bank", 20'001);
  b.stop();
  b.lose_entries_after(s.cut);
  b.lose_commits_after(s.cut);
  b.balances_from_entries();
  b.start();
  BOOST_TEST(b.faults().find("HasEntries") != std::string::npos);

  const auto before = b.entries();
  const auto dry = b.backfill(true);
  BOOST_TEST(dry.created > 0u);
  BOOST_TEST(dry.errors == 0u);
  BOOST_TEST(b.entries() == before);
  BOOST_TEST(b.audit_log().empty());

  const auto real = b.backfill(false);
  BOOST_TEST(real.created == dry.created);
  BOOST_TEST(real.processed == dry.processed);
  BOOST_TEST(b.entries() == before + static_cast<std::int64_t>(real.created));
  BOOST_TEST(text_of(b.stored()) == text_of(s.expected));
  BOOST_TEST(b.on_day("bank", 20'001) == day_before); // the original days with them
  BOOST_TEST(b.faults() == "");
  BOOST_TEST(b.astray() == 0);
  const auto log = b.audit_log();
  BOOST_REQUIRE(log.size() == 1u);
  BOOST_TEST(log[0].note.action == "ledger.backfill");
  BOOST_TEST(log[0].note.reason == "restore parcial");
  BOOST_TEST(log[0].note.target == b.owner.text());

  const auto again = b.backfill(false);
  BOOST_TEST(again.created == 0u);
  BOOST_TEST(again.skipped == again.processed);
  BOOST_TEST(b.audit_log().size() == 1u);
  // The books go on, before and after a restart.
  b.post("expense", "cash", 1);
  b.stop();
  b.start();
  b.post("expense", "cash", 1);
  BOOST_TEST(b.faults() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(recovery_mode_refuses_clients_and_not_corrections, Database,
                              databases) {
  if (!Database::required()) return;
  bed<Database> b;
  story s(b);
  b.stop();
  b.lose_entries_after(s.cut);
  b.lose_commits_after(s.cut);
  b.recovery_mode = true;
  b.start();
  const auto refused = b.execute(b.wish("income", "bank", 5));
  BOOST_REQUIRE(!refused.result.has_value());
  BOOST_TEST(refused.result.error().code == "RECOVERY_MODE");
  BOOST_TEST(b.sync(false).changed > 0u);
  BOOST_TEST(b.backfill(false).errors == 0u);
  BOOST_TEST(text_of(b.stored()) == text_of(s.expected));
  BOOST_TEST(b.faults() == "");
  BOOST_REQUIRE(b.books().finish_recovery("rid").has_value());
  b.post("income", "bank", 5);
}

// The balance rows are newer than the entries: nobody may number on from them.
BOOST_AUTO_TEST_CASE_TEMPLATE(balances_of_another_day_do_no_harm, Database, databases) {
  if (!Database::required()) return;
  bed<Database> b;
  story s(b);
  b.stop();
  b.lose_entries_after(s.cut);
  b.lose_commits_after(s.cut);
  const auto cash = std::to_string(key_of(b.named.at("cash")));
  b.db.run("delete from balances where account_id = " + cash); // and one is gone altogether
  b.start();
  BOOST_TEST(b.sync(true).changed > 0u);
  const auto real = b.backfill(false);
  BOOST_TEST(real.errors == 0u);
  BOOST_TEST(text_of(b.stored()) == text_of(s.expected));
  BOOST_TEST(b.sync(true).changed == 0u);
  BOOST_TEST(b.faults() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(balances_alone_are_rebuilt_from_the_entries, Database, databases) {
  if (!Database::required()) return;
  bed<Database> b;
  story s(b);
  b.stop();
  b.db.run("update balances set balance = balance + 7, version = version + 1");
  b.start();
  const auto dry = b.sync(true);
  BOOST_TEST(dry.changed == s.expected.size());
  BOOST_TEST(b.audit_log().empty());
  BOOST_TEST(text_of(b.stored()) != text_of(s.expected));
  BOOST_TEST(b.sync(false).changed == s.expected.size());
  BOOST_TEST(text_of(b.stored()) == text_of(s.expected));
  BOOST_TEST(b.audit_log().size() == s.expected.size());
  BOOST_TEST(b.sync(false).changed == 0u);
  BOOST_TEST(b.faults() == "");
}

// A foreign hand while the server runs: the shard stops, and goes on after a sync.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_stopped_shard_is_resumed_by_a_sync, Database, databases) {
  if (!Database::required()) return;
  bed<Database> b;
  story s(b);
  const auto bank = b.named.at("bank");
  b.db.run("update balances set balance = 1, version = 77 where account_id = " +
           std::to_string(key_of(bank)));
  const auto refused = b.execute(b.wish("income", "bank", 5));
  BOOST_REQUIRE(!refused.result.has_value());
  BOOST_TEST(refused.result.error().code == "SHARD_STOPPED");
  BOOST_TEST(b.books().health().shards_stopped == 1u);
  const auto synced = http::sync_one(b.books(), b.wish_for(false), bank);
  BOOST_REQUIRE(synced.has_value());
  BOOST_REQUIRE(synced->has_value());
  BOOST_TEST((**synced).stored->version == 77u);
  BOOST_TEST(b.books().health().shards_stopped == 0u);
  BOOST_TEST(text_of(b.stored()) == text_of(s.expected));
  b.post("income", "bank", 5);
  BOOST_TEST(b.stored().at("bank") == s.expected.at("bank") + 5);
  BOOST_TEST(b.faults() == "");
}

// The records are there and their entries are not: the effect comes back, the chain does not.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_broken_chain_stays_broken_and_says_so, Database, databases) {
  if (!Database::required()) return;
  bed<Database> b;
  story s(b);
  b.stop();
  b.lose_entries_after(s.cut);
  b.start();
  b.backfill(false);
  BOOST_TEST(text_of(b.stored()) == text_of(s.expected));
  const auto report = b.verified();
  for (std::size_t i = 0; i < ledger::invariant_count; ++i) {
    const bool chain = static_cast<ledger::invariant>(i) == ledger::invariant::ledger_append_only;
    BOOST_TEST((report.findings[i].faults > 0) == chain,
               ledger::to_text(static_cast<ledger::invariant>(i))
                   << ": " << report.findings[i].first);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(half_a_posting_is_an_error_and_left_alone, Database, databases) {
  if (!Database::required()) return;
  bed<Database> b;
  b.open_account("bank", 100);
  const auto id = b.post("expense", "bank", 30);
  b.stop();
  b.db.run(b.db.unlocked("ledger_entries",
                         "delete from ledger_entries where amount = 30 and transaction_id = " +
                             std::to_string(key_of(id))));
  b.start();
  const auto before = b.entries();
  for (const bool dry : {true, false}) {
    const auto r = b.backfill(dry);
    BOOST_TEST(r.created == 0u);
    BOOST_TEST(r.errors == 1u);
    BOOST_REQUIRE(r.samples.size() == 1u);
    BOOST_TEST(r.samples[0].transaction.text() == id.text());
    BOOST_TEST((r.samples[0].why == ledger::damage::half_a_posting));
  }
  BOOST_TEST(b.entries() == before);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(traffic_goes_on_while_entries_come_back, Database, databases) {
  if (!Database::required()) return;
  bed<Database> b;
  story s(b);
  b.stop();
  b.lose_entries_after(s.cut);
  b.lose_commits_after(s.cut);
  b.balances_from_entries();
  b.start();
  std::atomic<bool> over{false};
  std::atomic<std::int64_t> earned{0}, moved{0};
  std::atomic<int> strange{0};
  std::vector<std::thread> crowd;
  for (int t = 0; t < 4; ++t)
    crowd.emplace_back([&, t] {
      while (!over) {
        const bool transfer = t == 0;
        const auto r = b.execute(transfer ? b.wish("transfer", "bank", 1, "cash")
                                          : b.wish("income", "bank", 3));
        if (!r.result) {
          ++strange;
          continue;
        }
        ++(transfer ? moved : earned);
        if (t != 1) continue;
        ledger::delete_transaction undo;
        undo.id = std::get<ledger::transaction_record>(*r.result).id;
        if (b.execute(undo).result)
          --earned;
        else
          ++strange;
      }
    });
  while (earned < 20) std::this_thread::yield();
  b.backfill(true); // sees a ledger that moves, and only looks
  const auto real = b.backfill(false);
  BOOST_TEST(real.created > 0u);
  BOOST_TEST(real.errors == 0u);
  const auto again = b.backfill(false);
  BOOST_TEST(again.created == 0u);
  over = true;
  for (auto& c : crowd) c.join();
  BOOST_TEST(strange == 0);
  auto expected = s.expected;
  expected["bank"] += 3 * earned - moved;
  expected["wage"] -= 3 * earned;
  expected["cash"] += moved;
  BOOST_TEST(text_of(b.stored()) == text_of(expected));
  BOOST_TEST(b.faults() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_audit_log_takes_no_change, Database, databases) {
  if (!Database::required()) return;
  bed<Database> b;
  b.open_account("bank", 100);
  const auto bank = b.named.at("bank");
  for (int i = 0; i < 3; ++i)
    BOOST_REQUIRE(http::sync_one(b.books(), b.wish_for(false), bank).has_value());
  BOOST_TEST(b.audit_log().size() == 3u);
  ledger::audit_filter filter;
  filter.limit = 2;
  const auto first = b.books().audit_log(filter);
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(first->more);
  BOOST_REQUIRE(first->items.size() == 2u);
  BOOST_TEST(first->items[0].number == 3u);
  filter.after = {first->items[1].at, 0, first->items[1].number};
  const auto rest = b.books().audit_log(filter);
  BOOST_REQUIRE(rest->items.size() == 1u);
  BOOST_TEST(rest->items[0].number == 1u);
  BOOST_TEST(!rest->more);
  filter = {};
  filter.action = "ledger.backfill";
  BOOST_TEST(b.books().audit_log(filter)->items.empty());
  filter.action = "ledger.sync_balance";
  filter.target = bank.text();
  BOOST_TEST(b.books().audit_log(filter)->items.size() == 3u);

  for (const char* sql : {"update audit_log set reason = 'another'", "delete from audit_log"})
    BOOST_TEST(!b.db.takes(sql));
  b.db.run(b.db.unlocked("audit_log", "update audit_log set reason = 'another' where number = 2"));
  const auto changed = b.template asked<std::vector<ledger::audit_record>>(
      [&](auto done) { b.store->recovery().audit_records(0, 0, 10, done); });
  ledger::log_auditor judge;
  for (const auto& r : changed) judge.record(r);
  BOOST_TEST(judge.first() == "audit log of shard 0 number 2: the hash does not match the record");
}

// Of two who open the database, a server and a correction without one.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_server_and_a_lone_correction_exclude_each_other, Database,
                              databases) {
  if (!Database::required()) return;
  const Database db;
  base::system_clock clock;
  observability::metrics metrics;
  observability::log log{quiet(), clock, metrics};
  const auto open = [&](storage::presence as) {
    storage::open_settings s;
    s.database_url = db.url();
    s.shards = 1;
    s.require_durable = false;
    s.as = as;
    return storage::open_store(s, storage::migrate_mode::serve, clock, log, metrics);
  };
  using enum storage::presence;
  for (const auto& [first, second] : {std::pair{serves, alone}, std::pair{alone, serves}}) {
    auto there = open(first);
    BOOST_REQUIRE_MESSAGE(there.has_value(), (there ? "" : there.error().detail));
    const auto late = open(second);
    BOOST_REQUIRE(!late.has_value());
    BOOST_TEST(late.error().code == "DB_IN_USE");
    (*there)->stop();
    there->reset();
  }
}

BOOST_AUTO_TEST_SUITE_END()
