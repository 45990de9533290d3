// Goal: the operator's changes are done once per key, as those of clients are (api-contract §3).
// Method: each route twice under one key; what it does is counted behind it.
#include "tests/http/api_fixture.hpp"
#include "tests/http/fake_checks.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_action_keys)

namespace {

const std::string failing = R"({"email":"bia@example.com","password":"wrong"})";

struct operated : api {
  fake_checks checks{clock};
  http::attempt_throttle throttle{{.per_account = 1, .per_ip = 100}};
  std::vector<std::string> keys; ///< what the hook was told

  operated() {
    add_user("root", "root@example.com").admin = true;
    bearer = "Bearer " + token_of("root");
    s.checks = &checks;
    s.throttle = &throttle;
    s.hooks.on_key = [this](std::string_view route, observability::idempotency_result what) {
      keys.push_back(std::string{route}.append(" ").append(observability::text_of(what)));
    };
    checks.ends_at_once = http::check_run{.result = R"({"ok":true})", .passed = true};
    auto& one = books.states[ledger::transaction_id{"t1"}];
    one.row.id = ledger::transaction_id{"t1"};
    one.row.owner = ledger::user_id{"ana"};
    one.row.account = ledger::account_id{"a1"};
    one.row.category = ledger::account_id{"c1"};
    one.row.amount = base::centavos{100};
    http::balance_check c{ledger::account_id{"a1"}, ledger::user_id{"ana"}, {}, {}};
    c.from_ledger = {base::centavos{1007}, 3};
    c.stored = {base::centavos{7}, 2};
    books.checks.emplace(c.account, c);
    books.recovery_now = {true, clock.at, {}};
  }

  http::response keyed(const std::string& method, const std::string& target,
                       const std::string& body, const std::string& key = "k1") {
    auto answer = call(method, target, body, {{"Idempotency-Key", key}});
    remember();
    return answer;
  }

private:
  /// The fake keeps answers, and shows of them what the test says.
  void remember() {
    if (!books.executed || !books.executed->key) return;
    const auto& given = *books.executed->key;
    const auto answer = books.executed->to_answer(ledger::outcome{ledger::done{}});
    books.key_rows = {{http::key_state::state::completed, given.scope.endpoint, answer, {}, {}}};
  }
};

struct operation {
  std::string method, target, body, other;
};

const std::vector<operation> operations{
    {"POST", "/api/admin/recovery/finish", R"({"reason":"aceita","force":true})",
     R"({"reason":"outra","force":true})"},
    {"POST", "/api/admin/ledger/verify", R"({})", R"({"account_id":"a1"})"},
    {"POST", "/api/admin/reconcile", R"({})", R"({"scope":"balances"})"},
    {"POST", "/api/admin/snapshots", R"({"reason":"mês novo","month":"2026-10"})",
     R"({"reason":"mês novo","month":"2026-09"})"},
    {"POST", "/api/admin/ledger/backfill", R"({"reason":"restore","dry_run":false})",
     R"({"reason":"restore"})"},
    {"POST", "/api/admin/ledger/sync", R"({"reason":"restore","dry_run":false})",
     R"({"reason":"restore"})"},
    {"POST", "/api/admin/ledger/accounts/a1/sync", R"({"reason":"restore"})",
     R"({"reason":"restore 2"})"},
    {"PUT", "/api/admin/users/bia/role", R"({"reason":"pedido","role":"admin"})",
     R"({"reason":"pedido","role":"user"})"},
    {"POST", "/api/admin/users/bia/activate", R"({"reason":"pedido"})", R"({"reason":"outro"})"},
    {"POST", "/api/admin/users/bia/deactivate", R"({"reason":"pedido"})", R"({"reason":"outro"})"},
    {"POST", "/api/admin/users/bia/revoke-sessions", R"({"reason":"pedido"})",
     R"({"reason":"outro"})"},
    {"POST", "/api/admin/users/bia/seed-defaults", R"({"reason":"pedido"})",
     R"({"reason":"outro"})"},
    {"POST", "/api/users/bia/seed-default-data", R"({"reason":"pedido"})", R"({"reason":"outro"})"},
};

} // namespace

BOOST_AUTO_TEST_CASE(every_change_takes_a_key_unless_it_takes_a_password) {
  const std::set<std::string> without{
      "POST /api/auth/register",        "POST /api/auth/login",
      "POST /api/auth/refresh",         "POST /api/auth/logout",
      "POST /api/auth/change-password", "POST /api/auth/forgot-password",
      "POST /api/auth/reset-password",  "POST /api/privacy/delete-account",
      "POST /api/schedules/preview",    "POST /api/jobs/dry-run"};
  const api a;
  for (const auto& route : a.routes.all()) {
    const auto name = route.method + ' ' + route.path;
    const bool changes = route.method != "GET";
    // A worker's calls are told apart by their lease.
    const bool by_lease = route.group == "workers" && route.path != "/api/workers/{worker}/state";
    if (by_lease) continue;
    BOOST_TEST(route.flags.takes_key == (changes && !without.contains(name)), name);
  }
}

BOOST_AUTO_TEST_CASE(each_of_them_is_tried_below) {
  const api a;
  std::set<std::string> tried{"DELETE /api/admin/rate-limits/{id}",
                              "POST /api/accounts/{id}/recalculate"};
  for (const auto& o : operations) {
    const auto match = a.routes.find(o.method, o.target);
    BOOST_REQUIRE(match.found != nullptr);
    tried.insert(o.method + ' ' + match.found->path);
  }
  for (const auto& route : a.routes.all())
    if (route.run && route.flags.takes_key)
      BOOST_TEST(tried.contains(route.method + ' ' + route.path), route.path);
}

BOOST_AUTO_TEST_CASE(an_operation_is_done_once_per_key) {
  for (const auto& o : operations) {
    BOOST_TEST_CONTEXT(o.method << ' ' << o.target) {
      operated a;
      const auto first = a.keyed(o.method, o.target, o.body);
      BOOST_TEST(first.status == 200);
      BOOST_TEST(header(first, "Idempotent-Replayed") == nullptr);
      const auto runs = a.checks.runs.size();
      const auto balance = a.books.checks.at(ledger::account_id{"a1"}).stored;
      const auto commands = a.books.executions;
      const auto again = a.keyed(o.method, o.target, o.body);
      BOOST_TEST(again.status == first.status);
      BOOST_TEST(again.body == first.body);
      BOOST_REQUIRE(header(again, "Idempotent-Replayed") != nullptr);
      BOOST_TEST(*header(again, "Idempotent-Replayed") == "true");
      // The question for the stored answer is the only command.
      BOOST_TEST(a.books.executions == commands + 1);
      BOOST_TEST(a.checks.runs.size() == runs);
      BOOST_TEST((a.books.checks.at(ledger::account_id{"a1"}).stored == balance));
      const auto other = a.keyed(o.method, o.target, o.other);
      BOOST_TEST(other.status == 400);
      BOOST_TEST(code_of(other) == "IDEMPOTENCY_KEY_REUSED");
      BOOST_TEST(a.checks.runs.size() == runs);
      BOOST_TEST(a.keys.size() == 3u);
      BOOST_TEST(a.keys[0].ends_with(" first"));
      BOOST_TEST(a.keys[1].ends_with(" replayed"));
      BOOST_TEST(a.keys[2].ends_with(" mismatch"));
      BOOST_TEST(a.keyed(o.method, o.target, o.body, std::string(65, 'k')).status == 422);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_unblocked_client_stays_unblocked_under_its_key) {
  operated a;
  const auto root = std::exchange(a.bearer, {});
  a.peer = "10.0.0.9";
  a.call("POST", "/api/auth/login", failing);
  a.bearer = root;
  const auto blocked = [&] {
    return *parsed(a.call("GET", "/api/admin/rate-limits").body).if_array();
  };
  std::string id;
  for (const auto& one : blocked())
    if (*one.find("scope")->if_string() == "account") id = *one.find("id")->if_string();
  BOOST_REQUIRE(!id.empty());
  const auto target = "/api/admin/rate-limits/" + id;
  const std::string body = R"({"reason":"é o dono"})";
  const auto first = a.keyed("DELETE", target, body);
  BOOST_TEST(first.status == 200);
  const auto again = a.keyed("DELETE", target, body);
  BOOST_TEST(again.status == 200); // without the key it would be gone: 404
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(code_of(a.keyed("DELETE", target, R"({"reason":"outro"})")) ==
             "IDEMPOTENCY_KEY_REUSED");
  BOOST_TEST(a.call("DELETE", target, body).status == 404);
}

BOOST_AUTO_TEST_CASE(the_owner_recalculates_once_per_key) {
  operated a;
  a.bearer = "Bearer " + a.token_of("ana");
  const std::string target = "/api/accounts/a1/recalculate";
  const auto first = a.keyed("POST", target, "");
  BOOST_TEST(first.status == 200);
  BOOST_TEST(*parsed(first.body).find("was_discrepancy")->if_bool());
  const auto again = a.keyed("POST", target, "");
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(!*parsed(a.call("POST", target).body).find("was_discrepancy")->if_bool());
}

BOOST_AUTO_TEST_CASE(a_refusal_is_not_kept) {
  operated a;
  const std::string target = "/api/admin/ledger/accounts/none/sync";
  const std::string body = R"({"reason":"restore"})";
  BOOST_TEST(a.keyed("POST", target, body).status == 404);
  BOOST_TEST(a.books.executions == 0);
  a.books.key_rows.clear();
  BOOST_TEST(header(a.keyed("POST", target, body), "Idempotent-Replayed") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_check_that_still_runs_is_answered_with_the_same_number) {
  operated a;
  a.checks.ends_at_once.reset();
  const auto first = a.keyed("POST", "/api/admin/ledger/verify", "{}");
  BOOST_TEST(first.status == 202);
  const auto again = a.keyed("POST", "/api/admin/ledger/verify", "{}");
  BOOST_TEST(again.status == 202);
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(a.checks.runs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(done_is_said_although_the_answer_could_not_be_kept) {
  operated a;
  std::vector<std::string> log;
  a.s.hooks.on_internal_error = [&](const http::request&, const base::failure& why) {
    log.emplace_back(why.code);
  };
  a.books.refusal = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(a.keyed("POST", "/api/admin/reconcile", "{}").status == 200);
  BOOST_TEST(log == std::vector<std::string>{"DB_UNAVAILABLE"}, boost::test_tools::per_element());
}

namespace {

/// Holds a run in its start until the test lets it go.
struct held_checks final : http::ledger_checks {
  std::mutex mutex;
  std::condition_variable changed;
  bool inside = false, go = false;
  int started = 0;

  base::result<std::string> start(http::check_wish) override {
    std::unique_lock lock{mutex};
    ++started;
    inside = true;
    changed.notify_all();
    changed.wait(lock, [&] { return go; });
    return std::string{"run-1"};
  }
  std::optional<http::check_run> look(const std::string& id, std::chrono::milliseconds) override {
    http::check_run run;
    run.id = id;
    run.ended = base::utc_us{};
    run.result = R"({"ok":true})";
    return run;
  }
  std::vector<http::check_run> recent() override { return {}; }
  void backfilled(const http::backfill_page&) override {}
};

} // namespace

BOOST_AUTO_TEST_CASE(a_key_in_flight_is_waited_for_and_not_shared_with_another_request) {
  operated a;
  held_checks held;
  a.s.checks = &held;
  a.s.settings.deadline = std::chrono::milliseconds{1};
  http::response first;
  std::thread running{[&] {
    first = a.call("POST", "/api/admin/reconcile", "{}", {{"Idempotency-Key", "k9"}});
  }};
  {
    std::unique_lock lock{held.mutex};
    held.changed.wait(lock, [&] { return held.inside; });
  }
  // Another request under the same key is told so at once; the same one waits.
  const auto other = a.call("POST", "/api/admin/reconcile", R"({"scope":"balances"})",
                            {{"Idempotency-Key", "k9"}});
  BOOST_TEST(code_of(other) == "IDEMPOTENCY_KEY_REUSED");
  const auto same = a.call("POST", "/api/admin/reconcile", "{}", {{"Idempotency-Key", "k9"}});
  BOOST_TEST(same.status == 409);
  BOOST_TEST(code_of(same) == "IDEMPOTENCY_IN_FLIGHT");
  {
    const std::lock_guard hold{held.mutex};
    held.go = true;
    held.changed.notify_all();
  }
  running.join();
  BOOST_TEST(first.status == 200);
  BOOST_TEST(held.started == 1);
}

BOOST_AUTO_TEST_SUITE_END()
