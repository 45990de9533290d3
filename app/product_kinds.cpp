#include "app/product_kinds.hpp"

#include "app/alert_jobs.hpp"
#include "app/deliver_job.hpp"
#include "app/insights_job.hpp"
#include "app/ledger_jobs.hpp"
#include "app/prune_job.hpp"
#include "app/recurring_job.hpp"
#include "app/system_schedules.hpp"
#include "app/told_run.hpp"
#include "app/weekly_reports_job.hpp"

#include <utility>

namespace app {

std::vector<actors::job_kind> product_kinds(const product_surroundings& around) {
  std::vector<actors::job_kind> all;
  const auto add = [&](actors::job_kind k) { all.push_back(std::move(k)); };
  for (auto& k : ledger_job_kinds(around.node, around.zone)) add(std::move(k));
  for (auto& k : alert_job_kinds(around)) add(std::move(k));
  for (auto& k : insight_job_kinds(around)) add(std::move(k));
  for (auto& k : recurring_job_kinds(around)) add(std::move(k));
  add(deliver_kind(around));
  add(deliveries_kind(around));
  add(weekly_reports_kind(around));
  add(idempotency_purge_kind(around));
  add(prune_kind(around));

  for (auto& k : all) {
    const auto* s = system_schedule_of(k.name);
    if (s == nullptr) continue;
    k.queue = "system";
    k.user_visible = false;
    k.kept = true;
    if (!k.lock) k.lock = s->lock();
    k.failed_line = s->failed;
    k.run = told_run(*s, std::move(k.run), around.clock, around.log, around.metrics);
  }
  return all;
}

} // namespace app
