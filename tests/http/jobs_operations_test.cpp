// Acts under keys, on many jobs, dead letters, events, effects (jobs.md §7, §16, §18, §19), over
// fake ports.
#include "tests/http/job_api_fixture.hpp"

#include "http/api/job_api.hpp"
#include "http/server/event_streams.hpp"

#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_job_operations)

namespace {

const std::string group = "/api/jobs/dead-letters/0011223344556677";

struct operating : job_api {
  /// The fake of the books keeps answers, and shows of them what the test says.
  http::response keyed(const std::string& method, const std::string& target,
                       const std::string& body, const std::string& key = "k1") {
    auto answer = call(method, target, body, {{"Idempotency-Key", key}});
    if (books.executed && books.executed->key) {
      const auto& given = *books.executed->key;
      const auto kept = books.executed->to_answer(ledger::outcome{ledger::done{}});
      books.key_rows = {{http::key_state::state::completed, given.scope.endpoint, kept, {}, {}}};
    }
    return answer;
  }
  std::string action_noted() {
    if (!books.executed) return {};
    const auto* note = std::get_if<ledger::note_action>(&books.executed->what);
    return note == nullptr ? std::string{} : note->note.action;
  }
};

std::int64_t whole(const base::json::value& v, std::string_view name) {
  return v.find(name)->as_int64().value();
}

} // namespace

// -- keys and the audit log -----------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(an_act_is_done_once_per_key, operating) {
  make_admin();
  fake.keep("j1", "bia");
  fake.keep("j9", "bia").state = scheduler::job_state::succeeded;
  struct one {
    std::string method, target, body, other;
  };
  const std::string why = R"({"reason":"deploy"})";
  const std::string because = R"({"reason":"outra"})";
  std::vector<one> all;
  for (const auto* act : {"cancel", "park", "release", "redrive", "discard", "run-now"})
    all.push_back({"POST", std::string{"/api/jobs/j1/"} + act, why, because});
  all.push_back({"POST", "/api/jobs/j9/rerun", why, because});
  all.push_back({"PATCH", "/api/jobs/j1", R"({"priority":1,"reason":"já foi"})",
                 R"({"priority":2,"reason":"já foi"})"});
  for (const auto* act : {"pause", "resume", "skip-head", "retry-head"})
    all.push_back({"POST", std::string{"/api/jobs/lanes/l/"} + act, why, because});
  for (const auto* act : {"redrive", "discard", "mute"})
    all.push_back({"POST", group + '/' + act, why, because});
  all.push_back({"POST", group + "/note", R"({"note":"banco fora","reason":"plantão"})",
                 R"({"note":"outro","reason":"plantão"})"});
  all.push_back({"PUT", "/api/queues/default", R"({"reason":"less","concurrency":1})",
                 R"({"reason":"less","concurrency":2})"});
  for (const auto* act : {"pause", "resume"})
    all.push_back({"POST", std::string{"/api/queues/default/"} + act, why, because});
  all.push_back({"PUT", "/api/workers/w1/state", R"({"state":"quiet","reason":"deploy"})",
                 R"({"state":"run","reason":"deploy"})"});
  for (const auto& o : all) {
    BOOST_TEST_CONTEXT(o.method << ' ' << o.target) {
      books.key_rows.clear();
      books.executed.reset();
      const auto plain = call(o.method, o.target, o.body);
      BOOST_TEST(plain.status < 300, plain.body);
      BOOST_TEST(!action_noted().empty()); // also without a key, and awaited
      const auto first = keyed(o.method, o.target, o.body);
      BOOST_TEST(first.status == plain.status);
      const auto done = fake.acts.size() + fake.enqueued.size() + fake.pauses.size() +
                        fake.limits.size() + fake.notes.size();
      const auto again = keyed(o.method, o.target, o.body);
      BOOST_TEST(again.body == first.body);
      BOOST_TEST(header(again, "Idempotent-Replayed") != nullptr);
      BOOST_TEST(fake.acts.size() + fake.enqueued.size() + fake.pauses.size() + fake.limits.size() +
                     fake.notes.size() ==
                 done);
      BOOST_TEST(keyed(o.method, o.target, o.other).status == 400);
      const auto path = http::split_target(o.target).path;
      BOOST_TEST(routes.find(o.method, path).found->flags.takes_key);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(an_administrators_act_on_an_own_job_is_audited_and_a_users_is_not,
                        operating) {
  fake.keep("j1", "ana");
  call("POST", "/api/jobs/j1/cancel", R"({"reason":"chega"})");
  BOOST_TEST(!books.executed.has_value());
  make_admin();
  call("POST", "/api/jobs/j1/cancel", R"({"reason":"chega"})");
  BOOST_TEST(action_noted() == "jobs.cancel");
  const auto& note = std::get<ledger::note_action>(books.executed->what).note;
  BOOST_TEST(note.actor == "ana");
  BOOST_TEST(note.target == "j1");
  BOOST_TEST(note.reason == "chega");
  fake.refusal = base::failure{"ILLEGAL_TRANSITION", "cancel dead"};
  books.executed.reset();
  call("POST", "/api/jobs/j1/cancel", R"({"reason":"chega"})");
  BOOST_TEST(!books.executed.has_value()); // nothing was done
}

BOOST_FIXTURE_TEST_CASE(what_a_state_refuses_is_said_as_the_contract_says_it, operating) {
  fake.keep("j1", "ana");
  fake.refusal = base::failure{"ILLEGAL_TRANSITION", "redrive ready"};
  const auto refused = call("POST", "/api/jobs/j1/redrive", R"({"reason":"funds arrived"})");
  BOOST_TEST(refused.status == 409);
  BOOST_TEST(refused.body ==
             R"({"detail":"redrive is not possible in state ready","code":"ILLEGAL_TRANSITION",)"
             R"("request_id":"rid","state":"ready","event":"redrive"})");
}

// -- one job --------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_finished_job_runs_again_under_another_id, operating) {
  auto& former = fake.keep("j1", "ana");
  former.state = scheduler::job_state::dead;
  former.what.payload = R"({"a":1})";
  former.what.expires_at = base::utc_us{5};
  former.what.run_at = base::utc_us{5};
  BOOST_TEST(code(call("POST", "/api/jobs/j1/rerun")) == "ILLEGAL_TRANSITION");
  BOOST_TEST(call("POST", "/api/jobs/none/rerun").status == 404);
  former.state = scheduler::job_state::discarded;
  const auto made = call("POST", "/api/jobs/j1/rerun");
  BOOST_TEST(made.status == 201);
  const auto& j = fake.enqueued.at(0).jobs.at(0);
  BOOST_TEST((j.rerun_of == scheduler::job_id{"j1"}));
  BOOST_TEST(j.payload == R"({"a":1})");
  BOOST_TEST(!j.expires_at.has_value());
  BOOST_TEST(j.run_at.count == 0);
  BOOST_TEST(j.id.empty());
  BOOST_TEST(*parsed(made.body).find("rerun_of")->if_string() == "j1");
}

BOOST_FIXTURE_TEST_CASE(effects_name_postings_followers_and_the_commit, operating) {
  fake.keep("j1", "ana");
  fake.keep("j2", "bia");
  BOOST_TEST(call("GET", "/api/jobs/j1/effects").body ==
             R"({"transactions":["t1"],"jobs":["j8"],"commit":{"shard":3,"seq":81233}})");
  BOOST_TEST(call("GET", "/api/jobs/j2/effects").status == 404);
}

BOOST_FIXTURE_TEST_CASE(a_change_keeps_within_five_years, operating) {
  fake.keep("j1", "ana");
  for (const auto* member : {"run_at", "expires_at"}) {
    const auto body = std::string{"{\""} + member + R"(":"2040-01-01T00:00:00Z"})";
    BOOST_TEST(call("PATCH", "/api/jobs/j1", body).status == 422);
  }
  BOOST_TEST(fake.acts.empty());
}

BOOST_FIXTURE_TEST_CASE(members_twice_and_numbers_beyond_doubles_are_refused, operating) {
  make_admin();
  fake.keep("j1", "ana");
  const auto twice = call("POST", "/api/jobs", R"({"kind":"noop","kind":"other"})");
  BOOST_TEST(faults_of(twice).at(0) == "json_invalid body.15 JSON decode error");
  BOOST_TEST(call("POST", "/api/jobs", R"({"kind":"noop","payload":{"a":1,"a":2}})").status == 422);
  const auto large = call("POST", "/api/jobs",
                          R"({"kind":"noop","payload":{"a":[9007199254740993,9007199254740992]}})");
  BOOST_TEST(faults_of(large).at(0) ==
             "value_error body.payload.a.0 Value error, a number beyond 2^53");
  BOOST_TEST(faults_of(large).size() == 1u);
  for (const auto* target : {"/api/jobs/j1/cancel", "/api/jobs/j1/rerun", "/api/jobs/actions",
                             "/api/queues/default/pause"})
    BOOST_TEST(call("POST", target, R"({"reason":"aaa","reason":"bbb"})").status == 422, target);
  BOOST_TEST(
      as("worker", "POST", "/api/workers", R"({"name":"w","name":"v","kinds":["fee"]})").status ==
      422);
  BOOST_TEST(fake.enqueued.empty());
  BOOST_TEST(fake.acts.empty());
}

// -- lists ----------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(lists_say_how_long_they_are_and_go_on, operating) {
  make_admin();
  const auto jobs = parsed(call("GET", "/api/jobs").body);
  BOOST_TEST(whole(*jobs.find("total"), "value") == 12'000);
  BOOST_TEST(!*jobs.find("total")->find("exact")->if_bool());
  const auto first = parsed(call("GET", "/api/workers?limit=2").body);
  BOOST_TEST(first.find("items")->if_array()->size() == 2u);
  BOOST_TEST(whole(*first.find("total"), "value") == 3);
  BOOST_TEST(*first.find("total")->find("exact")->if_bool());
  const auto rest = parsed(
      call("GET", "/api/workers?limit=2&cursor=" + *first.find("next_cursor")->if_string()).body);
  BOOST_TEST_REQUIRE(rest.find("items")->if_array()->size() == 1u);
  BOOST_TEST(*rest.find("items")->if_array()->at(0).find("worker")->if_string() == "w3");
  BOOST_TEST(rest.find("next_cursor")->is_null());
  for (const auto* path : {"/api/queues", "/api/jobs/lanes", "/api/jobs/dead-letters"}) {
    const auto list = parsed(call("GET", path).body);
    BOOST_TEST(whole(*list.find("total"), "value") == 1, path);
    BOOST_TEST(call("GET", std::string{path} + "?limit=101").status == 422, path);
  }
}

BOOST_FIXTURE_TEST_CASE(one_worker_for_administrators, operating) {
  BOOST_TEST(call("GET", "/api/workers/w1").status == 403);
  make_admin();
  BOOST_TEST(*parsed(call("GET", "/api/workers/w1").body).find("worker")->if_string() == "w1");
  BOOST_TEST(code(call("GET", "/api/workers/none")) == "UNKNOWN_WORKER");
}

// -- dead letters ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_group_is_noted_muted_and_heard_again, operating) {
  BOOST_TEST(call("GET", group).status == 403);
  make_admin();
  const auto shown = parsed(call("GET", group).body);
  BOOST_TEST(whole(shown, "users") == 2);
  BOOST_TEST(whole(shown, "lanes") == 1);
  BOOST_TEST(shown.find("note")->is_null());
  call("POST", group + "/note", R"({"note":"o banco está fora","reason":"plantão"})");
  const auto muted = parsed(
      call("POST", group + "/mute", R"({"until":"2026-11-25T00:00:00Z","reason":"plantão"})").body);
  BOOST_TEST(*muted.find("note")->if_string() == "o banco está fora");
  BOOST_TEST(*muted.find("muted_until")->if_string() == "2026-11-25T00:00:00Z");
  BOOST_TEST(*muted.find("by")->if_string() == "ana");
  BOOST_TEST(parsed(call("POST", group + "/mute", R"({"reason":"voltou"})").body)
                 .find("muted_until")
                 ->is_null());
  BOOST_TEST(call("POST", group + "/note", R"({"reason":"plantão"})").status == 422);
  BOOST_TEST(call("POST", "/api/jobs/dead-letters/ff/mute", R"({"reason":"plantão"})").status ==
             404);
}

BOOST_FIXTURE_TEST_CASE(a_redrive_at_a_rate_is_a_job, operating) {
  make_admin();
  const auto begun = call("POST", group + "/redrive", R"({"reason":"mended","per_second":20})");
  BOOST_TEST(begun.status == 202);
  BOOST_TEST(*parsed(begun.body).find("job")->find("kind")->if_string() == "bulk_action");
  const auto wish = http::read_bulk_wish(fake.enqueued.at(0).jobs.at(0).payload);
  BOOST_TEST_REQUIRE(wish.has_value());
  BOOST_TEST(*wish->per_second == 20);
  BOOST_TEST(*wish->which.fingerprint == "0011223344556677");
  BOOST_TEST((wish->which.state == scheduler::job_state::dead));
  BOOST_TEST(wish->by == "ana");
  BOOST_TEST(fake.enqueued.at(0).jobs.at(0).max_attempts == 0); // KIND_POLICIES says it
  BOOST_TEST(call("POST", group + "/redrive", R"({"reason":"mended","limit":1001})").status == 422);
}

// -- acts on many ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(many_are_looked_at_first, operating) {
  const std::string ask =
      R"({"action":"redrive","filter":{"state":"dead","kind":"fee"},"preview":true})";
  BOOST_TEST(call("POST", "/api/jobs/actions", ask).status == 403);
  make_admin();
  for (int i = 0; i < 25; ++i) fake.live.push_back(scheduler::job_id{"d" + std::to_string(i)});
  const auto seen = parsed(call("POST", "/api/jobs/actions", ask).body);
  BOOST_TEST(whole(seen, "count") == 25);
  BOOST_TEST(seen.find("sample")->if_array()->size() == 10u);
  BOOST_TEST(*fake.asked.kind == "fee");
  BOOST_TEST(fake.enqueued.empty());
  const auto token = *seen.find("token")->if_string();
  const auto go = R"({"token":")" + token + R"(","reason":"mended"})";
  fake.live.push_back(scheduler::job_id{"e1"}); // 4 % more
  const auto begun = call("POST", "/api/jobs/actions", go);
  BOOST_TEST(begun.status == 202);
  const auto wish = http::read_bulk_wish(fake.enqueued.at(0).jobs.at(0).payload);
  BOOST_TEST_REQUIRE(wish.has_value());
  BOOST_TEST((wish->what == scheduler::control_action::redrive));
  BOOST_TEST(wish->limit == 26);
  BOOST_TEST(wish->reason == "mended");
  for (int i = 0; i < 3; ++i) fake.live.push_back(scheduler::job_id{"f" + std::to_string(i)});
  BOOST_TEST(code(call("POST", "/api/jobs/actions", go)) == "PREVIEW_STALE"); // 16 % more
  fake.live.resize(20);
  BOOST_TEST(call("POST", "/api/jobs/actions", go).status == 202); // fewer is no surprise
  clock.at.count += 301 * base::us_per_second;
  BOOST_TEST(code(call("POST", "/api/jobs/actions", go)) == "PREVIEW_STALE");
}

BOOST_FIXTURE_TEST_CASE(a_repeated_act_on_many_is_answered_although_its_preview_is_old, operating) {
  make_admin();
  fake.live.push_back(scheduler::job_id{"d1"});
  const auto seen = parsed(
      call("POST", "/api/jobs/actions", R"({"action":"cancel","filter":{"kind":"fee"}})").body);
  const auto go = R"({"token":")" + *seen.find("token")->if_string() + R"(","reason":"mended"})";
  const std::string ask = R"({"action":"cancel","filter":{"kind":"fee"}})";
  const auto looked = keyed("POST", "/api/jobs/actions", ask, "k0");
  BOOST_TEST(keyed("POST", "/api/jobs/actions", ask, "k0").body == looked.body);
  books.key_rows.clear();
  const auto first = keyed("POST", "/api/jobs/actions", go);
  BOOST_TEST(first.status == 202);
  clock.at.count += 301 * base::us_per_second;
  const auto again = keyed("POST", "/api/jobs/actions", go);
  BOOST_TEST(again.status == 202);
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(fake.enqueued.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_preview_is_of_whoever_looked, operating) {
  make_admin();
  books.users.at(ledger::user_id{"bia"}).admin = true;
  const auto seen = parsed(
      call("POST", "/api/jobs/actions", R"({"action":"cancel","filter":{"kind":"fee"}})").body);
  const auto go = R"({"token":")" + *seen.find("token")->if_string() + R"(","reason":"mended"})";
  bearer = "Bearer " + token_of("bia");
  BOOST_TEST(code(call("POST", "/api/jobs/actions", go)) == "PREVIEW_STALE");
}

BOOST_FIXTURE_TEST_CASE(faults_of_acts_on_many, operating) {
  make_admin();
  const auto refused = [&](const std::string& body) {
    return call("POST", "/api/jobs/actions", body).status;
  };
  BOOST_TEST(refused(R"({"action":"edit","filter":{}})") == 422);
  BOOST_TEST(refused(R"({"action":"cancel"})") == 422);
  BOOST_TEST(refused(R"({"action":"cancel","filter":{"knid":"fee"}})") == 422);
  BOOST_TEST(refused(R"({"action":"cancel","filter":{"state":"succeeded"}})") == 422);
  BOOST_TEST(refused(R"({"action":"cancel","filter":{},"preview":false})") == 422);
  BOOST_TEST(refused(R"({"token":"t"})") == 422);
  for (int i = 0; i < 100'001; ++i) fake.live.push_back(scheduler::job_id{std::to_string(i)});
  BOOST_TEST(refused(R"({"action":"cancel","filter":{}})") == 422);
}

BOOST_AUTO_TEST_CASE(a_wish_for_many_comes_back_from_its_text) {
  http::bulk_wish w;
  w.what = scheduler::control_action::run_now;
  w.which.lane = "l \"x\"";
  w.which.tag = "t";
  w.which.user = base::user_id{"ana"};
  w.which.schedule = scheduler::schedule_id{"s1"};
  w.which.state = scheduler::job_state::ready;
  w.which.created_from = base::utc_us{5};
  w.which.created_to = base::utc_us{9};
  w.limit = 7;
  w.by = "root";
  w.reason = "porque";
  const auto back = http::read_bulk_wish(http::to_text(w));
  BOOST_TEST_REQUIRE(back.has_value());
  BOOST_TEST((back->what == w.what));
  BOOST_TEST((back->which.lane == w.which.lane && back->which.tag == w.which.tag));
  BOOST_TEST((back->which.user == w.which.user && back->which.schedule == w.which.schedule));
  BOOST_TEST((back->which.state == w.which.state));
  BOOST_TEST((back->which.created_from == w.which.created_from));
  BOOST_TEST((back->which.created_to == w.which.created_to));
  BOOST_TEST(back->limit == 7);
  BOOST_TEST(!back->per_second.has_value());
  BOOST_TEST(back->by == "root");
  for (const auto* wrong : {"", "{}", R"({"action":"cancel"})", R"({"action":"edit","filter":{}})",
                            R"({"action":"cancel","filter":{"state":"asleep"}})"})
    BOOST_TEST(!http::read_bulk_wish(wrong).has_value(), wrong);
}

// -- events ---------------------------------------------------------------------------------------

namespace {

struct streaming : operating {
  http::event_streams streams{
      {.streams = 4, .round = std::chrono::milliseconds{5}, .beat = std::chrono::hours{1}}};
  streaming() { s.streams = &streams; }

  /// What the stream sends until a text is there.
  std::string read_until(const http::response& answer, const std::string& wanted) {
    BOOST_TEST_REQUIRE(static_cast<bool>(answer.takes_socket), answer.body);
    int fds[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    answer.takes_socket(fds[1]);
    timeval patience{5, 0};
    ::setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string all;
    char some[4096];
    while (all.find(wanted) == all.npos) {
      const auto n = ::recv(fds[0], some, sizeof some, 0);
      if (n <= 0) break;
      all.append(some, static_cast<std::size_t>(n));
    }
    ::close(fds[0]);
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_user_sees_what_happens_to_the_own_jobs, streaming) {
  events.add("j1", "ana", scheduler::job_state::ready);
  events.add("j2", "bia", scheduler::job_state::ready);
  events.add("j1", "ana", scheduler::job_state::running);
  const auto answer = call("GET", "/api/jobs/events", {}, {{"Last-Event-ID", "77-1"}});
  BOOST_TEST(answer.content_type == "text/event-stream");
  const auto sent = read_until(answer, "running");
  BOOST_TEST(sent.find("event: job\nid: 77-3\ndata: {\"job\":\"j1\"") != sent.npos, sent);
  BOOST_TEST(sent.find("j2") == sent.npos);
  BOOST_TEST(sent.find("77-1\n") == sent.npos);
  BOOST_TEST(sent.find("gap") == sent.npos);
}

BOOST_FIXTURE_TEST_CASE(an_administrator_sees_all_and_a_gap_is_said, streaming) {
  BOOST_TEST(call("GET", "/api/admin/events").status == 403);
  make_admin();
  events.add("j1", "ana", scheduler::job_state::ready);
  events.add("j2", "bia", scheduler::job_state::dead);
  events.kept_from = 2;
  const auto behind = read_until(
      call("GET", "/api/admin/events?topics=jobs", {}, {{"Last-Event-ID", "77-0"}}), "j2");
  BOOST_TEST(behind.find("event: gap") != behind.npos, behind);
  BOOST_TEST(behind.find("\"to\":\"dead\"") != behind.npos, behind);
  // Another process: from now on.
  const auto other =
      read_until(call("GET", "/api/admin/events", {}, {{"Last-Event-ID", "5-1"}}), "event: gap");
  BOOST_TEST(other.find("event: gap") != other.npos, other);
  BOOST_TEST(other.find("j2") == other.npos);
  BOOST_TEST(call("GET", "/api/admin/events?topics=moon").status == 422);
}

// -- limits of queues -----------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_rate_is_whole_and_its_burst_is_what_a_second_brings, operating) {
  make_admin();
  const auto set = [&](const std::string& rate) {
    return call("PUT", "/api/queues/default",
                R"({"reason":"their limit","concurrency":9,"rate":)" + rate + '}');
  };
  using scheduler::start_rate;
  const std::vector<std::pair<std::string, start_rate>> good{
      {R"({"starts":25})", {25, 1, 25}},
      {R"({"starts":25,"per_s":10})", {25, 10, 3}},
      {R"({"starts":1,"per_s":86400})", {1, 86'400, 1}},
      {R"({"starts":100000,"per_s":1,"burst":1})", {100'000, 1, 1}}};
  for (const auto& [sent, meant] : good) {
    BOOST_TEST(set(sent).status == 200, sent);
    BOOST_TEST((fake.limits.back().rate == std::optional{meant}), sent);
  }
  const auto shown = parsed(set(R"({"starts":3,"per_s":60,"burst":2})").body);
  BOOST_TEST(base::json::write(*shown.find("rate")) == R"({"starts":3,"per_s":60,"burst":2})");
  BOOST_TEST(parsed(set("null").body).find("rate")->is_null());
  BOOST_TEST(!fake.limits.back().rate.has_value());
  const auto before = fake.limits.size();
  for (const auto* bad :
       {"{}", "5", "[]", R"({"starts":0})", R"({"starts":1.5})", R"({"starts":100001})",
        R"({"starts":1,"per_s":0})", R"({"starts":1,"per_s":86401})", R"({"starts":1,"burst":0})",
        R"({"starts":1,"burst":100001})", R"({"starts":1,"per_m":1})", R"({"starts":"1"})",
        R"({"starts":1,"per_s":null})"})
    BOOST_TEST(set(bad).status == 422, bad);
  BOOST_TEST(fake.limits.size() == before);
}

BOOST_AUTO_TEST_SUITE_END()
