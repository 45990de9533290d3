#include "app/check_report.hpp"

#include <fmt/core.h>

namespace app {

namespace json = base::json;

namespace {

json::array samples_of(const std::string& first) {
  json::array samples;
  if (!first.empty()) samples.push_back(first);
  return samples;
}

json::object check_of(std::string_view invariant, std::uint64_t checked, std::uint64_t faults,
                      const std::string& first) {
  return {{"invariant", invariant},
          {"checked", static_cast<std::int64_t>(checked)},
          {"violations", static_cast<std::int64_t>(faults)},
          {"samples", samples_of(first)}};
}

} // namespace

json::object report_of(const audit::verification& found) {
  json::array checks;
  for (std::size_t i = 0; i < ledger::invariant_count; ++i) {
    const auto& f = found.ledger.findings[i];
    checks.emplace_back(
        check_of(ledger::to_text(static_cast<ledger::invariant>(i)), f.checked, f.faults, f.first));
  }
  checks.emplace_back(
      check_of("AuditLog", found.log.checked(), found.log.faults(), found.log.first()));
  const auto& chain = found.ledger[ledger::invariant::ledger_append_only];
  return {
      {"ok", found.sound()},
      {"checks", std::move(checks)},
      {"chain", json::object{{"commits", static_cast<std::int64_t>(found.read.commits)},
                             {"ok", chain.faults == 0},
                             {"first_bad", chain.first.empty() ? json::value{} : chain.first}}}};
}

json::object report_of(const audit::reconciliation& found) {
  json::array items;
  for (const auto& d : found.items)
    items.emplace_back(
        json::object{{"account_id", d.account.text()},
                     {"snapshot_date", d.month ? json::value{ledger::to_text(*d.month)} : nullptr},
                     {"diff_abs", base::decimal_text(d.difference)}});
  return {{"checked", static_cast<std::int64_t>(found.checked)},
          {"divergences", static_cast<std::int64_t>(found.divergences)},
          {"items", std::move(items)}};
}

json::object report_of(const audit::snapshot_run& run) {
  return {{"month", ledger::to_text(run.month)},
          {"snapshots_created_or_updated", static_cast<std::int64_t>(run.written)}};
}

std::string text_of(const audit::verify_counts& n) {
  return fmt::format("{} commits, {} entries, {} accounts, {} transactions, {} stored answers, "
                     "{} goals and envelopes with {} movements, {} shared expenses, {} round-ups",
                     n.commits, n.entries, n.accounts, n.transactions, n.answers, n.earmarks,
                     n.movements, n.expenses, n.round_ups);
}

} // namespace app
