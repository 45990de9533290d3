// What   Every refusal of the ledger, each with the stable text that is also the API code and the
//        metrics label.
// Source api-contract §1.2 and §7.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string_view>

namespace ledger {

enum class errc : std::uint8_t {
  account_not_found,
  category_not_found,
  transaction_not_found,
  invalid_type,
  blank_description,
  invalid_amount,
  missing_field,
  transfer_to_account,
  transfer_to_blank,
  transfer_same_account,
  insufficient_balance,
  account_closed,
  account_already_deleted,
  balance_limit,
  not_deleted,
  floor_above_balance,
  ceiling_below_balance,
  not_a_credit_account,
  hold_not_found,
  hold_ended,
  hold_amount,
  hold_expires_early,
  too_many,
  email_in_use,
  batch_rejected,
  key_reused,
  key_in_flight,
  version_conflict,
  bad_credentials,
  unauthorized,
  session_not_found,
  reset_invalid,
  goal_not_found,
  goal_amount,
  envelope_not_found,
  envelope_insufficient,
  automation_not_found,
  automation_invalid,
  notification_not_found,
  share_not_found,
  share_answered,
  share_percentages,
  share_amounts,
  shared_expense_not_found,
  shared_expense_cancelled,
  not_the_creator,
  feed_item_not_found,
  user_not_found,
  user_deleted,
  last_admin,
};

std::string_view code_text(errc e);

/// Business answers that are stored under the idempotency key and given again (api-contract §3).
bool is_pinned(std::string_view code);

} // namespace ledger
