// Goal: what is taken in is taken in once, where its user's rows are, and whoever asks the same
// again hears the same. Method: as in jobs_test.cpp.
#include "tests/actors/job_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;
using actors::job_done;
using scheduler::control_action;
using conflict = scheduler::unique_rule::conflict;

BOOST_AUTO_TEST_SUITE(job_enqueue)

namespace {

scheduler::job windowed(std::int64_t seconds = 3600) {
  auto j = job_fixture::wish();
  j.unique.emplace();
  j.unique->key = "rent";
  j.unique->until = scheduler::unique_rule::period::window;
  j.unique->window_us = seconds * base::us_per_second;
  return j;
}

std::string code_of(const job_fixture::enqueued& e) {
  if (!e->has_value()) return "waits";
  return (**e).has_value() ? "taken" : std::string{(**e).error().code};
}

struct keyed_fixture : job_fixture {
  enqueued keyed(const http::job_caller& who, std::vector<scheduler::job> jobs,
                 const std::string& key = "k") {
    auto answer = std::make_shared<std::optional<base::result<http::enqueue_answer>>>();
    auto asked = std::make_shared<http::enqueue_request>();
    asked->caller = who;
    asked->deadline = {clock.at.count + 9 * base::us_per_second};
    asked->key = {{"POST /api/jobs", key}, base::sha256("body")};
    asked->show = [](const std::vector<http::job_view>& shown) {
      return ledger::stored_answer{201, shown.front().what.id.text()};
    };
    asked->jobs = std::move(jobs);
    call([asked, answer](actors::job_owner& o) {
      o.enqueue(asked, [answer](base::result<http::enqueue_answer> r) { *answer = std::move(r); });
    });
    settle();
    return answer;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_window_gives_back_a_job_that_has_ended_also_after_a_restart,
                        job_fixture) {
  const auto id = put(windowed());
  ends(job_done{R"({"n":1})", {}});
  for (const bool restarted : {false, true}) {
    if (restarted) restart_owner();
    const auto again = enqueue({windowed()});
    settle();
    BOOST_TEST_REQUIRE(code_of(again) == "taken");
    const auto& v = (**again)->jobs.front();
    BOOST_TEST(v.duplicate);
    BOOST_TEST((v.what.id == id));
    BOOST_TEST((v.state == scheduler::job_state::succeeded));
    BOOST_TEST(v.result == R"({"n":1})");
  }
  BOOST_TEST(store.jobs_kept.all.size() == 1u);
  pass(3600s);
  settle();
  BOOST_TEST((put(windowed()) != id));
}

BOOST_FIXTURE_TEST_CASE(the_same_key_at_once_gives_one_job, job_fixture) {
  auto j = wish();
  j.unique.emplace();
  j.unique->key = "rent";
  const auto first = enqueue({j});
  const auto second = enqueue({j});
  BOOST_TEST(code_of(second) == "waits");
  settle();
  BOOST_TEST_REQUIRE(code_of(first) == "taken");
  BOOST_TEST_REQUIRE(code_of(second) == "taken");
  BOOST_TEST((**second)->jobs.front().duplicate);
  BOOST_TEST(((**second)->jobs.front().what.id == (**first)->jobs.front().what.id));
  BOOST_TEST(store.jobs_kept.all.size() == 1u);
  // And when the first is not written, the second is.
  ends(job_done{});
  store.outcomes.push_back(storage::commit_class::definite);
  const auto lost = enqueue({j});
  const auto other = enqueue({j});
  settle();
  BOOST_TEST(code_of(lost) != "taken");
  BOOST_TEST(code_of(other) == "taken");
}

BOOST_FIXTURE_TEST_CASE(a_job_is_replaced_when_the_change_is_durable, job_fixture) {
  auto j = wish();
  j.run_at = {clock.at.count + 60 * base::us_per_second};
  j.unique.emplace();
  j.unique->key = "rent";
  const auto id = put(j);
  j.unique->on_conflict = conflict::replace;
  j.payload = R"({"n":2})";
  store.outcomes.push_back(storage::commit_class::definite);
  const auto refused = enqueue({j});
  settle();
  BOOST_TEST(code_of(refused) != "taken");
  BOOST_TEST(view(id)->what.payload == "{}");
  const auto taken = enqueue({j});
  settle();
  BOOST_TEST_REQUIRE(code_of(taken) == "taken");
  BOOST_TEST((**taken)->jobs.front().what.payload == j.payload);
  BOOST_TEST(view(id)->what.payload == j.payload);
  restart_owner();
  BOOST_TEST(view(id)->what.payload == j.payload);
  BOOST_TEST(state(id) == "scheduled");
}

BOOST_FIXTURE_TEST_CASE(what_is_about_money_blocks_its_lane_unless_told_otherwise, job_fixture) {
  using policy = scheduler::lane_policy;
  const auto policy_of = [&](const std::string& kind, policy wished) {
    auto j = wish(kind);
    j.on_failure = wished;
    return store.jobs_kept.all.at(put(j)).on_failure;
  };
  BOOST_TEST((policy_of("paid", policy::of_kind) == policy::block));
  BOOST_TEST((policy_of("work", policy::of_kind) == policy::park_head));
  BOOST_TEST((policy_of("paid", policy::park_head) == policy::park_head));
}

// The rows and the answer stand in the shard of the jobs' user, whoever asks.
BOOST_FIXTURE_TEST_CASE(an_administrators_key_is_kept_beside_the_users_own, keyed_fixture) {
  auto of_bia = wish();
  of_bia.user = base::user_id{"bia"};
  const auto first = keyed(admin, {of_bia});
  BOOST_TEST_REQUIRE(code_of(first) == "taken");
  bool found = false;
  for (const auto& batch : store.committed)
    for (const auto& item : batch->items)
      for (const auto& a : item->answers) {
        found = true;
        BOOST_TEST(a.user.text() == "bia");
        BOOST_TEST(!item->job_rows.empty());
      }
  BOOST_TEST(found);
  const auto again = keyed(admin, {of_bia});
  BOOST_TEST_REQUIRE(code_of(again) == "taken");
  BOOST_TEST((**again)->replayed);
  BOOST_TEST((**again)->stored->body == (**first)->stored->body);
  const auto her_own = keyed({base::user_id{"bia"}, false}, {of_bia});
  BOOST_TEST_REQUIRE(code_of(her_own) == "taken");
  BOOST_TEST(!(**her_own)->replayed);
  BOOST_TEST(store.jobs_kept.all.size() == 2u);
  BOOST_TEST(code_of(keyed(admin, {of_bia, wish()}, "k2")) == "BAD_PAYLOAD");
}

BOOST_FIXTURE_TEST_CASE(a_request_that_was_answered_is_not_a_duplicate_of_itself, keyed_fixture) {
  auto j = wish();
  j.unique.emplace();
  j.unique->key = "rent";
  j.unique->on_conflict = conflict::refuse;
  const auto first = keyed(ana, {j});
  BOOST_TEST_REQUIRE(code_of(first) == "taken");
  const auto again = keyed(ana, {j});
  BOOST_TEST_REQUIRE(code_of(again) == "taken");
  BOOST_TEST((**again)->stored->body == (**first)->stored->body);
  BOOST_TEST(code_of(keyed(ana, {j}, "other")) == "DUPLICATE_JOB");
  BOOST_TEST(store.jobs_kept.all.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_a_wish_leaves_open_is_as_its_kind_has_it, job_fixture) {
  auto j = wish("paid");
  j.max_attempts = j.timeout_s = 0;
  j.retry.curve = scheduler::backoff_curve::of_kind;
  const auto usual = view(put(j))->what;
  const auto kind = scheduler::attempt_policy{
      3,
      7,
      {scheduler::backoff_curve::fixed, 5'000'000, 2, 9'000'000, scheduler::jitter::none, {}}};
  BOOST_TEST((scheduler::attempt_policy{usual.max_attempts, usual.timeout_s, usual.retry} == kind));
  j.timeout_s = 8;
  j.retry = {};
  const auto own = view(put(j))->what;
  BOOST_TEST(own.max_attempts == 3);
  BOOST_TEST(own.timeout_s == 8);
  BOOST_TEST((own.retry == scheduler::backoff{}));
  // It is tried so: once more after five seconds each, and then no more.
  j = wish("paid");
  j.max_attempts = 0;
  j.retry.curve = scheduler::backoff_curve::of_kind;
  const auto tried = put(j);
  at->running.pop_front(); // the two above never end
  at->running.pop_front();
  for (int attempt = 1; attempt < 3; ++attempt) {
    ends(transient());
    BOOST_TEST(state(tried) == "retrying");
    pass(std::chrono::milliseconds{4'900});
    settle();
    BOOST_TEST(at->running.empty());
    pass(std::chrono::milliseconds{200});
    settle();
  }
  ends(transient());
  BOOST_TEST(state(tried) == "dead");
}

BOOST_FIXTURE_TEST_CASE(queues_are_known_and_have_an_end, job_fixture) {
  auto j = wish();
  j.queue = "nowhere";
  BOOST_TEST(code_of(enqueue({j})) == "UNKNOWN_QUEUE");
  const scheduler::queue_limits small{"nowhere", 16, 2, 1};
  call([&](actors::job_owner& o) { o.set_queue(admin, small, [](const auto&) {}); });
  settle();
  put(j);
  BOOST_TEST(code_of(enqueue({j, j})) == "OVERLOADED");
  put(j);
  BOOST_TEST(code_of(enqueue({j})) == "OVERLOADED");
  put(); // the others have room
}

BOOST_FIXTURE_TEST_CASE(a_lane_of_another_is_an_administrators, job_fixture) {
  auto j = wish();
  j.lane = "l";
  const auto first = put(j);
  const auto second = put(j);
  ends(actors::job_failed{{"NO", "", {}}, false, {}});
  const auto skip = [&](const http::job_caller& who, const std::string& owner) {
    std::string said = "-";
    call([&, who, owner](actors::job_owner& o) {
      o.act_on_lane(who, base::user_id{owner}, "l", http::lane_action::pause, "because", {},
                    [&](const auto& r) { said = r ? "done" : std::string{r.error().code}; });
    });
    settle();
    return said;
  };
  BOOST_TEST(skip({base::user_id{"bia"}, false}, "ana") == "NOT_FOUND");
  BOOST_TEST(skip(admin, "ana") == "done");
  BOOST_TEST(store.jobs_kept.paused.contains("lane:ana/l"));
  BOOST_TEST(skip(admin, "") == "done");
  BOOST_TEST(store.jobs_kept.paused.contains("lane:/l"));
  BOOST_TEST(state(first) == "dead");
  BOOST_TEST(state(second) == "running");
}

BOOST_FIXTURE_TEST_CASE(followers_keep_their_unique_keys, job_fixture) {
  auto next = wish();
  next.unique.emplace();
  next.unique->key = "rent";
  job_done done;
  done.effects.jobs = {next, next};
  put();
  ends(done);
  BOOST_TEST(store.jobs_kept.all.size() == 2u);
  put();
  auto t = std::move(at->running.back());
  at->running.pop_back();
  t.ended(done);
  settle();
  BOOST_TEST(store.jobs_kept.all.size() == 3u);
  const auto again = enqueue({next});
  BOOST_TEST_REQUIRE(code_of(again) == "taken");
  BOOST_TEST((**again)->jobs.front().duplicate);
}

// The journal dies with the rows: they may be there all the same.
BOOST_FIXTURE_TEST_CASE(a_job_in_doubt_is_looked_for, job_fixture) {
  for (const bool written : {true, false}) {
    auto j = windowed();
    j.unique->key = written ? "there" : "not there";
    if (!written) store.outcomes.push_back(storage::commit_class::unavailable);
    const auto before = store.jobs_kept.all.size();
    const auto first = enqueue({j});
    caf::anon_send_exit(*routes->journal_of(0), caf::exit_reason::kill);
    run();
    BOOST_TEST(code_of(first) == "OUTCOME_UNKNOWN");
    const auto second = enqueue({j});
    BOOST_TEST(code_of(second) == "waits"); // for what becomes of the first
    for (int i = 0; i < 3; ++i) {
      settle();
      pass(1s);
    }
    settle();
    BOOST_TEST_REQUIRE(code_of(second) == "taken");
    BOOST_TEST((**second)->jobs.front().duplicate == written);
    BOOST_TEST(store.jobs_kept.all.size() == before + 1);
    BOOST_TEST(at->running.size() == 1u);
    ends(job_done{});
  }
}

BOOST_AUTO_TEST_SUITE_END()
