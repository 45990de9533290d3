// What   refuse: a failure of the ledger or of the storage -> status, code and Portuguese text.
// Why    The codes come from below; what a client reads stands in one table here.
// Errors A code that is not in the table is our fault: 500 `internal` without a word of it.
// Threads any (pure): it also renders answers that are stored inside a commit.
// Source api-contract.md §1.2, §7
#pragma once

#include "base/result.hpp"
#include "http/response.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace http {

/// What the request was about: names and ids that the texts quote.
struct refusal_context {
  enum class subject : std::uint8_t { account, category, transaction, user };
  subject about = subject::transaction;
  std::string type; ///< as sent; empty when the request has none
  std::string category;
  std::string to_account;
  bool legacy_status_500 = false;               ///< LEGACY_STATUS_500
  std::string_view internal = "INTERNAL_ERROR"; ///< internal_code() of the route
};

constexpr auto about_account = refusal_context::subject::account;
constexpr auto about_category = refusal_context::subject::category;
constexpr auto about_transaction = refusal_context::subject::transaction;
constexpr auto about_user = refusal_context::subject::user;

/// A failure's detail is shown, as the details, only for TX_INSUFFICIENT_BALANCE, TX_BALANCE_LIMIT
/// (where it has one) and TX_CATEGORY_NOT_FOUND (where the context names no category).
response refuse(const base::failure& why, const refusal_context& context,
                std::string_view request_id);

/// The static text of a code that stands in a stored body: for metrics and the access line.
std::string_view stored_code(std::string_view body);

} // namespace http
