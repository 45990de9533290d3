#include "app/system_schedules.hpp"

#include "app/keeper_wish.hpp"
#include "app/outage.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace app {
namespace {

using scheduler::misfire_policy;

constexpr std::int32_t day_s = 86'400;

constexpr std::array all_schedules{
    system_schedule{
        .kind = "recurring_transactions",
        .begun = "Job iniciado: execute_recurring_transactions (run_recurring_transactions)",
        .ended = "Job concluído: execute_recurring_transactions (run_recurring_transactions)",
        .failed = "Erro crítico no job recurring_transactions: a tentativa falhou",
        .cron = "0 * * * *",
        .misfire = misfire_policy::once,
        .timeout_s = 3600,
        .at_start = true},
    system_schedule{.kind = "insights",
                    .begun = "Job iniciado: execute_insights_job (run_insights_job)",
                    .ended = "Job concluído: execute_insights_job (run_insights_job)",
                    .failed = "Erro crítico no job insights: a tentativa falhou",
                    .cron = "0 6 * * *",
                    .misfire = misfire_policy::once,
                    .timeout_s = 4 * 3600,
                    .at_start = false},
    system_schedule{.kind = "budget_alerts",
                    .begun = "Job iniciado: execute_budget_alerts",
                    .ended = "Job concluído: execute_budget_alerts",
                    .failed = "Erro crítico no job budget_alerts: a tentativa falhou",
                    .cron = "0 8 * * *",
                    .misfire = misfire_policy::once,
                    .timeout_s = 3600,
                    .at_start = false},
    system_schedule{.kind = "weekly_reports",
                    .begun = "Job iniciado: execute_weekly_reports",
                    .ended = "Job concluído: execute_weekly_reports",
                    .failed = "Erro crítico no job weekly_reports: a tentativa falhou",
                    .cron = "0 8 * * *",
                    .misfire = misfire_policy::once,
                    .timeout_s = 3600,
                    .at_start = false},
    system_schedule{.kind = "low_balance_alerts",
                    .begun = "Job iniciado: execute_low_balance_alerts",
                    .ended = "Job concluído: execute_low_balance_alerts",
                    .failed = "Erro crítico no job low_balance_alerts: a tentativa falhou",
                    .cron = "0 9 * * *",
                    .misfire = misfire_policy::once,
                    .timeout_s = 3600,
                    .at_start = false},
    system_schedule{.kind = "insights_weekly_notifications",
                    .begun = "Job iniciado: execute_insights_weekly_notifications",
                    .ended = "Job concluído: execute_insights_weekly_notifications",
                    .failed =
                        "Erro crítico no job insights_weekly_notifications: a tentativa falhou",
                    .cron = "0 9 * * MON",
                    .misfire = misfire_policy::once,
                    .timeout_s = 3600,
                    .at_start = false},
    system_schedule{.kind = "payment_reminders",
                    .begun = "Job iniciado: execute_payment_reminders",
                    .ended = "Job concluído: execute_payment_reminders",
                    .failed = "Erro crítico no job payment_reminders: a tentativa falhou",
                    .cron = "0 10 * * *",
                    .misfire = misfire_policy::once,
                    .timeout_s = 3600,
                    .at_start = false},
    system_schedule{.kind = "monthly_balance_snapshots",
                    .begun = "Job iniciado: execute_monthly_snapshots (compute_monthly_snapshots)",
                    .ended = "Job concluído: execute_monthly_snapshots (compute_monthly_snapshots)",
                    .failed = "Erro crítico no job monthly_balance_snapshots: a tentativa falhou",
                    .cron = "0 1 1 * *",
                    .misfire = misfire_policy::all,
                    .timeout_s = day_s,
                    .at_start = false},
    system_schedule{.kind = "reconcile_snapshots",
                    .begun = "Job iniciado: execute_reconcile_snapshots (reconcile_snapshots)",
                    .ended = "Job concluído: execute_reconcile_snapshots (reconcile_snapshots)",
                    .failed = "Erro crítico no job reconcile_snapshots: a tentativa falhou",
                    .cron = "0 2 * * *",
                    .misfire = misfire_policy::once,
                    .timeout_s = day_s,
                    .at_start = false},
    system_schedule{.kind = "reconcile_balances",
                    .begun = "Job iniciado: reconcile_balances",
                    .ended = "Job concluído: reconcile_balances",
                    .failed = "Erro crítico no job reconcile_balances: a tentativa falhou",
                    .cron = "30 * * * *",
                    .misfire = misfire_policy::once,
                    .timeout_s = day_s,
                    .at_start = false},
    system_schedule{.kind = "ledger_audit",
                    .begun = "Job iniciado: ledger_audit",
                    .ended = "Job concluído: ledger_audit",
                    .failed = "Erro crítico no job ledger_audit: a tentativa falhou",
                    .cron = "0 3 * * *",
                    .misfire = misfire_policy::once,
                    .timeout_s = day_s,
                    .at_start = false},
    system_schedule{.kind = "deliveries",
                    .begun = "Job iniciado: deliveries",
                    .ended = "Job concluído: deliveries",
                    .failed = "Erro crítico no job deliveries: a tentativa falhou",
                    .cron = "*/5 * * * *",
                    .misfire = misfire_policy::skip,
                    .timeout_s = 240,
                    .at_start = false},
    system_schedule{.kind = "idempotency_purge",
                    .begun = "Job iniciado: idempotency_purge",
                    .ended = "Job concluído: idempotency_purge",
                    .failed = "Erro crítico no job idempotency_purge: a tentativa falhou",
                    .cron = "15 * * * *",
                    .misfire = misfire_policy::skip,
                    .timeout_s = 3600,
                    .at_start = false},
    system_schedule{.kind = "prune",
                    .begun = "Job iniciado: prune",
                    .ended = "Job concluído: prune",
                    .failed = "Erro crítico no job prune: a tentativa falhou",
                    .cron = "0 4 * * *",
                    .misfire = misfire_policy::skip,
                    .timeout_s = 3600,
                    .at_start = false},
};

constexpr std::chrono::milliseconds again_first{250};
constexpr std::chrono::milliseconds again_most{10'000};

/// The same may be answered otherwise a little later. DUPLICATE_KEY, VERSION_CONFLICT: another node
/// has written it at the same time.
bool is_for_now(std::string_view code) {
  return says_away(code) || code == "DUPLICATE_KEY" || code == "VERSION_CONFLICT";
}

http::kept_schedule wish_for(const system_schedule& s, const std::string& zone) {
  http::kept_schedule wish;
  auto& w = wish.what;
  w.id = scheduler::schedule_id{s.kind};
  w.name = s.kind;
  w.kind = s.kind;
  w.rule = "{\"cron\":\"" + std::string{s.cron} + "\"}";
  w.zone = zone;
  w.misfire = s.misfire;
  // A run that died is kept for a person, and must not hold the next one up; one that runs holds
  // the lock.
  w.overlap = s.misfire == misfire_policy::all ? scheduler::overlap_policy::queue
                                               : scheduler::overlap_policy::allow;
  w.max_attempts = 5;
  w.timeout_s = s.timeout_s;
  return wish;
}

} // namespace

std::string system_schedule::lock() const {
  return std::string{kind == "insights" ? "insights_job" : kind};
}

std::span<const system_schedule> system_schedules() { return all_schedules; }

const system_schedule* system_schedule_of(std::string_view kind) {
  const auto at = std::find_if(all_schedules.begin(), all_schedules.end(),
                               [&](const auto& s) { return s.kind == kind; });
  return at == all_schedules.end() ? nullptr : &*at;
}

schedule_keeper::schedule_keeper(http::schedule_backend& schedules,
                                 std::shared_ptr<const actors::job_kinds> kinds, std::string zone,
                                 base::clock& clock, observability::log& log,
                                 std::function<void(const scheduler::schedule&)> there)
    : schedules_(schedules), kinds_(std::move(kinds)), zone_(std::move(zone)), clock_(clock),
      log_(log), there_(std::move(there)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

schedule_keeper::~schedule_keeper() = default;

void schedule_keeper::work(const std::stop_token& stop) {
  std::vector<scheduler::schedule> there;
  for (const auto& s : all_schedules) {
    if (kinds_->find(s.kind) == nullptr) continue;
    const auto made = until_answered(wish_for(s, zone_), stop);
    if (!made) return;
    if (!*made) {
      report(s, made->error());
      continue;
    }
    there.push_back((**made).view.what);
    if (!s.at_start || (**made).view.what.paused) continue;
    const auto ran = until_answered(http::schedule_run{scheduler::schedule_id{s.kind}}, stop);
    if (!ran) return;
    // It runs already, or another node does it: as good as done.
    const bool done =
        *ran || ran->error().code == "OVERLAPPING" || ran->error().code == "LOCK_CONTENDED";
    if (!done) report(s, ran->error());
  }
  for (const auto& one : there)
    if (there_ && !stop.stop_requested()) there_(one);
}

std::optional<base::result<http::schedule_answer>>
schedule_keeper::until_answered(const http::schedule_wish& wish, const std::stop_token& stop) {
  std::mutex guard;
  std::condition_variable_any told;
  for (auto wait = again_first; !stop.stop_requested(); wait = std::min(2 * wait, again_most)) {
    auto answer = ask_as_keeper(schedules_, wish, clock_);
    if (answer || !is_for_now(answer.error().code)) return answer;
    std::unique_lock hold{guard};
    told.wait_for(hold, stop, wait, [] { return false; });
  }
  return std::nullopt;
}

void schedule_keeper::report(const system_schedule& s, const base::failure& why) {
  log_.error("vai_de_pix.jobs", "Agendamento do sistema recusado",
             {{"event", "schedule.refused"},
              {"schedule", observability::code{s.kind}},
              {"error_code", why}});
}

} // namespace app
