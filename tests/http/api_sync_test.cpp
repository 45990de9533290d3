// What changed since (api-contract §12.2).
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_sync)

namespace {

struct device : api {
  base::json::value since(const std::string& text) {
    const auto answer = call("GET", "/api/me/sync?since=" + text);
    BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return parsed(answer.body);
  }
  base::json::value since_now() { return since(base::to_text(clock.at)); }
  void later(std::int64_t us = 1'000'000) { clock.at.count += us; }

  ledger::account_record& record(const char* id) {
    return books.rows.at(ledger::account_id{id}).record;
  }
};

/// The ids of a section.
std::string ids(const base::json::value& answer, std::string_view section) {
  std::string all;
  for (const auto& item : *answer.find(section)->if_array())
    all += *item.find("id")->if_string() + ' ';
  return all;
}
std::string gone(const base::json::value& answer, std::string_view section) {
  return base::json::write(*answer.find("deleted")->find(section));
}

} // namespace

BOOST_AUTO_TEST_CASE(since_when_has_to_be_said) {
  device d;
  const auto missing = d.call("GET", "/api/me/sync");
  BOOST_TEST(missing.status == 422);
  BOOST_TEST(
      (faults_of(missing) == std::vector<std::string>{"missing query.since Field required"}));
  for (const char* bad : {"", "ontem", "2026-13-01", "2026-11-24T25:00:00Z"}) {
    const auto answer = d.call("GET", std::string{"/api/me/sync?since="} + bad);
    BOOST_TEST(answer.status == 400);
    BOOST_TEST(*parsed(answer.body).find("detail")->if_string() ==
               std::string{"Parâmetro 'since' inválido (use ISO8601): "} + bad);
  }
  const std::string wide(200, 'x');
  const auto cut = d.call("GET", "/api/me/sync?since=" + wide + "%C3%A9");
  BOOST_TEST(cut.body.find(wide.substr(0, 65)) == std::string::npos);
  d.since("2026-11-24");
  d.since("2026-11-24T18:00:00.5Z");
}

BOOST_AUTO_TEST_CASE(nothing_changed) {
  device d;
  const auto answer = d.since_now();
  BOOST_TEST(base::json::write(answer) ==
             R"({"transactions":[],"transactions_truncated":false,"accounts":[],"categories":[],)"
             R"("envelopes":[],"goals":[],"sharedExpenses":[],"deleted":{"transactions":[],)"
             R"("accounts":[],"categories":[],"envelopes":[],"goals":[]},)"
             R"("server_time":"2026-11-24T17:59:50Z"})");
  BOOST_TEST((d.books.asked_list->changed_since == base::utc_us{d.clock.at.count + 1}));
  BOOST_TEST(d.books.asked_list->include_deleted);
  BOOST_TEST(!d.books.asked_list->include_system);
}

BOOST_AUTO_TEST_CASE(what_is_made_changed_and_deleted_is_seen) {
  device d;
  const auto start = base::to_text(d.clock.at);
  d.later();
  const auto made = [&](const char* path, const char* body) {
    return *parsed(d.call("POST", path, body).body).find("id")->if_string();
  };
  const auto goal = made("/api/goals", R"({"name":"g","target_amount_cents":9,)"
                                       R"("target_date":"2027-01-01","category":"c",)"
                                       R"("priority":"low"})");
  const auto envelope = made("/api/envelopes", R"({"name":"e"})");
  const auto posted =
      made("/api/transactions", R"({"date":"2026-11-24","account_id":"a1","category_id":"c1",)"
                                R"("type":"expense","amount_cents":7,"description":"d"})");
  auto seen = d.since(start);
  BOOST_TEST(ids(seen, "goals") == goal + ' ');
  BOOST_TEST(ids(seen, "envelopes") == envelope + ' ');
  BOOST_TEST(ids(seen, "transactions") == posted + ' ');
  BOOST_TEST(gone(seen, "goals") == "[]");

  const auto middle = base::to_text(d.clock.at);
  BOOST_TEST(ids(d.since(middle), "goals").empty()); // only what comes after it
  d.later(1);
  d.call("PUT", "/api/goals/" + goal, R"({"name":"outra"})");
  d.call("DELETE", "/api/envelopes/" + envelope);
  d.call("DELETE", "/api/transactions/" + posted);
  seen = d.since(middle);
  BOOST_TEST(ids(seen, "goals") == goal + ' ');
  BOOST_TEST(ids(seen, "envelopes").empty());
  BOOST_TEST(gone(seen, "envelopes") == "[\"" + envelope + "\"]");
  BOOST_TEST(ids(seen, "transactions").empty());
  BOOST_TEST(gone(seen, "transactions") == "[\"" + posted + "\"]");
}

BOOST_AUTO_TEST_CASE(an_account_changed_when_its_row_its_balance_or_what_is_available_did) {
  device d;
  const auto start = base::to_text(d.clock.at);
  BOOST_TEST(ids(d.since(start), "accounts").empty());
  d.later();
  d.record("a1").updated_at = d.clock.at;
  BOOST_TEST(ids(d.since(start), "accounts") == "a1 ");
  d.record("a1").updated_at.reset();

  ledger::entry_view e;
  e.what.draft.account = ledger::account_id{"a2"};
  e.what.booked_at = d.clock.at;
  d.books.entry_rows = {e};
  BOOST_TEST(ids(d.since(start), "accounts") == "a2 ");
  BOOST_TEST(ids(d.since_now(), "accounts").empty());
  d.books.entry_rows.clear();

  ledger::hold_record h;
  h.id = ledger::hold_id{"h"};
  h.owner = ledger::user_id{"ana"};
  h.account = ledger::account_id{"a1"};
  h.created_at = instant("2026-01-01T00:00:00Z");
  auto& hold = d.books.held[h.id] = h;
  BOOST_TEST(ids(d.since(start), "accounts").empty());
  hold.expires_at = base::utc_us{d.clock.at.count + 1};
  BOOST_TEST(ids(d.since(start), "accounts").empty()); // not over yet
  d.later(1);
  BOOST_TEST(ids(d.since(start), "accounts") == "a1 ");
  hold.expires_at.reset();
  hold.ended_at = d.clock.at;
  BOOST_TEST(ids(d.since(start), "accounts") == "a1 ");
  hold.ended_at.reset();
  hold.created_at = d.clock.at;
  BOOST_TEST(ids(d.since(start), "accounts") == "a1 ");
}

BOOST_AUTO_TEST_CASE(what_is_closed_or_archived_is_gone) {
  device d;
  const auto start = base::to_text(d.clock.at);
  d.later();
  for (const char* id : {"a1", "c1"}) {
    d.record(id).active = false;
    d.record(id).updated_at = d.clock.at;
  }
  const auto seen = d.since(start);
  BOOST_TEST(gone(seen, "accounts") == R"(["a1"])");
  BOOST_TEST(gone(seen, "categories") == R"(["c1"])");
  BOOST_TEST(ids(seen, "accounts").empty());
  BOOST_TEST(ids(seen, "categories").empty());
  BOOST_TEST(gone(d.since_now(), "accounts") == "[]");
  d.record("c1").active = true;
  BOOST_TEST(ids(d.since(start), "categories") == "c1 ");
}

BOOST_AUTO_TEST_CASE(a_change_that_is_not_durable_yet_is_seen_the_next_time) {
  device d;
  const auto start = base::to_text(d.clock.at);
  d.later(5'000'000);
  const auto decided = d.clock.at; // its commit takes as long as a request may
  d.later(9'000'000);
  const auto next = *d.since(start).find("server_time")->if_string();
  ledger::goal late;
  late.id = ledger::goal_id{"late"};
  late.user = ledger::user_id{"ana"};
  late.target = {9};
  late.created_at = decided;
  d.books.beside.put(late);
  BOOST_TEST(ids(d.since(next), "goals") == "late ");
}

BOOST_AUTO_TEST_CASE(more_goals_than_one_answer_holds_are_not_lost) {
  device d;
  ledger::goal g;
  g.user = ledger::user_id{"ana"};
  g.target = {9};
  g.created_at = d.clock.at;
  for (int i = 0; i < ledger::user_rows_max; ++i) {
    g.id = ledger::goal_id{"gone" + std::to_string(i)};
    g.deleted_at = d.clock.at;
    d.books.beside.put(g);
  }
  g.id = ledger::goal_id{"alive"};
  g.deleted_at.reset();
  d.books.beside.put(g);
  const auto seen = d.since("2026-01-01");
  BOOST_TEST(ids(seen, "goals") == "alive ");
}

BOOST_AUTO_TEST_CASE(no_database_no_answer) {
  device d;
  const auto token = d.bearer;
  d.since_now();
  d.books.broken = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(d.call("GET", "/api/me/sync?since=2026-01-01").status == 503);
}

BOOST_AUTO_TEST_SUITE_END()
