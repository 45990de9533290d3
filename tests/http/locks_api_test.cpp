// Locks of jobs over the wire (jobs.md §10, §18), over a fake port.
#include "tests/http/job_api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_locks)

namespace {

struct fake_locks final : http::lock_backend {
  std::vector<http::lock_view> all;
  std::vector<http::lock_release> released;
  std::optional<base::failure> refusal;

  base::result<std::vector<http::lock_view>> locks() override {
    if (refusal) return *refusal;
    return all;
  }
  void release(http::lock_release asked, http::on_result<http::lock_view> done) override {
    released.push_back(asked);
    if (refusal) return done(*refusal);
    for (const auto& l : all)
      if (l.name == asked.name) return done(l);
    done(base::failure{"NOT_FOUND", {}});
  }
};

struct lock_api : job_api {
  fake_locks locks;
  lock_api() {
    jobs.locks = &locks;
    http::lock_view free;
    free.name = "budget_alerts";
    free.key = 12;
    http::lock_view ours;
    ours.name = "insights_job";
    ours.key = 8'387'234'617'320'194'561;
    ours.held = ours.works = true;
    ours.pid = 4711;
    ours.node = "node-a";
    ours.acquired_at = base::utc_us{clock.now().count - 90'500'000};
    ours.holder = "j7";
    auto foreign = ours;
    foreign.name = "prune";
    foreign.foreign = true;
    foreign.node = "celery@10.0.0.9";
    foreign.holder.reset();
    locks.all = {free, ours, foreign};
    make_admin();
  }
  http::response release(const std::string& name, const std::string& body,
                         const std::string& key = {}) {
    http::fields more;
    if (!key.empty()) more.push_back({"Idempotency-Key", key});
    return call("POST", "/api/jobs/locks/" + name + "/release", body, more);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(all_locks_with_their_holders, lock_api) {
  const auto answer = call("GET", "/api/jobs/locks");
  BOOST_TEST(answer.status == 200);
  const auto told = parsed(answer.body);
  const auto& all = *told.if_array();
  BOOST_TEST_REQUIRE(all.size() == 3u);
  BOOST_TEST(base::json::write(all[0]) ==
             R"({"job_name":"budget_alerts","key":"12","held":false,"holder":null,)"
             R"("acquired_at":null,"age_s":null,"job_id":null})");
  BOOST_TEST(*all[1].find("key")->if_string() == "8387234617320194561");
  BOOST_TEST(base::json::write(*all[1].find("holder")) ==
             R"({"node":"node-a","pid":4711,"foreign":false})");
  BOOST_TEST(*all[1].find("age_s")->as_int64() == 90);
  BOOST_TEST(*all[1].find("job_id")->if_string() == "j7");
  BOOST_TEST(base::json::write(*all[2].find("holder")) ==
             R"({"node":"celery@10.0.0.9","pid":4711,"foreign":true})");
  BOOST_TEST(all[2].find("job_id")->is_null());
}

BOOST_FIXTURE_TEST_CASE(they_are_for_administrators, lock_api) {
  books.users.at(ledger::user_id{"ana"}).admin = false;
  BOOST_TEST(call("GET", "/api/jobs/locks").status == 403);
  BOOST_TEST(release("insights_job", R"({"reason":"stuck","pid":4711})").status == 403);
  BOOST_TEST(locks.released.empty());
}

BOOST_FIXTURE_TEST_CASE(a_release_says_why_and_whom_it_saw, lock_api) {
  BOOST_TEST(release("insights_job", R"({"pid":4711})").status == 422);
  BOOST_TEST(release("insights_job", R"({"reason":"stuck"})").status == 422);
  BOOST_TEST(release("insights_job", R"({"reason":"stuck","pid":0})").status == 422);
  BOOST_TEST(release("insights_job", R"({"reason":"stuck","pid":1,"now":true})").status == 422);
  BOOST_TEST(locks.released.empty());
  const auto freed = release("insights_job", R"({"reason":"stuck","pid":4711,"force":true})");
  BOOST_TEST(freed.status == 200, freed.body);
  BOOST_TEST(freed.body == R"({"job_name":"insights_job","released":)"
                           R"({"node":"node-a","pid":4711,"foreign":false}})");
  BOOST_TEST_REQUIRE(locks.released.size() == 1u);
  BOOST_TEST(locks.released[0].pid == 4711);
  BOOST_TEST(locks.released[0].force);
}

BOOST_FIXTURE_TEST_CASE(a_release_stands_in_the_audit_log, lock_api) {
  BOOST_TEST(release("prune", R"({"reason":"stuck","pid":4711})").status == 200);
  BOOST_TEST_REQUIRE(books.executed.has_value());
  const auto* noted = std::get_if<ledger::note_action>(&books.executed->what);
  BOOST_TEST_REQUIRE(noted != nullptr);
  BOOST_TEST(noted->note.action == "locks.release");
  BOOST_TEST(noted->note.target == "prune");
  BOOST_TEST(noted->note.reason == "stuck");
}

BOOST_FIXTURE_TEST_CASE(the_same_key_releases_once, lock_api) {
  const std::string body = R"({"reason":"stuck","pid":4711})";
  const auto first = release("prune", body, "k1");
  BOOST_TEST(first.status == 200);
  // The fake of the books keeps answers, and shows of them what the test says.
  BOOST_TEST_REQUIRE((books.executed.has_value() && books.executed->key.has_value()));
  const auto kept = books.executed->to_answer(ledger::outcome{ledger::done{}});
  books.key_rows = {
      {http::key_state::state::completed, books.executed->key->scope.endpoint, kept, {}, {}}};
  const auto again = release("prune", body, "k1");
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(header(again, "Idempotent-Replayed") != nullptr);
  BOOST_TEST(locks.released.size() == 1u);
  BOOST_TEST(release("prune", R"({"reason":"other","pid":4711})", "k1").status == 400);
  BOOST_TEST(locks.released.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(refusals_say_what_is_in_the_way, lock_api) {
  const std::string body = R"({"reason":"stuck","pid":4711})";
  const auto unknown = release("unknown", body);
  BOOST_TEST(unknown.status == 404);
  BOOST_TEST(code(unknown) == "NOT_FOUND");
  locks.refusal = base::failure{"LOCK_HOLDER_ALIVE", {}};
  const auto alive = release("prune", body);
  BOOST_TEST(alive.status == 409);
  BOOST_TEST(code(alive) == "LOCK_HOLDER_ALIVE");
  locks.refusal = base::failure{"PREVIEW_STALE", "o lock está livre"};
  BOOST_TEST(code(release("prune", body)) == "PREVIEW_STALE");
  locks.refusal = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(call("GET", "/api/jobs/locks").status == 503);
  s.jobs = nullptr;
  BOOST_TEST(code(call("GET", "/api/jobs/locks")) == "JOBS_OFF");
}

BOOST_AUTO_TEST_SUITE_END()
