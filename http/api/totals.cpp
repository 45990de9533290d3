#include "http/api/totals.hpp"

namespace http {

std::optional<totals> total_of(const ledger::monthly_sums& sums) {
  totals t;
  for (const auto& c : sums.categories) {
    const auto income = base::add(t.income, c.income);
    const auto expense = base::add(t.expense, c.expense);
    if (!income || !expense) return std::nullopt;
    t.income = *income;
    t.expense = *expense;
  }
  const auto net = base::subtract(t.income, t.expense);
  if (!net) return std::nullopt;
  t.net = *net;
  return t;
}

} // namespace http
