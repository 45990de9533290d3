// Goal: the runs over all users tell each once, go on past a user that fails, end in an outage, and
//       write nothing for those with nothing new.
#include "app/insights_job.hpp"

#include "tests/support/fake_backend.hpp"
#include "tests/unit/app/handler_surroundings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <mutex>
#include <set>

BOOST_AUTO_TEST_SUITE(insights_jobs)

namespace {

using ledger::notification;
using ledger::user_id;

struct insight_clock final : base::clock {
  base::utc_us at = base::parse_instant("2026-11-24T09:00:00Z")->at;
  std::int64_t steady = 0;
  base::utc_us now() override { return at; }
  std::int64_t steady_ns() override { return steady += 1'000'000; }
};

/// Each user spends in one category: this month against the one before.
struct many_books final : http_test::fake_backend {
  using fake_backend::fake_backend;
  std::vector<user_id> people;
  std::map<user_id, std::pair<std::int64_t, std::int64_t>> spent; ///< before, now
  std::map<user_id, base::failure> failing;
  std::set<user_id> looked_at;

  base::result<ledger::user_rows> user_rows(const ledger::row_question& asked) override {
    if (const auto* page = std::get_if<ledger::users_after>(&asked)) {
      if (broken) return *broken;
      ledger::user_rows rows;
      for (const auto& u : people) {
        if (key_of(u) <= page->key || std::ssize(rows) == page->limit) continue;
        ledger::user_record r;
        r.id = u;
        rows.emplace_back(std::move(r));
      }
      return rows;
    }
    if (const auto* q = std::get_if<ledger::insight_preferences_of>(&asked)) {
      looked_at.insert(q->user);
      if (const auto f = failing.find(q->user); f != failing.end()) return f->second;
    }
    return fake_backend::user_rows(asked);
  }
  base::result<ledger::monthly_sums> monthly(const user_id& user, base::civil_day first,
                                             base::civil_day) override {
    ledger::monthly_sums s;
    const auto at = spent.find(user);
    if (at == spent.end()) return s;
    const bool current = first == base::make_day(2026, 11, 1);
    const auto amount = current ? at->second.second : at->second.first;
    if (amount == 0) return s;
    s.categories.push_back({ledger::account_id{"food"}, {}, {amount}, "Mercado"});
    return s;
  }
};

struct insight_house {
  insight_clock clock;
  observability::metrics metrics;
  std::mutex guard;
  std::vector<std::string> lines;
  observability::log log{{.json = true,
                          .node = {},
                          .sink =
                              [this](std::string_view line) {
                                const std::lock_guard hold{guard};
                                lines.emplace_back(line);
                                return true;
                              }},
                         clock,
                         metrics};
  many_books books{clock};
};

struct insight_running : insight_house, handler_surroundings {
  insight_running() : handler_surroundings(books, clock, log, metrics) {}

  user_id person(const std::string& id, std::int64_t before = 0, std::int64_t now = 0) {
    user_id u{id};
    books.people.push_back(u);
    std::sort(books.people.begin(), books.people.end(),
              [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
    if (before != 0 || now != 0) books.spent[u] = {before, now};
    return u;
  }
  void goal_of(const user_id& u, const std::string& id, std::int64_t current = 0) {
    ledger::goal g;
    g.id = ledger::goal_id{id};
    g.user = u;
    g.name = "Casa";
    g.target = {100'000};
    g.current = {current};
    g.due_day = base::make_day(2026, 12, 24);
    g.created_at = {clock.at.count - base::us_per_day};
    books.beside.put(g);
  }
  actors::job_verdict verdict(std::size_t which = 0) {
    const auto kinds = app::insight_job_kinds(around);
    return verdict_of(kinds.at(which), clock.at);
  }
  std::string run(std::size_t which = 0) {
    return std::get<actors::job_done>(verdict(which)).result;
  }
  std::string code(std::size_t which = 0) {
    const auto end = std::get<actors::job_failed>(verdict(which));
    BOOST_TEST(end.retryable);
    return end.error.code;
  }
  std::vector<std::string> told(const user_id& u) {
    std::vector<std::string> all;
    for (const auto& n : books.beside.all<notification>())
      if (n.user == u) all.push_back(n.title);
    return all;
  }
  std::size_t lines_with(std::string_view text) {
    log.flush();
    const std::lock_guard hold{guard};
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& l) {
      return l.find(text) != std::string::npos;
    }));
  }
  double errors() { return metrics.insights_errors(observability::insights_caller::job).value(); }
};

using strings = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_CASE(each_is_told_once_and_the_run_counts, insight_running) {
  const auto ana = person("ana", 1'000, 1'300), bia = person("bia"), caio = person("caio", 10, 10);
  goal_of(bia, "g");
  BOOST_TEST(run() == R"({"users":3,"told":2,"failed":0})");
  BOOST_TEST((told(ana) == strings{"Pico de gasto: Mercado"}));
  BOOST_TEST((told(bia) == strings{"Meta em risco: Casa"}));
  BOOST_TEST((told(caio) == strings{}));
  BOOST_TEST(books.executions == 2); // nobody is troubled without a reason
  BOOST_TEST(run() == R"({"users":3,"told":0,"failed":0})");
  BOOST_TEST(books.executions == 2);
  BOOST_TEST(lines_with("Insights recalculados (job)") == 6u);
  BOOST_TEST(lines_with(R"("event":"insights_computed")") == 6u);
  BOOST_TEST(errors() == 0);
  BOOST_TEST((app::insight_job_kinds(around).at(0).lock == "insights_job"));
}

// Both runs found the same to tell, and the second one's change comes when the first has committed.
// A row behind the end of one answer would be told of a second time.
BOOST_FIXTURE_TEST_CASE(however_much_was_told_it_is_not_told_again, insight_running) {
  const auto ana = person("ana", 1'000, 1'300);
  goal_of(ana, "z");
  BOOST_TEST(run() == R"({"users":1,"told":1,"failed":0})");
  BOOST_TEST(told(ana).size() == 2u);
  for (int n = 0; n < 2 * ledger::user_rows_max; ++n) {
    const auto subject = "a" + std::to_string(n); // they stand before the others
    books.beside.put(ledger::alert_state{ana, "goals_at_risk_v1", subject, false, clock.at});
    books.beside.put(
        ledger::alert_state{ana, "category_monthly_variation_v1/2026-11", subject, true, clock.at});
  }
  BOOST_TEST(run() == R"({"users":1,"told":0,"failed":0})");
  goal_of(ana, "zz"); // in the book as well
  BOOST_TEST(run() == R"({"users":1,"told":1,"failed":0})");
  BOOST_TEST(told(ana).size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(what_was_told_meanwhile_is_not_told_again, insight_running) {
  const auto ana = person("ana", 1'000, 1'300);
  books.overtaken = [&] {
    books.beside.put(ledger::alert_state{ana, "category_monthly_variation_v1/2026-11",
                                         "category_variation:food:2026-11", true, clock.at});
  };
  BOOST_TEST(run() == R"({"users":1,"told":1,"failed":0})");
  BOOST_TEST((told(ana) == strings{}));
}

BOOST_FIXTURE_TEST_CASE(one_user_that_fails_stops_nobody, insight_running) {
  const auto ana = person("ana", 1'000, 1'300), bia = person("bia", 1'000, 1'300),
             caio = person("caio", 1'000, 1'300);
  for (const auto* why : {"DB_TIMEOUT", "DB_BROKEN", "DATA_INCONSISTENT"}) {
    books.failing = {{books.people[1], {why, "secret"}}};
    BOOST_TEST(std::get<actors::job_done>(verdict()).result.ends_with(R"("failed":1})"), why);
  }
  std::size_t spikes = 0;
  for (const auto& u : {ana, bia, caio}) spikes += told(u).size();
  BOOST_TEST(spikes == 2u);
  BOOST_TEST(errors() == 3);
  BOOST_TEST(lines_with("Erro ao calcular insights do usuário") == 3u);
  BOOST_TEST(lines_with("secret") == 0u);
  books.failing.clear();
  BOOST_TEST(run() == R"({"users":3,"told":1,"failed":0})");
}

BOOST_FIXTURE_TEST_CASE(an_outage_ends_the_run_and_it_is_made_again, insight_running) {
  for (int n = 0; n < 50; ++n) {
    const auto u = person("u" + std::to_string(n), 1'000, 1'300);
    books.failing.emplace(u, base::failure{"DB_UNAVAILABLE", {}});
  }
  BOOST_TEST(code() == "DB_UNAVAILABLE");
  BOOST_TEST(books.looked_at.size() == 3u);
  books.failing.clear();
  books.refusal = base::failure{"DB_UNAVAILABLE", {}}; // it can be read, and not written
  BOOST_TEST(code() == "DB_UNAVAILABLE");
  books.refusal.reset();
  BOOST_TEST(run() == R"({"users":50,"told":50,"failed":0})");
  books.broken = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(code() == "DB_UNAVAILABLE");
}

BOOST_FIXTURE_TEST_CASE(many_single_failures_are_no_outage, insight_running) {
  for (int n = 0; n < 30; ++n) person("u" + std::to_string(n));
  for (std::size_t n = 0; n < 30; ++n)
    if (n % 3 != 2) books.failing.emplace(books.people[n], base::failure{"DB_TIMEOUT", {}});
  BOOST_TEST(run() == R"({"users":30,"told":0,"failed":20})");
}

BOOST_FIXTURE_TEST_CASE(all_pages_are_walked, insight_running) {
  for (int n = 0; n < 2'500; ++n) person("u" + std::to_string(n));
  BOOST_TEST(run() == R"({"users":2500,"told":0,"failed":0})");
  BOOST_TEST(books.looked_at.size() == 2'500u);
}

BOOST_FIXTURE_TEST_CASE(a_run_that_is_told_to_stop_stops, insight_running) {
  person("ana", 1'000, 1'300);
  stop.request_stop();
  BOOST_TEST(code() == "INTERRUPTED");
  BOOST_TEST(books.executions == 0);
}

BOOST_FIXTURE_TEST_CASE(what_a_user_does_not_want_is_not_told, insight_running) {
  const auto ana = person("ana", 1'000, 1'300), bia = person("bia", 1'000, 1'300);
  goal_of(ana, "g");
  goal_of(bia, "h");
  ledger::insight_preferences none;
  none.user = ana;
  none.category_variation = none.goals_at_risk = false;
  books.beside.put(none);
  for (const char* hash : {"category_variation:food:2026-11", "goal_at_risk:h"})
    books.beside.put(
        ledger::insight_feedback{bia, hash, "category_variation", "ignored", clock.at});
  for (const std::size_t kind : {0u, 1u})
    BOOST_TEST(run(kind) == R"({"users":2,"told":0,"failed":0})");
}

BOOST_FIXTURE_TEST_CASE(switched_off_nothing_is_looked_at, insight_running) {
  person("ana", 1'000, 1'300);
  settings.insights.enabled = false;
  for (const std::size_t kind : {0u, 1u}) BOOST_TEST(run(kind) == R"({"enabled":false})");
  BOOST_TEST(books.looked_at.empty());
}

BOOST_FIXTURE_TEST_CASE(the_summary_of_a_week_is_told_to_whom_it_says_something, insight_running) {
  const auto ana = person("ana", 10, 10), bia = person("bia");
  BOOST_TEST(run(1) == R"({"users":2,"told":1,"failed":0})");
  BOOST_TEST((told(ana) == strings{"Seu resumo da semana"}));
  BOOST_TEST((told(bia) == strings{}));
  BOOST_TEST(run(1) == R"({"users":2,"told":0,"failed":0})");
  clock.at.count += 7 * base::us_per_day - base::us_per_day;
  BOOST_TEST(run(1) == R"({"users":2,"told":0,"failed":0})");
  BOOST_TEST(lines_with("Insights recalculados") == 0u); // the daily run is what is measured
}

BOOST_FIXTURE_TEST_CASE(webhooks_get_what_they_want, insight_running) {
  const auto ana = person("ana", 1'000, 1'300);
  goal_of(ana, "g");
  ledger::automation hook;
  hook.id = ledger::automation_id{"w"};
  hook.user = ana;
  hook.type = "webhook";
  hook.conditions = R"({"events":["goal_entered_risk_state","spending_spike_detected"]})";
  books.beside.put(hook);
  auto other = hook;
  other.id = ledger::automation_id{"x"};
  other.conditions = R"({"events":["transaction_created"]})";
  books.beside.put(other);
  run();
  std::vector<std::string> bodies;
  for (const auto& d : books.beside.all<ledger::delivery>()) {
    BOOST_TEST(d.rule == "w");
    bodies.push_back(d.body.substr(0, d.body.find(R"(,"occurred_at")")));
  }
  BOOST_TEST_REQUIRE(bodies.size() == 2u);
  const auto told_of = books.beside.all<notification>();
  BOOST_TEST(bodies[0] == R"({"event":"goal_entered_risk_state","automation_rule_id":"w",)"
                          R"("notification_id":")" +
                              told_of[0].id.text() + R"(","goal_id":"g")");
  BOOST_TEST(bodies[1] == R"({"event":"spending_spike_detected","automation_rule_id":"w",)"
                          R"("notification_id":")" +
                              told_of[1].id.text() + R"(","category_id":"food")");
  run();
  BOOST_TEST(books.beside.all<ledger::delivery>().size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
