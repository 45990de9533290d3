// The way out of recovery mode, and what an operator is told of the database (api-contract §15.4,
// §16).
#include "tests/http/api_fixture.hpp"

#include "tests/http/fake_checks.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_recovery)

namespace {

const std::string verify_path = "/api/admin/ledger/verify";
const std::string backfill = "/api/admin/ledger/backfill";
const std::string snapshots = "/api/admin/snapshots";
const std::string reconcile = "/api/admin/reconcile";

struct recovering : api {
  fake_checks checks{clock};
  recovering() {
    s.checks = &checks;
    add_user("root", "root@example.com").admin = true;
    bearer = "Bearer " + token_of("root");
    books.recovery_now = {true, clock.at, {{3, 9, 7, false}}};
  }

  http::response finish(const std::string& more = "") {
    return call("POST", "/api/admin/recovery/finish", R"({"reason":"perda aceita")" + more + "}");
  }
  /// "missing backfill", "failed verify", "ended"; the mode is on again afterwards.
  std::string verdict() {
    const auto answer = finish();
    if (answer.status == 200) {
      BOOST_TEST(!books.recovery_now.on);
      books.recovery_now = {true, clock.at, {}};
      return "ended";
    }
    BOOST_TEST(answer.status == 409);
    BOOST_TEST(books.recovery_now.on);
    const auto detail = *parsed(answer.body).find("detail")->if_string();
    const auto at = detail.find("passo ") + 6;
    const auto step = detail.substr(at, detail.find(' ', at) - at);
    return (code_of(answer) == "RECOVERY_CHECK_MISSING" ? "missing " : "failed ") + step;
  }
  void check(const std::string& path, bool passed = true, const std::string& more = "") {
    checks.ends_at_once = http::check_run{.result = "{}", .passed = passed};
    const auto body = R"({"reason":"restore")" + more + "}";
    BOOST_TEST(call("POST", path, body).status == 200);
  }
  void backfilled(bool dry_run = false) {
    check(backfill, true, dry_run ? R"(,"dry_run":true)" : R"(,"dry_run":false)");
  }
  /// One whose entries are lost and cannot be made again by themselves.
  void damage() {
    auto& half = books.states[ledger::transaction_id{"t3"}];
    half.row.id = ledger::transaction_id{"t3"};
    half.row.owner = ledger::user_id{"ana"};
    half.row.account = ledger::account_id{"a1"};
    half.row.category = ledger::account_id{"c1"};
    half.row.amount = base::centavos{100};
    half.sums = {{half.row.account, {}, base::centavos{-100}}};
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(each_step_is_asked_for_in_the_order_of_the_playbook) {
  recovering a;
  BOOST_TEST(a.verdict() == "missing verify");
  a.check(verify_path);
  BOOST_TEST(a.verdict() == "missing backfill");
  a.backfilled();
  BOOST_TEST(a.verdict() == "missing snapshots");
  a.check(snapshots);
  BOOST_TEST(a.verdict() == "missing reconcile");
  a.check(reconcile);
  BOOST_TEST(a.verdict() == "ended");
}

BOOST_AUTO_TEST_CASE(a_step_that_was_done_too_early_does_not_count) {
  recovering a;
  a.check(reconcile);
  a.check(snapshots);
  a.backfilled();
  a.check(verify_path);
  BOOST_TEST(a.verdict() == "missing backfill");
  a.backfilled();
  BOOST_TEST(a.verdict() == "missing snapshots");
  a.check(snapshots);
  BOOST_TEST(a.verdict() == "missing reconcile");
  a.check(reconcile);
  BOOST_TEST(a.verdict() == "ended");
  a.check(verify_path); // to be sure: nothing wrong with that
  BOOST_TEST(a.verdict() == "ended");
}

BOOST_AUTO_TEST_CASE(a_step_that_overlaps_the_one_before_it_does_not_count) {
  recovering a;
  a.checks.ends_at_once.reset();
  BOOST_TEST(a.call("POST", verify_path + "?wait_s=0").status == 202);
  BOOST_TEST(a.verdict() == "missing verify");
  a.clock.at.count += 5;
  a.backfilled(); // beside it
  a.clock.at.count += 5;
  for (auto& run : a.checks.runs) // the one that still goes on
    if (!run.ended) {
      run.ended = a.clock.at;
      run.passed = true;
    }
  BOOST_TEST(a.verdict() == "missing backfill");
  a.backfilled();
  a.check(snapshots);
  a.check(reconcile);
  BOOST_TEST(a.verdict() == "ended");
}

BOOST_AUTO_TEST_CASE(a_step_that_found_something_is_done_again_with_all_behind_it) {
  recovering a;
  a.check(verify_path, false);
  BOOST_TEST(a.verdict() == "failed verify");
  a.check(verify_path);
  a.backfilled();
  a.check(snapshots);
  a.check(reconcile, false);
  BOOST_TEST(a.verdict() == "failed reconcile");
  a.check(reconcile);
  BOOST_TEST(a.verdict() == "ended");
  a.check(verify_path, false); // found later
  BOOST_TEST(a.verdict() == "failed verify");
  a.check(verify_path);
  BOOST_TEST(a.verdict() == "missing backfill"); // the former one was before that
}

BOOST_AUTO_TEST_CASE(only_whole_runs_that_began_in_the_mode_and_came_to_a_result_count) {
  recovering a;
  a.check(verify_path, true, R"(,"user_id":"ana")");
  BOOST_TEST(a.verdict() == "missing verify");
  a.check(verify_path);
  a.backfilled();
  a.check(snapshots, true, R"(,"account_id":"a1")");
  BOOST_TEST(a.verdict() == "missing snapshots");
  a.check(snapshots, true, R"(,"month":"2026-10")");
  a.check(reconcile, true, R"(,"scope":"balances")");
  BOOST_TEST(a.verdict() == "missing reconcile");
  a.checks.ends_at_once = http::check_run{.failed = base::failure{"DB_TIMEOUT", {}}};
  a.call("POST", reconcile);
  BOOST_TEST(a.verdict() == "missing reconcile"); // it came to no result
  a.check(reconcile);
  BOOST_TEST(a.verdict() == "ended");
  a.books.recovery_now.since = base::utc_us{a.clock.at.count + 1};
  BOOST_TEST(a.verdict() == "missing verify"); // all from before
  a.s.checks = nullptr;
  BOOST_TEST(a.verdict() == "missing verify");
}

BOOST_AUTO_TEST_CASE(a_backfill_counts_when_nothing_is_left_to_do) {
  recovering a;
  a.check(verify_path);
  a.backfilled(true); // a dry run that finds nothing says as much
  BOOST_TEST(a.verdict() == "missing snapshots");
  a.damage();
  a.backfilled(true);
  BOOST_TEST(a.verdict() == "failed backfill");
  a.backfilled();
  BOOST_TEST(a.verdict() == "failed backfill"); // what nobody can mend
  a.books.states.clear();
  a.backfilled();
  BOOST_TEST(a.verdict() == "missing snapshots");
  const auto list = parsed(a.call("GET", "/api/admin/checks").body);
  const auto& newest = list.find("items")->if_array()->front();
  BOOST_TEST(*newest.find("kind")->if_string() == "backfill");
  BOOST_TEST(base::json::write(*newest.find("result")) ==
             R"({"processed":0,"created":0,"skipped":0,"errors":0,"dry_run":false})");
}

BOOST_AUTO_TEST_CASE(pages_of_a_backfill_make_one_run_when_none_is_left_out) {
  http::backfill_pass pass;
  const auto page = [](std::string from, std::optional<std::string> next, std::uint64_t created,
                       bool dry_run = false) {
    http::backfill_page p{base::utc_us{7}, std::move(from), std::move(next), dry_run};
    p.processed = 10;
    p.created = created;
    return p;
  };
  BOOST_TEST(!pass.add(page("", "t5", 1)));
  BOOST_TEST(!pass.add(page("t5", "t9", 2)));
  const auto whole = pass.add(page("t9", {}, 0));
  BOOST_REQUIRE(whole.has_value());
  BOOST_TEST(whole->passed);
  BOOST_TEST(whole->started.count == 7);
  BOOST_TEST(whole->result ==
             R"({"processed":30,"created":3,"skipped":0,"errors":0,"dry_run":false})");
  BOOST_TEST(!pass.add(page("t9", {}, 0))); // the end alone
  BOOST_TEST(!pass.add(page("", "t5", 0)));
  BOOST_TEST(!pass.add(page("t6", {}, 0)));       // one is left out
  BOOST_TEST(!pass.add(page("t5", {}, 0, true))); // half of it was done for real only
  BOOST_TEST(pass.add(page("t5", {}, 0)).has_value());
  BOOST_TEST(!pass.add(page("", "t5", 0)));
  BOOST_TEST(pass.add(page("", {}, 1, true)).has_value()); // from the beginning again
}

BOOST_AUTO_TEST_CASE(the_mode_ends_with_a_note_and_by_force_where_nothing_can_be_mended) {
  recovering a;
  BOOST_TEST(a.books.executions == 0);
  BOOST_TEST(a.verdict() == "missing verify");
  BOOST_TEST(a.books.executions == 0); // a refusal is no action
  BOOST_TEST(a.finish(R"(,"force":true)").status == 200);
  BOOST_TEST(std::get<ledger::note_action>(a.books.executed->what).note.after ==
             R"({"forced":true})");
}

// -- the database ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_database_is_told) {
  recovering a;
  auto& db = a.books.database_now;
  db.state = "connected";
  db.adapter = "postgres";
  db.version = "15.8";
  db.read_only = false;
  db.schema_current = db.schema_expected = 11;
  db.size_bytes = 8'000'000;
  db.ours = {{3, 1, 0}, {0, 1, 0}};
  db.server = {7, 100};
  db.long_transactions = {{{17, a.clock.at, 12, "idle in transaction", "psql"}}};
  BOOST_TEST(a.call("GET", "/api/admin/database").body ==
             R"({"state":"connected","adapter":"postgres","version":"15.8","read_only":false,)"
             R"("schema":{"current":11,"expected":11},"size_bytes":8000000,"free_bytes":null,)"
             R"("pool":{"read":{"in_use":1,"idle":3,"broken":0,"max":4},)"
             R"("journal":{"in_use":1,"idle":0,"broken":0,"max":1}},)"
             R"("connections":{"in_use":7,"max":100},)"
             R"("long_transactions":[{"pid":17,"age_s":12,"since":"2026-11-24T18:00:00Z",)"
             R"("state":"idle in transaction","application":"psql"}],"file":null})");
  db.server.reset();
  db.long_transactions.reset();
  db.free_bytes = 1'073'741'823;
  db.on_disk = {4096, 250, 3, 65'536};
  const auto file = parsed(a.call("GET", "/api/admin/database").body);
  BOOST_TEST(base::json::write(*file.find("file")) ==
             R"({"page_bytes":4096,"pages":250,"pages_free":3,"wal_bytes":65536})");
  BOOST_TEST(base::json::write(*file.find("free_bytes")) == "1073741823");
  BOOST_TEST(file.find("connections")->is_null());
  a.bearer = "Bearer " + a.token_of("ana");
  BOOST_TEST(code_of(a.call("GET", "/api/admin/database")) == "ADMIN_REQUIRED");
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away_is_told_with_nulls) {
  recovering a;
  auto& db = a.books.database_now;
  db.state = "error: OperationalError";
  db.schema_current = db.schema_expected = 11;
  const auto answer = a.call("GET", "/api/admin/database");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.body ==
             R"({"state":"error: OperationalError","adapter":null,"version":null,)"
             R"("read_only":null,"schema":{"current":11,"expected":11},"size_bytes":null,)"
             R"("free_bytes":null,"pool":null,"connections":null,"long_transactions":null,)"
             R"("file":null})");
}

BOOST_AUTO_TEST_SUITE_END()
