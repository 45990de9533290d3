// What   user_books: one user's accounts, transactions and postings, read for an export.
// Bounds Memory: the accounts, what exchange/postings holds, a page of transactions.
// Threads main only.
#pragma once

#include "base/result.hpp"
#include "exchange/postings.hpp"
#include "scheduler/zone_rules.hpp"
#include "storage/bulk.hpp"

#include <functional>
#include <string>
#include <vector>

namespace app {

class user_books {
public:
  /// Nothing: no user has this e-mail or id.
  static base::result<std::optional<user_books>> find(storage::bulk& from, const std::string& who);

  const ledger::user_record& user() const { return user_; }
  /// All roles, closed ones too; in an order that does not change.
  const std::vector<ledger::account_view>& accounts() const { return accounts_; }

  /// Newest first; deleted ones and those of the system too.
  base::status
  each_transaction(const std::function<base::status(const ledger::transaction_record&)>& take);
  /// In the order of the commits.
  base::status each_entry(const std::function<base::status(const ledger::entry&)>& take);
  base::status
  each_posting(const scheduler::zone_rules& zone,
               const std::function<base::status(const exchange::journal_posting&)>& take);

private:
  user_books(storage::bulk& from, ledger::user_record user)
      : from_(&from), user_(std::move(user)) {}

  exchange::book_source source(const scheduler::zone_rules* zone);

  storage::bulk* from_;
  ledger::user_record user_;
  std::vector<ledger::account_view> accounts_;
};

} // namespace app
