// Jobs, lanes, queues and workers over the wire (jobs.md §14, §18, §19), over fake ports.
#include "tests/http/job_api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_jobs)

BOOST_FIXTURE_TEST_CASE(a_wish_is_decoded_with_its_defaults, job_api) {
  const auto made = call("POST", "/api/jobs", R"({"kind":"noop"})");
  BOOST_TEST(made.status == 201);
  const auto& j = fake.enqueued.at(0).jobs.at(0);
  BOOST_TEST(j.kind == "noop");
  BOOST_TEST((j.user == base::user_id{"ana"}));
  BOOST_TEST(j.priority == 5);
  // As its kind has it.
  BOOST_TEST(j.max_attempts == 0);
  BOOST_TEST(j.timeout_s == 0);
  BOOST_TEST((j.retry.curve == scheduler::backoff_curve::of_kind));
  BOOST_TEST(j.payload == "{}");
  BOOST_TEST(j.request_id == "rid");
  BOOST_TEST(!fake.enqueued.at(0).key.has_value());
  const auto shown = parsed(made.body);
  BOOST_TEST(*shown.find("id")->if_string() == "j0");
  BOOST_TEST(*shown.find("links")->find("explain")->if_string() == "/api/jobs/j0/explain");
}

BOOST_FIXTURE_TEST_CASE(everything_that_a_wish_can_say_arrives, job_api) {
  const auto made = call("POST", "/api/jobs", R"({"kind":"fee","queue":"slow","lane":"l",
    "payload":{"a":[1,2]},"payload_version":2,"priority":0,"run_at":"2026-12-01T12:00:00Z",
    "expires_at":"2026-12-02T12:00:00Z","max_attempts":3,"retry_until":"2026-12-03T00:00:00Z",
    "timeout_s":5,"backoff":{"curve":"list","list_s":[1,5],"jitter":"equal","cap_s":60},
    "lane_policy":"block","tags":["x","y"],
    "unique":{"key":"k","by":["kind","payload.a"],"period":{"window_s":60},
              "on_conflict":"debounce","delay_s":2,"max_wait_s":9}})");
  BOOST_TEST(made.status == 201, made.body);
  const auto& j = fake.enqueued.at(0).jobs.at(0);
  BOOST_TEST(j.queue == "slow");
  BOOST_TEST(*j.lane == "l");
  BOOST_TEST(j.payload == R"({"a":[1,2]})");
  BOOST_TEST((j.run_at == instant("2026-12-01T12:00:00Z")));
  BOOST_TEST((j.expires_at == instant("2026-12-02T12:00:00Z")));
  BOOST_TEST((j.retry.list_us == std::vector<std::int64_t>{1'000'000, 5'000'000}));
  BOOST_TEST((j.retry.spread == scheduler::jitter::equal));
  BOOST_TEST((j.on_failure == scheduler::lane_policy::block));
  BOOST_TEST(j.tags.size() == 2u);
  BOOST_TEST(j.unique->key == "kfee\n[1,2]\n");
  BOOST_TEST(j.unique->window_us == 60'000'000);
  BOOST_TEST((j.unique->on_conflict == scheduler::unique_rule::conflict::debounce));
}

BOOST_FIXTURE_TEST_CASE(all_faults_of_a_wish_at_once_and_unknown_members_too, job_api) {
  const auto refused = call("POST", "/api/jobs", R"({"kind":"No!","priority":10,"prioriti":1,
    "payload":[1],"timeout_s":0,"max_attempts":101,"run_at":"2040-01-01T00:00:00Z",
    "tags":["",2],"unique":{"period":"never"},"backoff":{"curve":"steep"}})");
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(faults_of(refused).size() >= 10u);
  BOOST_TEST(fake.enqueued.empty());
  BOOST_TEST(call("POST", "/api/jobs", "[1]").status == 422);
  BOOST_TEST(call("POST", "/api/jobs", R"({"kind":"noop","lane":""})").status == 422);
  std::string deep = "{}";
  for (int i = 0; i < 17; ++i) deep = R"({"a":)" + deep + "}";
  BOOST_TEST(call("POST", "/api/jobs", R"({"kind":"noop","payload":)" + deep + "}").status == 422);
  const std::string large(65'600, 'x');
  BOOST_TEST(
      call("POST", "/api/jobs", R"({"kind":"noop","payload":{"a":")" + large + R"("}})").status ==
      422);
}

BOOST_FIXTURE_TEST_CASE(a_keyed_wish_is_answered_by_what_is_stored, job_api) {
  const auto made = call("POST", "/api/jobs", R"({"kind":"noop"})", {{"Idempotency-Key", "k1"}});
  BOOST_TEST(made.status == 201);
  BOOST_TEST_REQUIRE(fake.enqueued.at(0).key.has_value());
  BOOST_TEST(fake.enqueued.at(0).key->first.endpoint == "POST /api/jobs");
  BOOST_TEST(fake.enqueued.at(0).key->first.key == "k1");
}

// What is stored is what was said: the same words again, whatever is preferred by then (RFC 7240 §2
// lets a server ignore a preference), and nothing says that one was applied.
BOOST_FIXTURE_TEST_CASE(a_replay_is_the_first_answer_whatever_is_preferred_now, job_api) {
  const std::pair<std::string, std::string> posts[] = {
      {"/api/jobs", R"({"kind":"noop"})"},
      {"/api/jobs/bulk", R"({"jobs":[{"kind":"a"},{"kind":"b"}]})"}};
  for (const auto& [path, wish] : posts)
    for (const bool minimal_first : {true, false}) {
      BOOST_TEST_CONTEXT(path << (minimal_first ? ", minimal first" : ", whole first")) {
        const auto key = path + (minimal_first ? "/m" : "/w");
        const auto post = [&, path = path, wish = wish](bool minimal) {
          return call("POST", path, wish,
                      {{"Idempotency-Key", key},
                       {"Prefer", minimal ? "return=minimal" : "return=representation"}});
        };
        const auto first = post(minimal_first);
        BOOST_TEST(first.status == 201);
        BOOST_TEST((header(first, "Preference-Applied") != nullptr) == minimal_first);
        BOOST_TEST(header(first, "Idempotent-Replayed") == nullptr);
        BOOST_TEST((first.body.find("\"kind\"") == std::string::npos) == minimal_first);
        for (const bool now : {!minimal_first, minimal_first}) {
          const auto again = post(now);
          BOOST_TEST(again.status == first.status);
          BOOST_TEST(again.body == first.body);
          BOOST_TEST(header(again, "Idempotent-Replayed") != nullptr);
          BOOST_TEST(header(again, "Preference-Applied") == nullptr);
        }
      }
    }
}

BOOST_FIXTURE_TEST_CASE(a_bulk_is_all_or_none, job_api) {
  const auto made = call("POST", "/api/jobs/bulk", R"({"jobs":[{"kind":"a"},{"kind":"b"}]})");
  BOOST_TEST(made.status == 201);
  BOOST_TEST(parsed(made.body).find("items")->if_array()->size() == 2u);
  const auto refused = call("POST", "/api/jobs/bulk", R"({"jobs":[{"kind":"a"},{"kind":"B"}]})");
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(fake.enqueued.size() == 1u);
  BOOST_TEST(call("POST", "/api/jobs/bulk", R"({"jobs":[]})").status == 422);
}

BOOST_FIXTURE_TEST_CASE(who_prefers_a_minimal_answer_gets_ids, job_api) {
  const auto whole = call("POST", "/api/jobs", R"({"kind":"noop"})", {{"Prefer", "wait=5"}});
  BOOST_TEST(parsed(whole.body).find("kind") != nullptr);
  BOOST_TEST(header(whole, "Preference-Applied") == nullptr);
  const http::fields other_words[] = {
      {{"Prefer", "return=representation, return=minimal"}}, // the first counts
      {{"Prefer", "minimal"}},
      {{"Prefer", "return"}},
      {{"Prefer", "wait=5; return=minimal"}},         // a parameter of another
      {{"Prefer", R"(note="a, return=minimal, b")"}}, // text of another
      {{"Prefer", R"(note="a\", return=minimal, b")"}},
      {{"Prefer", R"(note="a, return=minimal)"}},
      {{"Prefer", R"(return="minimal, b")"}}};
  for (const auto& words : other_words)
    BOOST_TEST(header(call("POST", "/api/jobs", R"({"kind":"noop"})", words),
                      "Preference-Applied") == nullptr);
  const http::fields ways[] = {{{"prefer", "wait=5, Return=Minimal"}},
                               {{"Prefer", "wait=5"}, {"Prefer", "return = minimal; x=y"}},
                               {{"Prefer", "return=\"minimal\""}},
                               {{"Prefer", R"(note="a; b, c", return=minimal)"}},
                               {{"Prefer", R"(note="a\\", return=minimal)"}},
                               {{"Prefer", R"(note=a\, return=minimal)"}}};
  for (const auto& way : ways)
    BOOST_TEST(header(call("POST", "/api/jobs", R"({"kind":"noop"})", way), "Preference-Applied") !=
               nullptr);
  const auto one = call("POST", "/api/jobs", R"({"kind":"noop"})", ways[0]);
  BOOST_TEST(one.status == 201);
  BOOST_TEST_REQUIRE(header(one, "Preference-Applied") != nullptr);
  BOOST_TEST(*header(one, "Preference-Applied") == "return=minimal");
  BOOST_TEST(parsed(one.body).if_object()->size() == 2u);
  BOOST_TEST(parsed(one.body).find("id")->if_string() != nullptr);
  BOOST_TEST(parsed(one.body).find("duplicate")->if_bool() != nullptr);
  const auto many = call("POST", "/api/jobs/bulk", R"({"jobs":[{"kind":"a"},{"kind":"b"}]})",
                         {{"Prefer", "return=minimal"}});
  const auto answer = parsed(many.body);
  const auto& items = *answer.find("items")->if_array();
  BOOST_TEST_REQUIRE(items.size() == 2u);
  BOOST_TEST(items[1].if_object()->size() == 2u);
  BOOST_TEST(call("POST", "/api/jobs", R"({"kind":"N"})", {{"Prefer", "return=minimal"}}).status ==
             422);
}

BOOST_FIXTURE_TEST_CASE(a_dry_run_shows_what_would_be, job_api) {
  auto& found = fake.would_do;
  found.result = R"({"n":1})";
  found.posted.emplace_back().description = "aluguel";
  found.effects.push_back({ledger::account_id{"a1"}, {-1250}});
  found.versions = {{ledger::account_id{"a1"}, 7}, {ledger::account_id{"a2"}, 0}};
  found.refusals.push_back({"TX_ACCOUNT_CLOSED", "fechada"});
  found.notifications.emplace_back().title = "Saldo baixo";
  found.followers.emplace_back().kind = "follow_rule";
  found.followers.back().payload = "{}";
  const auto got = call("POST", "/api/jobs/dry-run", R"({"kind":"noop","payload":{"a":1}})");
  BOOST_TEST(got.status == 200);
  const auto shown = parsed(got.body);
  BOOST_TEST(*shown.find("end")->if_string() == "succeeded");
  BOOST_TEST(shown.find("error")->is_null());
  BOOST_TEST(*shown.find("user")->if_string() == "ana");
  BOOST_TEST(shown.find("result")->find("n")->as_int64().value() == 1);
  const auto first = [&](std::string_view list, std::string_view name) {
    return *shown.find(list)->if_array()->at(0).find(name)->if_string();
  };
  BOOST_TEST(first("transactions", "description") == "aluguel");
  BOOST_TEST(first("effects", "amount_str") == "-12.50");
  BOOST_TEST(base::json::write(*shown.find("versions")) ==
             R"([{"account_id":"a1","version":7},{"account_id":"a2","version":0}])");
  BOOST_TEST(first("refusals", "code") == "TX_ACCOUNT_CLOSED");
  BOOST_TEST(first("notifications", "title") == "Saldo baixo");
  BOOST_TEST(first("jobs", "kind") == "follow_rule");
  BOOST_TEST(fake.enqueued.empty());
  BOOST_TEST(fake.dry.value().what.payload == R"({"a":1})");

  found = {};
  found.end = http::dry_run_end::failed;
  found.error = {"TX_INSUFFICIENT_BALANCE", "faltam 3,00", {}};
  const auto failed = parsed(call("POST", "/api/jobs/dry-run", R"({"kind":"noop"})").body);
  BOOST_TEST(*failed.find("end")->if_string() == "failed");
  BOOST_TEST(*failed.find("error")->find("code")->if_string() == "TX_INSUFFICIENT_BALANCE");
}

BOOST_FIXTURE_TEST_CASE(a_dry_run_is_refused_as_the_real_one, job_api) {
  const auto dry = [&](const std::string& body) { return call("POST", "/api/jobs/dry-run", body); };
  BOOST_TEST(dry("").status == 422);
  BOOST_TEST(dry(R"({"kind":"noop","prioriti":1})").status == 422);
  BOOST_TEST(code(dry(R"({"kind":"noop","user":"bia"})")) == "ADMIN_REQUIRED");
  BOOST_TEST(!fake.dry.has_value());
  fake.refusal = base::failure{"NOT_DRY", "noop"};
  const auto refused = dry(R"({"kind":"noop"})");
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(code(refused) == "NOT_DRY");
  make_admin();
  fake.refusal.reset();
  BOOST_TEST(dry(R"({"kind":"noop","user":"bia"})").status == 200);
  BOOST_TEST((fake.dry.value().what.user == base::user_id{"bia"}));
}

BOOST_FIXTURE_TEST_CASE(one_job_its_attempts_and_its_gates, job_api) {
  fake.keep("j1", "ana").version = 3;
  fake.keep("j2", "bia");
  const auto got = call("GET", "/api/jobs/j1");
  BOOST_TEST(got.status == 200);
  BOOST_TEST(*header(got, "ETag") == "\"3\"");
  for (const auto* path : {"", "/attempts", "/explain"})
    BOOST_TEST(call("GET", std::string{"/api/jobs/j2"} + path).status == 404, path);
  const auto told = parsed(call("GET", "/api/jobs/j1/explain").body);
  const auto& gate = told.find("gates")->if_array()->at(0);
  BOOST_TEST(*gate.find("gate")->if_string() == "lane_shut");
  BOOST_TEST(gate.find("until")->is_null());
  BOOST_TEST(*gate.find("detail")->find("head")->if_string() == "j7");
  BOOST_TEST(call("GET", "/api/jobs/j1/attempts").body.find("\"BUSY\"") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_list_takes_its_filters_and_goes_on_behind_a_cursor, job_api) {
  fake.keep("j1", "ana");
  const auto page = call("GET", "/api/jobs?state=dead&kind=noop&limit=7&cursor=j9&tag=x");
  BOOST_TEST(page.status == 200);
  BOOST_TEST((fake.asked.state == scheduler::job_state::dead));
  BOOST_TEST(*fake.asked.kind == "noop");
  BOOST_TEST(fake.asked.limit == 7);
  BOOST_TEST((fake.asked.before == scheduler::job_id{"j9"}));
  BOOST_TEST(*parsed(page.body).find("next_cursor")->if_string() == "older");
  BOOST_TEST(call("GET", "/api/jobs?state=asleep").status == 422);
  BOOST_TEST(call("GET", "/api/jobs?limit=101").status == 422);
}

BOOST_FIXTURE_TEST_CASE(acts_take_a_reason_which_an_administrator_has_to_give, job_api) {
  fake.keep("j1", "ana");
  BOOST_TEST(call("POST", "/api/jobs/j1/cancel").status == 200);
  BOOST_TEST((fake.acts.at(0).what == scheduler::control_action::cancel));
  fake.jobs_kept.at("j1").state = scheduler::job_state::cancelling;
  BOOST_TEST(call("POST", "/api/jobs/j1/cancel", R"({"reason":"chega"})").status == 202);
  make_admin();
  BOOST_TEST(call("POST", "/api/jobs/j1/park").status == 422);
  BOOST_TEST(call("POST", "/api/jobs/j1/park", R"({"reason":"deploy"})").status == 202);
  fake.refusal = base::failure{"ILLEGAL_TRANSITION", "redrive ready"};
  const auto refused = call("POST", "/api/jobs/j1/redrive", R"({"reason":"de novo"})");
  BOOST_TEST(refused.status == 409);
  BOOST_TEST(*parsed(refused.body).find("state")->if_string() == "ready");
  BOOST_TEST(*parsed(refused.body).find("event")->if_string() == "redrive");
}

BOOST_FIXTURE_TEST_CASE(an_act_on_anothers_job_is_in_the_audit_log, job_api) {
  make_admin();
  fake.keep("j2", "bia");
  BOOST_TEST(call("POST", "/api/jobs/j2/park", R"({"reason":"deploy"})").status == 200);
  BOOST_TEST_REQUIRE(books.executed.has_value());
  const auto* noted = std::get_if<ledger::note_action>(&books.executed->what);
  BOOST_TEST_REQUIRE(noted != nullptr);
  BOOST_TEST(noted->note.action == "jobs.park");
  BOOST_TEST(noted->note.target == "j2");
  BOOST_TEST(noted->note.reason == "deploy");
}

BOOST_FIXTURE_TEST_CASE(an_edit_passes_what_was_sent_and_its_condition, job_api) {
  fake.keep("j1", "ana");
  const auto done =
      call("PATCH", "/api/jobs/j1", R"({"priority":2,"payload":{"b":1}})", {{"If-Match", "\"4\""}});
  BOOST_TEST(done.status == 200);
  BOOST_TEST(*fake.acts.at(0).priority == 2);
  BOOST_TEST(*fake.acts.at(0).payload == R"({"b":1})");
  BOOST_TEST(*fake.acts.at(0).if_version == 4u);
  call("PATCH", "/api/jobs/j1", R"({"run_at":"2026-12-01T12:00:00Z"})");
  BOOST_TEST((fake.acts.at(1).what == scheduler::control_action::reschedule));
  BOOST_TEST(call("PATCH", "/api/jobs/j1", R"({"kind":"other"})").status == 422);
}

BOOST_FIXTURE_TEST_CASE(operations_are_for_administrators, job_api) {
  for (const auto* path : {"/api/jobs/stats", "/api/jobs/dead-letters", "/api/queues",
                           "/api/queues/default", "/api/workers"})
    BOOST_TEST(call("GET", path).status == 403, path);
  BOOST_TEST(call("PUT", "/api/queues/default", R"({"reason":"less","concurrency":1})").status ==
             403);
  make_admin();
  for (const auto* path : {"/api/jobs/stats", "/api/jobs/dead-letters", "/api/queues",
                           "/api/queues/default", "/api/workers"})
    BOOST_TEST(call("GET", path).status == 200, path);
  BOOST_TEST(call("GET", "/api/queues/nothing").status == 404);
  const auto set = call("PUT", "/api/queues/default", R"({"reason":"less","concurrency":1})");
  BOOST_TEST(set.status == 200);
  BOOST_TEST(fake.limits.at(0).concurrency == 1);
  const auto paused = call("POST", "/api/queues/default/pause",
                           R"({"reason":"deploy","until":"2026-11-25T00:00:00Z"})");
  BOOST_TEST(paused.status == 200);
  BOOST_TEST(fake.pauses.at(0).target == "queue:default");
  BOOST_TEST(call("POST", "/api/queues/default/resume", R"({"reason":"done"})").status == 200);
  BOOST_TEST(fake.pauses.at(1).over);
  const auto redriven = call("POST", "/api/jobs/dead-letters/0011223344556677/redrive",
                             R"({"reason":"mended","limit":5})");
  BOOST_TEST(parsed(redriven.body).find("changed")->as_int64().value() == 5);
}

BOOST_FIXTURE_TEST_CASE(users_see_kinds_that_are_for_them_and_their_lanes, job_api) {
  const auto kinds = parsed(call("GET", "/api/jobs/kinds").body);
  BOOST_TEST(kinds.find("items")->if_array()->size() == 1u);
  BOOST_TEST(call("GET", "/api/jobs/lanes?state=shut").status == 200);
  BOOST_TEST(call("GET", "/api/jobs/lanes?state=open").status == 422);
  const auto done =
      call("POST", "/api/jobs/lanes/account%3Aa1/skip-head", R"({"reason":"conta errada"})");
  BOOST_TEST(*parsed(done.body).find("lane")->if_string() == "account:a1");
}

BOOST_FIXTURE_TEST_CASE(a_workers_token_is_no_users_and_the_other_way_round, job_api) {
  const std::string wish = R"({"name":"w","kinds":["fee"]})";
  BOOST_TEST(call("POST", "/api/workers", wish).status == 401);
  BOOST_TEST(as("nobody", "POST", "/api/workers", wish).status == 401);
  BOOST_TEST(as("worker", "GET", "/api/jobs").status == 401);
  const auto joined = as("worker", "POST", "/api/workers", wish);
  BOOST_TEST(joined.status == 201);
  BOOST_TEST(*parsed(joined.body).find("worker")->if_string() == worker_id("worker"));
  BOOST_TEST(as("reader", "POST", "/api/workers", wish).status == 422); // not its kind
}

BOOST_FIXTURE_TEST_CASE(a_poll_waits_and_holds_no_thread, job_api) {
  http::request r;
  const auto match = routes.find("POST", mine + "/lease");
  r.method = "POST";
  r.path = mine + "/lease";
  r.route = match.found->path;
  r.path_params = match.params;
  r.headers = {{"Authorization", "Bearer worker"}};
  r.body = R"({"max":1,"wait_s":5})";
  std::optional<http::response> answer;
  match.found->start(r, [&](http::response given) { answer = std::move(given); });
  BOOST_TEST(!answer.has_value());
  fake.polled();
  BOOST_TEST_REQUIRE(answer.has_value());
  BOOST_TEST(answer->status == 204);
  fake.to_lease.push_back({scheduler::job_id{"j1"}, "fee", R"({"a":1})", 1, 1, 60, "l1.x", {}});
  const auto got = as("worker", "POST", mine + "/lease", R"({"max":1})");
  BOOST_TEST(got.status == 200);
  const auto leased = parsed(got.body);
  const auto& job = leased.find("jobs")->if_array()->at(0);
  BOOST_TEST(*job.find("lease")->if_string() == "l1.x");
}

BOOST_FIXTURE_TEST_CASE(effects_are_for_tokens_that_may_post, job_api) {
  const std::string body = R"({"lease":"l1.x","result":{"n":1},"effects":{"transactions":[
    {"type":"expense","account_id":"a1","category_id":"c1","amount_cents":1050,
     "description":"tarifa","date":"2026-11-23T12:00:00Z"}],"jobs":[{"kind":"noop"}]},
    "log":["one","two"]})";
  const auto ended = as("worker", "POST", mine + "/jobs/j1/complete", body);
  BOOST_TEST(ended.body == R"({"state":"succeeded","commit":{"shard":3,"seq":81233}})");
  const auto& c = fake.completed.at(0);
  BOOST_TEST(c.effects.transactions.at(0).amount.minor == 1050);
  BOOST_TEST(c.effects.jobs.size() == 1u);
  BOOST_TEST(c.result == R"({"n":1})");
  BOOST_TEST(c.log.size() == 2u);
  BOOST_TEST(c.effects.may_post);
  BOOST_TEST(as("worker", "POST", mine + "/jobs/j1/complete",
                R"({"lease":"l","effects":{"jobs":[{"kind":"noop","user":"bia"}]}})")
                 .status == 422);
  BOOST_TEST(as("reader", "POST", "/api/workers/" + worker_id("reader") + "/jobs/j1/complete",
                R"({"lease":"l","effects":{"jobs":[{"kind":"noop"}]}})")
                 .status == 200);
  BOOST_TEST(!fake.completed.back().effects.may_post);
  BOOST_TEST(as("reader", "POST", "/api/workers/" + worker_id("reader") + "/jobs/j1/complete", body)
                 .status == 422);
  fake.refusal = base::failure{"EFFECTS_REFUSED", "TX_INSUFFICIENT_BALANCE"};
  const auto refused = as("worker", "POST", mine + "/jobs/j1/complete", body);
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(code(refused) == "EFFECTS_REFUSED");
  fake.refusal = base::failure{"LEASE_LOST", {}};
  BOOST_TEST(as("worker", "POST", mine + "/jobs/j1/complete", body).status == 409);
}

BOOST_FIXTURE_TEST_CASE(failures_beats_snoozes_and_lines, job_api) {
  const auto failed = as("worker", "POST", mine + "/jobs/j1/fail",
                         R"({"lease":"l","error":{"code":"BUSY","message":"later"},
                             "retryable":true,"retry_after_s":9})");
  BOOST_TEST(failed.body == R"({"state":"retrying"})");
  BOOST_TEST(*fake.failed.at(0).retry_after_s == 9);
  const auto beat = as("worker", "POST", mine + "/heartbeat",
                       R"({"leases":[{"job":"j1","lease":"l","progress":{"done":1,"total":2}},
                                     {"job":"j2","lease":"m"}]})");
  BOOST_TEST(beat.body == R"({"state":"active","cancel":[],"lost":["j2"],"adopted":["j1"],)"
                          R"("next_s":10})");
  BOOST_TEST(as("worker", "POST", mine + "/jobs/j1/snooze",
                R"({"lease":"l","until":"2026-11-25T00:00:00Z"})")
                 .status == 200);
  BOOST_TEST(as("worker", "POST", mine + "/jobs/j1/snooze",
                R"({"lease":"l","until":"2027-11-25T00:00:00Z"})")
                 .status == 422);
  BOOST_TEST(as("worker", "POST", mine + "/jobs/j1/log", R"({"lease":"l","lines":["a"]})").body ==
             R"({"lines":1})");
  BOOST_TEST(as("worker", "DELETE", mine).status == 200);
}

// An id that somebody has read in a list or a log is not enough.
BOOST_FIXTURE_TEST_CASE(a_worker_is_the_tokens_that_joined, job_api) {
  const auto beat = [&](const std::string& token, const std::string& worker) {
    return as(token, "POST", "/api/workers/" + worker + "/heartbeat", "{}").status;
  };
  BOOST_TEST(beat("worker", worker_id("worker")) == 200);
  BOOST_TEST(beat("reader", worker_id("worker")) == 404);
  BOOST_TEST(beat("worker", worker_id("reader")) == 404);
  BOOST_TEST(beat("worker", "w1") == 404);
  BOOST_TEST(beat("worker", "w1.") == 404);
  auto other = worker_id("worker");
  other[1] = '2';
  BOOST_TEST(beat("worker", other) == 404);
  BOOST_TEST(as("reader", "DELETE", "/api/workers/" + worker_id("worker")).status == 404);
}

BOOST_FIXTURE_TEST_CASE(only_an_administrator_names_another_user, job_api) {
  const std::string of_bia = R"({"kind":"noop","user":"bia"})";
  const auto refused = call("POST", "/api/jobs", of_bia);
  BOOST_TEST(refused.status == 403);
  BOOST_TEST(code(refused) == "ADMIN_REQUIRED");
  BOOST_TEST(call("POST", "/api/jobs/bulk", R"({"jobs":[)" + of_bia + "]}").status == 403);
  BOOST_TEST(fake.enqueued.empty());
  BOOST_TEST(call("POST", "/api/jobs", R"({"kind":"noop","user":"ana"})").status == 201);
  BOOST_TEST(
      call("POST", "/api/jobs/lanes/l/pause", R"({"reason":"because","user":"bia"})").status ==
      200);
  BOOST_TEST((fake.lane_owner == base::user_id{"bia"})); // the owner of jobs decides
  make_admin();
  BOOST_TEST(call("POST", "/api/jobs", of_bia).status == 201);
  BOOST_TEST((fake.enqueued.back().jobs.front().user == base::user_id{"bia"}));
  BOOST_TEST(fake.enqueued.back().jobs.front().created_by == "ana");
  BOOST_TEST(
      call("POST", "/api/jobs/bulk", R"({"jobs":[{"kind":"noop"},)" + of_bia + "]}").status == 422);
  const auto pause = [&](const std::string& more) {
    BOOST_TEST(
        call("POST", "/api/jobs/lanes/l/pause", R"({"reason":"because")" + more + "}").status ==
        200);
    return fake.lane_owner.text();
  };
  BOOST_TEST(pause("") == "ana");
  BOOST_TEST(pause(R"(,"user":"bia")") == "bia");
  BOOST_TEST(pause(R"(,"user":null)") == "");
}

BOOST_FIXTURE_TEST_CASE(a_lane_policy_that_is_not_given_is_the_kinds, job_api) {
  BOOST_TEST(call("POST", "/api/jobs", R"({"kind":"noop"})").status == 201);
  BOOST_TEST((fake.enqueued.back().jobs.front().on_failure == scheduler::lane_policy::of_kind));
  BOOST_TEST(call("POST", "/api/jobs", R"({"kind":"noop","lane_policy":"park_head"})").status ==
             201);
  BOOST_TEST((fake.enqueued.back().jobs.front().on_failure == scheduler::lane_policy::park_head));
}

BOOST_FIXTURE_TEST_CASE(without_jobs_their_paths_say_so, api) {
  for (const auto* path : {"/api/jobs", "/api/jobs/j1", "/api/queues", "/api/workers"}) {
    const auto answer = call("GET", path);
    BOOST_TEST(answer.status == 503, path);
    BOOST_TEST(*parsed(answer.body).find("code")->if_string() == "JOBS_OFF", path);
  }
}

// Of an older program: an answer is JSON all the same.
BOOST_FIXTURE_TEST_CASE(a_job_without_a_result_has_null, job_api) {
  fake.keep("j1", "ana").result.clear();
  BOOST_TEST(parsed(call("GET", "/api/jobs/j1").body).find("result")->is_null());
  fake.keep("j1", "ana").result = R"({"n":1})";
  BOOST_TEST(base::json::write(*parsed(call("GET", "/api/jobs/j1").body).find("result")) ==
             R"({"n":1})");
}

BOOST_AUTO_TEST_SUITE_END()
