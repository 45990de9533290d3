// What   monthly_snapshot: what an account's balance was at the end of a month; balance_check: what
//        three places say an account's balance is.
// Why    Snapshots go by booking time, so a later posting with an earlier date changes none.
// Bounds none beyond those of money and versions.
// Threads none (values).
// Source api-contract §14.1; testing.md I3, I12.
#pragma once

#include "ledger/account.hpp"
#include "ledger/month.hpp"

#include <cstdint>

namespace ledger {

struct monthly_snapshot {
  account_id account;
  ledger::month month;
  base::centavos balance;    ///< sum of the entries booked before the month's end
  std::uint64_t version = 0; ///< how many those are
  base::utc_us computed_at;

  bool operator==(const monthly_snapshot&) const = default;
};

struct balance_check {
  account_id account;
  base::centavos stored;     ///< the balance row
  std::uint64_t version = 0; ///< the balance row
  base::centavos running;    ///< after the entry of that version
  base::centavos sum;        ///< of all entries
  std::uint64_t entries = 0; ///< how many there are

  bool agrees() const { return stored == running && stored == sum && version == entries; }
  bool operator==(const balance_check&) const = default;
};

} // namespace ledger
