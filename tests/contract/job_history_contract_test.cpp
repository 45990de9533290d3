// What   Contract of job_port after some time: no question of a start and no list reads what has
//        long been finished.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "storage/statements.hpp"
#include "tests/contract/jobs.hpp"

BOOST_AUTO_TEST_SUITE(job_history_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using scheduler::job_state;

// What a start reads, and every list, begins at a place in an index and goes on from there.
BOOST_AUTO_TEST_CASE(history_is_not_looked_through) {
  constexpr int finished = 20'000;
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto first = key_of(job_at(0));
  const auto numbers = [&](int from, int to) {
    return " with recursive n(i) as (select " + std::to_string(from) +
           " union all select n.i + 1 from n where n.i < " + std::to_string(to) + ") select ";
  };
  const auto id = std::to_string(first) + " + n.i";
  const auto fill = [&](const std::string& sql) { BOOST_REQUIRE_EQUAL(db->raw(sql), ""); };
  fill("insert into jobs (id, user_id, run_at, created_at, schedule_id, shard, payload_version,"
       " timeout_s, max_attempts, priority, on_failure, kind, queue, tags, request_id, payload)" +
       numbers(1, finished) + id + ", case when n.i % 2 = 0 then cast(" +
       std::to_string(key_of(ana.user.id)) +
       " as bigint) end, 1, 1, case when n.i % 100 = 0 then 7 end, n.i % 16, 1, 60, 10, 5, 0,"
       " case when n.i % 20 = 0 then 'a' else 'b' end,"
       " case when n.i % 50 = 0 then 'mail' else 'default' end,"
       " case when n.i = 5 then '[\"rare\"]' end, 'r', '{}' from n");
  fill("insert into job_outcomes (job_id, started_at, ended_at, shard, attempts, state, executor,"
       " by_whom, error_code, error_message, error_stack, result, log)" +
       numbers(1, finished) + id +
       ", 1, 1, n.i % 16, 1, case when n.i % 1000 = 0 then 10 else 9 end, 'node-a', '', '', '', '',"
       " 'null', '' from n");
  fill("insert into job_attempts (job_id, started_at, ended_at, number, ended_as, executor,"
       " error_code, error_message, error_stack, log)" +
       numbers(1, finished) + id + ", 1, 1, 1, 1, 'node-a', '', '', '', '' from n");
  fill("insert into job_controls (job_id, number, at, action, by_whom, reason, change)" +
       numbers(1, finished) + id + ", 1, 1, 0, '', '', '{}' from n");
  fill("insert into schedules (id, watermark, next_at, version, created_at, shard, timeout_s,"
       " max_attempts, priority, misfire, overlap, paused, name, kind, queue, rule, zone,"
       " pause_reason, paused_by, payload)" +
       numbers(1, 5000) + id +
       ", 1, n.i, 1, 1, n.i % 16, 60, 10, 5, 0, 0, 0, '', 'a', 'default',"
       " '', '', '', '', '{}' from n");
  fill("insert into schedule_ticks (schedule_id, at, settled_at, ended_as)" + numbers(1, finished) +
       "7, n.i, 1, 0 from n");
  scheduler::job_rows rows{scheduler::job_watermark{3, job_at(finished)}};
  ids fresh;
  for (int n = 1; n <= 20; ++n) {
    rows.emplace_back(plain_job(finished + n));
    if (n % 2 == 0) rows.emplace_back(outcome_of(plain_job(finished + n), job_state::succeeded));
    if (n % 2 != 0) fresh.push_back(job_at(finished + n));
  }
  s.write(w, {facts(rows)});
  // Of one in seven the outcome is gone: they are dead.
  fill("delete from job_outcomes where job_id % 7 = 0 and job_id < " +
       std::to_string(first + finished));
  fill("insert into job_rest (job_id, since, wake_at, shard, attempts, state, fingerprint,"
       " error_code, error_message, error_stack) select j.id, 1, 1, j.shard, 1, 8,"
       " case when j.id % 20 = 0 then 'aa' else 'b' || cast(j.id % 20 as text) end, '', '', '' "
       "from jobs j"
       " where j.id % 7 = 0 and j.id < " +
       std::to_string(first + finished));

  const auto from = std::to_string(first + finished);
  struct expectation {
    const storage::statement& what;
    std::vector<std::string> values;
    std::string index;
  };
  const auto seen = [&](const storage::statement& what, const std::string& index,
                        const std::string& wanted = {}) {
    std::vector<std::string> values{from, "0", "21"};
    values.insert(values.end(), 7, "null");
    values.insert(values.end(), {"0", "null"});
    if (!wanted.empty()) values.push_back(wanted);
    return expectation{what, values, index};
  };
  const std::vector<expectation> all{
      {storage::sql::jobs_live, {"3", "-1", "1000"}, "jobs_of_shard"},
      {storage::sql::jobs_live, {"3", from, "1000"}, "jobs_of_shard"},
      {storage::sql::jobs_resting, {"3", "-1", "1000", "9", "0"}, "job_rest_of_shard"},
      {storage::sql::jobs_resting, {"3", "-1", "1000", "9", "1"}, "job_rest_of_shard"},
      {storage::sql::dead_of_group, {"'aa'", "-1", "100"}, "job_rest_dead"},
      {storage::sql::job_by_id, {from}, ""},
      {storage::sql::attempts_of_job, {from}, ""},
      seen(storage::sql::jobs_seen, ""),
      seen(storage::sql::jobs_seen_of_user, "jobs_of_user", std::to_string(key_of(ana.user.id))),
      seen(storage::sql::jobs_seen_of_schedule, "jobs_of_schedule", "7"),
      seen(storage::sql::jobs_seen_of_kind, "jobs_of_kind", "'a'"),
      seen(storage::sql::jobs_seen_of_queue, "jobs_of_queue", "'mail'"),
      seen(storage::sql::jobs_seen_of_state, "job_outcomes_rare", "10"),
      {storage::sql::jobs_counted, {"0", from, "21"}, ""},
      {storage::sql::jobs_counted_of_user,
       {"0", from, "21", std::to_string(key_of(ana.user.id))},
       "jobs_of_user"},
      {storage::sql::jobs_counted_of_schedule, {"0", from, "21", "7"}, "jobs_of_schedule"},
      {storage::sql::jobs_counted_of_kind, {"0", from, "21", "'a'"}, "jobs_of_kind"},
      {storage::sql::jobs_counted_of_queue, {"0", from, "21", "'mail'"}, "jobs_of_queue"},
      {storage::sql::jobs_counted_of_state, {"0", from, "21", "10"}, "job_outcomes_rare"},
      {storage::sql::schedules_due, {"3", "40", "100", "7", "9"}, "schedules_due"},
      {storage::sql::schedule_by_id, {from}, ""},
      {storage::sql::ticks_of_schedule, {"7", "9", "100"}, ""},
  };
  // A whole table: SQLite says SCAN and its name in the statement, PostgreSQL a kind of node; a
  // hash or a merge would read all of the other side.
  std::vector<std::string> whole{"TEMP B-TREE", "Seq Scan", "\"Hash", "\"Merge"};
  for (const auto* name : {"j", "x", "o", "y", "c", "a", "s", "t"}) {
    whole.push_back(std::string{"SCAN "} + name + "\n");
    whole.push_back(std::string{"SCAN "} + name + " ");
  }
  for (const bool analyzed : {false, true}) {
    if (analyzed)
      for (const auto* table : {"jobs", "job_outcomes", "job_attempts", "job_rest", "schedules",
                                "schedule_ticks", "job_controls"})
        fill(std::string{"analyze "} + table);
    for (const auto& e : all) {
      const auto plan = db->plan(e.what, e.values);
      BOOST_TEST(plan.find(e.index) != std::string::npos, e.what.name << ": " << plan);
      for (const auto& word : whole)
        BOOST_TEST(plan.find(word) == std::string::npos, e.what.name << ": " << word << plan);
    }
  }

  // And what they answer is right.
  BOOST_TEST((ids_of(live(w)) == fresh));
  const auto sleeping = walk_after([&](auto behind) { return ids_of(resting(w, 3, behind, 2)); });
  std::vector<int> expected;
  for (int n = 1; n < finished; ++n)
    if ((first + n) % 7 == 0 && n % 16 == 3) expected.push_back(n);
  BOOST_TEST((sleeping == jobs_at(expected)));
  BOOST_TEST(groups(w).size() == 20u);
  // A list with a rare condition looks at so many, and says where to go on.
  auto rare = by([](storage::job_filter& f) { f.tag = "rare"; });
  const auto page = list(w, rare);
  BOOST_TEST(page.items.empty());
  BOOST_TEST(page.more);
  BOOST_TEST((page.next == job_at(finished + 20 - static_cast<int>(storage::job_look_max) + 1)));
  BOOST_TEST((walk(w, rare, 5) == jobs_at({5})));
}

BOOST_AUTO_TEST_CASE(who_only_sleeps_is_told_apart_from_who_may_press) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto rests = [](int n, job_state state, base::utc_us wake_at) {
    auto r = rest_of(plain_job(n), state);
    r.wake_at = wake_at;
    return r;
  };
  scheduler::job_rows rows;
  for (int n = 1; n <= 7; ++n) rows.emplace_back(plain_job(n));
  rows.emplace_back(rests(1, job_state::scheduled, after(61)));
  rows.emplace_back(rests(2, job_state::scheduled, after(60)));
  rows.emplace_back(rests(3, job_state::retrying, after(600)));
  rows.emplace_back(rests(4, job_state::parked, after(600)));
  rows.emplace_back(rests(5, job_state::dead, after(600)));
  rows.emplace_back(rests(6, job_state::ready, after(600)));
  rows.emplace_back(rests(7, job_state::scheduled, after(600))); // changed since
  scheduler::job_control soon;
  soon.job = plain_job(7).id;
  soon.number = 1;
  soon.action = scheduler::control_action::run_now;
  soon.at = after(30);
  rows.emplace_back(soon);
  s.write(w, {facts(rows)});
  const auto part = [&](bool sleepers, scheduler::job_id behind = {}, std::int64_t limit = 1000) {
    return ids_of(resting_part(w, {after(60), sleepers}, 3, behind, limit));
  };
  BOOST_TEST((part(true) == jobs_at({1, 3})));
  BOOST_TEST((part(false) == jobs_at({2, 4, 5, 6, 7})));
  BOOST_TEST((part(false, job_at(2), 2) == jobs_at({4, 5})));
  BOOST_TEST((part(true, job_at(1)) == jobs_at({3})));
}

BOOST_AUTO_TEST_SUITE_END()
