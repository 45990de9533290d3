// What   round_up_walk: what was added to envelopes, each row beside its transaction.
// Why    Both tables come in the order of one key, and transactions are read anyway: whoever reads
//        them shows each to this walk.
// Bounds A page of round-ups; one number pair for each rule that rounds up.
// Errors A failure of storage ends it, or of `told`, which hears of each page.
// Threads One that may block.
#pragma once

#include "audit/ordered_rows.hpp"
#include "audit/verification.hpp"
#include "ledger/user_row_audit.hpp"

#include <functional>
#include <unordered_map>
#include <vector>

namespace audit {

class round_up_walk {
public:
  round_up_walk(storage::bulk& books, ledger::user_row_auditor& judge, verify_counts& n,
                std::function<base::status()> told);

  /// The rules; before all transactions.
  base::status begin();
  /// All transactions, in the order of their keys.
  base::status transaction(const ledger::transaction_record& row);
  /// Behind the last one.
  base::status finish();

private:
  using next_page =
      std::function<base::result<std::vector<ledger::round_up>>(const ledger::round_up* last)>;

  base::status up_to(const ledger::transaction_record* row);
  base::status judge(const ledger::round_up& u, const ledger::transaction_record* of);
  /// Whether it has held all that it can.
  base::result<bool> was_full(const ledger::envelope_id& envelope);

  storage::bulk& books_;
  ledger::user_row_auditor& judge_;
  verify_counts& counts_;
  std::function<base::status()> told_;
  ordered_rows<ledger::round_up, next_page> rows_;
  std::unordered_map<ledger::automation_id, ledger::rounding_terms> rules_;
};

} // namespace audit
