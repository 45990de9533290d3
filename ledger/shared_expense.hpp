// What   An expense that several users share: the expense, a share for each of them, what happened
//        to each share, and how an amount is split.
// Why    Each row has one owner whose book alone changes it: the expense its creator, a share its
//        user. Accepting moves no money, so an answer and a cancelling that meet are as good as one
//        after the other, and no lock spans two users.
// Bounds total 1..base::amount_minor_max; participants_max shares; description 1..200 code points.
// Errors errc::share_percentages, errc::share_amounts of split().
// Threads none (values; split is pure).
// Source api-contract §13.1
#pragma once

#include "base/result.hpp"
#include "ledger/account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ledger {

using shared_expense_id = base::strong_id<struct shared_expense_tag>;
using share_id = base::strong_id<struct share_tag>;
using share_event_id = base::strong_id<struct share_event_tag>;

inline constexpr std::size_t participants_max = 50; ///< the creator included

struct shared_expense {
  shared_expense_id id;
  user_id user; ///< who made it
  base::centavos total;
  std::string description;
  std::string split; ///< equal, percentage, custom
  bool cancelled = false;
  std::optional<transaction_id> automatic; ///< of the creator's share, while it stands
  base::utc_us created_at;
  std::optional<base::utc_us> updated_at;

  bool operator==(const shared_expense&) const = default;
};

struct expense_share {
  share_id id;
  shared_expense_id expense;
  user_id user;
  std::string status;                ///< pending, accepted, rejected
  std::optional<std::int64_t> basis; ///< hundredths of a percent
  base::centavos amount;             ///< >= 0
  base::utc_us created_at;
  std::optional<base::utc_us> responded_at;

  bool operator==(const expense_share&) const = default;
};

/// Never written twice.
struct share_event {
  share_event_id id;
  share_id share;
  std::string action; ///< created, accepted, rejected
  user_id performed_by;
  base::utc_us at;

  bool operator==(const share_event&) const = default;
};

/// Only answered: a share with what stands around it.
struct share_view {
  expense_share share;
  shared_expense expense;
  std::string user_name, user_email;
  std::string creator_name;

  bool operator==(const share_view&) const = default;
};

/// What each gets of the total: the sum is exact. The creator stands first.
/// equal: the floor for each, the rest to the creator.
std::vector<base::centavos> split_equally(base::centavos total, std::size_t people);
/// Hundredths of a percent: the floor for all but the last, who takes the rest. Their sum is
/// 10,000, or one off; else errc::share_percentages.
base::result<std::vector<base::centavos>>
split_by_percentage(base::centavos total, const std::vector<std::int64_t>& hundredths);

} // namespace ledger
