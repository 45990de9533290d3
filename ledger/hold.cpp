#include "ledger/hold.hpp"

#include <array>

namespace ledger {
namespace {

constexpr std::array<std::string_view, 4> status_names{"open", "posted", "voided", "expired"};

} // namespace

std::string_view to_text(hold_status s) { return status_names[static_cast<std::size_t>(s) - 1]; }

std::optional<hold_status> hold_status_from_text(std::string_view text) {
  for (std::size_t i = 0; i < status_names.size(); ++i)
    if (status_names[i] == text) return static_cast<hold_status>(i + 1);
  return std::nullopt;
}

} // namespace ledger
