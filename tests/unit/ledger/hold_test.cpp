// proves I5, I6 with holds: what an account agrees to while money is set aside.
#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "ledger/decide.hpp"
#include "ledger/errc.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(holds)

namespace {

constexpr base::utc_us at(std::int64_t t) { return base::utc_us{t}; }
constexpr base::centavos cents(std::int64_t n) { return base::centavos{n}; }

account_state account_with(std::int64_t posted, std::optional<std::int64_t> floor = {}) {
  account_state a;
  a.record.id = account_id{"W"};
  a.posted = cents(posted);
  if (floor) a.record.floor = cents(*floor);
  return a;
}

hold_wish place(const std::string& id, std::int64_t amount, std::optional<base::utc_us> end = {}) {
  return {hold_status::open, hold_id{id}, account_id{"W"}, cents(amount), end};
}
hold_wish end(const std::string& id, hold_status how) {
  return {how, hold_id{id}, account_id{"W"}, {}, {}};
}

/// Decides and reserves; the code of a refusal, else "ok".
std::string wish(account_state& a, ticket t, const hold_wish& w, std::int64_t effect,
                 base::utc_us now = at(0), leg_rule rule = leg_rule::plain) {
  count_holds(a, now);
  const auto before = a;
  const auto verdict = decide(a, w, cents(effect), rule, now);
  BOOST_TEST((a == before), "decide only looks");
  if (!verdict) return std::string{verdict.error().code};
  reserve(a, t, w, cents(effect));
  return "ok";
}

void settle_with(account_state& a, ticket t, std::int64_t effect) {
  settle(a, t, cents(a.posted.minor + effect), a.version + (effect != 0 ? 1 : 0));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_hold_lowers_what_is_available_at_once_and_never_the_balance) {
  auto a = account_with(100, 0);
  BOOST_TEST(wish(a, 1, place("h", 60), 0) == "ok");
  BOOST_TEST(a.available().minor == 40);
  settle_with(a, 1, 0);
  BOOST_TEST(a.available().minor == 40);
  BOOST_TEST(a.posted.minor == 100);
  BOOST_TEST(a.version == 0u);
  BOOST_TEST(wish(a, 2, place("g", 41), 0) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST((decide(a, cents(-41), leg_rule::plain).error().code == "TX_INSUFFICIENT_BALANCE"));
  BOOST_TEST(decide(a, cents(-40), leg_rule::plain).has_value());
}

BOOST_AUTO_TEST_CASE(a_hold_that_was_not_committed_leaves_nothing) {
  auto a = account_with(100, 0);
  BOOST_TEST(wish(a, 1, place("h", 60), 0) == "ok");
  release(a, 1);
  BOOST_TEST((a == account_with(100, 0)));
}

BOOST_AUTO_TEST_CASE(posting_takes_the_money_that_was_set_aside_and_lets_the_rest_go) {
  auto a = account_with(100, 0);
  wish(a, 1, place("h", 100), 0);
  settle_with(a, 1, 0);
  BOOST_TEST(wish(a, 2, end("h", hold_status::posted), -70) == "ok");
  BOOST_TEST(a.available().minor == 0); // the rest is free when the posting is durable
  settle_with(a, 2, -70);
  BOOST_TEST(a.available().minor == 30);
  BOOST_TEST(a.posted.minor == 30);
  BOOST_TEST(a.holds.empty());
  BOOST_TEST(wish(a, 3, end("h", hold_status::voided), 0) == "HOLD_ENDED");
}

BOOST_AUTO_TEST_CASE(a_posting_that_failed_leaves_the_hold_as_it_was) {
  auto a = account_with(100, 0);
  wish(a, 1, place("h", 100), 0);
  settle_with(a, 1, 0);
  const auto before = a;
  BOOST_TEST(wish(a, 2, end("h", hold_status::posted), -70) == "ok");
  BOOST_TEST(has_to_wait(a, end("h", hold_status::voided)));
  release(a, 2);
  BOOST_TEST((a == before));
  BOOST_TEST(!has_to_wait(a, end("h", hold_status::voided)));
}

BOOST_AUTO_TEST_CASE(time_ends_a_hold_but_not_one_whose_fate_is_decided) {
  auto a = account_with(100, 0);
  wish(a, 1, place("h", 60, at(10)), 0);
  wish(a, 2, place("g", 30, at(10)), 0);
  settle_with(a, 1, 0);
  settle_with(a, 2, 0);
  BOOST_TEST(wish(a, 3, end("h", hold_status::posted), -60, at(9)) == "ok");
  count_holds(a, at(10));
  BOOST_TEST(a.available().minor == 40); // h is reserved, g is over
  BOOST_TEST(wish(a, 4, end("g", hold_status::posted), -30, at(10)) == "HOLD_ENDED");
  BOOST_TEST(wish(a, 4, end("g", hold_status::voided), 0, at(10)) == "HOLD_ENDED");
  BOOST_TEST(wish(a, 4, end("g", hold_status::expired), 0, at(9)) == "HOLD_ENDED");
  BOOST_TEST(wish(a, 4, end("g", hold_status::expired), 0, at(10)) == "ok");
  BOOST_TEST(a.available().minor == 40);
  settle_with(a, 4, 0);
  settle_with(a, 3, -60);
  BOOST_TEST(a.holds.empty());
  BOOST_TEST(a.available().minor == 40);
}

BOOST_AUTO_TEST_CASE(a_closed_account_lets_go_and_takes_nothing) {
  auto a = account_with(100);
  wish(a, 1, place("h", 60), 0);
  settle_with(a, 1, 0);
  a.record.active = false;
  BOOST_TEST(wish(a, 2, place("g", 1), 0) == "TX_ACCOUNT_CLOSED");
  BOOST_TEST(wish(a, 2, end("h", hold_status::posted), -60) == "TX_ACCOUNT_CLOSED");
  BOOST_TEST(wish(a, 2, end("h", hold_status::voided), 0) == "ok");
}

BOOST_AUTO_TEST_CASE(a_transfer_out_of_a_hold_needs_the_money) {
  auto a = account_with(50);
  BOOST_TEST(wish(a, 1, place("h", 60), 0) == "ok"); // no floor: it may be an expense
  settle_with(a, 1, 0);
  BOOST_TEST(wish(a, 2, end("h", hold_status::posted), -60, at(0), leg_rule::transfer) ==
             "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(wish(a, 2, end("h", hold_status::posted), -50, at(0), leg_rule::transfer) == "ok");
}

BOOST_AUTO_TEST_CASE(limits_of_amount_and_number) {
  auto a = account_with(0);
  BOOST_TEST(wish(a, 1, place("h", base::amount_minor_max), 0) == "ok");
  settle_with(a, 1, 0);
  BOOST_TEST(wish(a, 2, place("g", 1), 0) == "TX_BALANCE_LIMIT");
  auto b = account_with(0);
  for (std::size_t i = 0; i < base::limits::holds_per_account_max; ++i)
    BOOST_TEST_REQUIRE(wish(b, i + 1, place(std::to_string(i), 1), 0) == "ok");
  BOOST_TEST(wish(b, 5000, place("more", 1), 0) == "LIMIT_REACHED");
}

BOOST_AUTO_TEST_CASE(a_ceiling_stops_credits_with_those_that_are_announced) {
  auto a = account_with(90);
  a.record.ceiling = cents(100);
  BOOST_TEST(decide(a, cents(10), leg_rule::plain).has_value());
  const auto verdict = decide(a, cents(11), leg_rule::plain);
  BOOST_TEST_REQUIRE(!verdict.has_value());
  BOOST_TEST(verdict.error().code == "TX_BALANCE_LIMIT");
  BOOST_TEST(verdict.error().detail == "O saldo desta conta vai até 1.00.");
  reserve(a, 1, cents(6));
  BOOST_TEST(!decide(a, cents(5), leg_rule::plain).has_value());
  // A debit that is not durable makes no room.
  reserve(a, 2, cents(-50));
  BOOST_TEST(!decide(a, cents(5), leg_rule::plain).has_value());
  BOOST_TEST(decide(a, cents(4), leg_rule::plain).has_value());
}

// Any interleaving of postings and holds: the account is what a list of open debits and live holds
// says, and the floor holds even if all of them are posted.
BOOST_AUTO_TEST_CASE(any_interleaving_keeps_the_sums_and_the_floor) {
  struct under_way {
    hold_wish what;
    std::int64_t effect = 0;
    bool with_hold = false;
  };
  struct live_hold {
    std::int64_t amount = 0;
    std::int64_t end = 0;
  };
  int posted = 0, expired = 0, refused = 0, released = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    base::random chance{seed};
    auto a = account_with(1000, 0);
    std::map<std::string, live_hold> live; // durable and not ended
    std::map<ticket, under_way> open;
    std::int64_t now = 0, balance = 1000;
    ticket next = 1;
    for (int step = 0; step < 200; ++step) {
      now += chance.between(0, 3);
      count_holds(a, at(now));
      const auto pick = [&](const auto& map) {
        auto it = map.begin();
        std::advance(it, chance.between(0, static_cast<std::int64_t>(map.size()) - 1));
        return it;
      };
      under_way u;
      bool ask = true;
      const auto verb = chance.between(0, 6);
      if (verb == 0) {
        const auto end_at = chance.between(0, 1) == 0 ? now + chance.between(1, 40) : 1'000'000;
        u = {place("h" + std::to_string(next), chance.between(1, 400), at(end_at)), 0, true};
      } else if (verb == 1) {
        u.effect = chance.between(-400, 200);
        if (u.effect == 0) u.effect = 1;
      } else if (verb <= 3 && !live.empty()) {
        const auto h = pick(live);
        const bool over = h->second.end <= now;
        const auto how = over        ? hold_status::expired
                         : verb == 2 ? hold_status::posted
                                     : hold_status::voided;
        u = {end(h->first, how),
             how == hold_status::posted ? -chance.between(1, h->second.amount) : 0, true};
        ask = !has_to_wait(a, u.what);
      } else if (!open.empty()) {
        const auto it = pick(open);
        const auto [t, done] = *it;
        open.erase(it);
        ask = false;
        if (chance.between(0, 3) == 0) {
          release(a, t);
          ++released;
        } else {
          balance += done.effect;
          settle(a, t, cents(balance), a.version + (done.effect != 0 ? 1 : 0));
          if (done.with_hold && done.what.to == hold_status::open)
            live[done.what.id.text()] = {done.what.amount.minor, done.what.expires_at->count};
          else if (done.with_hold) {
            live.erase(done.what.id.text());
            ++(done.what.to == hold_status::posted ? posted : expired);
          }
        }
      } else {
        ask = false;
      }
      if (ask) {
        const auto verdict = u.with_hold
                                 ? decide(a, u.what, cents(u.effect), leg_rule::plain, at(now))
                                 : decide(a, cents(u.effect), leg_rule::plain);
        if (!verdict) {
          ++refused;
        } else {
          if (u.with_hold)
            reserve(a, next, u.what, cents(u.effect));
          else
            reserve(a, next, cents(u.effect));
          open[next++] = u;
        }
      }

      count_holds(a, at(now));
      std::int64_t debits = 0, set_aside = 0;
      std::set<std::string> ending;
      for (const auto& [t, o] : open) {
        if (o.effect < 0) debits -= o.effect;
        if (!o.with_hold) continue;
        if (o.what.to == hold_status::open) {
          set_aside += o.what.amount.minor;
          continue;
        }
        ending.insert(o.what.id.text());
        if (o.what.to == hold_status::expired) continue;
        set_aside += live.at(o.what.id.text()).amount + o.effect;
      }
      for (const auto& [id, h] : live)
        if (!ending.contains(id) && h.end > now) set_aside += h.amount;
      BOOST_TEST_REQUIRE(a.posted.minor == balance);
      BOOST_TEST_REQUIRE(a.available().minor == balance - debits - set_aside);
      BOOST_TEST_REQUIRE(a.held_back.minor == set_aside);
      BOOST_TEST_REQUIRE(a.available().minor >= 0); // I6
    }
  }
  BOOST_TEST(posted > 300);
  BOOST_TEST(expired > 300);
  BOOST_TEST(refused > 300);
  BOOST_TEST(released > 300);
}

BOOST_AUTO_TEST_SUITE_END()
