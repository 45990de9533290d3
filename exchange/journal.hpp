// What   A user's books as a journal for hledger and ledger: declarations, one transaction for
//        each posting of the ledger, and the balances at the end as assertions.
// Why    The journal is the ledger: edits and deletions stand in it as reversals, so that balances
//        agree at every instant on both clocks, and not only today.
// Bounds Memory: the names of the accounts.
// Threads confined to its owner (pure).
// Source hledger 1.25 and ledger 3.3: what both accept.
#pragma once

#include "ledger/commit.hpp"
#include "ledger/transaction.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace exchange {

/// The entries of one posting: same commit, same number; they sum to zero.
struct journal_posting {
  base::civil_day booked; ///< the day of booked_at in the zone of the books
  std::vector<ledger::entry> entries;
  /// The transactions of the entries, as they are now; a transfer has two.
  std::vector<ledger::transaction_record> transactions;
};

class journal {
public:
  /// The head: what the file is, commodities and the tags that will be used.
  static std::string head(std::string_view user_name, const std::vector<std::string>& tags,
                          const std::vector<std::string>& currencies);

  /// Gives the account its name, which no other has, and declares it with its type. In an order
  /// that does not change, so that a name stays with its account.
  std::string declare(const ledger::account_record& account);
  /// Only of accounts that were declared.
  std::string posting(const journal_posting& p) const;

  struct balance {
    ledger::account_id account;
    base::centavos amount;
  };
  /// A transaction of zeros that asserts each balance: both programs stop when they differ.
  std::string assertions(base::civil_day day, const std::vector<balance>& balances) const;

  const std::string& name_of(const ledger::account_id& id) const;

private:
  struct known {
    std::string name;
    std::string currency;
  };
  const known& of(const ledger::account_id& id) const;

  std::unordered_map<ledger::account_id, known> accounts_;
  std::unordered_set<std::string> taken_;
};

} // namespace exchange
