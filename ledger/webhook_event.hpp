// What   An event that webhooks may want, and the deliveries that it makes.
// Why    Whoever decides the event commits them with it; what they say is the same whoever it is.
// Bounds Ids and names of events, never an amount, a text or a person.
// Threads none (pure): ids and now are arguments.
// Source api-contract §10 (webhook)
#pragma once

#include "ledger/automation.hpp"
#include "ledger/delivery.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ledger {

struct webhook_event {
  std::string_view name; ///< transaction_created, alert_fired, goal_entered_risk_state,
                         ///< spending_spike_detected
  std::vector<std::pair<std::string, std::string>> ids = {}; ///< "transaction_id" and the like
};

/// An active webhook rule with the event in its list.
bool wants(const automation& rule, std::string_view event);

/// One for each rule that wants it. Body: {event, automation_rule_id, the ids, occurred_at}.
std::vector<delivery> webhooks_of(const webhook_event& what, const std::vector<automation>& rules,
                                  base::utc_us now, const std::function<delivery_id()>& new_id);

} // namespace ledger
