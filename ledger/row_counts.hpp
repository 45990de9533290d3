// What   How many rows of each kind a whole ledger has.
// Why    A dump says it first, counts it while it is read, and compares it with the tables.
#pragma once

#include <cstdint>

namespace ledger {

struct row_counts {
  std::int64_t users = 0;
  std::int64_t accounts = 0;
  std::int64_t commits = 0;
  std::int64_t entries = 0;
  std::int64_t transactions = 0;
  std::int64_t holds = 0;
  std::int64_t rows = 0; ///< beside the books: those of dumped_row, and schedules
  std::int64_t answers = 0;

  bool operator==(const row_counts&) const = default;
};

} // namespace ledger
