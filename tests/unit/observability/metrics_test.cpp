#include "observability/job_metrics.hpp"
#include "observability/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <sstream>
#include <sys/wait.h>

using namespace observability;

BOOST_AUTO_TEST_SUITE(catalogue)

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

// Families by "name type", without the process_* ones of the kernel.
std::set<std::string> declared(const std::string& text) {
  std::set<std::string> out;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("# TYPE ") && !line.starts_with("# TYPE process_"))
      out.insert(line.substr(7));
  return out;
}

const std::vector<std::string> job_names{"recurring_transactions",
                                         "insights_job",
                                         "budget_alerts",
                                         "weekly_reports",
                                         "low_balance_alerts",
                                         "insights_weekly_notifications",
                                         "payment_reminders",
                                         "monthly_balance_snapshots",
                                         "reconcile_snapshots",
                                         "reconcile_balances",
                                         "ledger_audit",
                                         "idempotency_purge",
                                         "prune",
                                         "other"};

} // namespace

BOOST_AUTO_TEST_CASE(every_family_is_there_from_the_start) {
  const std::set<std::string> expected{
      "insights_cache_hits_total counter",
      "insights_cache_misses_total counter",
      "insights_compute_duration_seconds histogram",
      "insights_errors_total counter",
      "job_duration_seconds histogram",
      "job_failures_total counter",
      "job_lock_acquired_total counter",
      "job_lock_contended_total counter",
      "vaidepix_account_loads_total counter",
      "vaidepix_account_mailbox_max gauge",
      "vaidepix_account_reservations gauge",
      "vaidepix_account_reserve_seconds histogram",
      "vaidepix_account_wait_seconds histogram",
      "vaidepix_accounts_active gauge",
      "vaidepix_accounts_hot gauge",
      "vaidepix_actor_busy_seconds_total counter",
      "vaidepix_actor_failures_total counter",
      "vaidepix_actor_mailbox gauge",
      "vaidepix_actor_messages_total counter",
      "vaidepix_actor_rejections_total counter",
      "vaidepix_actor_restarts_total counter",
      "vaidepix_actors gauge",
      "vaidepix_auth_attempts_total counter",
      "vaidepix_auth_token_rejections_total counter",
      "vaidepix_build_info gauge",
      "vaidepix_deliveries_total counter",
      "vaidepix_draining gauge",
      "vaidepix_http_connections gauge",
      "vaidepix_http_rejected_total counter",
      "vaidepix_http_request_duration_seconds histogram",
      "vaidepix_http_requests_in_flight gauge",
      "vaidepix_http_requests_total counter",
      "vaidepix_http_unhandled_exceptions_total counter",
      "vaidepix_http_version_conflicts_total counter",
      "vaidepix_idempotency_purged_total counter",
      "vaidepix_idempotency_requests_total counter",
      "vaidepix_idempotency_wait_seconds histogram",
      "vaidepix_job_dead_letters gauge",
      "vaidepix_job_duplicates_prevented_total counter",
      "vaidepix_job_executors gauge",
      "vaidepix_job_gate_wait_seconds_total counter",
      "vaidepix_job_lanes gauge",
      "vaidepix_job_leases gauge",
      "vaidepix_job_lock_held_timestamp_seconds gauge",
      "vaidepix_job_pauses gauge",
      "vaidepix_job_recovered_total counter",
      "vaidepix_job_run_seconds histogram",
      "vaidepix_job_time_limit_seconds gauge",
      "vaidepix_job_unique_total counter",
      "vaidepix_job_workers gauge",
      "vaidepix_jobs_finished_total counter",
      "vaidepix_jobs_pruned_total counter",
      "vaidepix_jobs_unknown_kind gauge",
      "vaidepix_journal_batch_size histogram",
      "vaidepix_journal_commit_seconds histogram",
      "vaidepix_journal_commits_total counter",
      "vaidepix_journal_in_doubt gauge",
      "vaidepix_journal_in_doubt_resolved_total counter",
      "vaidepix_journal_last_commit_timestamp_seconds gauge",
      "vaidepix_journal_queue gauge",
      "vaidepix_journal_wait_seconds histogram",
      "vaidepix_ledger_check_timestamp_seconds gauge",
      "vaidepix_ledger_checked_total counter",
      "vaidepix_ledger_entries_total counter",
      "vaidepix_ledger_findings gauge",
      "vaidepix_ledger_invariant_violations_total counter",
      "vaidepix_ledger_posting_duration_seconds histogram",
      "vaidepix_ledger_postings_total counter",
      "vaidepix_ledger_refusals_total counter",
      "vaidepix_ledger_version_conflicts_total counter",
      "vaidepix_log_dropped_total counter",
      "vaidepix_log_lines_total counter",
      "vaidepix_metrics_bad_observations_total counter",
      "vaidepix_metrics_render_seconds histogram",
      "vaidepix_ready gauge",
      "vaidepix_recovery_mode gauge",
      "vaidepix_schedule_lateness_seconds histogram",
      "vaidepix_schedule_ticks_total counter",
      "vaidepix_schedules gauge",
      "vaidepix_storage_connections gauge",
      "vaidepix_storage_errors_total counter",
      "vaidepix_storage_pool_wait_seconds histogram",
      "vaidepix_storage_read_only gauge",
      "vaidepix_storage_reconnects_total counter",
      "vaidepix_storage_schema_version gauge",
      "vaidepix_storage_statement_seconds histogram",
      "vaidepix_storage_up gauge",
      "vaidepix_supervisor_escalations_total counter",
  };
  const auto found = declared(metrics{}.render());
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_eight_fixed_names_have_their_labels_and_buckets) {
  const std::string text = metrics{}.render();
  for (const std::string& j : job_names) {
    for (const char* name :
         {"job_lock_acquired_total", "job_lock_contended_total", "job_failures_total"})
      BOOST_TEST(has_line(text, std::string{name} + "{job_name=\"" + j + "\"} 0"), name << j);
    for (const char* le : {"0.1", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "60.0", "+Inf"})
      BOOST_TEST(
          has_line(text, "job_duration_seconds_bucket{job_name=\"" + j + "\",le=\"" + le + "\"} 0"),
          j << le);
  }
  for (const char* s : {"api", "job", "api_incremental_category", "api_incremental_goals",
                        "job_incremental_category", "job_incremental_goals"})
    for (const char* le : {"0.01", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "+Inf"})
      BOOST_TEST(has_line(text, std::string{"insights_compute_duration_seconds_bucket{source=\""} +
                                    s + "\",le=\"" + le + "\"} 0"),
                 s << le);
  for (const char* line :
       {"insights_cache_hits_total 0", "insights_cache_misses_total 0",
        "insights_errors_total{source=\"api\"} 0", "insights_errors_total{source=\"job\"} 0"})
    BOOST_TEST(has_line(text, line), line);
}

BOOST_AUTO_TEST_CASE(a_kind_and_a_queue_are_there_from_their_registration) {
  metrics m;
  m.jobs().kind("fee");
  m.jobs().queue("slow").jobs(live_state::ready).add(2);
  const std::string text = m.render();
  for (const char* line : {"vaidepix_jobs_enqueued_total{kind=\"fee\"} 0",
                           "vaidepix_job_attempts_total{kind=\"fee\",outcome=\"succeeded\"} 0",
                           "vaidepix_job_attempts_total{kind=\"fee\",outcome=\"handed_back\"} 0",
                           "vaidepix_jobs{queue=\"slow\",state=\"ready\"} 2",
                           "vaidepix_jobs{queue=\"slow\",state=\"dead\"} 0",
                           "vaidepix_jobs_oldest_ready_timestamp_seconds{queue=\"slow\"} 0",
                           "vaidepix_jobs_started_total{queue=\"slow\"} 0",
                           "vaidepix_job_wait_seconds_bucket{queue=\"slow\",le=\"0.005\"} 0",
                           "vaidepix_job_end_to_end_seconds_bucket{queue=\"slow\",le=\"300.0\"} 0",
                           "vaidepix_job_end_to_end_seconds_bucket{queue=\"slow\",le=\"1.0\"} 0",
                           "vaidepix_job_run_seconds_bucket{result=\"failed\",le=\"60.0\"} 0",
                           "vaidepix_jobs_finished_total{state=\"discarded\"} 0",
                           "vaidepix_job_lanes{state=\"shut\"} 0",
                           "vaidepix_job_pauses{target=\"lane\"} 0",
                           "vaidepix_job_unique_total{result=\"debounced\"} 0",
                           "vaidepix_job_recovered_total{reason=\"crash_suspect\"} 0",
                           "vaidepix_job_executors{state=\"stuck\"} 0",
                           "vaidepix_job_workers{state=\"lost\"} 0",
                           "vaidepix_schedules{state=\"ended\"} 0",
                           "vaidepix_schedule_ticks_total{result=\"contended\"} 0",
                           "vaidepix_schedule_lateness_seconds_bucket{le=\"21600.0\"} 0",
                           "vaidepix_job_gate_wait_seconds_total{gate=\"no_executor\"} 0"})
    BOOST_TEST(has_line(text, line), line);
  m.jobs().none_live();
  BOOST_TEST(has_line(m.render(), "vaidepix_jobs{queue=\"slow\",state=\"ready\"} 0"));
}

BOOST_AUTO_TEST_CASE(names_of_queues_beyond_the_bound_share_one_label) {
  metrics m;
  for (int i = 0; i < 100; ++i) m.jobs().queue("q" + std::to_string(i)).started.add();
  const std::string text = m.render();
  BOOST_TEST(has_line(text, "vaidepix_jobs_started_total{queue=\"q31\"} 1"));
  BOOST_TEST(has_line(text, "vaidepix_jobs_started_total{queue=\"other\"} 68"));
  BOOST_TEST(text.find("queue=\"q32\"") == text.npos);
}

BOOST_AUTO_TEST_CASE(a_labelled_handle_moves_its_own_series) {
  metrics m;
  m.auth_attempts(auth_operation::register_, auth_result::limited).add();
  m.storage_connections(connection_role::lock, connection_state::busy).set(2);
  m.ledger_refusals(label_of("TX_ACCOUNT_CLOSED", refusal_code::other)).add(3);
  m.ledger_refusals(label_of("SOMETHING_NEW", refusal_code::other)).add();
  m.job_duration(job_name::prune).observe(0.5);
  const std::string text = m.render();
  for (const char* line :
       {"vaidepix_auth_attempts_total{operation=\"register\",result=\"limited\"} 1",
        "vaidepix_auth_attempts_total{operation=\"register\",result=\"inactive\"} 0",
        "vaidepix_auth_attempts_total{operation=\"reset\",result=\"ok\"} 0",
        "vaidepix_storage_connections{role=\"lock\",state=\"busy\"} 2",
        "vaidepix_ledger_refusals_total{code=\"TX_ACCOUNT_CLOSED\"} 3",
        "vaidepix_ledger_refusals_total{code=\"other\"} 1",
        "job_duration_seconds_bucket{job_name=\"prune\",le=\"0.1\"} 0",
        "job_duration_seconds_bucket{job_name=\"prune\",le=\"0.5\"} 1"})
    BOOST_TEST(has_line(text, line), line);
}

BOOST_AUTO_TEST_CASE(routes_start_with_success_and_server_error) {
  metrics m;
  m.add_route(http_method::post, "/api/accounts/{id}", true);
  std::string text = m.render();
  const std::string series =
      R"(vaidepix_http_requests_total{method="POST",route="/api/accounts/{id}",status_class=)";
  BOOST_TEST(has_line(text, series + "\"2xx\"} 0"));
  BOOST_TEST(has_line(text, series + "\"5xx\"} 0"));
  BOOST_TEST(!has_line(text, series + "\"4xx\"} 0"));
  for (const char* result : {"first", "replayed", "waited", "conflict", "mismatch"}) {
    const auto of = std::string{"vaidepix_idempotency_requests_total{result=\""} + result;
    BOOST_TEST(has_line(text, of + "\",route=\"unmatched\"} 0"), result);
    BOOST_TEST(has_line(text, of + "\",route=\"/api/accounts/{id}\"} 0") ==
                   (result == std::string{"first"}),
               result);
  }
  m.http_requests(http_method::post, "/api/accounts/{id}", class_of_status(404)).add();
  m.http_requests(http_method::post, "/api/accounts/{id}", class_of_status(422)).add();
  m.idempotency_requests("/api/accounts/{id}", idempotency_result::waited).add();
  text = m.render();
  BOOST_TEST(has_line(text, series + "\"4xx\"} 2"));
  BOOST_TEST(has_line(
      text,
      R"(vaidepix_idempotency_requests_total{result="waited",route="/api/accounts/{id}"} 1)"));
}

BOOST_AUTO_TEST_CASE(unknown_paths_and_methods_share_one_route) {
  metrics m;
  m.add_route(http_method::get, "/health");
  m.http_requests(http_method::get, "/wp-login.php", status_class::c4xx).add();
  m.http_requests(http_method::get, "/etc/passwd", status_class::c4xx).add();
  m.http_requests(http_method::del, "/health", status_class::c4xx).add();
  m.idempotency_requests("/nowhere", idempotency_result::first).add();
  const std::string text = m.render();
  BOOST_TEST(has_line(
      text,
      R"(vaidepix_http_requests_total{method="GET",route="unmatched",status_class="4xx"} 2)"));
  BOOST_TEST(has_line(
      text,
      R"(vaidepix_http_requests_total{method="DELETE",route="unmatched",status_class="4xx"} 1)"));
  BOOST_TEST(
      has_line(text, R"(vaidepix_idempotency_requests_total{result="first",route="unmatched"} 1)"));
  BOOST_TEST(text.find("wp-login") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(build_info_is_one) {
  const metrics m{{"1.0.0", "abc", "g++ 12", "postgres"}};
  BOOST_TEST(has_line(
      m.render(),
      R"(vaidepix_build_info{compiler="g++ 12",revision="abc",storage="postgres",version="1.0.0"} 1)"));
}

BOOST_AUTO_TEST_CASE(the_number_of_series_stays_in_its_budget) {
  metrics m;
  for (int i = 0; i < 100; ++i)
    for (http_method method : {http_method::get, http_method::post})
      m.add_route(method, "/api/route/" + std::to_string(i), i % 2 == 0);
  std::istringstream lines{m.render()};
  std::size_t series = 0;
  for (std::string line; std::getline(lines, line);) series += !line.starts_with('#');
  BOOST_TEST(series > 1000u);
  BOOST_TEST(series < 2000u);
  BOOST_TEST(m.render().size() < 1024u * 1024u);
}

BOOST_AUTO_TEST_CASE(promtool_finds_no_fault) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    BOOST_TEST_MESSAGE("skipped: promtool is not installed (Debian package prometheus)");
    return;
  }
  metrics m;
  m.add_route(http_method::get, "/api/accounts/{id}");
  FILE* check = popen("promtool check metrics 2>&1", "w");
  BOOST_REQUIRE(check != nullptr);
  const std::string text = m.render();
  BOOST_TEST(std::fwrite(text.data(), 1, text.size(), check) == text.size());
  const int status = pclose(check);
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
