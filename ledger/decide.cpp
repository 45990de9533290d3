#include "ledger/decide.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/probe.hpp"
#include "ledger/errc.hpp"

#include <algorithm>

namespace ledger {

using base::centavos;

namespace {

/// `back`: what a hold gives back before the effect is looked at.
base::status decide_with(const account_state& account, centavos effect, leg_rule rule,
                         centavos back) {
  ENSURE(account.reserved.minor >= 0 && account.announced.minor >= 0 &&
             account.held_back.minor >= 0,
         "sums of reservations are not negative");
  if (!account.record.active && !base::mutant("closed_account_accepts"))
    return base::fail(errc::account_closed);

  // All numbers stay within ± 4 × amount_minor_max, far from the edge of int64; holds are decided
  // like debits.
  if (effect.minor > 0) {
    const auto highest = account.posted.minor + account.announced.minor + effect.minor;
    if (highest > base::amount_minor_max && !base::mutant("balance_limit_ignored")) {
      PROBE("overflow_refused");
      return base::fail(errc::balance_limit);
    }
    const auto& ceiling = account.record.ceiling;
    if (ceiling && highest > ceiling->minor)
      return base::fail(errc::balance_limit,
                        "O saldo desta conta vai até " + base::decimal_text(*ceiling) + ".");
    return {};
  }
  auto left = account.available().minor + back.minor + effect.minor;
  if (base::mutant("announced_is_spendable")) left += account.announced.minor;
  if (base::mutant("reserved_is_spendable")) left += account.reserved.minor;
  if (left < -base::amount_minor_max) return base::fail(errc::balance_limit);
  if (effect.minor == 0) return {};
  if (rule == leg_rule::transfer && !base::mutant("transfer_needs_no_money")) {
    const auto lowest =
        account.record.floor ? std::max<std::int64_t>(0, account.record.floor->minor) : 0;
    if (left < lowest) {
      if (left + account.announced.minor >= lowest) PROBE("announced_credit_while_debit_refused");
      return base::fail(errc::insufficient_balance);
    }
  } else if (account.record.floor && left < account.record.floor->minor &&
             !base::mutant("floor_ignored")) {
    return base::fail(errc::insufficient_balance);
  }
  return {};
}

auto find_hold(auto& holds, const hold_id& id) {
  return std::find_if(holds.begin(), holds.end(), [&](const held& h) { return h.id == id; });
}

/// The hold that a reservation makes or ends, if it does.
auto hold_under(account_state& account, ticket t) {
  return std::find_if(account.holds.begin(), account.holds.end(),
                      [&](const held& h) { return h.under == t; });
}

} // namespace

base::status decide(const account_state& account, centavos effect, leg_rule rule) {
  return decide_with(account, effect, rule, centavos{0});
}

base::status decide(const account_state& account, const hold_wish& wish, centavos effect,
                    leg_rule rule, base::utc_us now) {
  if (wish.to == hold_status::open) {
    if (account.holds.size() >= base::limits::holds_per_account_max)
      return base::fail(errc::too_many);
    return decide_with(account, -wish.amount, leg_rule::plain, centavos{0});
  }
  const auto h = find_hold(account.holds, wish.id);
  if (h == account.holds.end()) return base::fail(errc::hold_ended);
  ENSURE(h->under == 0, "a hold ends under one reservation");
  if (h->over(now) != (wish.to == hold_status::expired)) return base::fail(errc::hold_ended);
  if (wish.to != hold_status::posted) return {};
  ENSURE(effect.minor < 0 && -effect.minor <= h->amount.minor, "a hold posts up to its amount");
  return decide_with(account, effect, rule, h->amount);
}

bool has_to_wait(const account_state& account, const hold_wish& wish) {
  if (wish.to == hold_status::open) return false;
  const auto h = find_hold(account.holds, wish.id);
  return h != account.holds.end() && h->under != 0;
}

void count_holds(account_state& account, base::utc_us now) {
  std::int64_t sum = 0;
  for (const auto& h : account.holds)
    if (!h.over(now)) sum += h.amount.minor - h.taken.minor;
  account.held_back.minor = sum;
}

void reserve(account_state& account, ticket t, const hold_wish& wish, centavos effect) {
  if (wish.to == hold_status::open) {
    ENSURE(effect.minor == 0, "a new hold moves nothing");
    account.holds.push_back({wish.id, wish.amount, wish.expires_at, t, true, {}});
    account.held_back.minor += wish.amount.minor;
  } else {
    const auto h = find_hold(account.holds, wish.id);
    ENSURE(h != account.holds.end() && h->under == 0, "a hold that stands by itself can end");
    // One that is over was not counted; under a reservation it is. Its whole amount is taken, so it
    // counts nothing either way.
    h->under = t;
    h->taken = wish.to == hold_status::expired ? h->amount : -effect;
    account.held_back.minor -= wish.to == hold_status::expired ? 0 : h->taken.minor;
  }
  reserve(account, t, effect);
}

void reserve(account_state& account, ticket t, centavos effect) {
  const bool fresh = account.open.emplace(t, effect).second;
  ENSURE(fresh, "a ticket is used once");
  (effect.minor < 0 ? account.reserved.minor : account.announced.minor) +=
      effect.minor < 0 ? -effect.minor : effect.minor;
}

void release(account_state& account, ticket t) {
  const auto it = account.open.find(t);
  ENSURE(it != account.open.end(), "only an open reservation can end");
  const auto effect = it->second.minor;
  (effect < 0 ? account.reserved.minor : account.announced.minor) -= effect < 0 ? -effect : effect;
  ENSURE(account.reserved.minor >= 0 && account.announced.minor >= 0,
         "a reservation ends with its own amount");
  account.open.erase(it);
  if (base::mutant("reservation_released_twice") && effect < 0)
    account.reserved.minor += std::max(effect, -account.reserved.minor);
  if (account.holds.empty()) return;
  if (const auto h = hold_under(account, t); h != account.holds.end()) {
    if (h->fresh) {
      account.held_back.minor -= h->amount.minor;
      account.holds.erase(h);
    } else {
      // One that was expiring counts again until the next count.
      account.held_back.minor += h->taken.minor;
      h->under = 0;
      h->taken = {};
    }
  }
}

void settle(account_state& account, ticket t, centavos balance, std::uint64_t version) {
  const auto it = account.open.find(t);
  ENSURE(it != account.open.end(), "only an open reservation can settle");
  ENSURE(balance.minor == account.posted.minor + it->second.minor,
         "the journal settles the reserved amount");
  ENSURE(version >= account.version, "versions only grow");
  if (!account.holds.empty()) {
    if (const auto h = hold_under(account, t); h != account.holds.end()) {
      if (h->fresh) {
        h->under = 0;
        h->fresh = false;
      } else {
        account.held_back.minor -= h->amount.minor - h->taken.minor;
        account.holds.erase(h);
      }
    }
  }
  release(account, t);
  account.posted = balance;
  account.version = version;
}

} // namespace ledger
