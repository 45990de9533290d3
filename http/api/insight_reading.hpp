// What   A user's insights as they are now: read and computed.
// Why    The API shows them and the daily job tells of them: both mean the same.
// Errors Those of the reads.
// Threads any; blocks for the reads, an executor's or a request's thread.
// Source api-contract §11.1; docs/decisions/0019
#pragma once

#include "http/backend.hpp"
#include "ledger/insights.hpp"
#include "scheduler/zone_rules.hpp"

#include <set>
#include <string>
#include <vector>

namespace http {

struct insights {
  std::vector<ledger::category_variation> categories;
  std::vector<ledger::goal_outlook> goals;
  base::utc_us computed_at;
};

/// There is always one: a user who chose nothing has the defaults.
ledger::insight_preferences insight_choice_in(const ledger::user_rows& rows,
                                              const ledger::user_id& user);
base::result<ledger::insight_preferences> insight_choice_of(backend& books,
                                                            const ledger::user_id& user);

/// What the kinds that the user wants say, and the hashes among them that are hidden.
struct all_insights {
  insights all;
  ledger::month of; ///< of the categories
  ledger::insight_preferences choice;
  std::set<std::string> hidden;
};
base::result<all_insights> all_insights_for(backend& books, const scheduler::zone_rules& zone,
                                            base::utc_us now, const ledger::user_id& user);

/// What the user wants to see.
base::result<insights> insights_for(backend& books, const scheduler::zone_rules& zone,
                                    base::utc_us now, const ledger::user_id& user);

} // namespace http
