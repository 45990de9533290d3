// Which entries are missing (ledger/backfill.hpp): once gives them, twice gives none.
#include "ledger/backfill.hpp"
#include "ledger/plan.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <optional>

using namespace ledger;
using base::centavos;

BOOST_AUTO_TEST_SUITE(backfill)

namespace {

constexpr base::civil_day monday{20'000}, friday{20'004};

transaction_record row(const std::string& id, transaction_type type, std::int64_t amount) {
  transaction_record t;
  t.id = transaction_id{id};
  t.owner = user_id{"ana"};
  t.account = account_id{"W"};
  t.category = account_id{"C"};
  t.type = type;
  t.direction = type == transaction_type::income || type == transaction_type::opening ? 1 : -1;
  t.amount = centavos{amount};
  t.effective = monday;
  return t;
}

std::vector<transaction_record> transfer(std::int64_t amount) {
  auto out = row("t1", transaction_type::transfer, amount);
  auto in = row("t2", transaction_type::transfer, amount);
  in.account = account_id{"V"};
  in.direction = 1;
  out.partner = in.id;
  in.partner = out.id;
  return {out, in};
}

/// A ledger that knows sums only.
struct book {
  std::map<transaction_id, transaction_state> states;

  void put(const transaction_record& r) { states[r.id].row = r; }
  void post(const std::vector<entry_draft>& entries) {
    for (const auto& e : entries) {
      auto& sums = states[e.transaction].sums;
      const auto at = std::find_if(sums.begin(), sums.end(), [&](const entry_sum& s) {
        return s.account == e.account && s.effective == e.effective;
      });
      if (at == sums.end())
        sums.push_back({e.account, e.effective, e.amount});
      else
        at->sum.minor += e.amount.minor;
    }
  }
  repair missing() const {
    std::vector<transaction_state> all;
    for (const auto& [id, s] : states) all.push_back(s);
    return missing_entries(all);
  }
  std::map<std::string, std::int64_t> balances() const {
    std::map<std::string, std::int64_t> sums;
    for (const auto& [id, s] : states)
      for (const auto& e : s.sums) sums[e.account.text()] += e.sum.minor;
    std::erase_if(sums, [](const auto& s) { return s.second == 0; });
    return sums;
  }
  /// Mends, and checks that each posting sums to zero and that a second time gives nothing.
  repair mend() {
    const auto found = missing();
    std::map<std::uint32_t, std::int64_t> postings;
    for (const auto& e : found.entries) {
      BOOST_TEST(e.amount.minor != 0);
      postings[e.posting] += e.amount.minor;
    }
    for (const auto& [number, sum] : postings) BOOST_TEST(sum == 0);
    BOOST_TEST(std::is_partitioned(found.entries.begin(), found.entries.end(),
                                   [](const auto& e) { return e.amount.minor > 0; }));
    post(found.entries);
    BOOST_TEST(missing().entries.empty());
    return found;
  }
};

using sums = std::map<std::string, std::int64_t>;

} // namespace

BOOST_AUTO_TEST_CASE(a_row_without_entries_gets_those_that_the_plan_makes) {
  for (const auto type : {transaction_type::income, transaction_type::expense,
                          transaction_type::opening, transaction_type::adjustment}) {
    const auto t = row("t1", type, 1007);
    book b;
    b.put(t);
    auto planned = plan_single(t).entries;
    auto found = b.mend().entries;
    const auto by_account = [](const auto& x, const auto& y) { return x.account < y.account; };
    std::sort(planned.begin(), planned.end(), by_account);
    std::sort(found.begin(), found.end(), by_account);
    BOOST_TEST((found == planned)); // the original day with it
  }
}

BOOST_AUTO_TEST_CASE(both_legs_of_a_transfer_are_one_posting) {
  const auto legs = transfer(500);
  book b;
  for (const auto& l : legs) b.put(l);
  const auto found = b.mend();
  BOOST_TEST(found.entries.size() == 2u);
  BOOST_TEST(found.repaired.size() == 2u);
  BOOST_TEST((found.reborn == found.repaired));
  BOOST_TEST((b.balances() == sums{{"W", -500}, {"V", 500}}));
  BOOST_TEST(is_whole(b.states.at(transaction_id{"t1"})));
}

BOOST_AUTO_TEST_CASE(what_is_whole_needs_nothing) {
  book b;
  const auto t = row("t0", transaction_type::expense, 3);
  b.put(t);
  b.post(plan_single(t).entries);
  const auto legs = transfer(500);
  for (const auto& l : legs) b.put(l);
  b.post(plan_transfer(legs[0], legs[1]).entries);
  BOOST_TEST(b.missing().entries.empty());
  BOOST_TEST(b.missing().repaired.empty());
  for (const auto& [id, s] : b.states) BOOST_TEST(is_whole(s));
}

// What was lost is each time the last step; the row is already that of after it.
BOOST_AUTO_TEST_CASE(the_lost_entries_of_an_edit_come_back_on_both_days) {
  const auto before = row("t1", transaction_type::expense, 100);
  book b;
  b.put(before);
  b.post(plan_single(before).entries);
  transaction_edit edit;
  edit.amount = centavos{150};
  edit.date = base::utc_us{1};
  edit.effective = friday;
  edit.account = account_id{"V"};
  const auto plan = plan_edit(before, nullptr, edit, {});
  b.put(plan->updates.front());
  BOOST_TEST(!is_whole(b.states.at(before.id)));
  const auto found = b.mend();
  BOOST_TEST((b.balances() == sums{{"V", -150}, {"C", 150}}));
  BOOST_TEST(found.entries.size() == 4u);
  for (const auto& e : found.entries) {
    BOOST_TEST((e.effective == (e.reversal ? monday : friday)));
    if (e.account.text() == "W") BOOST_TEST(e.reversal);
    if (e.account.text() == "V") BOOST_TEST(!e.reversal);
  }
}

BOOST_AUTO_TEST_CASE(a_change_of_the_day_alone_moves_the_effect) {
  const auto before = row("t1", transaction_type::income, 100);
  book b;
  b.put(before);
  b.post(plan_single(before).entries);
  auto after = before;
  after.effective = friday;
  b.put(after);
  BOOST_TEST(b.mend().entries.size() == 4u);
  BOOST_TEST((b.balances() == sums{{"W", 100}, {"C", -100}}));
}

BOOST_AUTO_TEST_CASE(a_deleted_row_that_has_its_effect_is_reversed) {
  auto t = row("t1", transaction_type::expense, 100);
  book b;
  b.post(plan_single(t).entries);
  t.deleted_at = base::utc_us{1};
  b.put(t);
  const auto found = b.mend();
  BOOST_TEST(found.entries.size() == 2u);
  BOOST_TEST(found.reborn.empty());
  for (const auto& e : found.entries) BOOST_TEST(e.reversal);
  BOOST_TEST(b.balances().empty());
}

BOOST_AUTO_TEST_CASE(a_deleted_row_without_any_entry_gets_its_effect_and_its_reversal) {
  book b;
  auto single = row("t0", transaction_type::expense, 3);
  auto legs = transfer(100);
  for (auto* t : {&single, &legs[0], &legs[1]}) {
    t->deleted_at = base::utc_us{1};
    b.put(*t);
    BOOST_TEST(!is_whole(b.states.at(t->id)));
  }
  const auto found = b.mend();
  BOOST_TEST(found.entries.size() == 8u);
  BOOST_TEST(found.reborn.size() == 3u);
  BOOST_TEST((found.repaired == found.reborn));
  BOOST_TEST(b.balances().empty());
  for (const auto& [id, s] : b.states) BOOST_TEST(is_whole(s));
  for (const auto& e : found.entries) {
    BOOST_TEST((e.effective == monday));
    if (e.transaction == single.id && e.account == single.account)
      BOOST_TEST(e.reversal == (e.amount.minor > 0));
  }
}

BOOST_AUTO_TEST_CASE(an_effect_that_is_there_twice_is_taken_back_once) {
  const auto t = row("t1", transaction_type::expense, 100);
  book b;
  b.put(t);
  b.post(plan_single(t).entries);
  b.post(plan_single(t).entries);
  b.mend();
  BOOST_TEST((b.balances() == sums{{"W", -100}, {"C", 100}}));
}

// A posting of one leg would break double entry, so half a posting stays half.
BOOST_AUTO_TEST_CASE(what_balanced_postings_cannot_mend_is_named) {
  const auto t = row("t1", transaction_type::expense, 100);
  book b;
  b.put(t);
  b.states.at(t.id).sums = {{t.account, monday, centavos{-100}}};
  using lost = repair::lost;
  BOOST_TEST((b.missing().beyond == std::vector{lost{t.id, damage::half_a_posting}}));
  BOOST_TEST(b.missing().entries.empty());

  book alone;
  const auto legs = transfer(5);
  alone.put(legs[0]);
  BOOST_TEST((alone.missing().beyond == std::vector{lost{legs[0].id, damage::partner_missing}}));
  alone.put(legs[1]);
  alone.states.at(legs[1].id).row.amount = centavos{6};
  BOOST_TEST(alone.missing().beyond.size() == 2u);
  BOOST_TEST((alone.missing().beyond.front().why == damage::rows_contradict));

  book odd;
  odd.put(row("t1", transaction_type::expense, 0));
  BOOST_TEST((odd.missing().beyond.front().why == damage::rows_contradict));
  BOOST_TEST(!is_whole(odd.states.begin()->second));
  BOOST_TEST(to_text(damage::half_a_posting) == "half_a_posting");
}

BOOST_AUTO_TEST_SUITE_END()
