// What   Questions about a user's books and their answers, as values: lists, entries, balances,
//        sums.
// Why    Asked by http/, answered by storage/; both may see ledger/, neither the other.
// Bounds limit 1..500; pages are read with one row more to know whether there is another.
// Threads none (values).
// Source api-contract §1.4, §5, §7.
#pragma once

#include "ledger/commit.hpp"
#include "ledger/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ledger {

struct transaction_filter {
  user_id user;
  std::optional<account_id> account;
  std::optional<account_id> category;
  std::optional<transaction_type> type;
  std::optional<base::civil_day> from, to; ///< effective day, both inclusive
  std::string text; ///< in the description, without regard to case and accents; empty = all
  std::vector<std::string> tags; ///< all must match
  bool include_deleted = false;
  bool include_system = false;
  std::optional<base::utc_us> changed_since; ///< made, edited or deleted at this instant or later
  std::int64_t skip = 0;
  std::int64_t limit = 50;
  struct position {
    base::utc_us date;
    transaction_id id;
  };
  std::optional<position> after; ///< cursor: rows behind it in the order date desc, id desc
  bool count = false;
};

struct transaction_page {
  std::vector<transaction_record> items;
  bool more = false;
  std::optional<std::int64_t> total; ///< with count
};

struct entry_filter {
  account_id account;
  bool ascending = false;
  std::optional<std::uint64_t> after_version;                  ///< cursor: exclusive
  std::optional<base::utc_us> booked_from, booked_to;          ///< half-open
  std::optional<base::civil_day> effective_from, effective_to; ///< inclusive
  std::int64_t limit = 100;
};

struct entry_view {
  entry what;
  std::string description; ///< of its transaction
};

struct entry_page {
  std::vector<entry_view> items;
  bool more = false;
};

struct balance_at {
  base::centavos balance;
  std::uint64_t version = 0; ///< number of entries counted
};

struct monthly_sums {
  std::int64_t transactions = 0; ///< live rows, transfer legs included, system ones not
  struct category_sum {
    account_id category;
    base::centavos income, expense;
    std::string name = {};                  ///< also of an archived one
    std::int64_t incomes = 0, expenses = 0; ///< transactions
  };
  std::vector<category_sum> categories;
};

struct tag_count {
  std::string name;
  std::int64_t transactions = 0;
};

} // namespace ledger
