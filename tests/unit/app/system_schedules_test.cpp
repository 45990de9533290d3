// Goal: the schedules of the system are those of the contract; they are made when the node can,
//       one that is wrong does not keep the others, and what runs at the start does so once.
#include "app/system_schedules.hpp"

#include "app/last_success.hpp"
#include "app/told_run.hpp"
#include "observability/job_metrics.hpp"
#include "tests/http/fake_jobs.hpp"
#include "tests/http/fake_schedules.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

BOOST_AUTO_TEST_SUITE(system_schedules)

namespace {

using namespace std::chrono_literals;
using scheduler::misfire_policy;

struct table_clock final : base::clock {
  base::utc_us now() override { return {7'000'000}; }
};

struct table_log {
  table_clock clock;
  observability::metrics metrics;
  std::mutex guard;
  std::vector<std::string> lines;
  observability::log log{{.level = observability::log_level::debug,
                          .json = true,
                          .node = {},
                          .queue_lines = 1000,
                          .sink =
                              [this](std::string_view line) {
                                const std::lock_guard hold{guard};
                                lines.emplace_back(line);
                                return true;
                              }},
                         clock,
                         metrics};

  std::string all() {
    log.flush();
    const std::lock_guard hold{guard};
    std::string text;
    for (const auto& l : lines) text += l;
    return text;
  }
};

struct answering final : http::schedule_backend {
  std::mutex guard;
  std::condition_variable changed;
  int away = 0; ///< so many are answered with `code` first
  std::string code = "DB_UNAVAILABLE";
  std::map<std::string, std::string> refusals;
  bool paused = false;
  std::vector<http::kept_schedule> kept;
  std::vector<std::string> ran;

  void change(http::schedule_request r, http::on_result<http::schedule_answer> done) override {
    base::result<http::schedule_answer> said{base::failure{"NOT_FOUND", {}}};
    {
      const std::lock_guard hold{guard};
      said = answer(r);
    }
    changed.notify_all();
    done(std::move(said));
  }
  base::result<http::schedule_answer> answer(const http::schedule_request& r) {
    if (away > 0) {
      --away;
      return base::failure{code, {}};
    }
    BOOST_TEST(r.caller.admin);
    http::schedule_answer a;
    if (const auto* k = std::get_if<http::kept_schedule>(&r.what)) {
      if (const auto no = refusals.find(k->what.kind); no != refusals.end())
        return base::failure{no->second, {}};
      kept.push_back(*k);
      a.view.what = k->what;
      a.view.what.paused = paused;
    } else {
      ran.push_back(std::get<http::schedule_run>(r.what).id.text());
    }
    return a;
  }
  base::result<std::optional<http::schedule_view>>
  schedule(const http::job_caller&, const scheduler::schedule_id&) override {
    return std::optional<http::schedule_view>{};
  }
  base::result<std::vector<http::schedule_view>> schedules(std::optional<base::user_id>,
                                                           std::optional<scheduler::schedule_id>,
                                                           std::int64_t) override {
    return std::vector<http::schedule_view>{};
  }
  base::result<std::optional<std::vector<scheduler::schedule_tick>>>
  ticks(const http::job_caller&, const scheduler::schedule_id&, std::optional<base::utc_us>,
        std::int64_t) override {
    return std::optional<std::vector<scheduler::schedule_tick>>{};
  }
  bool wait_for(std::function<bool()> so) {
    std::unique_lock hold{guard};
    return changed.wait_for(hold, 20s, std::move(so));
  }
};

std::shared_ptr<const actors::job_kinds> all_kinds() {
  std::vector<actors::job_kind> kinds;
  for (const auto& s : app::system_schedules()) {
    kinds.emplace_back();
    kinds.back().name = s.kind;
    kinds.back().queue = "system";
  }
  return std::make_shared<const actors::job_kinds>(kinds);
}

struct keeping : table_log {
  answering node;
  std::shared_ptr<const actors::job_kinds> kinds = all_kinds();

  std::unique_ptr<app::schedule_keeper> keep() {
    return std::make_unique<app::schedule_keeper>(node, kinds, "America/Sao_Paulo", clock, log);
  }
  void until_all(std::size_t n) {
    BOOST_TEST_REQUIRE(node.wait_for([&] { return node.kept.size() >= n; }));
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(the_table_is_that_of_the_contract) {
  // id, cron, what is missed, begin (api-contract §14).
  const std::vector<std::array<std::string, 4>> contract{
      {"recurring_transactions", "0 * * * *", "once",
       "execute_recurring_transactions (run_recurring_transactions)"},
      {"insights", "0 6 * * *", "once", "execute_insights_job (run_insights_job)"},
      {"budget_alerts", "0 8 * * *", "once", "execute_budget_alerts"},
      {"weekly_reports", "0 8 * * *", "once", "execute_weekly_reports"},
      {"low_balance_alerts", "0 9 * * *", "once", "execute_low_balance_alerts"},
      {"insights_weekly_notifications", "0 9 * * MON", "once",
       "execute_insights_weekly_notifications"},
      {"payment_reminders", "0 10 * * *", "once", "execute_payment_reminders"},
      {"monthly_balance_snapshots", "0 1 1 * *", "all",
       "execute_monthly_snapshots (compute_monthly_snapshots)"},
      {"reconcile_snapshots", "0 2 * * *", "once",
       "execute_reconcile_snapshots (reconcile_snapshots)"},
      {"reconcile_balances", "30 * * * *", "once", "reconcile_balances"},
      {"ledger_audit", "0 3 * * *", "once", "ledger_audit"},
      {"idempotency_purge", "15 * * * *", "skip", "idempotency_purge"},
      {"prune", "0 4 * * *", "skip", "prune"}};
  for (const auto& [id, cron, misfire, name] : contract) {
    const auto* s = app::system_schedule_of(id);
    BOOST_TEST_REQUIRE(s != nullptr, id);
    BOOST_TEST(s->cron == cron, id);
    const auto wanted = misfire == "all"    ? misfire_policy::all
                        : misfire == "skip" ? misfire_policy::skip
                                            : misfire_policy::once;
    BOOST_TEST((s->misfire == wanted), id);
    BOOST_TEST(s->begun.text() == "Job iniciado: " + name, id);
    BOOST_TEST(s->ended.text() == "Job concluído: " + name, id);
    BOOST_TEST(s->failed.text().starts_with("Erro crítico no job " + id + ": "), id);
    BOOST_TEST(s->at_start == (id == "recurring_transactions"), id);
    // Its runs have a label of their own.
    const auto label = observability::label_of(s->lock(), observability::job_name::other);
    BOOST_TEST((label != observability::job_name::other), id);
  }
  BOOST_TEST(app::system_schedule_of("insights")->lock() == "insights_job");
  std::set<std::string_view> ids;
  for (const auto& s : app::system_schedules()) BOOST_TEST(ids.insert(s.kind).second, s.kind);
  BOOST_TEST(app::system_schedule_of("nothing") == nullptr);
}

BOOST_FIXTURE_TEST_CASE(all_are_made_under_their_own_ids_and_one_runs_at_once, keeping) {
  const auto keeper = keep();
  until_all(app::system_schedules().size());
  BOOST_TEST(node.kept.size() == app::system_schedules().size());
  for (const auto& k : node.kept) {
    BOOST_TEST(k.what.id.text() == k.what.kind);
    BOOST_TEST(k.what.name == k.what.kind);
    BOOST_TEST(k.what.zone == "America/Sao_Paulo");
    BOOST_TEST(!k.what.user.has_value());
    BOOST_TEST(!k.rests.has_value()); // a person's pause stays
    // A run that died must not hold up the next one.
    BOOST_TEST((k.what.overlap != scheduler::overlap_policy::skip), k.what.kind);
  }
  BOOST_TEST((node.ran == std::vector<std::string>{"recurring_transactions"}));
  BOOST_TEST(all().find("schedule.refused") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(those_whose_kind_is_unknown_are_left_out, keeping) {
  std::vector<actors::job_kind> some(1);
  some[0].name = "prune";
  kinds = std::make_shared<const actors::job_kinds>(some);
  const auto keeper = keep();
  until_all(1);
  BOOST_TEST(node.kept.size() == 1u);
  BOOST_TEST(node.kept.front().what.kind == "prune");
}

BOOST_FIXTURE_TEST_CASE(a_node_that_is_still_reading_is_asked_again, keeping) {
  node.away = 3;
  const auto keeper = keep();
  until_all(app::system_schedules().size());
  BOOST_TEST(node.ran.size() == 1u);
  BOOST_TEST(all().find("schedule.refused") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(one_that_is_refused_does_not_keep_the_others, keeping) {
  node.refusals = {{"insights", "BAD_PAYLOAD"}, {"prune", "BAD_RULE"}};
  const auto keeper = keep();
  until_all(app::system_schedules().size() - 2);
  for (const auto& k : node.kept) BOOST_TEST(!node.refusals.contains(k.what.kind));
}

BOOST_FIXTURE_TEST_CASE(what_is_paused_does_not_run_at_the_start, keeping) {
  node.paused = true;
  const auto keeper = keep();
  until_all(app::system_schedules().size());
  BOOST_TEST(node.ran.empty());
}

BOOST_FIXTURE_TEST_CASE(it_stops_while_nobody_is_there, keeping) {
  node.away = 1'000'000;
  node.code = "RECOVERY_MODE";
  auto keeper = keep();
  BOOST_TEST_REQUIRE(node.wait_for([&] { return node.away < 1'000'000; }));
  keeper.reset(); // and that does not wait for the next try
  BOOST_TEST(node.kept.empty());
}

// -- what a run says ------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_run_says_that_it_begins_and_what_it_counted, table_log) {
  scheduler::job what;
  what.id = scheduler::job_id{"j1"};
  const actors::job_context job{what, 2, {}, {}, {}};
  const auto& s = *app::system_schedule_of("insights");
  const auto run = app::told_run(
      s,
      [](const actors::job_context&) -> actors::job_verdict {
        return actors::job_done{
            R"({"users":12,"ok":true,"items":[{"diff_abs":"12.50"}],"note":"Ana","half":0.5})", {}};
      },
      clock, log, metrics);
  BOOST_TEST(std::holds_alternative<actors::job_done>(run(job)));
  const auto said = all();
  BOOST_TEST(said.find("Job iniciado: execute_insights_job (run_insights_job)") != said.npos);
  BOOST_TEST(said.find("Job concluído: execute_insights_job (run_insights_job)") != said.npos);
  BOOST_TEST(said.find(R"({\"users\":12,\"ok\":true})") != said.npos, said);
  for (const auto* secret : {"12.50", "diff_abs", "Ana", "half"})
    BOOST_TEST(said.find(secret) == said.npos, secret);
}

BOOST_FIXTURE_TEST_CASE(a_failure_is_told_by_whoever_counts_it, table_log) {
  scheduler::job what;
  const actors::job_context job{what, 1, {}, {}, {}};
  const auto& s = *app::system_schedule_of("prune");
  const auto fails = app::told_run(
      s,
      [](const actors::job_context&) -> actors::job_verdict {
        return actors::job_failed{{"DB_UNAVAILABLE", {}, {}}, true, {}};
      },
      clock, log, metrics);
  BOOST_TEST(std::holds_alternative<actors::job_failed>(fails(job)));
  const auto said = all();
  BOOST_TEST(said.find("Job iniciado: prune") != said.npos);
  BOOST_TEST(said.find("Job concluído") == said.npos);
  BOOST_TEST(said.find("Erro crítico") == said.npos);
}

// -- when it last succeeded -----------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_run_has_succeeded_when_its_end_is_durable, table_log) {
  const auto shown = [&] {
    const std::string name =
        "vaidepix_schedule_last_success_timestamp_seconds{schedule=\"prune\"} ";
    const auto text = metrics.render();
    const auto at = text.find(name);
    BOOST_TEST_REQUIRE(at != text.npos);
    return text.substr(at + name.size(), text.find('\n', at) - at - name.size());
  };
  scheduler::job what;
  const actors::job_context job{what, 1, {}, {}, {}};
  bool succeeds = false, heard = false;
  const auto run = app::told_run(
      *app::system_schedule_of("prune"),
      [&](const actors::job_context&) -> actors::job_verdict {
        if (!succeeds) return actors::try_later("DB_UNAVAILABLE");
        actors::job_done done;
        done.effects.committed = [&heard] { heard = true; };
        return done;
      },
      clock, log, metrics);
  BOOST_TEST(shown() == "0"); // it is there before anything has run
  run(job);
  BOOST_TEST(shown() == "0");
  succeeds = true;
  const auto end = std::get<actors::job_done>(run(job));
  BOOST_TEST(shown() == "0");
  end.effects.committed();
  BOOST_TEST(shown() == "7");
  BOOST_TEST(heard);
}

BOOST_AUTO_TEST_CASE(what_is_shown_moves_forward_only) {
  observability::metrics metrics;
  const auto& shown = metrics.jobs().last_success("prune");
  app::show_last_success(shown, {5'500'000});
  BOOST_TEST(shown.value() == 5.5);
  app::show_last_success(shown, {4'000'000}); // of the history, read while it ran
  BOOST_TEST(shown.value() == 5.5);
}

BOOST_AUTO_TEST_CASE(the_history_says_when_a_run_last_succeeded) {
  http_test::fake_jobs jobs;
  http_test::fake_schedules schedules;
  schedules.keep("prune", "root");
  scheduler::schedule what;
  what.id = scheduler::schedule_id{"prune"};
  what.created_at = {100};
  const auto seen = [&] { return app::last_success_of(what, schedules, jobs).count; };
  const auto tick = [&](std::int64_t at, const std::string& job) {
    scheduler::schedule_tick t;
    t.at = {at};
    if (!job.empty()) t.job = scheduler::job_id{job};
    schedules.settled.insert(schedules.settled.begin(), t); // newest first
  };
  const auto job = [&](const std::string& id, scheduler::job_state state, std::int64_t ended) {
    auto& v = jobs.keep(id, "root");
    v.state = state;
    v.ended_at = base::utc_us{ended};
  };
  BOOST_TEST(seen() == 100); // none yet
  tick(200, "forgotten");    // kept for 7 days; what is dead stays for 90
  BOOST_TEST(seen() == 200);
  tick(300, "done");
  job("done", scheduler::job_state::succeeded, 310);
  BOOST_TEST(seen() == 310);
  tick(400, "dead");
  job("dead", scheduler::job_state::dead, 410);
  tick(500, "");
  tick(600, "runs");
  job("runs", scheduler::job_state::running, 0);
  BOOST_TEST(seen() == 310);
  jobs.refusal = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(seen() == 100);
  jobs.refusal.reset();
  schedules.refusal = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(seen() == 100);
}

BOOST_FIXTURE_TEST_CASE(each_that_is_there_is_told_of, keeping) {
  node.refusals = {{"prune", "BAD_RULE"}};
  std::mutex one;
  std::set<std::string> told;
  {
    const app::schedule_keeper keeper{
        node, kinds, "UTC", clock, log, [&](const scheduler::schedule& s) {
          const std::lock_guard hold{one};
          told.insert(s.kind);
        }};
    BOOST_TEST_REQUIRE(node.wait_for([&] {
      const std::lock_guard hold{one};
      return told.size() + 1 >= app::system_schedules().size();
    }));
  }
  BOOST_TEST(!told.contains("prune"));
}

BOOST_AUTO_TEST_CASE(of_a_result_only_counts_are_told) {
  BOOST_TEST(app::counts_in("null").empty());
  BOOST_TEST(app::counts_in("no json").empty());
  BOOST_TEST(app::counts_in(R"({"month":"2026-10"})").empty());
  BOOST_TEST(app::counts_in(R"({"a":1,"b":false})") == R"({"a":1,"b":false})");
}

BOOST_AUTO_TEST_SUITE_END()
