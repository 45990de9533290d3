// What   The ledger accounts that a new user starts with: four of their own, fifteen categories,
//        and the equity account of opening balances.
// Why    They commit together with the user; nothing is created lazily later.
// Threads any, when new_id is.
// Source api-contract.md §5, §6
#pragma once

#include "ledger/account.hpp"

#include <functional>
#include <string>
#include <vector>

namespace http {

std::vector<ledger::account_record> starter_accounts(const ledger::user_id& owner, base::utc_us now,
                                                     const std::function<std::string()>& new_id);

} // namespace http
