// What   A transaction as the API knows it, and the entry drafts that are its effect in the ledger.
// Why    Rows of transactions may change (description, tags, deleted_at); entries never do. An edit
//        or a delete of money appends a reversal, so the two are separate things.
// Bounds amount 1..base::amount_minor_max; description 1..200 code points; tags <=
//        limits::tags_max.
// Threads none (values).
// Source api-contract §2.2, §7; design.md §3.6.
#pragma once

#include "ledger/account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ledger {

enum class transaction_type : std::uint8_t { income, expense, transfer, opening, adjustment };

std::string_view to_text(transaction_type t);
std::optional<transaction_type> type_from_text(std::string_view text);

struct transaction_record {
  transaction_id id;
  user_id owner;
  account_id account;
  account_id category; ///< opening and adjustment: the equity account
  transaction_type type = transaction_type::expense;
  int direction = -1; ///< +1 raises the account, -1 lowers it
  base::centavos amount;
  std::string description;
  std::vector<std::string> tags;
  base::utc_us date;
  base::civil_day effective;             ///< fixed when it is written (api-contract §1.3)
  std::optional<transaction_id> partner; ///< the other leg of a transfer
  std::optional<std::string> shared_expense;
  base::utc_us created_at;
  std::optional<base::utc_us> updated_at;
  std::optional<base::utc_us> deleted_at;

  bool system() const {
    return type == transaction_type::opening || type == transaction_type::adjustment;
  }
  base::centavos effect() const { return base::centavos{direction * amount.minor}; }
  bool operator==(const transaction_record&) const = default;
};

/// One line of a balanced posting, before the journal gives it version and balance.
struct entry_draft {
  account_id account;
  base::centavos amount;      ///< signed, never 0
  transaction_id transaction; ///< of a transfer: the leg whose account this is
  base::civil_day effective;
  std::uint32_t posting = 0; ///< entries of one item with the same number sum to zero
  bool reversal = false;

  bool operator==(const entry_draft&) const = default;
};

/// A transaction as a client wishes it.
struct create_transaction {
  base::utc_us date;
  base::civil_day effective;
  account_id account;
  account_id category;
  std::string type; ///< as sent; checked by the book in the documented order
  base::centavos amount;
  std::string description;
  std::vector<std::string> tags;
  std::optional<account_id> to_account; ///< transfer
  std::optional<std::string> shared_expense;
};

} // namespace ledger
