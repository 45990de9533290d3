// What   What a user has said about insights: which kinds to show, and which single ones were seen
//        or are to be hidden.
// Bounds hash <= 200 characters. A user has one row of preferences, and one of feedback per hash.
// Threads none (values).
// Source api-contract §11.1
#pragma once

#include "ledger/account.hpp"

#include <string>

namespace ledger {

struct insight_preferences {
  user_id user;
  bool category_variation = true;
  bool goals_at_risk = true;
  base::utc_us updated_at;

  bool operator==(const insight_preferences&) const = default;
};

struct insight_feedback {
  user_id user;
  std::string hash;
  std::string type;   ///< category_variation, goal_at_risk
  std::string status; ///< seen, ignored
  base::utc_us at;

  bool operator==(const insight_feedback&) const = default;
};

} // namespace ledger
