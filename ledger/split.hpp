// What   Takes a posting of many legs apart into the ordinary transactions that it consists of.
// Why    Lists, sums, edits, deletes and the auditor know income, expense and transfer. A share of
//        each leg is one of these, so a posting of many legs needs no row of a new kind.
// Bounds legs 2..limits::legs_max; each share within the amount of its legs; at most
//        2 × legs - 2 shares.
// Errors Legs that do not sum to zero, or of which no account moves, are broken invariants: the
//        edge refuses them.
// Threads none (pure).
// Source docs/decisions/0008
#pragma once

#include "ledger/transaction.hpp"

#include <vector>

namespace ledger {

/// A signed amount, as the entries of the account or category will carry it.
struct leg {
  account_id account;
  bool category = false;
  base::centavos amount;

  bool operator==(const leg&) const = default;
};

/// One transaction: income or expense between account and category, or a transfer to an account.
struct share {
  transaction_type type = transaction_type::expense;
  account_id account;
  account_id other; ///< category, or the destination of a transfer
  base::centavos amount;

  bool operator==(const share&) const = default;
};

/// Legs on the same account or category added up, in order of first use, without those that come to
/// nothing.
std::vector<leg> net_of(const std::vector<leg>& legs);

/// The shares of the posting, in this order: what accounts give to categories (expense), what
/// categories give to accounts (income), what accounts give to accounts (transfer); givers meet
/// takers in the order of the legs. What categories give to categories goes through the first
/// account: a tax kept from a wage is income and expense of the account that got the rest.
/// Shares of the same two are one.
std::vector<share> split(const std::vector<leg>& legs);

} // namespace ledger
