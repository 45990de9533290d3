#include "ledger/decide.hpp"

#include "base/assert.hpp"
#include "base/probe.hpp"
#include "ledger/errc.hpp"

#include <algorithm>

namespace ledger {

using base::centavos;

base::status decide(const account_state& account, centavos effect, leg_rule rule) {
  ENSURE(account.reserved.minor >= 0 && account.announced.minor >= 0,
         "sums of reservations are not negative");
  if (!account.record.active && !base::mutant("closed_account_accepts"))
    return base::fail(errc::account_closed);

  // All numbers stay within ± 4 × amount_minor_max, far from the edge of int64.
  if (effect.minor > 0) {
    const auto highest = account.posted.minor + account.announced.minor + effect.minor;
    if (highest > base::amount_minor_max && !base::mutant("balance_limit_ignored")) {
      PROBE("overflow_refused");
      return base::fail(errc::balance_limit);
    }
    return {};
  }
  auto left = account.available().minor + effect.minor;
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
}

void settle(account_state& account, ticket t, centavos balance, std::uint64_t version) {
  const auto it = account.open.find(t);
  ENSURE(it != account.open.end(), "only an open reservation can settle");
  ENSURE(balance.minor == account.posted.minor + it->second.minor,
         "the journal settles the reserved amount");
  ENSURE(version >= account.version, "versions only grow");
  release(account, t);
  account.posted = balance;
  account.version = version;
}

} // namespace ledger
