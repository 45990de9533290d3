#include "app/weekly_reports_job.hpp"

#include "app/book_walk.hpp"
#include "app/row_pages.hpp"
#include "app/weekly_report.hpp"

#include <fmt/format.h>

#include <utility>

namespace app {
namespace {

actors::job_verdict make_reports(const actors::job_context& job,
                                 const product_surroundings& around) {
  if (around.settings.outbound.smtp_host.empty())
    return actors::job_done{R"({"skipped":"SMTP_HOST"})", {}};
  auto* books = around.node->books.load();
  // Of a tick that was missed and is made up for, the day that it was meant for.
  const auto today = around.zone.day_of(job.what.tick.value_or(job.now));
  book_walk walk{*books, around.clock, job};
  std::int64_t rules = 0;
  bool goes_on = true;
  rule_pages pages{*books, {"weekly_report"}};
  while (goes_on && !pages.over()) {
    const auto found = pages.next();
    if (!found) return actors::try_later(found.error().code);
    for (const auto& rule : *found) {
      ++rules;
      if (!report_due(rule, today, around.zone)) continue;
      goes_on = walk.send(
          rule.user, report_wish(rule, today, around.zone, ledger::delivery_id{around.new_id()}));
      if (!goes_on) break;
    }
  }
  const auto tally = walk.finish();
  if (tally.away) return actors::try_later("DB_UNAVAILABLE");
  if (!goes_on) return actors::try_later("INTERRUPTED");
  return actors::job_done{fmt::format("{{\"rules\":{},\"made\":{},\"refused\":{}}}", rules,
                                      tally.changed, tally.refused),
                          {}};
}

} // namespace

actors::job_kind weekly_reports_kind(const product_surroundings& around) {
  actors::job_kind k;
  k.name = "weekly_reports";
  k.run = [around](const actors::job_context& job) { return make_reports(job, around); };
  return k;
}

} // namespace app
