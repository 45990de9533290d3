// What   What an edit makes of an account: its record, and the difference that brings its balance
//        to where it is wanted.
// Why    One account edited by itself and many that a device sends follow the same rules.
// Errors errc::not_a_credit_account, floor_above_balance, ceiling_below_balance, balance_limit.
// Threads none (pure).
// Source api-contract §5
#pragma once

#include "ledger/command.hpp"

namespace ledger {

struct account_change {
  account_view after;
  base::centavos difference; ///< 0: no adjustment
  bool changed = true;       ///< false: the edit says what is there
};

/// Of an account that nobody else moves meanwhile.
base::result<account_change> change_account(const account_state& before, const update_account& edit,
                                            base::utc_us now);

/// A new account with the id of the edit; nothing without name and type.
base::result<std::optional<account_change>> open_account(const update_account& edit,
                                                         const user_id& user, base::utc_us now);

} // namespace ledger
