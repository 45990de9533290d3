// What   Balances of one account by effective day, and how new entries change them.
// Why    A balance on the users' calendar is one look-up instead of a sum over all entries, and a
//        backdated posting stays as cheap as any other: it is merged later, with others.
// Bounds One row for each day that has entries.
// Errors Overflow of a sum is a failure, errc::balance_limit.
// Threads any (pure).
// Source design.md §3.6.
#pragma once

#include "base/money.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <vector>

namespace ledger {

/// At the end of the day, and how many entries that counts.
struct effective_day {
  base::civil_day day;
  base::centavos balance;
  std::uint64_t entries = 0;

  bool operator==(const effective_day&) const = default;
};

/// New entries of one day.
struct day_sum {
  base::civil_day day;
  base::centavos amount;
  std::uint64_t entries = 0;
};

/// `known`: ascending, from the last day before the first new one (if there is one) to the end.
/// `added`: ascending, one for each day. Answers the rows that are new or changed, ascending.
base::result<std::vector<effective_day>> merged(const std::vector<effective_day>& known,
                                                const std::vector<day_sum>& added);

} // namespace ledger
