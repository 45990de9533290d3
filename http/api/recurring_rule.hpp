// What   A recurring rule as what its jobs need: the posting of a day, the schedule that ticks on
//        its days, and the changes of its rows that an occurrence makes.
// Why    The rule's row is the truth. A schedule follows it and may be old; so whether a day is due
//        is decided in the book, by the rule as it is then.
// Errors AUTOMATION_INVALID: the rule says nothing that could be posted (an import).
// Threads any (pure); decisions run in the book.
// Source api-contract §10.1
#pragma once

#include "http/api/automation_rule.hpp"
#include "http/worker_backend.hpp"
#include "ledger/user_row.hpp"
#include "scheduler/schedule.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace http {

inline constexpr std::string_view recurring_type = "recurring_transaction";

/// With the name of the rule, on the day at 12:00. Both spellings of the actions are read.
base::result<ledger::create_transaction> occurrence_posting(const ledger::automation& rule,
                                                            base::civil_day day,
                                                            const scheduler::zone_rules& zone);

/// Its schedule, as long as it has one: the rule is recurring and can be followed. Whether it rests
/// is not said here.
std::optional<scheduler::schedule> schedule_that_follows(const ledger::automation& rule,
                                                         const scheduler::zone_rules& zone);
scheduler::schedule_id schedule_id_of(const ledger::automation_id& rule);

/// The rule whose occurrences a job of such a schedule makes.
std::string payload_of(const ledger::automation_id& rule);
std::optional<ledger::automation_id> rule_in_payload(const std::string& payload);

struct occurrence {
  ledger::user_id user;
  ledger::automation_id rule;
  base::civil_day day;
  bool by_hand = false; ///< somebody asked for it today: where nothing is due it leaves no trace
};
struct told_occurrence {
  bool posted = false;
  std::optional<base::utc_us> next_run;
};

/// Refusals that are for who asked, not for the user.
inline constexpr std::string_view not_awaited = "OCCURRENCE_NOT_AWAITED";
inline constexpr std::string_view rule_gone = "RULE_GONE";

/// Posts it when it is the one that the rule's row awaits, which costs one read; any other is
/// not_awaited: run_occurrence looks closer.
ledger::change_rows run_awaited(const occurrence& which, const scheduler::zone_rules& zone,
                                std::function<void(const told_occurrence&)> told);
/// Posts it, once; does nothing when it has ended before; skips a day that the rule does not want
/// any more; rule_gone. `told` hears what was decided.
ledger::change_rows run_occurrence(const occurrence& which, const scheduler::zone_rules& zone,
                                   std::function<void(const told_occurrence&)> told);
/// The ledger has refused it: so it ended, and its user is told. Of an inactive user it is skipped.
ledger::change_rows refuse_occurrence(const occurrence& which, const base::failure& why,
                                      std::string notification, const scheduler::zone_rules& zone);
/// Its job is dead: the occurrence has `failed`, and its user is told that the rule waits. Nothing
/// when it has ended before. It may still be posted, when its job is run again.
ledger::change_rows fail_occurrence(const occurrence& which, std::string code,
                                    std::string notification, const scheduler::zone_rules& zone);
/// What a job of the occurrence does: run_awaited, run_occurrence and refuse_occurrence, one after
/// the other, as far as it needs. What the database refuses twice is no end: the job is dead then.
/// `posted` hears of a posting when it is durable; `gone` says what to do when there is no rule.
job_effects occurrence_effects(const occurrence& which, const scheduler::zone_rules& zone,
                               std::string notification,
                               std::function<void(const told_occurrence&)> posted,
                               std::function<job_effects()> gone);
/// Posts the rule today, beside its schedule.
ledger::change_rows run_now(const ledger::user_id& user, const ledger::automation_id& rule,
                            const scheduler::zone_rules& zone);

} // namespace http
