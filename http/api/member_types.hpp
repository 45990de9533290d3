// What   What accounts and categories may be.
// Source api-contract.md §2.4
#pragma once

#include <string_view>

namespace http {

inline constexpr std::string_view account_types[] = {"checking", "savings",  "investment", "credit",
                                                     "cash",     "refeicao", "alimentacao"};
inline constexpr std::string_view category_types[] = {"income", "expense"};

} // namespace http
