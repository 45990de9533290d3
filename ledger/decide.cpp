#include "ledger/decide.hpp"

#include "base/assert.hpp"
#include "ledger/errc.hpp"

#include <algorithm>

namespace ledger {

using base::centavos;

base::status decide(const account_state& account, centavos effect, leg_rule rule) {
  ENSURE(account.reserved.minor >= 0 && account.announced.minor >= 0,
         "sums of reservations are not negative");
  if (!account.record.active) return base::fail(errc::account_closed);

  // All numbers stay within ± 4 × amount_minor_max, far from the edge of int64.
  if (effect.minor > 0) {
    const auto highest = account.posted.minor + account.announced.minor + effect.minor;
    if (highest > base::amount_minor_max) return base::fail(errc::balance_limit);
    return {};
  }
  const auto left = account.available().minor + effect.minor;
  if (left < -base::amount_minor_max) return base::fail(errc::balance_limit);
  if (effect.minor == 0) return {};
  if (rule == leg_rule::transfer) {
    const auto lowest =
        account.record.floor ? std::max<std::int64_t>(0, account.record.floor->minor) : 0;
    if (left < lowest) return base::fail(errc::insufficient_balance);
  } else if (account.record.floor && left < account.record.floor->minor) {
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
