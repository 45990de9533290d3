// Goal: each tick of the snapshots has its own month, however late it runs; one look at a time;
//       what is found is no failure of the job.
#include "app/ledger_jobs.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>

BOOST_AUTO_TEST_SUITE(ledger_jobs)

namespace {

const scheduler::zone_rules brasilia{"America/Sao_Paulo", -3 * 3600, {}};

struct looks final : http::ledger_checks {
  std::vector<http::check_wish> wishes;
  std::optional<base::failure> refused;
  std::deque<std::optional<http::check_run>> answers; ///< the last one again and again

  base::result<std::string> start(http::check_wish wish) override {
    if (refused) return *refused;
    wishes.push_back(std::move(wish));
    return std::string{"run-1"};
  }
  std::optional<http::check_run> look(const std::string& id, std::chrono::milliseconds) override {
    BOOST_TEST(id == "run-1");
    auto next = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return next;
  }
  std::vector<http::check_run> recent() override { return {}; }
  void backfilled(const http::backfill_page&) override {}
};

http::check_run ended(std::string result, bool passed = true) {
  http::check_run run;
  run.ended = base::utc_us{1};
  run.result = std::move(result);
  run.passed = passed;
  return run;
}

struct looking {
  std::shared_ptr<app::late_node> node = std::make_shared<app::late_node>();
  looks checks;
  std::vector<actors::job_kind> kinds = app::ledger_job_kinds(node, brasilia);
  scheduler::job what;
  std::stop_source stop;
  base::utc_us now = base::parse_instant("2026-05-10T12:00:00Z")->at;

  looking() {
    node->checks = &checks;
    checks.answers = {ended("{}")};
  }
  actors::job_verdict run(std::string_view kind) {
    const auto at =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.name == kind; });
    BOOST_REQUIRE((at != kinds.end()));
    return at->run({what, 1, now, stop.get_token(), {}});
  }
  std::string month_of_tick(const char* tick) {
    what.tick = base::parse_instant(tick)->at;
    run("monthly_balance_snapshots");
    return to_text(*checks.wishes.back().month);
  }
  std::string code_of(std::string_view kind) {
    const auto end = std::get<actors::job_failed>(run(kind));
    BOOST_TEST(end.retryable);
    return end.error.code;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(each_tick_has_its_own_month_however_late_it_runs, looking) {
  // Three months were missed; all are made up for on one day.
  BOOST_TEST(month_of_tick("2026-03-01T04:00:00Z") == "2026-02");
  BOOST_TEST(month_of_tick("2026-04-01T04:00:00Z") == "2026-03");
  BOOST_TEST(month_of_tick("2026-05-01T04:00:00Z") == "2026-04");
  BOOST_TEST(month_of_tick("2026-01-01T04:00:00Z") == "2025-12");
}

BOOST_FIXTURE_TEST_CASE(the_month_is_one_of_the_zone, looking) {
  BOOST_TEST(month_of_tick("2026-03-01T02:59:59Z") == "2026-01"); // still February there
  BOOST_TEST(month_of_tick("2026-03-01T03:00:00Z") == "2026-02");
}

BOOST_FIXTURE_TEST_CASE(by_hand_it_is_the_last_month_that_has_ended, looking) {
  run("monthly_balance_snapshots");
  BOOST_TEST(to_text(*checks.wishes.back().month) == "2026-04");
  BOOST_TEST((checks.wishes.back().what == http::check_kind::snapshots));
}

BOOST_FIXTURE_TEST_CASE(each_kind_asks_for_its_look, looking) {
  run("reconcile_snapshots");
  run("reconcile_balances");
  run("ledger_audit");
  BOOST_REQUIRE(checks.wishes.size() == 3u);
  BOOST_TEST((checks.wishes[0].what == http::check_kind::reconcile));
  BOOST_TEST(checks.wishes[0].scope == "snapshots");
  BOOST_TEST((checks.wishes[1].what == http::check_kind::reconcile));
  BOOST_TEST(checks.wishes[1].scope == "balances");
  BOOST_TEST((checks.wishes[2].what == http::check_kind::verify));
  BOOST_TEST(checks.wishes[2].whole());
}

BOOST_FIXTURE_TEST_CASE(what_is_found_is_the_result_and_no_failure, looking) {
  checks.answers = {http::check_run{}, http::check_run{},
                    ended(R"({"checked":3,"divergences":1})", false)};
  BOOST_TEST(std::get<actors::job_done>(run("reconcile_snapshots")).result ==
             R"({"checked":3,"divergences":1})");
  checks.answers = {ended(std::string(70'000, ' '), false)};
  BOOST_TEST(std::get<actors::job_done>(run("ledger_audit")).result ==
             R"({"passed":false,"cut":true})");
}

BOOST_FIXTURE_TEST_CASE(while_another_look_goes_on_it_is_put_off, looking) {
  checks.refused = base::failure{http::check_running, "run-0"};
  BOOST_TEST((std::get<actors::job_snoozed>(run("ledger_audit")).until ==
              base::utc_us{now.count + 60'000'000}));
}

BOOST_FIXTURE_TEST_CASE(what_comes_to_no_result_is_tried_again, looking) {
  checks.refused = base::failure{"SHUTTING_DOWN", {}};
  BOOST_TEST(code_of("ledger_audit") == "SHUTTING_DOWN");
  checks.refused.reset();
  auto failed = ended({});
  failed.failed = base::failure{"DB_UNAVAILABLE", "secret"};
  checks.answers = {failed};
  BOOST_TEST(code_of("ledger_audit") == "DB_UNAVAILABLE");
  checks.answers = {std::nullopt};
  BOOST_TEST(code_of("ledger_audit") == "CHECK_FORGOTTEN");
  checks.answers = {http::check_run{}};
  stop.request_stop();
  BOOST_TEST(code_of("ledger_audit") == "INTERRUPTED");
}

BOOST_AUTO_TEST_SUITE_END()
