// What   Contract of job_port: pages join without gap or repetition, lists by each condition,
//        groups of dead jobs, schedules that are due.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/jobs.hpp"

#include <algorithm>
#include <functional>

BOOST_AUTO_TEST_SUITE(job_list_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using scheduler::job_state;

namespace {

ids newest_first(std::vector<int> numbers) {
  std::sort(numbers.rbegin(), numbers.rend());
  return jobs_at(numbers);
}

ids dead_of(world& w, const std::string& fingerprint, scheduler::job_id behind = {},
            std::int64_t limit = 100) {
  return value_of<ids>(
      [&](auto done) { w.store().jobs().dead_of(fingerprint, behind, limit, std::move(done)); });
}

} // namespace

// -- pages ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(pages_join) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  scheduler::job_rows rows;
  std::vector<int> living, awake, asleep, all;
  for (int n = 1; n <= 21; ++n) {
    const auto j = plain_job(n);
    rows.emplace_back(j);
    all.push_back(n);
    if (n % 3 == 0) rows.emplace_back(outcome_of(j, job_state::succeeded));
    if (n % 3 != 0) living.push_back(n);
    if (n % 3 == 2) awake.push_back(n);
    if (n % 3 == 1) rows.emplace_back(rest_of(j, job_state::dead, "ff"));
    if (n % 3 == 1) asleep.push_back(n);
    if (n % 3 == 1)
      rows.emplace_back(
          attempt_of(j, 1, scheduler::attempt_end::permanent)); // its own, not others'
  }
  s.write(w, {facts(rows)});
  BOOST_TEST(
      (walk_after([&](auto behind) { return ids_of(live(w, 3, behind, 2)); }) == jobs_at(awake)));
  BOOST_TEST((walk_after([&](auto behind) { return ids_of(resting(w, 3, behind, 2)); }) ==
              jobs_at(asleep)));
  BOOST_TEST(
      (walk_after([&](auto behind) { return dead_of(w, "ff", behind, 2); }) == jobs_at(asleep)));
  for (const std::int64_t limit : {1, 2, 7, 20, 21, 22}) {
    storage::job_filter f;
    f.limit = limit;
    BOOST_TEST((walk(w, f) == newest_first(all)), limit);
    f.live_only = true;
    BOOST_TEST((walk(w, f) == newest_first(living)), limit);
  }
  for (const auto& j : live(w))
    BOOST_TEST((j.last.has_value() == j.rest.has_value()), j.what.id.text());
  // The last page knows that it is the last.
  storage::job_filter whole;
  whole.limit = 21;
  BOOST_TEST(!list(w, whole).more);
  whole.limit = 20;
  BOOST_TEST(list(w, whole).more);
}

BOOST_AUTO_TEST_CASE(ticks_and_schedules_page) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  std::vector<scheduler::schedule_tick> settled;
  std::vector<scheduler::schedule> of_ana;
  scheduler::job_rows rows;
  for (int n = 5; n >= 1; --n) {
    settled.push_back({plain_schedule(1).id, after(n), scheduler::tick_end::skipped, {}, after(9)});
    auto mine = plain_schedule(10 + n);
    mine.user = ana.user.id;
    of_ana.push_back(mine);
    rows.emplace_back(settled.back());
    rows.emplace_back(mine);
  }
  auto other = plain_schedule(30);
  other.user = ben.user.id;
  auto gone = plain_schedule(31);
  gone.user = ana.user.id;
  gone.deleted_at = after(1);
  auto imported = plain_schedule(32);
  imported.id = scheduler::schedule_id{"regra-7"};
  imported.user = ana.user.id;
  const auto system = plain_schedule(33);
  rows.insert(rows.end(), {other, gone, imported, system});
  rows.emplace_back(
      scheduler::schedule_tick{other.id, after(3), scheduler::tick_end::ran, {}, start});
  auto all = newcomer(ana);
  all.job_rows = rows;
  s.write(w, {newcomer(ben), all});
  of_ana.push_back(imported); // last, whenever it was made

  std::vector<scheduler::schedule_tick> found;
  for (std::optional<base::utc_us> before;;) {
    const auto page = ticks(w, settled[0].schedule, before, 2);
    if (page.empty()) break;
    BOOST_TEST(page.size() <= 2u);
    found.insert(found.end(), page.begin(), page.end());
    before = page.back().at;
  }
  BOOST_TEST((found == settled));

  const auto page_of = [&](std::optional<base::user_id> user,
                           std::optional<scheduler::schedule_id> before, std::int64_t limit) {
    return value_of<std::vector<scheduler::schedule>>(
        [&](auto done) { w.store().jobs().schedules(user, before, limit, std::move(done)); });
  };
  std::vector<scheduler::schedule> mine;
  for (std::optional<scheduler::schedule_id> before;;) {
    const auto page = page_of(ana.user.id, before, 2);
    if (page.empty()) break;
    BOOST_TEST(page.size() <= 2u);
    mine.insert(mine.end(), page.begin(), page.end());
    before = page.back().id;
  }
  BOOST_TEST((mine == of_ana));
  BOOST_TEST((page_of({}, {}, 10) == std::vector{system}));
  BOOST_TEST((page_of(ben.user.id, {}, 10) == std::vector{other}));
  BOOST_TEST((schedule_row(w, gone.id) == std::optional{gone}));
}

// -- conditions -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(lists_by_each_condition) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  scheduler::job_rows rows;
  const auto kept = [&](int n, const std::function<void(scheduler::job&)>& change) {
    auto j = plain_job(n);
    change(j);
    rows.emplace_back(j);
    return j;
  };
  kept(1, [](auto&) {});
  kept(2, [&](auto& j) { j.user = ana.user.id; });
  kept(3, [](auto& j) { j.kind = "mail.send"; });
  kept(4, [](auto& j) { j.queue = "mail"; });
  kept(5, [](auto& j) { j.lane = "account:1"; });
  kept(6, [](auto& j) { j.tags = {"a", "b"}; });
  kept(7, [](auto& j) { j.tags = {"b\"a", "[\"a\"", "x,\"a\"", "A", "aa"}; });
  kept(8, [](auto& j) { j.schedule = scheduler::schedule_id{own_id(1)}; });
  auto all_of_it = kept(9, [&](auto& j) {
    j.user = ana.user.id;
    j.kind = "mail.send";
    j.queue = "mail";
    j.lane = "account:1";
    j.tags = {"b", "a"};
    j.schedule = scheduler::schedule_id{own_id(1)};
  });
  rows.emplace_back(outcome_of(plain_job(1), job_state::succeeded));
  rows.emplace_back(outcome_of(plain_job(4), job_state::cancelled));
  rows.emplace_back(outcome_of(plain_job(9), job_state::cancelled));
  rows.emplace_back(outcome_of(plain_job(2), job_state::discarded));
  auto all = newcomer(ana);
  all.job_rows = rows;
  s.write(w, {all});

  using filter = storage::job_filter;
  const auto expect = [&](const std::function<void(filter&)>& change, std::vector<int> numbers) {
    BOOST_TEST((walk(w, by(change)) == newest_first(numbers)));
  };
  expect([&](filter& f) { f.user = ana.user.id; }, {2, 9});
  expect([](filter& f) { f.user = base::user_id{"nobody"}; }, {});
  expect([](filter& f) { f.kind = "mail.send"; }, {3, 9});
  expect([](filter& f) { f.kind = "mail"; }, {});
  expect([](filter& f) { f.queue = "mail"; }, {4, 9});
  expect([](filter& f) { f.queue = "default"; }, {1, 2, 3, 5, 6, 7, 8});
  expect([](filter& f) { f.lane = "account:1"; }, {5, 9});
  expect([](filter& f) { f.tag = "a"; }, {6, 9});
  expect([](filter& f) { f.tag = "b"; }, {6, 9});
  expect([](filter& f) { f.tag = "b\"a"; }, {7});
  expect([](filter& f) { f.tag = "[\"a\""; }, {7});
  expect([](filter& f) { f.tag = "x,\"a\""; }, {7});
  expect([](filter& f) { f.tag = "%"; }, {});
  expect([](filter& f) { f.schedule = scheduler::schedule_id{own_id(1)}; }, {8, 9});
  expect([](filter& f) { f.final_state = job_state::succeeded; }, {1});
  expect([](filter& f) { f.final_state = job_state::cancelled; }, {4, 9});
  expect([](filter& f) { f.final_state = job_state::discarded; }, {2});
  expect([](filter& f) { f.live_only = true; }, {3, 5, 6, 7, 8});
  // Each of them with all others.
  const auto everything = [&](filter& f) {
    f.user = ana.user.id;
    f.kind = "mail.send";
    f.queue = "mail";
    f.lane = "account:1";
    f.tag = "a";
    f.schedule = scheduler::schedule_id{own_id(1)};
    f.final_state = job_state::cancelled;
  };
  expect(everything, {9});
  const std::vector<std::function<void(filter&)>> spoilers{
      [](filter& f) { f.user = base::user_id{"ben"}; },
      [](filter& f) { f.kind = "report.csv"; },
      [](filter& f) { f.queue = "default"; },
      [](filter& f) { f.lane = "account:2"; },
      [](filter& f) { f.tag = "c"; },
      [](filter& f) { f.schedule = scheduler::schedule_id{own_id(2)}; },
      [](filter& f) { f.final_state = job_state::discarded; },
      [](filter& f) { f.live_only = true; }};
  for (std::size_t n = 0; n < spoilers.size(); ++n) {
    const auto spoiled = [&](filter& f) {
      everything(f);
      spoilers[n](f);
    };
    BOOST_TEST(walk(w, by(spoiled)).empty(), n);
  }
  // Conditions beside each of those that lead: user, state, kind, queue.
  expect(
      [&](filter& f) {
        f.user = ana.user.id;
        f.final_state = job_state::discarded;
      },
      {2});
  expect(
      [](filter& f) {
        f.kind = "mail.send";
        f.live_only = true;
      },
      {3});
  expect(
      [](filter& f) {
        f.final_state = job_state::cancelled;
        f.kind = "report.csv";
      },
      {4});
  expect(
      [](filter& f) {
        f.queue = "mail";
        f.lane = "account:1";
      },
      {9});
  BOOST_TEST((list(w, by(everything)).items.at(0).job.what == all_of_it));
}

BOOST_AUTO_TEST_CASE(lists_by_when_jobs_were_made) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  scheduler::job_rows rows;
  ids made;
  for (int n = 0; n < 6; ++n) { // two in each second
    auto j = plain_job(n);
    j.id = scheduler::job_id::of(base::first_key_at(after(n / 2)) + n % 2);
    made.push_back(j.id);
    rows.emplace_back(j);
  }
  s.write(w, {facts(rows)});
  const auto between = [&](std::optional<base::utc_us> from, std::optional<base::utc_us> to) {
    auto found = walk(w, by([&](storage::job_filter& f) {
                        f.created_from = from;
                        f.created_to = to;
                      }));
    std::reverse(found.begin(), found.end());
    return found;
  };
  const auto part = [&](std::size_t from, std::size_t to) {
    return ids{made.begin() + static_cast<std::ptrdiff_t>(from),
               made.begin() + static_cast<std::ptrdiff_t>(to)};
  };
  BOOST_TEST((between({}, {}) == part(0, 6)));
  BOOST_TEST((between(after(1), {}) == part(2, 6)));
  BOOST_TEST((between({}, after(1)) == part(0, 2)));
  BOOST_TEST((between(after(1), after(2)) == part(2, 4)));
  BOOST_TEST((between(base::utc_us{after(1).count + 1}, {}) == part(4, 6)));
  BOOST_TEST(between(after(3), {}).empty());
}

// -- dead ones ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(dead_jobs_are_grouped) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  BOOST_TEST(groups(w).empty());
  scheduler::job_rows rows;
  const auto dies = [&](int n, const std::string& fingerprint, const std::string& kind,
                        std::int64_t second, ledger::shard_id shard = 3) {
    auto j = plain_job(n, shard);
    j.kind = kind;
    auto r = rest_of(j, job_state::dead, fingerprint);
    r.since = after(second);
    r.error = {"E" + fingerprint, "mensagem " + std::to_string(n), "stack"};
    rows.insert(rows.end(), {scheduler::job_row{j}, scheduler::job_row{r}});
  };
  for (int n = 1; n <= 7; ++n) dies(n, "aa", "mail.send", 100 - n);
  dies(8, "aa", "mail.send", 50, 4); // whatever the shard
  dies(10, "bb", "report.csv", 5);
  dies(11, "cc", "report.csv", 5);
  dies(12, "cc", "report.csv", 7);
  rows.emplace_back(plain_job(20)); // rests, and is not dead
  rows.emplace_back(rest_of(plain_job(20), job_state::parked, "aa"));
  s.write(w, {facts(rows)});

  const storage::dead_group aa{"aa",      "mail.send", {"Eaa", "mensagem 8", "stack"}, 8,
                               after(50), after(99),   jobs_at({8, 7, 6, 5, 4})};
  const storage::dead_group bb{"bb",     "report.csv", {"Ebb", "mensagem 10", "stack"}, 1, after(5),
                               after(5), jobs_at({10})};
  const storage::dead_group cc{
      "cc",     "report.csv",     {"Ecc", "mensagem 12", "stack"}, 2, after(5),
      after(7), jobs_at({12, 11})};
  BOOST_TEST((groups(w) == std::vector{aa, cc, bb}));
  BOOST_TEST((groups(w, 2) == std::vector{aa, cc}));
  BOOST_TEST((dead_of(w, "aa") == jobs_at({1, 2, 3, 4, 5, 6, 7, 8})));
  BOOST_TEST((dead_of(w, "cc", job_at(11)) == jobs_at({12})));
  BOOST_TEST(dead_of(w, "dd").empty());

  // One is redriven, one discarded: neither is dead any more.
  s.write(w, {facts({rest_of(plain_job(8, 4), job_state::ready, "aa")}),
              facts({outcome_of(plain_job(10), job_state::discarded)})});
  BOOST_TEST(groups(w).size() == 2u);
  BOOST_TEST(groups(w).at(0).count == 7);
  BOOST_TEST((dead_of(w, "aa") == jobs_at({1, 2, 3, 4, 5, 6, 7})));
}

// -- schedules that are due -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(schedules_are_due_in_their_order) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto at = [](int n, std::optional<base::utc_us> next, ledger::shard_id shard = 3) {
    auto schedule = plain_schedule(n, shard);
    schedule.next_at = next;
    return schedule;
  };
  const auto later = at(1, after(20)), soon = at(5, after(10)), same = at(2, after(20)),
             other = at(3, after(1), 4), never = at(4, std::nullopt), far = at(7, after(21));
  auto deleted = at(6, after(1));
  deleted.deleted_at = start;
  auto paused = at(8, after(12));
  paused.paused = true;
  s.write(w, {facts({later, soon, same, other, never, far, deleted, paused})});
  const auto due = [&](ledger::shard_id shard, std::int64_t until, std::int64_t limit = 100,
                       storage::schedule_place behind = {}) {
    return value_of<std::vector<scheduler::schedule>>([&](auto done) {
      w.store().jobs().schedules_due(shard, behind, after(until), limit, std::move(done));
    });
  };
  BOOST_TEST((due(3, 20) == std::vector{soon, paused, later, same}));
  BOOST_TEST((due(3, 19) == std::vector{soon, paused}));
  BOOST_TEST((due(3, 21, 1) == std::vector{soon}));
  BOOST_TEST((due(3, 21, 2, {after(12), paused.id}) == std::vector{later, same}));
  BOOST_TEST((due(3, 21, 9, {after(20), later.id}) == std::vector{same, far}));
  BOOST_TEST((due(4, 20) == std::vector{other}));
  BOOST_TEST(due(3, 9).empty());
  const auto counts = value_of<storage::schedule_counts>(
      [&](auto done) { w.store().jobs().count_schedules(std::move(done)); });
  BOOST_TEST((counts == storage::schedule_counts{5, 1, 1}));
  auto moved = soon; // its tick is settled
  moved.version = 2;
  moved.next_at = after(30);
  s.write(w, {facts({moved})});
  BOOST_TEST((due(3, 20) == std::vector{paused, later, same}));
}

BOOST_AUTO_TEST_SUITE_END()
