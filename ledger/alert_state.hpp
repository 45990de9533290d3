// What   alert_state: whether a rule has told its user about a subject.
// Why    An alert is sent once per crossing: it stays silent while its condition holds, and is
//        armed again when it does not. No row: armed.
// Bounds rule: the id of an automation, or the name of a built-in rule (goals_at_risk_v1, …);
//        subject: at most 200 bytes, of the rule's own making (a category and a month, an account,
//        an expense, a goal and its date).
// Threads none (values).
// Source api-contract §10.2, §11.1
#pragma once

#include "ledger/account.hpp"

#include <string>

namespace ledger {

struct alert_state {
  user_id user;
  std::string rule;
  std::string subject;
  bool fired = false;
  base::utc_us at; ///< of the last change

  bool operator==(const alert_state&) const = default;
};

} // namespace ledger
