// What   Contract of what is written about jobs and schedules: every kind comes back whole, happens
//        once, and commits with the postings of its item or not at all.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/jobs.hpp"

BOOST_AUTO_TEST_SUITE(job_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using scheduler::job_state;
using storage::commit_class;

namespace {

const std::string odd_text = "Ação \"1\" \\ 👩‍👩‍👧 中文\n\t'; --";

/// Of a user, with everything that is optional.
scheduler::job full_job(int n, const person& p) {
  auto j = plain_job(n);
  j.user = p.user.id;
  j.queue = "mail";
  j.lane = "account:" + odd_text;
  j.payload = R"({"text":")" + std::string(64 * 1024 - 11, 'x') + "\"}";
  j.payload_version = 7;
  j.priority = 9;
  j.expires_at = after(100);
  j.max_attempts = 100;
  j.retry_until = after(101);
  j.timeout_s = 86'400;
  j.retry = {scheduler::backoff_curve::list, 1,     3, std::numeric_limits<std::int64_t>::max(),
             scheduler::jitter::none,        {5, 7}};
  j.on_failure = scheduler::lane_policy::park_lane;
  j.unique = scheduler::unique_rule{odd_text, scheduler::unique_rule::period::window,
                                    1,        scheduler::unique_rule::conflict::debounce,
                                    2,        3};
  j.tags = {"b", odd_text, "[\"a\""};
  j.request_id = "0f3c";
  j.created_by = "admin-7";
  j.schedule = scheduler::schedule_id{"aluguel"};
  j.tick = after(-5);
  j.parent = job_at(n + 1);
  j.rerun_of = job_at(n + 2);
  return j;
}

scheduler::schedule full_schedule(const person& p) {
  auto s = plain_schedule(1);
  s.id = scheduler::schedule_id{"aluguel"};
  s.user = p.user.id;
  s.name = odd_text;
  s.lane = "account:1";
  s.payload = R"({"a":1})";
  s.priority = 0;
  s.max_attempts = 100;
  s.timeout_s = 86'400;
  s.misfire = scheduler::misfire_policy::all;
  s.overlap = scheduler::overlap_policy::allow;
  s.ends_at = after(1000);
  s.ticks_left = 12;
  s.paused = true;
  s.paused_until = after(50);
  s.pause_reason = odd_text;
  s.paused_by = "ana";
  s.next_at = after(60);
  s.updated_at = after(1);
  s.deleted_at = after(2);
  return s;
}

commit_class fate(world& w, scribe& s, std::vector<storage::commit_item> items) {
  return w.commit(s.batch(std::move(items))).what;
}

/// As the journal does it: halves, until the one that fails is alone.
std::vector<commit_class> bisected(world& w, scribe& s, std::vector<storage::commit_item> items) {
  const auto b = s.batch(items);
  const auto done = w.commit(b).what;
  if (done == commit_class::committed) s.accept(b);
  if (done == commit_class::committed || items.size() == 1) return {items.size(), done};
  const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
  auto all = bisected(w, s, {items.begin(), middle});
  const auto rest = bisected(w, s, {middle, items.end()});
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

} // namespace

// -- every kind -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(jobs_come_back) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto plain = plain_job(1), full = full_job(2, ana);
  BOOST_TEST(full.payload.size() == 64u * 1024);
  auto own = plain_job(3); // what null stands for in created_by
  own.user = ana.user.id;
  own.created_by = ana.user.id.text();
  auto of_admin = own;
  of_admin.id = job_at(4);
  of_admin.created_by = "system";
  auto other = plain_job(5); // each of the numbers in the texts
  other.created_by = "";
  other.retry = {scheduler::backoff_curve::linear, 0, 0, 0, scheduler::jitter::equal, {}};
  other.unique = scheduler::unique_rule{};
  auto all = newcomer(ana);
  all.job_rows = {full_schedule(ana), full, own, of_admin, other};
  s.write(w, {all, facts({plain})});
  for (const auto& j : {plain, full, own, of_admin, other}) {
    const auto found = details(w, j.id);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST((found->job.what == j), j.id.text());
    BOOST_TEST(!found->job.rest.has_value());
    BOOST_TEST(!found->job.last.has_value());
    BOOST_TEST(!found->outcome.has_value());
  }
  BOOST_TEST(!details(w, job_at(9)).has_value());
  std::vector<scheduler::job> there;
  for (const auto& j : live(w)) there.push_back(j.what);
  BOOST_TEST((there == std::vector{plain, full, own, of_admin, other}));
}

BOOST_AUTO_TEST_CASE(what_is_written_about_a_job_comes_back) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto job = plain_job(1);
  auto first = attempt_of(job, 1, scheduler::attempt_end::snoozed);
  first.next_at = after(30);
  auto second = attempt_of(job, 2, scheduler::attempt_end::lost);
  second.executor = odd_text;
  second.error = {"TIMEOUT", odd_text, std::string(8192, 's')};
  second.log = odd_text;
  const scheduler::job_control edit{
      job.id, -1, scheduler::control_action::edit, "u7", odd_text, after(3), R"({"priority":1})"};
  const scheduler::job_control redrive{job.id,   9,   scheduler::control_action::redrive, "", "",
                                       after(2), "{}"};
  auto rest = rest_of(job, job_state::retrying, "0123456789abcdef");
  rest.wake_at = after(40);
  rest.attempts = 1;
  rest.error = {"TIMEOUT", odd_text, "stack"};
  s.write(w, {facts({job}), facts({redrive, edit, second, first, rest})});

  storage::live_job whole;
  whole.what = job;
  whole.rest = rest;
  whole.attempts = 2;
  whole.attempts_counted = 1;
  whole.last = second;
  whole.last->error.stack.clear();
  whole.last->log.clear();
  whole.controls = {edit, redrive};
  BOOST_TEST((details(w, job.id) == std::optional{storage::job_details{whole, {}}}));
  BOOST_TEST(live(w).empty());
  BOOST_TEST((resting(w) == std::vector{whole}));
  const auto attempts = [&](const scheduler::job_id& id) {
    return value_of<std::vector<scheduler::job_attempt>>(
        [&](auto done) { w.store().jobs().attempts(id, std::move(done)); });
  };
  BOOST_TEST((attempts(job.id) == std::vector{first, second}));
  BOOST_TEST(attempts(job_at(2)).empty());

  auto outcome = outcome_of(job, job_state::cancelled);
  outcome.attempts = 2;
  outcome.executor = odd_text;
  outcome.result = R"({"rows":")" + std::string(60'000, 'y') + "\"}";
  outcome.error = {"CANCELLED", odd_text, "stack"};
  outcome.log = odd_text;
  outcome.by = "u7";
  s.write(w, {facts({outcome})});
  whole.rest.reset(); // went with it
  BOOST_TEST((details(w, job.id) == std::optional{storage::job_details{whole, outcome}}));
  BOOST_TEST(live(w).empty());
  BOOST_TEST(resting(w).empty());
  auto shown = whole;
  shown.controls.clear();
  outcome.error.stack.clear();
  outcome.log.clear();
  BOOST_TEST((list(w, {}).items == std::vector{storage::job_details{shown, outcome}}));
}

BOOST_AUTO_TEST_CASE(each_end_and_state_has_its_number) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  scheduler::job_rows rows;
  const auto failing = plain_job(1);
  std::vector<scheduler::job_attempt> attempts;
  for (int end = 0; end <= static_cast<int>(scheduler::attempt_end::refused); ++end)
    attempts.push_back(attempt_of(failing, end + 1, static_cast<scheduler::attempt_end>(end)));
  std::vector<scheduler::job_control> controls;
  for (int action = 0; action <= static_cast<int>(scheduler::control_action::discard); ++action)
    controls.push_back(
        {failing.id, action, static_cast<scheduler::control_action>(action), "", "", start, "{}"});
  rows.emplace_back(failing);
  rows.insert(rows.end(), attempts.begin(), attempts.end());
  rows.insert(rows.end(), controls.begin(), controls.end());
  const std::vector finals{job_state::succeeded, job_state::cancelled, job_state::discarded};
  for (int n = 0; n < 3; ++n) {
    rows.emplace_back(plain_job(10 + n));
    rows.emplace_back(outcome_of(plain_job(10 + n), finals[static_cast<std::size_t>(n)]));
  }
  const std::vector rests{job_state::scheduled, job_state::ready, job_state::retrying,
                          job_state::parked, job_state::dead};
  for (int n = 0; n < 5; ++n) {
    rows.emplace_back(plain_job(20 + n));
    rows.emplace_back(rest_of(plain_job(20 + n), rests[static_cast<std::size_t>(n)]));
  }
  s.write(w, {facts(rows)});
  const auto found = details(w, failing.id).value().job;
  BOOST_TEST(found.attempts == 9);
  BOOST_TEST(found.attempts_counted == 7); // neither snoozed nor handed back
  BOOST_TEST((found.last == attempts.back()));
  BOOST_TEST((found.controls == controls));
  BOOST_TEST((value_of<std::vector<scheduler::job_attempt>>([&](auto done) {
                w.store().jobs().attempts(failing.id, std::move(done));
              }) == attempts));
  for (int n = 0; n < 3; ++n)
    BOOST_TEST((details(w, job_at(10 + n)).value().outcome.value().state ==
                finals[static_cast<std::size_t>(n)]));
  for (int n = 0; n < 5; ++n)
    BOOST_TEST((details(w, job_at(20 + n)).value().job.rest.value().state ==
                rests[static_cast<std::size_t>(n)]));
  // A state in which no job rests, and one that is no outcome.
  BOOST_TEST(
      (fate(w, s, {facts({rest_of(failing, job_state::running)})}) == commit_class::definite));
  BOOST_TEST(
      (fate(w, s, {facts({outcome_of(failing, job_state::dead)})}) == commit_class::definite));
  auto imported = plain_job(1);
  imported.id = scheduler::job_id{"job-7"}; // ids of jobs are ours
  BOOST_TEST((fate(w, s, {facts({imported})}) == commit_class::definite));
}

BOOST_AUTO_TEST_CASE(schedules_pauses_and_limits_come_back) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto full = full_schedule(ana);
  const auto plain = plain_schedule(2);
  scheduler::schedule_tick tick{full.id, after(1), scheduler::tick_end::manual, job_at(1),
                                after(2)};
  scheduler::schedule_tick skipped{full.id, after(3), scheduler::tick_end::skipped, {}, after(4)};
  scheduler::pause pause{"lane:ana/" + odd_text, odd_text, "u7", after(1), after(9), false};
  scheduler::pause endless{"kind:a", "", "", after(2), {}, false};
  const scheduler::queue_limits mail{"mail", 0, 10, 3, scheduler::start_rate{600, 60, 7}},
      other{"other", 1000, 500'000, 1, {}};
  auto all = newcomer(ana);
  all.job_rows = {other, mail, pause, endless, skipped, tick, plain, full};
  s.write(w, {all});
  BOOST_TEST((schedule_row(w, full.id) == std::optional{full}));
  BOOST_TEST((schedule_row(w, plain.id) == std::optional{plain}));
  BOOST_TEST(!schedule_row(w, scheduler::schedule_id{"none"}).has_value());
  BOOST_TEST((ticks(w, full.id) == std::vector{skipped, tick}));
  const auto pauses = [&] {
    return value_of<std::vector<scheduler::pause>>(
        [&](auto done) { w.store().jobs().pauses(std::move(done)); });
  };
  const auto queues = [&] {
    return value_of<std::vector<scheduler::queue_limits>>(
        [&](auto done) { w.store().jobs().queues(std::move(done)); });
  };
  BOOST_TEST((pauses() == std::vector{endless, pause}));
  BOOST_TEST((queues() == std::vector{mail, other}));

  // They take the place of those with the same key; of two in one batch the last one stays.
  endless.over = true;
  auto longer = pause;
  longer.until.reset();
  auto fewer = mail;
  fewer.concurrency = 5;
  fewer.version = 4;
  fewer.rate.reset();
  s.write(w, {facts({pause, endless, mail}), facts({longer, fewer})});
  BOOST_TEST((pauses() == std::vector{longer}));
  BOOST_TEST((queues() == std::vector{fewer, other}));
}

// -- once -----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_fact_is_written_once) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto job = plain_job(1);
  const auto attempt = attempt_of(job, 1, scheduler::attempt_end::transient);
  const scheduler::job_control control{job.id, 1,   scheduler::control_action::park, "", "",
                                       start,  "{}"};
  const scheduler::schedule_tick tick{plain_schedule(2).id, start, scheduler::tick_end::ran, job.id,
                                      start};
  const auto outcome = outcome_of(job, job_state::succeeded);
  const scheduler::job_rows once{job, attempt, control, tick, outcome};
  s.write(w, {facts(once)});
  for (auto again : once) {
    BOOST_TEST((fate(w, s, {facts({again})}) == commit_class::duplicate_key), again.index());
    // Of another instant or end, it is the same fact.
    if (auto* o = std::get_if<scheduler::job_outcome>(&again)) o->state = job_state::cancelled;
    if (auto* t = std::get_if<scheduler::schedule_tick>(&again)) t->settled_at = after(9);
    BOOST_TEST((fate(w, s, {facts({again})}) == commit_class::duplicate_key), again.index());
  }
  // Twice in one batch, too.
  const auto fresh = plain_job(5);
  BOOST_TEST((fate(w, s, {facts({fresh}), facts({fresh})}) == commit_class::duplicate_key));
  BOOST_TEST(
      (fate(w, s,
            {facts({fresh, outcome_of(fresh, job_state::succeeded)}),
             facts({outcome_of(fresh, job_state::cancelled)})}) == commit_class::duplicate_key));
  BOOST_TEST(!details(w, fresh.id).has_value());
  BOOST_TEST((details(w, job.id).value().outcome == std::optional{outcome}));
  BOOST_TEST((ticks(w, tick.schedule) == std::vector{tick}));
}

BOOST_AUTO_TEST_CASE(an_item_commits_whole_or_not_at_all) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto done_before = plain_job(1), paying = plain_job(2);
  s.write(w, {newcomer(ana), facts({done_before, outcome_of(done_before, job_state::succeeded)}),
              facts({paying})});

  // Outcome, postings, follow-up, answer: one item.
  const auto effects = [&](const scheduler::job& of, int n) {
    auto item = posting(expense(ana, own_id(100 + n), 700));
    item.job_rows = {outcome_of(of, job_state::succeeded), plain_job(50 + n)};
    item.answers = {keyed(ana, "key-" + std::to_string(n), start, after(60))};
    return item;
  };
  const std::vector items{facts({plain_job(10)}), effects(paying, 1), effects(done_before, 2),
                          facts({plain_job(11)}), effects(plain_job(10), 3)};
  const auto fates = bisected(w, s, items);
  using enum commit_class;
  BOOST_TEST((fates == std::vector{committed, committed, duplicate_key, committed, committed}));
  BOOST_TEST(w.entries().size() == 4u); // of the second and the fifth
  BOOST_TEST(w.load({ana.checking.id}).at(0).balance.minor == -1400);
  for (const int n : {10, 11, 51, 53}) BOOST_TEST(details(w, job_at(n)).has_value(), n);
  BOOST_TEST(!details(w, job_at(52)).has_value());
  BOOST_TEST(details(w, paying.id).value().outcome.has_value());
  const auto answer = [&](const std::string& key) {
    return value_of<std::optional<ledger::idempotency_record>>([&](auto done) {
      w.reads().answer(ana.user.id, {"POST /api/transactions", key}, start, std::move(done));
    });
  };
  BOOST_TEST(answer("key-1").has_value());
  BOOST_TEST(!answer("key-2").has_value());

  // And the other way round: a posting that is refused takes the outcome with it.
  auto twice = effects(plain_job(11), 4);
  twice.answers = {keyed(ana, "key-1", start, after(60))};
  BOOST_TEST((fate(w, s, {twice}) == duplicate_key));
  BOOST_TEST(!details(w, job_at(11)).value().outcome.has_value());
  BOOST_TEST(!details(w, job_at(54)).has_value());
  BOOST_TEST(w.entries().size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_tick_gives_one_job) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto schedule = plain_schedule(1);
  schedule.next_at = after(60);
  s.write(w, {facts({schedule})});
  const auto settling = [&](int job, base::utc_us at) {
    auto next = schedule;
    next.version += 1;
    next.watermark = at;
    next.next_at = {at.count + 60 * base::us_per_second};
    auto made = plain_job(job);
    made.schedule = schedule.id;
    made.tick = at;
    return facts(
        {next, made,
         scheduler::schedule_tick{schedule.id, at, scheduler::tick_end::ran, made.id, at}});
  };
  s.write(w, {settling(10, after(60))});
  // Another owner, or this one after it was killed: neither the tick nor its job comes again.
  BOOST_TEST((fate(w, s, {settling(11, after(60))}) == commit_class::duplicate_key));
  BOOST_TEST(!details(w, job_at(11)).has_value());
  schedule = schedule_row(w, schedule.id).value();
  BOOST_TEST(schedule.version == 2);
  BOOST_TEST((schedule.watermark == after(60)));
  BOOST_TEST((fate(w, s, {settling(12, after(60))}) == commit_class::duplicate_key));
  s.write(w, {settling(13, after(120))});
  BOOST_TEST(ticks(w, schedule.id).size() == 2u);
  BOOST_TEST((ticks(w, schedule.id).front().job == std::optional{job_at(13)}));
  BOOST_TEST((ticks(w, schedule.id, after(120)).front().job == std::optional{job_at(10)}));
}

BOOST_AUTO_TEST_CASE(a_schedule_is_newer_by_one_version) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto schedule = plain_schedule(1);
  schedule.version = 5; // an import keeps it
  schedule.watermark = after(50);
  s.write(w, {facts({schedule})});
  const auto changed = [&](std::int64_t version, base::utc_us watermark) {
    auto next = schedule;
    next.version = version;
    next.watermark = watermark;
    next.name = "v" + std::to_string(version);
    return facts({next});
  };
  using enum commit_class;
  BOOST_TEST((fate(w, s, {changed(4, after(50))}) == duplicate_key));
  BOOST_TEST((fate(w, s, {changed(5, after(50))}) == duplicate_key));
  BOOST_TEST((fate(w, s, {changed(7, after(50))}) == duplicate_key));
  BOOST_TEST((fate(w, s, {changed(6, after(49))}) == duplicate_key)); // goes back
  BOOST_TEST((schedule_row(w, schedule.id) == std::optional{schedule}));
  s.write(w, {changed(6, after(50))});
  BOOST_TEST(schedule_row(w, schedule.id).value().name == "v6");
  // One batch does not write it twice: the halves follow one another.
  const std::vector two{changed(7, after(50)), changed(8, after(51))};
  BOOST_TEST((fate(w, s, two) == duplicate_key));
  BOOST_TEST((bisected(w, s, two) == std::vector{committed, committed}));
  BOOST_TEST(schedule_row(w, schedule.id).value().name == "v8");
}

// -- rest and watermark ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_rest_takes_the_place_of_the_one_before_and_ends_with_its_job) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto one = plain_job(1), two = plain_job(2), three = plain_job(3);
  const auto asleep = rest_of(one, job_state::scheduled);
  const auto dead = rest_of(one, job_state::dead, "00ff");
  s.write(w, {facts({one, two, three, asleep}), facts({rest_of(two, job_state::parked)})});
  BOOST_TEST((resting(w).at(0).rest == std::optional{asleep}));
  // Several of a batch: the last one stays, whoever brings it.
  s.write(w, {facts({rest_of(one, job_state::parked)}), facts({dead})});
  BOOST_TEST((resting(w).at(0).rest == std::optional{dead}));
  BOOST_TEST((ids_of(resting(w)) == jobs_at({1, 2})));
  // Written and ended within one batch, in one item or two.
  s.write(w, {facts({rest_of(two, job_state::ready), outcome_of(two, job_state::discarded)}),
              facts({rest_of(three, job_state::parked)}),
              facts({outcome_of(three, job_state::cancelled)})});
  BOOST_TEST((ids_of(resting(w)) == jobs_at({1})));
  BOOST_TEST(!details(w, two.id).value().job.rest.has_value());
  // A rest that comes after the end is no life.
  s.write(w, {facts({rest_of(two, job_state::dead, "00ff")})});
  BOOST_TEST((ids_of(resting(w)) == jobs_at({1})));
}

BOOST_AUTO_TEST_CASE(a_start_reads_from_the_watermark) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  scheduler::job_rows rows;
  for (int n = 1; n <= 8; ++n) rows.emplace_back(plain_job(n));
  rows.emplace_back(plain_job(100, 4)); // of another shard
  rows.emplace_back(outcome_of(plain_job(1), job_state::succeeded));
  rows.emplace_back(rest_of(plain_job(2), job_state::dead));
  rows.emplace_back(outcome_of(plain_job(3), job_state::succeeded));
  rows.emplace_back(outcome_of(plain_job(5), job_state::succeeded));
  rows.emplace_back(rest_of(plain_job(7), job_state::parked));
  s.write(w, {facts(rows)});
  BOOST_TEST((ids_of(live(w)) == jobs_at({4, 6, 8}))); // no watermark yet
  const auto mark = [](int n, ledger::shard_id shard = 3) {
    return scheduler::job_watermark{shard, job_at(n)};
  };
  s.write(w, {facts({mark(4)})});
  BOOST_TEST((ids_of(live(w)) == jobs_at({4, 6, 8})));
  BOOST_TEST((ids_of(live(w, 3, job_at(4))) == jobs_at({6, 8})));
  BOOST_TEST((ids_of(live(w, 4)) == jobs_at({100})));
  BOOST_TEST((ids_of(resting(w)) == jobs_at({2, 7}))); // those behind it and before it
  BOOST_TEST(resting(w, 4).empty());
  // It never moves back, not even within a batch.
  s.write(w, {facts({mark(2)})});
  BOOST_TEST((ids_of(live(w)) == jobs_at({4, 6, 8})));
  s.write(w, {facts({mark(6)}), facts({mark(5), mark(200, 4)})});
  BOOST_TEST((ids_of(live(w)) == jobs_at({6, 8})));
  BOOST_TEST(live(w, 4).empty());
}

BOOST_AUTO_TEST_SUITE_END()
