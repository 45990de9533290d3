// What   totals: income, expense and what is left of them, over categories.
// Errors Nothing when a sum leaves the integers: it is refused, never wrapped.
// Threads any (pure).
#pragma once

#include "ledger/query.hpp"

#include <optional>

namespace http {

struct totals {
  base::centavos income, expense, net;
};

std::optional<totals> total_of(const ledger::monthly_sums& sums);

} // namespace http
