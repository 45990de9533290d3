// What   What insights tell a user by themselves: a goal that has come at risk, a category that
//        costs much more than a month before, a summary of the week.
// Why    Each is told once per crossing, whoever computes it and how often.
// Bounds A spike is a variation of 30.0 % and more. Goals are armed again when they are not at risk
//        any more; a spike is told once for its month.
// Threads none (pure): ids and now are arguments.
// Source api-contract §11.1
#pragma once

#include "ledger/alerts.hpp"
#include "ledger/insights.hpp"

#include <set>
#include <string>
#include <vector>

namespace ledger {

inline constexpr std::string_view goals_rule = "goals_at_risk_v1";
inline constexpr std::string_view spikes_rule = "category_monthly_variation_v1";
inline constexpr std::string_view summary_rule = "insight_weekly_summary_v1";
/// Under what the states of a month's spikes stand: an answer has room for those of one month, and
/// would not have for those of years.
std::string spikes_rule_of(month m);

struct insight_view {
  user_id user;
  const std::vector<category_variation>& categories;
  const std::vector<goal_outlook>& goals;
  const std::set<std::string>& hidden; ///< hashes that the user does not want to see
  bool knows_goals = true;             ///< false: they were not asked for, and say nothing
  month of{};                          ///< of the categories
};

/// Rows to be written; `known`: the user's states of goals_rule and of spikes_rule_of the month.
user_rows insight_events(const insight_view& seen, const std::vector<alert_state>& known,
                         base::utc_us now, const id_maker& new_id);

/// Nothing when there is nothing to say, or something was said in the last seven days; `known`: the
/// user's state of summary_rule.
user_rows weekly_summary(const insight_view& seen, const std::vector<alert_state>& known,
                         base::utc_us now, const id_maker& new_id);

} // namespace ledger
