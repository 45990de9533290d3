// The operator's routes: who may call them, and what a change has to say (api-contract §16).
#include "tests/http/api_fixture.hpp"

#include "http/api/admin_api.hpp"
#include "tests/http/fake_checks.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_admin)

namespace {

struct admin_api : api {
  admin_api() {
    add_user("root", "root@example.com").admin = true;
    bearer = "Bearer " + token_of("root");
  }
};

struct checked_api : admin_api {
  fake_checks checks{clock};
  checked_api() { s.checks = &checks; }
};

std::vector<std::string> reason_faults(const std::string& body, http::fields query = {}) {
  http::request r;
  r.body = body;
  r.query = std::move(query);
  http::faults bad;
  const auto read = http::read_admin_body(r);
  BOOST_REQUIRE(std::holds_alternative<base::json::value>(read));
  const auto why = http::read_reason(r, std::get<base::json::value>(read), bad);
  BOOST_TEST(why.has_value() == bad.empty());
  std::vector<std::string> types;
  for (const auto& f : bad) types.push_back(f.type);
  return types;
}

} // namespace

BOOST_AUTO_TEST_CASE(only_an_administrator_is_let_in) {
  admin_api a;
  const std::string target = "/api/admin/users?email=bia@example.com";
  BOOST_TEST(a.call("GET", target).status == 200);
  a.bearer = "Bearer " + a.token_of("ana");
  const auto refused = a.call("GET", target);
  BOOST_TEST(refused.status == 403);
  BOOST_TEST(
      refused.body ==
      R"({"detail":"Acesso restrito a administradores","code":"ADMIN_REQUIRED","request_id":"rid"})");
  // Before anything is decoded: what is wrong with the request is not theirs to know.
  BOOST_TEST(a.call("GET", "/api/admin/users").status == 403);
  a.bearer.clear();
  BOOST_TEST(code_of(a.call("GET", target)) == "NOT_AUTHENTICATED");
}

BOOST_AUTO_TEST_CASE(a_user_is_found_by_email) {
  admin_api a;
  const auto found = parsed(a.call("GET", "/api/admin/users?email=BIA@example.com").body);
  BOOST_REQUIRE(found.find("items")->if_array()->size() == 1u);
  BOOST_TEST(*found.find("items")->if_array()->front().find("id")->if_string() == "bia");
  BOOST_TEST(a.call("GET", "/api/admin/users?email=x@example.com").body ==
             R"({"items":[],"next_cursor":null})");
  const auto bad = a.call("GET", "/api/admin/users");
  BOOST_TEST(bad.status == 422);
  BOOST_TEST(faults_of(bad) == std::vector<std::string>{"missing query.email Field required"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_reason_comes_from_the_body_or_else_from_the_query) {
  using list = std::vector<std::string>;
  BOOST_TEST((reason_faults(R"({"reason":"restore de 12/11"})") == list{}));
  BOOST_TEST((reason_faults("", {{"reason", "restore"}}) == list{}));
  BOOST_TEST((reason_faults("  ") == list{"missing"}));
  BOOST_TEST((reason_faults(R"({"reason":"  ab  "})") == list{"string_too_short"}));
  BOOST_TEST((reason_faults("", {{"reason", "ab"}}) == list{"string_too_short"}));
  BOOST_TEST((reason_faults("", {{"reason", std::string{"a\0bc", 4}}}) == list{"value_error"}));
  BOOST_TEST((reason_faults(R"({"reason":")" + std::string(200, 'x') + R"("})") == list{}));
  BOOST_TEST((reason_faults(R"({"reason":")" + std::string(201, 'x') + R"("})") ==
              list{"string_too_long"}));
  BOOST_TEST((reason_faults(R"({"reason":7})") == list{"string_type"}));
}

BOOST_AUTO_TEST_CASE(recovery_mode_is_shown_and_ended_with_a_reason) {
  admin_api a;
  BOOST_TEST(a.call("GET", "/api/admin/recovery").body == R"({"active":false,"lost":[]})");
  a.books.recovery_now = {true, a.clock.at, {{3, 9, 7, false}}};
  BOOST_TEST(a.call("GET", "/api/admin/recovery").body ==
             R"({"active":true,"lost":[{"shard":3,"remembered_seq":9,"found_seq":7,)"
             R"("other_history":false}]})");
  BOOST_TEST(a.call("POST", "/api/admin/recovery/finish", "{}").status == 422);
  BOOST_TEST(a.books.recovery_now.on);
}

BOOST_AUTO_TEST_CASE(recovery_mode_ends_only_after_sound_checks_that_began_in_it) {
  checked_api a;
  a.books.recovery_now = {true, a.clock.at, {{3, 9, 7, false}}};
  const auto finish = [&] {
    return a.call("POST", "/api/admin/recovery/finish", R"({"reason":"perda aceita"})");
  };
  const auto refused = finish();
  BOOST_TEST(refused.status == 409);
  BOOST_TEST(code_of(refused) == "RECOVERY_CHECK_MISSING"); // more in api_recovery_test.cpp
  BOOST_TEST(a.books.recovery_now.on);
  a.checks.ends_at_once = http::check_run{.result = "{}", .passed = true};
  for (const auto* path : {"/api/admin/ledger/verify", "/api/admin/ledger/backfill",
                           "/api/admin/snapshots", "/api/admin/reconcile"})
    BOOST_TEST(a.call("POST", path, R"({"reason":"restore"})").status == 200);
  const auto before = a.books.executions; // the snapshots are noted
  a.books.health_now.shards_stopped = 1;
  BOOST_TEST(code_of(finish()) == "SHARD_STOPPED");
  BOOST_TEST(a.books.executions == before);
  a.books.health_now.shards_stopped = 0;
  BOOST_TEST(finish().body == R"({"active":false,"lost":[]})");
  BOOST_TEST(a.books.executions == before + 1);
  const auto* noted = std::get_if<ledger::note_action>(&a.books.executed->what);
  BOOST_REQUIRE(noted != nullptr);
  BOOST_TEST(noted->note.actor == "root");
  BOOST_TEST(noted->note.action == "recovery.finish");
  BOOST_TEST(noted->note.reason == "perda aceita");
  BOOST_TEST(noted->note.before == R"({"shards":1,"commits":2})");
  BOOST_TEST(noted->note.after == R"({"forced":false})");
  // Nothing to end: nothing is written.
  BOOST_TEST(finish().status == 200);
  BOOST_TEST(a.books.executions == before + 1);
}

BOOST_AUTO_TEST_CASE(a_check_answers_with_its_result_or_with_its_number) {
  checked_api a;
  const std::string path = "/api/admin/ledger/verify";
  auto first = a.call("POST", path, R"({"account_id":"a1"})");
  BOOST_TEST(first.status == 202);
  BOOST_TEST(first.body == R"({"job_id":"run-1"})");
  BOOST_TEST((a.checks.patience == std::chrono::seconds{2}));
  BOOST_TEST((a.checks.runs[0].wish.account == ledger::account_id{"a1"}));
  BOOST_TEST(code_of(a.call("POST", path)) == "CHECK_RUNNING"); // one at a time
  BOOST_TEST(a.call("POST", "/api/admin/reconcile").status == 409);
  a.call("GET", "/api/admin/checks/run-1?wait_s=8");
  BOOST_TEST((a.checks.patience == std::chrono::seconds{8}));
  a.checks.end({.result = R"({"ok":true})", .passed = true});
  BOOST_TEST(a.call("GET", "/api/admin/checks/run-1").body ==
             R"({"job_id":"run-1","kind":"verify","whole":false,"state":"done","passed":true,)"
             R"("started_at":"2026-11-24T18:00:00Z","ended_at":"2026-11-24T18:00:00Z",)"
             R"("progress":"","error":null,"result":{"ok":true}})");
  BOOST_TEST(code_of(a.call("GET", "/api/admin/checks/run-9")) == "CHECK_NOT_FOUND");

  a.checks.ends_at_once = http::check_run{.result = R"({"checked":3})", .passed = true};
  const auto done = a.call("POST", "/api/admin/reconcile?wait_s=0", R"({"scope":"snapshots"})");
  BOOST_TEST(done.status == 200);
  BOOST_TEST(done.body == R"({"checked":3})");
  BOOST_TEST(a.checks.runs[0].wish.scope == "snapshots");
  a.checks.ends_at_once = http::check_run{.failed = base::failure{"DB_UNAVAILABLE", {}}};
  BOOST_TEST(a.call("POST", "/api/admin/reconcile").status == 503);
  const auto list = parsed(a.call("GET", "/api/admin/checks").body);
  BOOST_REQUIRE(list.find("items")->if_array()->size() == 3u);
  const auto& newest = list.find("items")->if_array()->front();
  BOOST_TEST(*newest.find("state")->if_string() == "failed");
  BOOST_TEST(*newest.find("error")->if_string() == "DB_UNAVAILABLE");
  BOOST_TEST(newest.find("result")->is_null());

  BOOST_TEST(faults_of(a.call("POST", "/api/admin/reconcile", R"({"scope":"x"})")).size() == 1u);
  BOOST_TEST(a.call("POST", path + "?wait_s=9").status == 422);
  BOOST_TEST(a.call("POST", path, R"({"user_id":7})").status == 422);
  a.s.checks = nullptr;
  BOOST_TEST(a.call("POST", path).status == 503);
  BOOST_TEST(a.call("GET", "/api/admin/checks").body == R"({"items":[],"next_cursor":null})");
  a.bearer = "Bearer " + a.token_of("ana");
  for (const auto* get : {"/api/admin/checks", "/api/admin/checks/run-1", "/api/admin/snapshots"})
    BOOST_TEST(a.call("GET", get).status == 403);
  for (const auto* post :
       {"/api/admin/ledger/verify", "/api/admin/reconcile", "/api/admin/snapshots"})
    BOOST_TEST(a.call("POST", post).status == 403);
}

BOOST_AUTO_TEST_CASE(snapshots_are_a_change_with_a_reason) {
  checked_api a;
  a.checks.ends_at_once = http::check_run{.result = "{}", .passed = true};
  const std::string path = "/api/admin/snapshots";
  BOOST_TEST(faults_of(a.call("POST", path, R"({"month":"2026-10"})")) ==
                 std::vector<std::string>{"missing body.reason Field required"},
             boost::test_tools::per_element());
  BOOST_TEST(a.call("POST", path, R"({"month":"2026-13","reason":"mês novo"})").status == 422);
  BOOST_TEST(code_of(a.call("POST", path, R"({"month":"2026-11","reason":"cedo"})")) ==
             "MONTH_NOT_ENDED");
  BOOST_TEST(faults_of(a.call("GET", path + "?month=2026%0010&reason=outro")).at(0) ==
             "value_error query.month Value error, o texto não pode conter NUL");
  BOOST_TEST(a.checks.runs.empty());
  BOOST_TEST(a.books.executions == 0);
  BOOST_TEST(
      a.call("POST", path, R"({"month":"2026-10","account_id":"a1","reason":"mês novo"})").status ==
      200);
  BOOST_TEST((a.checks.runs[0].wish.month == ledger::parse_month("2026-10")));
  BOOST_TEST((a.checks.runs[0].wish.account == ledger::account_id{"a1"}));
  const auto note = std::get<ledger::note_action>(a.books.executed->what).note;
  BOOST_TEST(note.action == "snapshots.compute");
  BOOST_TEST(note.target == "a1");
  BOOST_TEST(note.after == R"({"month":"2026-10"})");
  BOOST_TEST(a.call("GET", path + "?month=2026-09&reason=outro").status == 200);
  BOOST_TEST((a.checks.runs[0].wish.month == ledger::parse_month("2026-09")));
  BOOST_TEST(a.call("GET", path + "?reason=outro").status == 200);
  BOOST_TEST(!a.checks.runs[0].wish.month);
}

// -- corrections ----------------------------------------------------------------------------------

namespace {

struct damaged_api : admin_api {
  damaged_api() {
    for (const char* id : {"t1", "t2", "t3"}) {
      auto& one = books.states[ledger::transaction_id{id}];
      one.row.id = ledger::transaction_id{id};
      one.row.owner = ledger::user_id{"ana"};
      one.row.account = ledger::account_id{"a1"};
      one.row.category = ledger::account_id{"c1"};
      one.row.amount = base::centavos{100};
    }
    auto& whole = books.states[ledger::transaction_id{"t1"}];
    whole.sums = {{whole.row.account, {}, base::centavos{-100}},
                  {whole.row.category, {}, base::centavos{100}}};
    auto& half = books.states[ledger::transaction_id{"t3"}];
    half.sums = {{half.row.account, {}, base::centavos{-100}}};
    http::balance_check c{ledger::account_id{"a1"}, ledger::user_id{"ana"}, {}, {}};
    c.from_ledger = {base::centavos{1007}, 3};
    c.stored = {base::centavos{7}, 2};
    books.checks.emplace(c.account, c);
  }
  std::string post(const std::string& target, const std::string& body) {
    const auto answer = call("POST", target, body);
    BOOST_TEST(answer.status == 200);
    return answer.body;
  }
};

const std::string backfill_path = "/api/admin/ledger/backfill";
const std::string sync_path = "/api/admin/ledger/accounts/a1/sync";

} // namespace

BOOST_AUTO_TEST_CASE(corrections_are_for_administrators_and_need_a_reason) {
  damaged_api a;
  const std::string sound = R"({"reason":"restore"})";
  for (const auto& target : {backfill_path, sync_path, std::string{"/api/admin/ledger/sync"}}) {
    BOOST_TEST(a.call("POST", target, "{}").status == 422);
    BOOST_TEST(faults_of(a.call("POST", target, "{}")) ==
                   std::vector<std::string>{"missing body.reason Field required"},
               boost::test_tools::per_element());
    BOOST_TEST(a.call("POST", target, R"({"reason":"restore","dry_run":"no"})").status == 422);
    const auto root = a.bearer;
    a.bearer = "Bearer " + a.token_of("ana");
    BOOST_TEST(code_of(a.call("POST", target, sound)) == "ADMIN_REQUIRED");
    a.bearer = root;
  }
  BOOST_TEST(a.books.executions == 0);
}

BOOST_AUTO_TEST_CASE(backfill_is_a_dry_run_until_it_is_told_otherwise) {
  damaged_api a;
  const std::string found =
      R"({"processed":3,"created":2,"skipped":1,"errors":1,"dry_run":true,"samples":[{"transaction_id":"t3","why":"half_a_posting"}],"next_cursor":null})";
  BOOST_TEST(a.post(backfill_path, R"({"reason":"restore"})") == found);
  BOOST_TEST(a.books.executions == 0);
  BOOST_TEST(
      a.post(backfill_path, R"({"reason":"restore","dry_run":false})") ==
      R"({"processed":3,"created":2,"skipped":1,"errors":1,"dry_run":false,"samples":[{"transaction_id":"t3","why":"half_a_posting"}],"next_cursor":null})");
  BOOST_REQUIRE(a.books.executed.has_value());
  BOOST_TEST(a.books.executed->user.text() == "ana");
  const auto& note = std::get<ledger::repair_entries>(a.books.executed->what).note;
  BOOST_TEST(note.actor == "root");
  BOOST_TEST(note.action == "ledger.backfill");
  BOOST_TEST(note.target == "ana");
  BOOST_TEST(note.reason == "restore");
  BOOST_TEST(note.request_id == "rid");
  BOOST_TEST(
      a.post(backfill_path, R"({"reason":"restore","dry_run":false,"cursor":"t1"})") ==
      R"({"processed":2,"created":0,"skipped":1,"errors":1,"dry_run":false,"samples":[{"transaction_id":"t3","why":"half_a_posting"}],"next_cursor":null})");
}

BOOST_AUTO_TEST_CASE(a_sync_answers_what_was_and_what_is) {
  damaged_api a;
  const std::string shown =
      R"({"account_id":"a1","stored":0.07,"stored_str":"0.07","from_ledger":10.07,"from_ledger_str":"10.07","diff":-10.00,"diff_str":"-10.00","stored_version":2,"ledger_version":3,"changed":true})";
  BOOST_TEST(a.post(sync_path, R"({"reason":"restore","dry_run":true})") == shown);
  BOOST_TEST(a.books.executions == 0);
  BOOST_TEST(a.post("/api/admin/ledger/sync", R"({"reason":"restore"})") ==
             R"({"checked":1,"changed":1,"dry_run":true,"items":[)" + shown +
                 R"(],"next_cursor":null})");
  BOOST_TEST(a.post(sync_path, R"({"reason":"restore"})") == shown);
  const auto& wish = std::get<ledger::sync_balances>(a.books.executed->what);
  BOOST_TEST(wish.note.action == "ledger.sync_balance");
  BOOST_TEST(wish.note.target == "a1");
  BOOST_TEST(*parsed(a.post(sync_path, R"({"reason":"again"})")).find("changed")->if_bool() ==
             false);
  const auto missing =
      a.call("POST", "/api/admin/ledger/accounts/none/sync", R"({"reason":"restore"})");
  BOOST_TEST(missing.status == 404);
  BOOST_TEST(code_of(missing) == "ACCOUNT_NOT_FOUND");
  a.books.refusal = base::failure{"SHARD_STOPPED", {}};
  BOOST_TEST(a.call("POST", sync_path, R"({"reason":"restore"})").status == 503);
}

BOOST_AUTO_TEST_CASE(the_audit_log_is_paged) {
  admin_api a;
  ledger::commit_record with;
  with.shard = 2;
  with.seq = 9;
  with.booked_at = instant("2026-11-24T18:00:00Z");
  a.books.log.push_back(ledger::next_record(
      {}, {"root", "ledger.backfill", "ana", "por \"causa\"", "{}", "{\"n\":1}", "rid"}, with));
  a.books.more = true;
  const auto answer = a.call("GET", "/api/admin/audit?action=ledger.backfill&limit=1");
  const auto cursor = std::to_string(with.booked_at.count) + "-2-1";
  BOOST_TEST(
      answer.body ==
      R"({"items":[{"id":"2-1","at":"2026-11-24T18:00:00Z","actor":"root","action":"ledger.backfill","target":"ana","reason":"por \"causa\"","request_id":"rid","before":{},"after":{"n":1},"shard":2,"seq":9,"hash":")" +
          base::hex(a.books.log[0].hash) + R"("}],"next_cursor":")" + cursor + R"("})");
  BOOST_TEST(*a.books.asked_log->action == "ledger.backfill");
  BOOST_TEST(a.books.asked_log->limit == 1);
  a.call("GET", "/api/admin/audit?cursor=" + cursor);
  BOOST_TEST((a.books.asked_log->after->at == with.booked_at));
  BOOST_TEST(a.books.asked_log->after->shard == 2u);
  BOOST_TEST(a.books.asked_log->after->number == 1u);
  for (const char* bad : {"x", "1-2", "1-2-3-4", "1-2-3x", "--"})
    BOOST_TEST(a.call("GET", std::string{"/api/admin/audit?cursor="} + bad).status == 422);
  BOOST_TEST(a.call("GET", "/api/admin/audit?limit=101").status == 422);
}

BOOST_AUTO_TEST_CASE(an_owner_may_have_a_balance_made_again) {
  damaged_api a;
  a.bearer = "Bearer " + a.token_of("ana");
  const std::string path = "/api/accounts/a1/recalculate";
  BOOST_TEST(a.post(path, "") ==
             R"({"account_id":"a1","account_name":"Conta","calculated_balance":10.07,)"
             R"("stored_balance":0.07,"discrepancy":-10.00,"was_discrepancy":true})");
  const auto& wish = std::get<ledger::sync_balances>(a.books.executed->what);
  BOOST_TEST((wish.ids == std::vector{ledger::account_id{"a1"}}));
  BOOST_TEST(wish.note.actor == "ana");
  BOOST_TEST(a.books.executions == 1);
  auto& check = a.books.checks.at(ledger::account_id{"a1"});
  check.stored = check.from_ledger;
  BOOST_TEST(a.post(path, "") ==
             R"({"account_id":"a1","account_name":"Conta","calculated_balance":10.07,)"
             R"("stored_balance":10.07,"discrepancy":0.00,"was_discrepancy":false})");
  BOOST_TEST(a.books.executions == 1); // nothing to do, and no line of the log
  BOOST_TEST(a.call("POST", "/api/accounts/b1/recalculate").status == 404);
  BOOST_TEST(a.call("POST", "/api/accounts/none/recalculate").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
