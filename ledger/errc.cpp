#include "ledger/errc.hpp"

#include "base/assert.hpp"

namespace ledger {

std::string_view code_text(errc e) {
  switch (e) {
  case errc::account_not_found: return "ACCOUNT_NOT_FOUND";
  case errc::category_not_found: return "TX_CATEGORY_NOT_FOUND";
  case errc::transaction_not_found: return "TRANSACTION_NOT_FOUND";
  case errc::invalid_type: return "TX_VALIDATION_INVALID_TYPE";
  case errc::blank_description: return "TX_VALIDATION_DESCRIPTION";
  case errc::invalid_amount: return "TX_VALIDATION_AMOUNT";
  case errc::missing_field: return "TX_VALIDATION_MISSING_FIELD";
  case errc::transfer_to_account: return "TX_TRANSFER_TO_ACCOUNT";
  case errc::transfer_to_blank: return "TX_TRANSFER_TO_BLANK";
  case errc::transfer_same_account: return "TX_TRANSFER_SAME_ACCOUNT";
  case errc::insufficient_balance: return "TX_INSUFFICIENT_BALANCE";
  case errc::account_closed: return "TX_ACCOUNT_CLOSED";
  case errc::account_already_deleted: return "ACCOUNT_ALREADY_DELETED";
  case errc::balance_limit: return "TX_BALANCE_LIMIT";
  case errc::not_deleted: return "TRANSACTION_NOT_DELETED";
  case errc::floor_above_balance: return "FLOOR_ABOVE_BALANCE";
  case errc::ceiling_below_balance: return "CEILING_BELOW_BALANCE";
  case errc::not_a_credit_account: return "ACCOUNT_NOT_CREDIT";
  case errc::hold_not_found: return "HOLD_NOT_FOUND";
  case errc::hold_ended: return "HOLD_ENDED";
  case errc::hold_amount: return "HOLD_AMOUNT";
  case errc::hold_expires_early: return "HOLD_EXPIRES_EARLY";
  case errc::too_many: return "LIMIT_REACHED";
  case errc::email_in_use: return "EMAIL_IN_USE";
  case errc::batch_rejected: return "BATCH_REJECTED";
  case errc::key_reused: return "IDEMPOTENCY_KEY_REUSED";
  case errc::key_in_flight: return "IDEMPOTENCY_IN_FLIGHT";
  case errc::version_conflict: return "VERSION_CONFLICT";
  case errc::reset_invalid: return "RESET_INVALID";
  case errc::bad_credentials: return "BAD_CREDENTIALS";
  case errc::unauthorized: return "UNAUTHORIZED";
  case errc::session_not_found: return "SESSION_NOT_FOUND";
  case errc::share_not_found: return "SHARE_NOT_FOUND";
  case errc::share_answered: return "SHARE_ANSWERED";
  case errc::share_percentages: return "SHARE_PERCENTAGES";
  case errc::share_amounts: return "SHARE_AMOUNTS";
  case errc::shared_expense_not_found: return "SHARED_EXPENSE_NOT_FOUND";
  case errc::shared_expense_cancelled: return "SHARED_EXPENSE_CANCELLED";
  case errc::not_the_creator: return "FORBIDDEN";
  case errc::feed_item_not_found: return "FEED_ITEM_NOT_FOUND";
  case errc::user_not_found: return "USER_NOT_FOUND";
  case errc::user_deleted: return "USER_DELETED";
  case errc::last_admin: return "LAST_ADMIN";
  case errc::goal_not_found: return "GOAL_NOT_FOUND";
  case errc::goal_amount: return "GOAL_AMOUNT";
  case errc::envelope_not_found: return "ENVELOPE_NOT_FOUND";
  case errc::envelope_insufficient: return "ENVELOPE_INSUFFICIENT";
  case errc::automation_not_found: return "AUTOMATION_NOT_FOUND";
  case errc::automation_invalid: return "AUTOMATION_INVALID";
  case errc::notification_not_found: return "NOTIFICATION_NOT_FOUND";
  }
  UNREACHABLE("an errc without text");
}

bool is_pinned(std::string_view code) {
  return code == code_text(errc::insufficient_balance) || code == code_text(errc::account_closed) ||
         code == code_text(errc::balance_limit) || code == code_text(errc::envelope_insufficient);
}

} // namespace ledger
