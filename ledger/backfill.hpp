// What   Which entries are missing so that the entries of a transaction are its effect again.
// Why    After a partial restore rows of transactions may stand without their entries, or with
//        those of an older state. The rows say what the effect is; the difference is appended, and
//        nothing that is there is touched. Once the difference is there, there is none: twice is
//        the same as once.
// Bounds Sums and differences within int64 (base::add); every appended amount within ±
//        base::amount_minor_max.
// Errors What balanced postings cannot mend is named in `beyond` and left alone.
// Threads none (pure).
// Source incident-playbook §8, §13; api-contract §2.2, §16.
#pragma once

#include "ledger/transaction.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ledger {

/// The entries that a transaction has on one account and effective day.
struct entry_sum {
  account_id account;
  base::civil_day effective;
  base::centavos sum;

  bool operator==(const entry_sum&) const = default;
};

/// A row, and all entries that the ledger holds of it.
struct transaction_state {
  transaction_record row;
  std::vector<entry_sum> sums; ///< each account and day at most once

  bool operator==(const transaction_state&) const = default;
};

enum class damage : std::uint8_t {
  partner_missing, ///< a transfer without the row of its other leg
  rows_contradict, ///< a row out of its bounds, or legs that do not agree
  half_a_posting,  ///< what is there does not sum to zero, and neither would what is missing
};

std::string_view to_text(damage d); ///< "partner_missing", …

struct repair {
  /// One posting for each effective day that lacks something, numbered from 0. Credits first.
  std::vector<entry_draft> entries;
  std::vector<transaction_id> repaired; ///< transactions that get entries, each once
  std::vector<transaction_id> reborn;   ///< of those: the ones that have no entry yet
  struct lost {
    transaction_id transaction;
    damage why = damage::half_a_posting;

    bool operator==(const lost&) const = default;
  };
  std::vector<lost> beyond;
};

/// Whether the row by itself, without its partner, has just the entries that it should have. False
/// also for what cannot be mended.
bool is_whole(const transaction_state& of);

/// For a live row the entries are its effect on its effective day, for a deleted one nothing; of
/// one that has no entry at all, effect and reversal are both posted, as they had been. A transfer
/// is mended with both legs together and needs both states; whoever has no row in `states` is
/// missing. Entries on other accounts and days (what an edit moved away) sum to zero.
repair missing_entries(const std::vector<transaction_state>& states);

} // namespace ledger
