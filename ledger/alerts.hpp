// What   What a rule that watches or reminds tells its user, as rows: a notification, and the state
//        that keeps it from saying so again.
// Why    An alert is sent once per crossing. Postings and the daily jobs decide by the same words.
// Bounds Amounts of rules as in the contract; a rule that cannot be read (an import) watches
//        nothing.
// Threads any (pure): ids and now are arguments.
// Source api-contract §10, §10.2
#pragma once

#include "ledger/alert_state.hpp"
#include "ledger/automation.hpp"
#include "ledger/earmark.hpp"
#include "ledger/month.hpp"
#include "ledger/shared_expense.hpp"
#include "ledger/user_row.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ledger {

using id_maker = std::function<std::string()>;

enum class watched : std::uint8_t { spending, balance };

/// An active budget_alert, category_limit or low_balance_alert.
struct watch_rule {
  automation_id id;
  user_id user;
  std::string type;
  watched what = watched::spending;
  account_id subject; ///< a category, or an account
  base::centavos limit;
};
std::optional<watch_rule> watch_rule_of(const automation& rule);

/// What its state is about: an account, or a category in a month.
std::string subject_of(const watch_rule& rule, month of);

/// `value`: what was spent in the month, or the balance, as it is now. Rows to be written: none
/// while nothing has crossed.
user_rows watch(const watch_rule& rule, month of, base::centavos value,
                const std::vector<alert_state>& known, base::utc_us now, const id_maker& new_id);

/// What a reminder is about: an expense, or a goal with its date.
std::string subject_of(const shared_expense& e);
std::string subject_of(const goal& g);

inline constexpr std::int64_t payment_days_usual = 7, goal_days_usual = 7;

/// Of a payment_reminder: the user's own expenses that are older than its days and have a share
/// that is pending; once for each.
user_rows remind_of_payments(const automation& rule, const std::vector<share_view>& shares,
                             const std::vector<alert_state>& known, base::utc_us now,
                             const id_maker& new_id);

/// Of a goal_reminder: goals that are not reached and due within its days; once for each target
/// date.
user_rows remind_of_goals(const automation& rule, const std::vector<goal>& goals,
                          const std::vector<alert_state>& known, base::civil_day today,
                          base::utc_us now, const id_maker& new_id);

} // namespace ledger
