// What   Decides one net effect against one account: reserve, announce, or a named refusal; and
//        applies the facts of the journal (settled, released).
// Why    The rules of money live here and nowhere else. A debit is reserved at once, so the next
//        command sees it; a credit is only announced, so nothing is ever built on money that is not
//        durable.
// Bounds |effect| <= 2 * base::amount_minor_max: an edit may take back one amount and post another.
// Errors errc::account_closed, balance_limit, insufficient_balance; this is the order of the
//        checks. A ceiling is a balance_limit whose detail says where it is. A ticket that is not
//        open, or a balance that the journal did not reserve, is a broken invariant.
// Threads none (pure).
// Source design.md §3.1; api-contract §2.2.
#pragma once

#include "base/result.hpp"
#include "ledger/account.hpp"
#include "ledger/hold.hpp"

namespace ledger {

/// plain: income, expense, reversal, adjustment: only the floor limits a debit.
/// transfer: a debit needs the money to be there: available >= amount, and a floor is kept.
enum class leg_rule : std::uint8_t { plain, transfer };

/// May this net effect happen now? Looks only.
base::status decide(const account_state& account, base::centavos effect, leg_rule rule);

/// Counts the holds anew: those whose time is over hold nothing back. Whoever decides at an instant
/// counts at that instant first.
void count_holds(account_state& account, base::utc_us now);
/// May a hold be made, or end, with this effect? A new one is decided like a debit of its amount;
/// one that ends gives its amount back first. errc::hold_ended when it is not there or over,
/// errc::too_many beyond limits::holds_per_account_max. Letting go is allowed on a closed account.
/// It must not be under another reservation.
base::status decide(const account_state& account, const hold_wish& wish, base::centavos effect,
                    leg_rule rule, base::utc_us now);
/// The hold that the wish would end is under another reservation: its fate is not known yet.
bool has_to_wait(const account_state& account, const hold_wish& wish);
/// Holds the effect under the ticket, and the hold with it: settle() and release() end both.
void reserve(account_state& account, ticket t, const hold_wish& wish, base::centavos effect);

/// Holds the effect under the ticket. The caller asked decide() before.
void reserve(account_state& account, ticket t, base::centavos effect);
/// The journal committed the reservation: new balance and version are facts.
void settle(account_state& account, ticket t, base::centavos balance, std::uint64_t version);
/// The reservation ends without effect. Unknown tickets are a broken invariant.
void release(account_state& account, ticket t);

} // namespace ledger
