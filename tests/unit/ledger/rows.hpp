// What   Rows for the tests of ledger/: the shortest way to write a transaction down.
#pragma once

#include "ledger/transaction.hpp"

#include <string>

namespace ledger::rows {

inline transaction_record base_row(const std::string& id, transaction_type type, int direction,
                                   const std::string& account, const std::string& category,
                                   std::int64_t amount) {
  transaction_record r;
  r.id = transaction_id{id};
  r.owner = user_id{"ana"};
  r.account = account_id{account};
  r.category = account_id{category};
  r.type = type;
  r.direction = direction;
  r.amount = base::centavos{amount};
  r.description = "padaria";
  r.tags = {"casa"};
  r.date = base::utc_us{1'000'000};
  r.effective = base::civil_day{10};
  r.created_at = base::utc_us{5};
  return r;
}

inline transaction_record income(const std::string& id, const std::string& account,
                                 std::int64_t amount) {
  return base_row(id, transaction_type::income, 1, account, "salary", amount);
}

inline transaction_record expense(const std::string& id, const std::string& account,
                                  std::int64_t amount) {
  return base_row(id, transaction_type::expense, -1, account, "food", amount);
}

struct pair {
  transaction_record origin, destination;
};

inline pair transfer(const std::string& from, const std::string& to, std::int64_t amount) {
  pair p{base_row("out", transaction_type::transfer, -1, from, "moves", amount),
         base_row("in", transaction_type::transfer, 1, to, "moves", amount)};
  p.origin.partner = p.destination.id;
  p.destination.partner = p.origin.id;
  return p;
}

} // namespace ledger::rows
