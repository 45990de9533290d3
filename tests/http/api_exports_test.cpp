// Exports: of a report, and of all that is kept about a user (api-contract §12.1, §12.3).
#include "http/api/export_limit.hpp"
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_exports)

namespace {

struct exporter : api {
  exporter() {
    add_account("a9", "ana").record.active = false;
    books.rows.at(ledger::account_id{"a9"}).record.name = "=SOMA(A1)";
    books.rows.at(ledger::account_id{"c1"}).record.active = false;
    auto& e = books.rows[ledger::account_id{"eq"}].record;
    e.id = ledger::account_id{"eq"};
    e.owner = ledger::user_id{"ana"};
    e.role = ledger::account_role::opening;
    e.kind = ledger::account_kind::equity;
    e.name = "Saldos iniciais";
    e.created_at = instant("2026-01-02T03:04:05Z");
  }

  ledger::transaction_record& row(const std::string& id, const std::string& account,
                                  std::int64_t centavos, const std::string& text) {
    auto& t = books.posted[ledger::transaction_id{id}];
    t.id = ledger::transaction_id{id};
    t.owner = ledger::user_id{"ana"};
    t.account = ledger::account_id{account};
    t.category = ledger::account_id{"c1"};
    t.amount = {centavos};
    t.description = text;
    t.date = t.created_at = instant("2026-11-20T12:00:00Z");
    t.effective = base::make_day(2026, 11, 20);
    return t;
  }

  void entry(const std::string& account, std::uint64_t seq, std::uint32_t position,
             std::int64_t centavos, std::int64_t after, const std::string& transaction) {
    ledger::entry_view v;
    auto& e = v.what;
    e.draft.account = ledger::account_id{account};
    e.draft.transaction = ledger::transaction_id{transaction};
    e.draft.amount = {centavos};
    e.draft.effective = base::make_day(2026, 11, 20);
    e.balance_after = {after};
    e.seq = seq;
    e.position = position;
    e.version = 1;
    e.booked_at = instant("2026-11-24T02:00:00Z"); // the day before in São Paulo
    books.entry_rows.push_back(v);
  }

  std::string ok(const std::string& target) {
    const auto answer = call("GET", target);
    BOOST_REQUIRE_MESSAGE(answer.status == 200, target << ' ' << answer.body);
    return answer.body;
  }
};

std::vector<std::string> names(const base::json::value& object) {
  std::vector<std::string> all;
  for (const auto& [name, v] : *object.if_object()) all.push_back(name);
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(json_is_what_is_exported_unless_something_else_is_asked_for) {
  exporter x;
  x.row("t1", "a1", 1007, "Feira").tags = {"casa"};
  const auto answer = x.call("GET", "/api/reports/export");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.content_type == "application/json");
  const auto all = parsed(answer.body);
  BOOST_TEST((names(all) == std::vector<std::string>{"export_date", "user", "period", "data"}));
  BOOST_TEST(*all.find("export_date")->if_string() == "2026-11-24T18:00:00Z");
  BOOST_TEST(base::json::write(*all.find("user")) == R"({"name":"Ana","email":"ana@example.com"})");
  BOOST_TEST(base::json::write(*all.find("period")) ==
             R"({"start_date":"2026-05-24","end_date":"2026-11-24","months":6})");
  const auto* data = all.find("data");
  BOOST_TEST((names(*data) == std::vector<std::string>{"transactions", "goals", "envelopes",
                                                       "categories", "accounts"}));
  BOOST_TEST(base::json::write(*data->find("transactions")) ==
             R"([{"id":"t1","date":"2026-11-20T12:00:00Z","type":"expense","amount":10.07,)"
             R"("description":"Feira","account_id":"a1","category_id":"c1","tags":["casa"]}])");
  BOOST_TEST(data->find("accounts")->if_array()->size() == 3u); // the closed one too
  BOOST_TEST(!*data->find("categories")->if_array()->front().find("is_active")->if_bool());
  const auto& asked = *x.books.asked_list;
  BOOST_TEST((asked.from == base::make_day(2026, 5, 24)));
  BOOST_TEST((asked.to == base::make_day(2026, 11, 24)));
  BOOST_TEST(!asked.include_deleted);
  BOOST_TEST(!asked.include_system);
}

BOOST_AUTO_TEST_CASE(what_no_export_is_asked_for_with) {
  exporter x;
  for (const char* bad : {"format=xml", "format=", "months=0", "months=25", "months=x"})
    BOOST_TEST(x.call("GET", std::string{"/api/reports/export?"} + bad).status == 422);
}

BOOST_AUTO_TEST_CASE(csv_is_a_file_for_a_spreadsheet) {
  exporter x;
  x.row("t1", "a9", 123456, "diz \"oi\", e\nsegue").tags = {"a", "b"};
  x.row("t2", "a1", 5, "+55 11");
  const auto answer = x.call("GET", "/api/reports/export?format=csv&months=1");
  BOOST_TEST(answer.content_type == "text/csv; charset=utf-8");
  BOOST_TEST(*header(answer, "Content-Disposition") ==
             "attachment; filename=\"vaidepix-2026-10-24-2026-11-24.csv\"");
  BOOST_TEST(answer.body.starts_with("Data,Tipo,Valor (R$),Descrição,Categoria,Conta,Tags,ID\r\n"));
  BOOST_TEST(answer.body.find("2026-11-20,expense,1234.56,\"diz \"\"oi\"\", e\nsegue\",Lazer,"
                              "'=SOMA(A1),\"a, b\",t1\r\n") != std::string::npos);
  BOOST_TEST(answer.body.find("2026-11-20,expense,0.05,'+55 11,Lazer,Conta,,t2\r\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_journal_has_every_posting_and_says_what_the_balances_are) {
  exporter x;
  const auto& t = x.row("t1", "a1", 1007, "Feira");
  x.books.states[t.id] = {t, {}};
  x.entry("a1", 3, 0, -1007, 4000, "t1");
  x.entry("c1", 3, 1, 1007, 1007, "t1");
  const auto answer = x.call("GET", "/api/reports/export?format=hledger&months=1");
  BOOST_TEST(answer.content_type == "text/plain; charset=utf-8");
  BOOST_TEST(*header(answer, "Content-Disposition") ==
             "attachment; filename=\"vaidepix-2026-11-24.journal\"");
  const auto has = [&](const std::string& text) {
    BOOST_TEST((answer.body.find(text) != std::string::npos), "no " << text << " in\n"
                                                                    << answer.body);
  };
  has("; Vai de Pix: the books of Ana\n");
  has("account equity:Saldos iniciais\n");
  has("account expenses:Lazer\n");
  has("2026-11-23=2026-11-20 * (0.3.0) Feira\n");
  has("    assets:Conta  -10.07 BRL\n    expenses:Lazer  10.07 BRL\n");
  has("2026-11-23 * balances as the ledger keeps them\n");
  has("    assets:Conta  0.00 BRL = 40.00 BRL\n");
  has("    expenses:Lazer  0.00 BRL = 10.07 BRL\n");
}

BOOST_AUTO_TEST_CASE(books_without_a_posting_are_a_journal_too) {
  exporter x;
  const auto body = x.ok("/api/reports/export?format=hledger");
  BOOST_TEST(body.find("account assets:Conta\n") != std::string::npos);
  BOOST_TEST(body.find("balances as the ledger keeps them") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_export_has_its_bounds) {
  exporter x;
  const http::export_limit bytes{x.s, 10};
  BOOST_TEST(bytes.room(std::string(10, 'x')).has_value());
  BOOST_TEST((bytes.room(std::string(11, 'x')).error().code == "EXPORT_TOO_LARGE"));
  const http::export_limit time{x.s};
  x.clock.at.count += 7'999'999;
  BOOST_TEST(time.room({}).has_value()); // of 9 s one is for the way
  x.clock.at.count += 2;
  BOOST_TEST((time.room({}).error().code == "EXPORT_TOO_LARGE"));

  x.s.settings.deadline = std::chrono::milliseconds{-1000}; // it is over before it begins
  for (const char* target :
       {"/api/reports/export", "/api/reports/export?format=hledger", "/api/privacy/export"}) {
    const auto answer = x.call("GET", target);
    BOOST_TEST(answer.status == 422);
    BOOST_TEST(code_of(answer) == "EXPORT_TOO_LARGE");
  }

  http::export_places places{http::exports_at_once};
  const http::export_place first{places}, second{places};
  BOOST_TEST((first.held() && second.held()));
  {
    const http::export_place third{places};
    BOOST_TEST(!third.held());
  }
  BOOST_TEST(!http::export_place{places}.held()); // one that was refused gives nothing back
}

BOOST_AUTO_TEST_CASE(all_that_is_kept_about_a_user) {
  exporter x;
  x.row("t1", "a1", 1007, "Feira").deleted_at = x.clock.at;
  x.row("t2", "a1", 1, "Ida").partner = ledger::transaction_id{"t3"};
  x.entry("a1", 3, 0, -1007, 4000, "t1");
  x.entry("c1", 3, 1, 1007, 1007, "t1");
  ledger::login_session mine;
  mine.id = ledger::session_id{"session"};
  mine.user = ledger::user_id{"ana"};
  mine.device = "Navegador";
  mine.expires_at = base::utc_us{x.clock.at.count + base::us_per_day};
  x.books.beside.put(mine);
  ledger::notification n;
  n.user = ledger::user_id{"ana"};
  for (int i = 0; i < 1203; ++i) { // pages
    n.id = ledger::notification_id{"n" + std::to_string(i)};
    n.title = "Aviso";
    n.created_at.count = i;
    x.books.beside.put(n);
  }
  x.books.beside.put(ledger::insight_feedback{ledger::user_id{"ana"}, "h1", "goal_at_risk",
                                              "ignored", x.clock.at});
  ledger::automation rent, rounds;
  rent.id = ledger::automation_id{"rent"};
  rounds.id = ledger::automation_id{"rounds"};
  rent.user = rounds.user = n.user;
  rent.conditions = rent.actions = rounds.conditions = rounds.actions = "{}";
  ledger::automation_run run;
  run.automation = rent.id;
  run.user = n.user;
  run.at = x.clock.at;
  x.books.beside.put(rent);
  x.books.beside.put(rounds);
  run.day = base::make_day(2026, 11, 1);
  x.books.beside.put(run);
  run.day = base::make_day(2026, 11, 2);
  run.end = ledger::occurrence_end::refused;
  run.code = "TX_INSUFFICIENT_BALANCE";
  x.books.beside.put(run);
  x.books.users.at(ledger::user_id{"ana"}).password_hash = "$argon2id$secret";

  auto body = x.ok("/api/privacy/export");
  const auto all = parsed(body);
  BOOST_TEST((names(all) == std::vector<std::string>{
                                "exported_at", "user", "accounts", "categories", "transactions",
                                "goals", "envelopes", "notifications", "automation_rules",
                                "automation_runs", "schedules", "sessions", "ledger_entries",
                                "insight_cache", "insight_feedback", "insight_preferences"}));
  BOOST_TEST(all.find("schedules")->is_null()); // this server follows none
  BOOST_TEST(all.find("accounts")->if_array()->size() == 3u);
  const auto& transactions = *all.find("transactions")->if_array();
  BOOST_REQUIRE(transactions.size() == 2u);
  BOOST_TEST(*transactions[0].find("deleted_at")->if_string() == "2026-11-24T18:00:00Z");
  BOOST_TEST(*transactions[1].find("transfer_transaction_id")->if_string() == "t3");
  BOOST_TEST(x.books.asked_list->include_deleted);
  BOOST_TEST(x.books.asked_list->include_system);
  BOOST_TEST(all.find("notifications")->if_array()->size() == 1203u);
  const auto& of_rules = *all.find("automation_runs")->if_array();
  BOOST_REQUIRE(of_rules.size() == 1u); // the other one has none
  BOOST_TEST(*of_rules[0].find("automation_id")->if_string() == "rent");
  const auto& ends = *of_rules[0].find("runs")->if_array();
  BOOST_REQUIRE(ends.size() == 2u);
  for (const auto& end : ends) {
    const bool refused = *end.find("occurrence_date")->if_string() == "2026-11-02";
    BOOST_TEST(*end.find("state")->if_string() == (refused ? "refused" : "posted"));
  }
  BOOST_TEST(*all.find("sessions")->if_array()->front().find("current")->if_bool());
  const auto& entries = *all.find("ledger_entries")->if_array();
  BOOST_REQUIRE(entries.size() == 2u);
  BOOST_TEST(*entries[1].find("account_id")->if_string() == "c1");
  BOOST_TEST(all.find("insight_cache")->is_null());
  BOOST_TEST(base::json::write(*all.find("insight_feedback")) ==
             R"([{"insight_type":"goal_at_risk","insight_hash":"h1","status":"ignored",)"
             R"("created_at":"2026-11-24T18:00:00Z"}])");
  BOOST_TEST(all.find("insight_preferences")->is_null());
  for (const char* secret : {"argon2id", "hash\":\"$", "password"})
    BOOST_TEST(body.find(secret) == std::string::npos);

  x.books.beside.put(ledger::insight_preferences{ledger::user_id{"ana"}, false, true, x.clock.at});
  const auto more = parsed(x.ok("/api/privacy/export"));
  BOOST_TEST(!*more.find("insight_preferences")->find("enable_category_variation")->if_bool());
}

BOOST_AUTO_TEST_CASE(others_and_the_absence_of_a_database_are_not_exported) {
  exporter x;
  x.row("t1", "a1", 1007, "Feira");
  x.bearer = "Bearer " + x.token_of("bia");
  BOOST_TEST(parsed(x.ok("/api/privacy/export")).find("transactions")->if_array()->empty());
  BOOST_TEST(x.ok("/api/reports/export?format=csv").find("Feira") == std::string::npos);
  x.bearer.clear();
  for (const char* target : {"/api/reports/export", "/api/privacy/export", "/api/me/sync?since=x"})
    BOOST_TEST(x.call("GET", target).status == 403);
}

BOOST_AUTO_TEST_SUITE_END()
