// What   Turns a wish (create, edit, delete, restore, opening, adjustment) into a plan: rows to
//        insert and change, balanced entry drafts, and the net effect that each client's account
//        has to agree to.
// Why    One place knows which entries a transaction has. The actors only ask accounts and hand the
//        plan over.
// Bounds Within one item, per account credits come before debits, so that no version in between
//        breaks a floor. |net| of an edit is at most twice base::amount_minor_max.
// Errors See each function; refusals of an account come later, from decide(). Rows that contradict
//        each other (legs that are not linked, an amount out of bounds) are broken invariants.
// Threads none (pure). New ids, now and records are arguments.
// Source api-contract §2.2, §7.
#pragma once

#include "base/result.hpp"
#include "ledger/decide.hpp"
#include "ledger/transaction.hpp"

namespace ledger {

struct effect {
  account_id account;
  base::centavos net; ///< may be 0: the account still has to be open
  leg_rule rule = leg_rule::plain;

  bool operator==(const effect&) const = default;
};

struct plan {
  std::vector<transaction_record> inserts;
  std::vector<transaction_record> updates; ///< the row that the command named stands first
  std::vector<entry_draft> entries;
  std::vector<effect> effects; ///< money accounts only, each once, in order of first use
};

/// Income or expense: the record is complete. Opening and adjustment: category is the equity
/// account.
plan plan_single(const transaction_record& record);

/// Both legs: origin.direction -1, destination.direction +1, linked to each other, equal amount and
/// date.
plan plan_transfer(const transaction_record& origin, const transaction_record& destination);

/// Several transactions that are one posting of the ledger, numbered 0: incomes, expenses, and
/// transfers with the origin right before its destination.
plan plan_together(const std::vector<transaction_record>& rows);

/// Both in one item, the second after the first. An account of both agrees to the sum, under the
/// rule of the second.
plan join(plan first, const plan& second);

/// What an edit may change; absent = unchanged. The caller resolved and checked account and
/// category.
struct transaction_edit {
  std::optional<transaction_type> type;
  std::optional<account_id> account;
  std::optional<account_id> category;
  std::optional<base::centavos> amount;
  std::optional<base::utc_us> date;
  std::optional<base::civil_day> effective; ///< together with date
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> tags;
};

/// In this order: errc::transaction_not_found when deleted, and for opening and adjustment rows,
/// which are no transactions of the API; errc::invalid_type for a change to or from transfer;
/// errc::invalid_amount; errc::transfer_same_account.
/// A change of money, account, category, type or date reverses (posting 0, the old effective day)
/// and posts anew (posting 1, the new one) in one commit; others append no entry. A field set to
/// the value that it has is no change; the row is written with a new updated_at all the same.
/// On a transfer leg amount, date and category change both legs, account, description and tags
/// only this one. Both legs are reversed and posted in any case, so that each posting is balanced.
base::result<plan> plan_edit(const transaction_record& current, const transaction_record* partner,
                             const transaction_edit& edit, base::utc_us now);

/// errc::transaction_not_found when it is deleted already, and for opening and adjustment rows.
/// Both legs of a transfer go together.
base::result<plan> plan_delete(const transaction_record& current, const transaction_record* partner,
                               base::utc_us now);

/// errc::transaction_not_found for opening and adjustment rows, errc::not_deleted. Posts the effect
/// again under the rules of a new posting.
base::result<plan> plan_restore(const transaction_record& current,
                                const transaction_record* partner, base::utc_us now);

} // namespace ledger
