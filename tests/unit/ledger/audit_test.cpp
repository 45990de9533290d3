// proves I1, I2, I3, I4, I8, I10, I11: the auditor finds each planted fault and names its
// invariant.
#include "tests/support/ledger_chain.hpp"
#include "tests/unit/ledger/rows.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(audit)

namespace {

/// An income, an edited expense, a live transfer, a deleted transfer and a restored expense.
support::ledger_chain sound() {
  support::ledger_chain c;
  for (const auto* id : {"W", "P"}) c.open(id);
  for (const auto* id : {"salary", "food", "moves"}) c.open(id, account_role::category);
  c.commit(plan_single(rows::income("t1", "W", 1000)), base::utc_us{100});
  const auto lunch = rows::expense("t2", "W", 100);
  c.commit(plan_single(lunch), base::utc_us{200});
  transaction_edit edit;
  edit.account = account_id{"P"};
  c.commit(*plan_edit(lunch, nullptr, edit, base::utc_us{300}), base::utc_us{300});
  const auto t = rows::transfer("W", "P", 40);
  c.commit(plan_transfer(t.origin, t.destination), base::utc_us{400});
  auto gone = rows::transfer("W", "P", 7);
  gone.origin.id = gone.destination.partner.emplace("gone-out");
  gone.destination.id = gone.origin.partner.emplace("gone-in");
  c.commit(plan_transfer(gone.origin, gone.destination), base::utc_us{500});
  c.commit(*plan_delete(gone.origin, &gone.destination, base::utc_us{600}), base::utc_us{600});
  c.commit(plan{}, base::utc_us{700});
  return c;
}

struct planted {
  const char* name;
  std::vector<invariant> found; ///< exactly these have faults
  std::function<void(support::ledger_chain&)> plant;
  std::string first; ///< part of the text of the first fault
};

std::string faulty(const audit_report& report) {
  std::string names;
  for (std::size_t i = 0; i < invariant_count; ++i) {
    const auto which = static_cast<invariant>(i);
    if (report[which].faults == 0) continue;
    if (!names.empty()) names += ' ';
    names += to_text(which);
  }
  return names;
}

std::string names_of(std::vector<invariant> found) {
  std::sort(found.begin(), found.end());
  std::string names;
  for (const auto i : found) {
    if (!names.empty()) names += ' ';
    names += to_text(i);
  }
  return names;
}

constexpr auto append_only = invariant::ledger_append_only;
constexpr auto balance = invariant::ledger_balance;
constexpr auto balanced = invariant::balanced;
constexpr auto has_entries = invariant::has_entries;
constexpr auto net_zero = invariant::transfer_net_zero;
constexpr auto owner = invariant::same_owner;
constexpr auto reversal = invariant::soft_delete_reversal;

support::account_row& account(support::ledger_chain& c, const char* id) {
  return c.accounts.at(account_id{id});
}
transaction_record& transaction(support::ledger_chain& c, const char* id) {
  return c.transactions.at(transaction_id{id});
}

} // namespace

BOOST_AUTO_TEST_CASE(a_sound_ledger_is_clean_and_everything_was_looked_at) {
  const auto report = sound().audit();
  BOOST_TEST(report.clean(), faulty(report));
  BOOST_TEST(report[append_only].checked == 7u + 14u + 1u); // records, entries, their number
  BOOST_TEST(report[balance].checked == 5u);                // accounts
  BOOST_TEST(report[balanced].checked == 7u + 1u);          // postings and the total
  BOOST_TEST(report[has_entries].checked == 4u);
  BOOST_TEST(report[reversal].checked == 2u);
  BOOST_TEST(report[net_zero].checked == 2u);
  BOOST_TEST(report[owner].checked == 6u);
  for (const auto& f : report.findings) BOOST_TEST(f.first == "");
}

BOOST_AUTO_TEST_CASE(nothing_is_sound_too) { BOOST_TEST(auditor{}.finish().clean()); }

BOOST_AUTO_TEST_CASE(the_names_are_those_of_the_contract) {
  BOOST_TEST(names_of({balance, net_zero, reversal, append_only, has_entries, owner, balanced}) ==
             "LedgerBalance TransferNetZero SoftDeleteReversal LedgerAppendOnly HasEntries "
             "SameOwner Balanced");
}

BOOST_AUTO_TEST_CASE(each_planted_fault_is_found_under_its_name) {
  const std::vector<planted> faults{
      // the chain
      {"a record is missing",
       {append_only, balance, has_entries},
       [](auto& c) { c.links.erase(c.links.begin() + 1); },
       "shard 3 seq 3: a record before it is missing"},
      {"an empty record is missing at the start",
       {append_only},
       [](auto& c) {
         for (auto& l : c.links) {
           ++l.record.seq;
           for (auto& e : l.entries) ++e.seq;
         }
         c.reseal_all();
       },
       "shard 3 seq 2: a record before it is missing"},
      {"two records change places",
       {append_only},
       [](auto& c) { std::swap(c.links[3], c.links[4]); },
       "shard 3 seq 5"},
      {"the epoch falls",
       {append_only},
       [](auto& c) {
         c.links[0].record.epoch = 2;
         c.reseal_all();
       },
       "shard 3 seq 2: the epoch falls"},
      {"booked_at falls",
       {append_only},
       [](auto& c) {
         auto& l = c.links[3];
         l.record.booked_at = base::utc_us{299};
         for (auto& e : l.entries) e.booked_at = l.record.booked_at;
         c.reseal_all();
       },
       "shard 3 seq 4: booked_at falls"},
      {"a link is broken",
       {append_only},
       [](auto& c) {
         c.links[6].record.prev_hash[31] ^= 1;
         support::ledger_chain::reseal(c.links[6]);
       },
       "shard 3 seq 7: prev_hash is not the hash of the record before"},
      {"a hash is another",
       {append_only},
       [](auto& c) { c.links[6].record.hash[0] ^= 0x80; },
       "shard 3 seq 7: the hash does not match"},
      {"an effective day is another",
       {append_only},
       [](auto& c) { c.links[0].entries[0].draft.effective.count += 1; },
       "shard 3 seq 1: the hash does not match"},
      {"the number of entries is another",
       {append_only},
       [](auto& c) {
         auto& l = c.links[6];
         l.record.entries = 1;
         l.record.hash = hash_of(l.record, {});
       },
       "shard 3 seq 7: the number of entries"},
      {"an entry names another record",
       {append_only},
       [](auto& c) {
         c.links[0].entries[1].seq = 2;
         c.reseal_all();
       },
       "shard 3 seq 1: account salary version 1 does not belong"},
      {"a gap in the positions",
       {append_only},
       [](auto& c) {
         c.links[0].entries[1].position = 2;
         c.reseal_all();
       },
       "shard 3 seq 1: account salary version 1 does not belong"},
      // entries of accounts
      {"a version is missing",
       {append_only},
       [](auto& c) {
         for (auto& l : c.links) {
           for (auto& e : l.entries) {
             if (e.draft.account.text() == "P" && e.version > 1) ++e.version;
           }
         }
         ++account(c, "P").version;
         c.reseal_all();
       },
       "account P version 3: the versions are not 1..n"},
      {"a balance_after is another",
       {append_only},
       [](auto& c) {
         c.links[0].entries[0].balance_after.minor += 1;
         c.reseal_all();
       },
       "account W version 1: balance_after"},
      {"an entry moves nothing",
       {balanced},
       [](auto& c) {
         auto& l = c.links[6];
         auto e = c.links[0].entries[1];
         auto& a = account(c, "moves");
         e = {{a.record.id, {}, e.draft.transaction, {}, 0, false},
              ++a.version,
              {},
              3,
              l.record.seq,
              0,
              l.record.booked_at};
         l.entries.push_back(e);
         c.reseal_all();
       },
       "shard 3 seq 7: account moves version 1 moves nothing"},
      {"postings of one record that only together sum to zero",
       {balanced},
       [](auto& c) {
         c.links[0].entries[1].draft.posting = 1;
         c.reseal_all();
       },
       "shard 3 seq 1 posting 0: does not sum to zero"},
      {"money from nowhere",
       {balanced, has_entries},
       [](auto& c) {
         auto& e = c.links[0].entries[1];
         e.draft.amount.minor += 1;
         e.balance_after.minor += 1;
         account(c, "salary").balance.minor += 1;
         c.reseal_all();
       },
       "shard 3 seq 1 posting 0: does not sum to zero"},
      // account rows
      {"a foreign hand at a balance",
       {balance, balanced},
       [](auto& c) { account(c, "W").balance.minor += 1; },
       "account W: its balance is not the sum of its entries"},
      {"two foreign hands that keep the total",
       {balance},
       [](auto& c) {
         account(c, "P").balance.minor += 1;
         account(c, "W").balance.minor -= 1;
       },
       "account P: its balance is not the sum of its entries"},
      {"a version that no entry has",
       {balance},
       [](auto& c) { ++account(c, "W").version; },
       "account W: its version is not that of its last entry"},
      {"a balance without entries",
       {balance, balanced},
       [](auto& c) {
         c.open("X");
         account(c, "X").balance.minor = 1;
       },
       "account X: its balance"},
      // transactions
      {"a live transaction without entries",
       {has_entries},
       [](auto& c) { c.transactions[transaction_id{"t9"}] = rows::expense("t9", "W", 3); },
       "transaction t9: has no entries"},
      {"an amount changed behind the ledger's back",
       {has_entries},
       [](auto& c) { transaction(c, "t1").amount.minor = 999; },
       "transaction t1: its entries are not its effect"},
      {"an account changed behind the ledger's back",
       {has_entries},
       [](auto& c) { transaction(c, "t1").account = account_id{"P"}; },
       "transaction t1: its entries are not its effect"},
      {"a category changed behind the ledger's back",
       {has_entries},
       [](auto& c) { transaction(c, "t1").category = account_id{"food"}; },
       "transaction t1: its entries are not its effect"},
      {"deleted without reversal",
       {reversal},
       [](auto& c) { transaction(c, "t2").deleted_at = base::utc_us{9}; },
       "transaction t2: is deleted and still has an effect"},
      {"undeleted without a posting",
       {has_entries, net_zero},
       [](auto& c) { transaction(c, "gone-in").deleted_at.reset(); },
       "transaction gone-in: its entries are not its effect"},
      {"a row is gone",
       {reversal},
       [](auto& c) { c.transactions.erase(transaction_id{"t1"}); },
       "transaction t1: has entries and no row"},
      {"a leg is gone",
       {reversal, net_zero},
       [](auto& c) { c.transactions.erase(transaction_id{"in"}); },
       "transaction in: has entries and no row"},
      {"one leg is smaller",
       {net_zero, has_entries},
       [](auto& c) { transaction(c, "in").amount.minor = 39; },
       "transaction in: its entries are not its effect"},
      {"legs of two categories",
       {net_zero},
       [](auto& c) { transaction(c, "in").category = account_id{"food"}; },
       "transaction out: the legs contradict each other"},
      {"a leg names a stranger",
       {net_zero},
       [](auto& c) { transaction(c, "in").partner = transaction_id{"stranger"}; },
       "transaction out: the legs contradict each other"},
      {"both legs on one account",
       {net_zero, has_entries},
       [](auto& c) { transaction(c, "in").account = account_id{"W"}; },
       "transaction out: the legs contradict each other"},
      {"legs of two instants",
       {net_zero},
       [](auto& c) { transaction(c, "in").date.count += 1; },
       "transaction out: the legs contradict each other"},
      {"legs of two days",
       {net_zero},
       [](auto& c) { transaction(c, "in").effective.count += 1; },
       "transaction out: the legs contradict each other"},
      {"two legs out of one transfer",
       {net_zero, has_entries},
       [](auto& c) { transaction(c, "in").direction = -1; },
       "transaction out: the legs contradict each other"},
      {"an entry of a leg is given to another transaction",
       {net_zero, has_entries},
       [](auto& c) {
         for (auto& l : c.links) {
           for (auto& e : l.entries) {
             if (e.draft.transaction.text() == "in") e.draft.transaction = transaction_id{"t1"};
           }
         }
         c.reseal_all();
       },
       "transaction out: the legs do not sum to zero"},
      {"a leg without partner",
       {net_zero},
       [](auto& c) {
         transaction(c, "in").partner.reset();
         transaction(c, "out").partner.reset();
       },
       "transaction in: its other leg is missing"},
      {"an account of somebody else",
       {owner},
       [](auto& c) { account(c, "P").record.owner = user_id{"bob"}; },
       "transaction gone-in: account P is of another owner"},
      {"a category of somebody else",
       {owner},
       [](auto& c) { account(c, "salary").record.owner = user_id{"bob"}; },
       "transaction t1: account salary is of another owner"},
      {"a category that does not exist",
       {owner},
       [](auto& c) {
         transaction(c, "gone-in").category = account_id{"nowhere"};
         transaction(c, "gone-out").category = account_id{"nowhere"};
       },
       "transaction gone-in: account nowhere does not exist"},
  };
  for (const auto& f : faults) {
    auto c = sound();
    f.plant(c);
    const auto report = c.audit();
    BOOST_TEST(faulty(report) == names_of(f.found), f.name << ": found " << faulty(report));
    bool told = false;
    for (const auto& finding : report.findings) {
      told = told || finding.first.find(f.first) != std::string::npos;
    }
    BOOST_TEST(told, f.name << ": nobody says \"" << f.first << '"');
    // A sketch of the effects finds the same, under the same names.
    const auto sketched = c.audit_sketched(7);
    BOOST_TEST(faulty(sketched) == names_of(f.found),
               f.name << ": the sketch found " << faulty(sketched));
    // Of a pair it may name the other leg.
    const auto what = f.first.substr(std::min(f.first.find(": "), f.first.size()));
    bool told_again = false;
    for (const auto& finding : sketched.findings)
      told_again = told_again || finding.first.find(what) != std::string::npos;
    BOOST_TEST(told_again, f.name << ": with a sketch nobody says \"" << f.first << '"');
  }
}

BOOST_AUTO_TEST_CASE(a_sketch_of_a_sound_ledger_needs_no_second_look) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    bool looked_again = false;
    const auto report = sound().audit_sketched(seed, &looked_again);
    BOOST_TEST(report.clean());
    BOOST_TEST(!looked_again);
    BOOST_TEST((report.findings == sound().audit().findings));
  }
  auto c = sound();
  transaction(c, "t1").amount.minor += 1;
  bool looked_again = false;
  BOOST_TEST(!c.audit_sketched(1, &looked_again).clean());
  BOOST_TEST(looked_again);
}

BOOST_AUTO_TEST_CASE(an_entry_outside_the_chain_is_found) {
  const auto c = sound();
  const std::pair<shard_id, std::uint64_t> places[]{{3, 8}, {4, 1}, {3, 0}};
  for (const auto& [shard, seq] : places) {
    auditor judge;
    for (const auto& l : c.links) judge.commit(l.record, l.entries);
    auto alien = c.links[0].entries[0];
    alien.seq = seq;
    alien.shard = shard;
    judge.account(c.accounts.at(account_id{"W"}).record, alien.balance_after, 1);
    judge.account_entry(alien);
    const auto report = judge.finish();
    BOOST_TEST(report[append_only].first ==
               "account W version 1: names a commit record that does not exist");
  }
}

BOOST_AUTO_TEST_CASE(entries_of_the_chain_that_no_account_has_are_missed) {
  auto c = sound();
  c.accounts.erase(account_id{"food"});
  const auto report = c.audit();
  BOOST_TEST(report[append_only].first ==
             "entries of accounts and of commit records differ in number");
  BOOST_TEST(report[owner].first == "transaction t2: account food does not exist");
}

BOOST_AUTO_TEST_CASE(entries_without_an_account_row_are_found_wherever_they_stand) {
  const auto c = sound();
  for (const bool before : {true, false}) {
    auditor judge{audit_extent::part};
    const auto& w = c.accounts.at(account_id{"W"});
    const auto feed = [&] {
      judge.account(w.record, w.balance, w.version);
      for (const auto& e : c.entries_of(w.record.id)) judge.account_entry(e);
    };
    if (!before) feed();
    for (const auto& e : c.entries_of(account_id{"P"})) judge.account_entry(e);
    if (before) feed();
    const auto report = judge.finish();
    BOOST_TEST(report[balance].faults == 1u);
    BOOST_TEST(report[balance].first == "account P: has entries and no row");
  }
}

BOOST_AUTO_TEST_CASE(one_account_alone_can_be_checked) {
  auto c = sound();
  const auto check_w = [&] {
    auditor judge{audit_extent::part};
    const auto& w = c.accounts.at(account_id{"W"});
    judge.account(w.record, w.balance, w.version);
    for (const auto& e : c.entries_of(w.record.id)) judge.account_entry(e);
    return judge.finish();
  };
  BOOST_TEST(check_w().clean());
  account(c, "W").balance.minor += 1;
  BOOST_TEST(check_w()[balance].faults == 1u);
}

BOOST_AUTO_TEST_CASE(shards_may_be_mixed_and_each_has_its_own_chain) {
  auto c = sound();
  c.open("B", account_role::money, "bob");
  c.open("bob-food", account_role::category, "bob");
  for (int i = 0; i < 3; ++i) {
    auto row = rows::expense("b" + std::to_string(i), "B", 5);
    row.owner = user_id{"bob"};
    row.category = account_id{"bob-food"};
    // The clock of this shard stands before that of the other.
    c.commit(plan_single(row), base::utc_us{10 + i}, 9);
    std::rotate(c.links.begin() + i * 2, c.links.end() - 1, c.links.end());
  }
  const auto report = c.audit();
  BOOST_TEST(report.clean(), faulty(report));

  auto moved = rows::expense("b9", "B", 5);
  moved.owner = user_id{"bob"};
  moved.category = account_id{"bob-food"};
  c.commit(plan_single(moved), base::utc_us{900}, 3);
  BOOST_TEST(c.audit()[append_only].first == "account B version 4: lies in another shard");
}

BOOST_AUTO_TEST_CASE(all_faults_are_counted_and_the_first_is_kept) {
  auto c = sound();
  ++account(c, "P").version;
  ++account(c, "W").version;
  const auto report = c.audit();
  BOOST_TEST(report[balance].faults == 2u);
  BOOST_TEST(report[balance].first == "account P: its version is not that of its last entry");
}

BOOST_AUTO_TEST_CASE(sums_beyond_int64_do_not_wrap) {
  // 20 000 accounts at the limit: their sum leaves int64, and comes back to zero with as many
  // below.
  auditor judge;
  for (int i = 0; i < 20'000; ++i) {
    account_record row;
    row.id = account_id{"a" + std::to_string(i)};
    judge.account(row, base::centavos{base::amount_minor_max}, 0);
  }
  const auto report = judge.finish();
  BOOST_TEST(report[balanced].faults == 1u);
  BOOST_TEST(report[balance].faults == 20'000u);
}

BOOST_AUTO_TEST_SUITE_END()
