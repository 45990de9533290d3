// What   Contract of what is kept no longer: which rows it is, how they go, and that a look begins
//        at a place in an index.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "storage/statements.hpp"
#include "tests/contract/jobs.hpp"

BOOST_AUTO_TEST_SUITE(job_retention_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using scheduler::finished_job;
using scheduler::job_state;

namespace {

std::vector<finished_job> finished(world& w, const scheduler::job_id& behind = {},
                                   base::utc_us made_before = after(1'000'000),
                                   std::int64_t limit = 1000) {
  return value_of<std::vector<finished_job>>([&](auto done) {
    w.store().jobs().finished_after(behind, made_before, limit, std::move(done));
  });
}
bool clean(world& w, storage::job_cleaning what) {
  return value_of<bool>(
      [&](auto done) { w.store().jobs().clean(std::move(what), std::move(done)); });
}
storage::old_ticks old(world& w, const scheduler::schedule_id& behind, base::utc_us before) {
  return value_of<storage::old_ticks>(
      [&](auto done) { w.store().jobs().ticks_before(behind, before, std::move(done)); });
}
std::vector<scheduler::job> windows(world& w, base::utc_us now, std::int64_t limit = 1000) {
  return value_of<std::vector<scheduler::job>>(
      [&](auto done) { w.store().jobs().windows(now, limit, std::move(done)); });
}
scheduler::job windowed(int n, std::int64_t seconds) {
  auto j = plain_job(n);
  j.unique.emplace();
  j.unique->key = "k" + std::to_string(n);
  j.unique->until = scheduler::unique_rule::period::window;
  j.unique->window_us = seconds * base::us_per_second;
  return j;
}

} // namespace

BOOST_AUTO_TEST_CASE(finished_jobs_are_told_with_what_is_left_of_them) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto rich = plain_job(1);
  rich.payload = R"({"n":1})";
  auto poor = plain_job(2);
  auto kept = windowed(50'000'000, 60); // made some milliseconds later
  auto outcome = outcome_of(kept, job_state::discarded);
  outcome.log = "line\n";
  s.write(w, {facts({rich, poor, kept, plain_job(4), outcome_of(rich, job_state::succeeded),
                     outcome_of(poor, job_state::cancelled), outcome,
                     attempt_of(rich, 1, scheduler::attempt_end::transient),
                     attempt_of(rich, 2, scheduler::attempt_end::transient)})});
  const std::vector<finished_job> expected{
      {rich.id, job_state::succeeded, after(1), after(11), "report.csv", {}, false, true, 2},
      {poor.id, job_state::cancelled, after(2), after(11), "report.csv", {}, false, false, 0},
      {kept.id, job_state::discarded, kept.created_at, after(11), "report.csv", kept.unique, false,
       true, 0}};
  BOOST_TEST((finished(w) == expected));
  BOOST_TEST((finished(w, rich.id, after(1'000'000), 1) == std::vector{expected[1]}));
  BOOST_TEST((finished(w, {}, base::instant_of(key_of(kept.id))) ==
              std::vector{expected[0], expected[1]}));
}

BOOST_AUTO_TEST_CASE(what_is_cleaned_is_gone_and_nothing_else) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  scheduler::job_rows rows;
  for (int n = 1; n <= 4; ++n) {
    auto j = plain_job(n);
    j.payload = R"({"n":1})";
    rows.emplace_back(j);
    auto o = outcome_of(j, job_state::succeeded);
    o.result = "7";
    o.log = "line\n";
    o.error.stack = "stack";
    rows.emplace_back(o);
    rows.emplace_back(attempt_of(j, 1, scheduler::attempt_end::transient));
    rows.emplace_back(scheduler::job_control{j.id, n, scheduler::control_action::run_now, "u7", "",
                                             after(2), "{}"});
  }
  s.write(w, {facts(rows)});
  storage::job_cleaning what;
  what.jobs = jobs_at({1});
  what.bodies = jobs_at({2});
  what.attempts = jobs_at({3});
  BOOST_TEST(clean(w, what));
  BOOST_TEST(!details(w, job_at(1)).has_value());
  const auto line = details(w, job_at(2)).value();
  BOOST_TEST(line.job.what.payload == "{}");
  BOOST_TEST(line.outcome->result == "null");
  BOOST_TEST(line.outcome->log.empty());
  BOOST_TEST(line.outcome->error.stack.empty());
  BOOST_TEST(line.job.attempts == 1);
  BOOST_TEST(details(w, job_at(3)).value().job.attempts == 0);
  BOOST_TEST(details(w, job_at(3)).value().outcome->log == "line\n");
  const auto whole = details(w, job_at(4)).value();
  BOOST_TEST(whole.job.attempts == 1);
  BOOST_TEST(whole.job.what.payload == R"({"n":1})");
  BOOST_TEST(whole.job.controls.size() == 1u);
  BOOST_TEST(clean(w, what)); // again: nothing is there
  BOOST_TEST((ids_of(list(w, by([](auto& f) { f.limit = 9; }))) == jobs_at({4, 3, 2})));
}

BOOST_AUTO_TEST_CASE(old_ticks_go_page_by_page) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  scheduler::job_rows rows;
  for (int n = 1; n <= 3; ++n) rows.emplace_back(plain_schedule(n));
  auto imported = plain_schedule(4);
  imported.id = scheduler::schedule_id{"agenda antiga"};
  rows.emplace_back(imported);
  const auto tick = [&](const scheduler::schedule_id& of, int at, int settled) {
    scheduler::schedule_tick t;
    t.schedule = of;
    t.at = after(at);
    t.settled_at = after(settled);
    rows.emplace_back(t);
  };
  const auto id = [](int n) { return scheduler::schedule_id{own_id(n)}; };
  tick(id(1), 1, 1);
  tick(id(1), 2, 50); // a backfill made it lately
  tick(id(1), 20, 20);
  tick(id(3), 5, 5);
  tick(imported.id, 6, 6);
  s.write(w, {facts(rows)});
  auto page = old(w, {}, after(10));
  BOOST_TEST(!page.more);
  std::sort(page.ticks.begin(), page.ticks.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  using keys = std::vector<std::pair<scheduler::schedule_id, base::utc_us>>;
  BOOST_TEST((page.ticks == keys{{id(1), after(1)}, {id(3), after(5)}, {imported.id, after(6)}}));
  BOOST_TEST((old(w, id(1), after(10)).ticks == keys{{id(3), after(5)}}));
  storage::job_cleaning what;
  what.ticks = page.ticks;
  BOOST_TEST(clean(w, what));
  BOOST_TEST(old(w, {}, after(10)).ticks.empty());
  BOOST_TEST(ticks(w, id(1)).size() == 2u);
  BOOST_TEST(ticks(w, imported.id).empty());
}

BOOST_AUTO_TEST_CASE(windows_are_kept_until_they_end) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto of_ana = windowed(2, 100);
  of_ana.user = ana.user.id;
  const auto first = windowed(1, 10), last = windowed(3, 1000);
  s.write(w, {newcomer(ana), facts({first, of_ana, last, plain_job(4)})});
  s.write(w, {facts({outcome_of(first, job_state::succeeded)})});
  const auto found = windows(w, after(5));
  BOOST_TEST_REQUIRE(found.size() == 3u);
  const auto one =
      std::find_if(found.begin(), found.end(), [&](const auto& j) { return j.id == of_ana.id; });
  BOOST_TEST_REQUIRE((one != found.end()));
  BOOST_TEST((one->user == of_ana.user));
  BOOST_TEST((one->unique == of_ana.unique));
  BOOST_TEST(one->kind == of_ana.kind);
  BOOST_TEST((one->created_at == of_ana.created_at));
  BOOST_TEST(windows(w, after(11)).size() == 2u);
  BOOST_TEST_REQUIRE(windows(w, after(5), 1).size() == 1u);
  BOOST_TEST((windows(w, after(5), 1).front().id == last.id)); // the last to end first
  storage::job_cleaning what;
  what.windows_before = after(12);
  BOOST_TEST(clean(w, what));
  BOOST_TEST(windows(w, after(5)).size() == 2u);
}

// Each slice costs the same, whatever is behind it.
BOOST_AUTO_TEST_CASE(looking_for_what_is_old_begins_at_its_place) {
  constexpr int many = 20'000;
  const auto db = fresh_database();
  world w{db->settings()};
  const auto first = key_of(job_at(0));
  const auto numbers = " with recursive n(i) as (select 1 union all select n.i + 1 from n where"
                       " n.i < " +
                       std::to_string(many) + ") select ";
  const auto id = std::to_string(first) + " + n.i";
  const auto fill = [&](const std::string& sql) { BOOST_REQUIRE_EQUAL(db->raw(sql), ""); };
  fill("insert into jobs (id, run_at, created_at, shard, payload_version, timeout_s, max_attempts,"
       " priority, on_failure, kind, queue, request_id, payload)" +
       numbers + id + ", 1, 1, n.i % 16, 1, 60, 10, 5, 0, 'a', 'default', 'r', '{}' from n");
  fill("insert into job_outcomes (job_id, started_at, ended_at, shard, attempts, state, executor,"
       " by_whom, error_code, error_message, error_stack, result, log)" +
       numbers + id + ", 1, 1, n.i % 16, 1, 9, 'node-a', '', '', '', '', 'null', '' from n");
  fill("insert into job_attempts (job_id, started_at, ended_at, number, ended_as, executor,"
       " error_code, error_message, error_stack, log)" +
       numbers + id + ", 1, 1, 1, 1, 'node-a', '', '', '', '' from n");
  fill("insert into job_postings (job_id, transaction_id, commit_id)" + numbers + id + " + " +
       std::to_string(many) + ", n.i, 1 from n"); // of jobs behind the last of these
  fill("insert into job_windows (ends_at, job_id)" + numbers + "n.i, " + id + " from n");
  fill("insert into schedules (id, watermark, next_at, version, created_at, shard, timeout_s,"
       " max_attempts, priority, misfire, overlap, paused, name, kind, queue, rule, zone,"
       " pause_reason, paused_by, payload)" +
       numbers + id +
       ", 1, n.i, 1, 1, 1, 60, 10, 5, 0, 0, 0, '', 'a', 'default', '', '', '', '',"
       " '{}' from n");
  const auto middle = std::to_string(first + many / 2);
  const std::vector<std::pair<const storage::statement*, std::vector<std::string>>> all{
      {&storage::sql::jobs_finished, {middle, std::to_string(first + many), "500"}},
      {&storage::sql::job_windows_open, {"19000", "100"}},
      {&storage::sql::windows_old, {"50"}},
      {&storage::sql::schedule_ids_after, {middle, "100"}},
  };
  for (const bool analyzed : {false, true}) {
    if (analyzed)
      for (const auto* table :
           {"jobs", "job_outcomes", "job_attempts", "job_windows", "job_postings", "schedules"})
        fill(std::string{"analyze "} + table);
    for (const auto& [what, values] : all) {
      const auto plan = db->plan(*what, values);
      for (const auto* word : {"TEMP B-TREE", "Seq Scan", "\"Merge", "SCAN o", "SCAN j", "SCAN p",
                               "SCAN a", "SCAN w", "SCAN s"})
        BOOST_TEST(plan.find(word) == std::string::npos, what->name << ": " << word << plan);
    }
  }
  const auto page = finished(w, scheduler::job_id::of(first + many / 2), after(1'000'000), 500);
  BOOST_TEST_REQUIRE(page.size() == 500u);
  storage::job_cleaning what;
  for (const auto& j : page) what.jobs.push_back(j.id);
  BOOST_TEST(clean(w, what));
  const auto next = finished(w, scheduler::job_id::of(first + many / 2), after(1'000'000), 1);
  BOOST_TEST_REQUIRE(next.size() == 1u);
  BOOST_TEST(key_of(next.front().id) == first + many / 2 + 501);
}

BOOST_AUTO_TEST_SUITE_END()
