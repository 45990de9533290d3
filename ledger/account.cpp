#include "ledger/account.hpp"

#include <array>

namespace ledger {
namespace {

constexpr std::array<std::string_view, 5> kinds{"asset", "liability", "income", "expense",
                                                "equity"};
constexpr std::array<std::string_view, 3> roles{"money", "category", "opening"};

template <class Enum, std::size_t Count>
std::optional<Enum> from_text(const std::array<std::string_view, Count>& texts,
                              std::string_view text) {
  for (std::size_t i = 0; i < Count; ++i) {
    if (texts[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

} // namespace

std::string_view to_text(account_kind k) { return kinds[static_cast<std::size_t>(k)]; }
std::optional<account_kind> kind_from_text(std::string_view text) {
  return from_text<account_kind>(kinds, text);
}
std::string_view to_text(account_role r) { return roles[static_cast<std::size_t>(r)]; }
std::optional<account_role> role_from_text(std::string_view text) {
  return from_text<account_role>(roles, text);
}

account_kind kind_of_type(std::string_view account_type) {
  return account_type == "credit" ? account_kind::liability : account_kind::asset;
}

} // namespace ledger
