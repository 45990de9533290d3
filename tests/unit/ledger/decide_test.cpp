// proves I5, I7: what one account agrees to while other effects are still open.
#include "base/assert.hpp"
#include "ledger/decide.hpp"
#include "tests/support/text_table.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(decide_rules)

namespace {

/// account W [posted N] [floor N] | plain|transfer W ±N as t | settle t | release t | close W |
/// floor W N | show W
class teller {
public:
  std::string operator()(const support::table_line& line) {
    const auto& w = line.words;
    const auto& verb = w.at(0);
    if (verb == "account") return open_account(w);
    if (verb == "settle") return end(w.at(1), true);
    if (verb == "release") return end(w.at(1), false);
    auto& account = accounts_.at(w.at(1));
    if (verb == "close") {
      account.record.active = false;
      return "closed";
    }
    if (verb == "floor") {
      account.record.floor = base::centavos{std::stoll(w.at(2))};
      return "floor " + w.at(2);
    }
    if (verb == "show") return show(account);
    const auto rule = verb == "transfer" ? leg_rule::transfer : leg_rule::plain;
    BOOST_REQUIRE_MESSAGE(verb == "plain" || verb == "transfer", "unknown verb " + verb);
    const base::centavos effect{std::stoll(w.at(2))};
    const auto before = account;
    const auto verdict = decide(account, effect, rule);
    BOOST_TEST((account == before), "decide only looks");
    if (!verdict) return std::string(verdict.error().code);
    const ticket t = next_++;
    reserve(account, t, effect);
    if (w.size() == 5) tickets_[w.at(4)] = {w.at(1), t};
    return effect.minor < 0 ? "reserved" : effect.minor > 0 ? "announced" : "accepted";
  }

private:
  std::string open_account(const std::vector<std::string>& w) {
    account_state a;
    a.record.id = account_id{w.at(1)};
    for (std::size_t i = 2; i + 1 < w.size(); i += 2) {
      const base::centavos amount{std::stoll(w.at(i + 1))};
      if (w[i] == "floor") a.record.floor = amount;
      if (w[i] == "posted") a.posted = amount;
    }
    accounts_[w.at(1)] = a;
    return "opened";
  }

  std::string end(const std::string& name, bool settled) {
    const auto [id, t] = tickets_.at(name);
    auto& a = accounts_.at(id);
    if (settled) {
      settle(a, t, base::centavos{a.posted.minor + a.open.at(t).minor}, a.version + 1);
    } else {
      release(a, t);
    }
    return std::to_string(a.posted.minor) + " v" + std::to_string(a.version);
  }

  static std::string show(const account_state& a) {
    return "posted " + std::to_string(a.posted.minor) + " available " +
           std::to_string(a.available().minor) + " reserved " + std::to_string(a.reserved.minor) +
           " announced " + std::to_string(a.announced.minor) + " open " +
           std::to_string(a.open.size());
  }

  std::map<std::string, account_state> accounts_;
  std::map<std::string, std::pair<std::string, ticket>> tickets_;
  ticket next_ = 1;
};

void run(std::string_view table) { support::run_table(table, teller{}); }

} // namespace

BOOST_AUTO_TEST_CASE(a_debit_is_reserved_at_once_and_a_credit_is_only_announced) {
  run(R"(
    account  W floor 0
    plain    W -100           -> TX_INSUFFICIENT_BALANCE
    plain    W +150 as salary -> announced
    show     W                -> posted 0 available 0 reserved 0 announced 150 open 1
    plain    W -100           -> TX_INSUFFICIENT_BALANCE   # announced is not spendable
    settle   salary           -> 150 v1
    plain    W -100 as rent   -> reserved
    plain    W -51            -> TX_INSUFFICIENT_BALANCE   # the next command sees the reservation
    plain    W -50 as food    -> reserved
    plain    W -1             -> TX_INSUFFICIENT_BALANCE
    release  food             -> 150 v1
    plain    W -50            -> reserved
    settle   rent             -> 50 v2
    show     W                -> posted 50 available 0 reserved 50 announced 0 open 1
  )");
}

BOOST_AUTO_TEST_CASE(without_a_floor_an_expense_may_go_below_zero_and_a_transfer_may_not) {
  run(R"(
    account  W posted 10
    transfer W -11            -> TX_INSUFFICIENT_BALANCE
    plain    W -15 as a       -> reserved
    transfer W -1             -> TX_INSUFFICIENT_BALANCE
    settle   a                -> -5 v1
    transfer W -1             -> TX_INSUFFICIENT_BALANCE
    plain    W -1             -> reserved
    show     W                -> posted -5 available -6 reserved 1 announced 0 open 1
  )");
}

BOOST_AUTO_TEST_CASE(a_positive_floor_holds_for_both_and_a_negative_one_only_for_plain_debits) {
  run(R"(
    account  P posted 100 floor 30
    transfer P -71            -> TX_INSUFFICIENT_BALANCE
    plain    P -71            -> TX_INSUFFICIENT_BALANCE
    transfer P -70            -> reserved
    show     P                -> posted 100 available 30 reserved 70 announced 0 open 1
    account  N posted 100 floor -50
    transfer N -101           -> TX_INSUFFICIENT_BALANCE
    transfer N -100           -> reserved
    plain    N -51            -> TX_INSUFFICIENT_BALANCE
    plain    N -50            -> reserved
    show     N                -> posted 100 available -50 reserved 150 announced 0 open 2
  )");
}

BOOST_AUTO_TEST_CASE(below_a_floor_that_was_raised_only_credits_pass) {
  run(R"(
    account  W posted 10
    floor    W 50
    plain    W -1             -> TX_INSUFFICIENT_BALANCE
    plain    W 0              -> accepted
    plain    W +1 as c        -> announced
    settle   c                -> 11 v1
    plain    W -1             -> TX_INSUFFICIENT_BALANCE
    show     W                -> posted 11 available 11 reserved 0 announced 0 open 1
  )");
}

BOOST_AUTO_TEST_CASE(an_open_credit_counts_against_the_limit_and_an_open_debit_does_not_help) {
  run(R"(
    account  W posted 999999999999990
    plain    W +5 as a            -> announced
    plain    W +5                 -> TX_BALANCE_LIMIT
    plain    W -100 as b          -> reserved
    plain    W +5                 -> TX_BALANCE_LIMIT
    plain    W +4                 -> announced
    settle   b                    -> 999999999999890 v1
    plain    W +100               -> announced
    show     W -> posted 999999999999890 available 999999999999890 reserved 0 announced 109 open 3
    account  D posted -999999999999990
    plain    D -9                 -> reserved
    plain    D -1                 -> TX_BALANCE_LIMIT
    plain    D +1999999999999989  -> announced    # an edit may turn the largest debit round
    show     D -> posted -999999999999990 available -999999999999999 reserved 9 announced 1999999999999989 open 2
  )");
}

BOOST_AUTO_TEST_CASE(refusals_in_their_order_closed_then_limit_then_funds) {
  run(R"(
    account  W posted -999999999999999 floor 0
    transfer W -1             -> TX_BALANCE_LIMIT
    plain    W -1             -> TX_BALANCE_LIMIT
    close    W
    transfer W -1             -> TX_ACCOUNT_CLOSED
    plain    W +1             -> TX_ACCOUNT_CLOSED
    plain    W 0              -> TX_ACCOUNT_CLOSED
    show     W                -> posted -999999999999999 available -999999999999999 reserved 0 announced 0 open 0
  )");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_reservation_in_any_order) {
  run(R"(
    account  W posted 100
    plain    W -10 as a
    plain    W +20 as b
    plain    W -30 as c
    plain    W 0 as d
    settle   c                -> 70 v1
    release  b                -> 70 v1
    settle   d                -> 70 v2
    settle   a                -> 60 v3
    show     W                -> posted 60 available 60 reserved 0 announced 0 open 0
  )");
}

BOOST_AUTO_TEST_CASE(a_reservation_ends_once_and_with_its_own_amount) {
  account_state a;
  reserve(a, 1, base::centavos{-10});
  BOOST_CHECK_THROW(reserve(a, 1, base::centavos{-10}), base::broken_invariant);
  BOOST_CHECK_THROW(settle(a, 1, base::centavos{-9}, 1), base::broken_invariant);
  BOOST_CHECK_THROW(settle(a, 2, base::centavos{-10}, 1), base::broken_invariant);
  BOOST_CHECK_THROW(release(a, 2), base::broken_invariant);
  settle(a, 1, base::centavos{-10}, 3);
  BOOST_CHECK_THROW(release(a, 1), base::broken_invariant);
  BOOST_CHECK_THROW(settle(a, 1, base::centavos{-20}, 4), base::broken_invariant);
  reserve(a, 2, base::centavos{-1});
  BOOST_CHECK_THROW(settle(a, 2, base::centavos{-11}, 2), base::broken_invariant); // version falls
  BOOST_TEST(a.version == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
