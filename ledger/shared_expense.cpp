#include "ledger/shared_expense.hpp"

#include "base/assert.hpp"
#include "ledger/errc.hpp"

#include <numeric>

namespace ledger {

std::vector<base::centavos> split_equally(base::centavos total, std::size_t people) {
  ENSURE(people > 0, "somebody pays");
  const auto count = static_cast<std::int64_t>(people);
  const base::centavos each{total.minor / count};
  std::vector<base::centavos> shares(people, each);
  shares.front().minor += total.minor - each.minor * count;
  return shares;
}

base::result<std::vector<base::centavos>>
split_by_percentage(base::centavos total, const std::vector<std::int64_t>& hundredths) {
  ENSURE(!hundredths.empty(), "somebody pays");
  constexpr std::int64_t whole = 10'000;
  const auto sum = std::accumulate(hundredths.begin(), hundredths.end(), std::int64_t{0});
  if (sum < whole - 1 || sum > whole + 1) return base::fail(errc::share_percentages);
  std::vector<base::centavos> shares;
  auto left = total.minor;
  for (std::size_t i = 0; i + 1 < hundredths.size(); ++i) {
    // total < 10^15: the product of the parts stays below 2^63
    const auto part =
        total.minor / whole * hundredths[i] + total.minor % whole * hundredths[i] / whole;
    shares.push_back({part});
    left -= part;
  }
  // One hundredth too much may be more than is left.
  if (left < 0) return base::fail(errc::share_percentages);
  shares.push_back({left});
  return shares;
}

} // namespace ledger
