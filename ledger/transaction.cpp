#include "ledger/transaction.hpp"

#include <array>

namespace ledger {
namespace {

constexpr std::array<std::string_view, 5> types{"income", "expense", "transfer", "opening",
                                                "adjustment"};

} // namespace

std::string_view to_text(transaction_type t) { return types[static_cast<std::size_t>(t)]; }

std::optional<transaction_type> type_from_text(std::string_view text) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] == text) return static_cast<transaction_type>(i);
  }
  return std::nullopt;
}

} // namespace ledger
