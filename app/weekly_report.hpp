// What   The weekly report: when a rule's is due, whose mail it becomes, and its words.
// Why    All of it without mail server and clock: the jobs around it only read and send.
// Bounds A report is about 7 whole days. The body of its delivery names the days and nothing else;
//        the figures are those of the moment in which it is sent.
// Threads any (pure).
// Source api-contract §10
#pragma once

#include "http/outbound/smtp_client.hpp"
#include "ledger/automation.hpp"
#include "ledger/query.hpp"
#include "ledger/user_row.hpp"
#include "scheduler/zone_rules.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace app {

struct report_days {
  base::civil_day first, last;
  bool operator==(const report_days&) const = default;
};

/// The day whose report the rule has not made: its weekday, today or within the 6 days before, when
/// those were missed. Not one from before the rule was made or changed.
std::optional<base::civil_day> report_due(const ledger::automation& rule, base::civil_day today,
                                          const scheduler::zone_rules& zone);
report_days days_before(base::civil_day due);

/// Makes the delivery of the rule that is due, and sets the rule's last_run. Decided in the book:
/// whoever runs it twice finds that it is done. The zone outlives it.
ledger::change_rows report_wish(const ledger::automation& rule, base::civil_day today,
                                const scheduler::zone_rules& zone, ledger::delivery_id id);

std::string report_body(const report_days& days);
/// Nothing when it is no body of a report.
std::optional<report_days> read_report_body(std::string_view body);

/// destination_email, else email, of the rule; else the user's own. May be no address at all.
std::string report_receiver(const ledger::automation& rule, const ledger::user_record& owner);

/// "R$ 1.234,56"
std::string reais_text(base::centavos amount);

/// Nothing when the sums leave the integers.
std::optional<http::mail> report_mail(const ledger::automation& rule,
                                      const ledger::user_record& owner, const report_days& days,
                                      const ledger::monthly_sums& sums);

} // namespace app
