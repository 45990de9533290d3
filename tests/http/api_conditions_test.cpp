// If-Match and the tags that it names (api-contract §1.4), by resource. Goals, envelopes, rules,
// preferences, accounts and transactions: in the files of their own.
#include "ledger/shared_expense.hpp"
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_conditions)

namespace {

const std::string me = "/api/auth/me";

struct conditions : api {
  /// Another microsecond for each call: an edit has its time as its version.
  http::response ask(const std::string& method, const std::string& target,
                     const std::string& body = {}, const std::string& tag = {}) {
    ++clock.at.count;
    http::fields headers;
    if (!tag.empty()) headers.push_back({"If-Match", tag});
    return call(method, target, body, std::move(headers));
  }

  std::string tag(const http::response& answer) {
    BOOST_REQUIRE_MESSAGE(header(answer, "ETag") != nullptr, answer.status << answer.body);
    return *header(answer, "ETag");
  }
  std::string tag_of(const std::string& path) { return tag(ask("GET", path)); }

  void stale(const std::string& method, const std::string& target, const std::string& body,
             const std::string& old) {
    const auto answer = ask(method, target, body, old);
    BOOST_TEST(answer.status == 409, method << ' ' << target << ' ' << answer.body);
    BOOST_TEST(code_of(answer) == "VERSION_CONFLICT");
  }

  void put_notification() {
    ledger::notification n;
    n.id = ledger::notification_id{"n1"};
    n.user = ledger::user_id{"ana"};
    n.created_at = clock.at;
    books.beside.put(n);
  }

  /// Made by bia, with a share of ana.
  void put_expense() {
    ledger::shared_expense e;
    e.id = ledger::shared_expense_id{"e1"};
    e.user = ledger::user_id{"bia"};
    e.total = base::centavos{1000};
    e.created_at = clock.at;
    ledger::expense_share s;
    s.id = ledger::share_id{"p1"};
    s.expense = e.id;
    s.user = ledger::user_id{"ana"};
    s.status = "pending";
    s.amount = e.total;
    s.created_at = clock.at;
    books.beside.put(e);
    books.beside.put(s);
  }

  void become(const std::string& user) { bearer = "Bearer " + token_of(user); }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_stale_tag_of_a_category_is_a_conflict) {
  conditions a;
  const std::string path = "/api/categories/c1";
  const auto first = a.tag_of(path);
  const auto changed = a.ask("PUT", path, R"({"name":"a"})", first);
  BOOST_TEST(changed.status == 200);
  const auto second = a.tag(changed);
  BOOST_TEST(second != first);
  BOOST_TEST(second == a.tag_of(path));
  a.stale("PUT", path, R"({"name":"b"})", first);
  a.stale("DELETE", path, {}, first);
  BOOST_TEST(*parsed(a.ask("GET", path).body).find("name")->if_string() == "a");
  BOOST_TEST(a.ask("PUT", path, R"({"name":"c"})", "*").status == 200);
  BOOST_TEST(a.ask("PUT", path, R"({"name":"d"})").status == 200);
  BOOST_TEST(a.ask("DELETE", path, {}, a.tag_of(path)).status == 200);
}

BOOST_AUTO_TEST_CASE(one_category_is_read_like_the_list) {
  conditions a;
  const auto one = a.ask("GET", "/api/categories/c1");
  BOOST_TEST('[' + one.body + ']' == a.ask("GET", "/api/categories").body);
  for (const char* other : {"/api/categories/cb", "/api/categories/a1", "/api/categories/x"}) {
    const auto missing = a.ask("GET", other);
    BOOST_TEST(missing.status == 404, other);
    BOOST_TEST(code_of(missing) == "CATEGORY_NOT_FOUND");
  }
  a.ask("DELETE", "/api/categories/c1");
  a.books.rows.at(ledger::account_id{"c1"}).record.active = false;
  BOOST_TEST(a.ask("GET", "/api/categories/c1").status == 404);
}

BOOST_AUTO_TEST_CASE(a_stale_tag_of_a_profile_is_a_conflict) {
  conditions a;
  const auto first = a.tag_of(me);
  const auto changed = a.ask("PUT", me, R"({"name":"Ana Maria"})", first);
  BOOST_TEST(changed.status == 200);
  BOOST_TEST(a.tag(changed) != first);
  BOOST_TEST(a.tag(changed) == a.tag_of(me));
  a.stale("PUT", me, R"({"name":"Outra"})", first);
  BOOST_TEST(*parsed(a.ask("GET", me).body).find("name")->if_string() == "Ana Maria");
  const auto moved = a.ask("PUT", me, R"({"email":"ana@new.example"})", a.tag_of(me));
  BOOST_TEST(moved.status == 200);
  BOOST_TEST(a.tag(moved) != a.tag(changed));
}

// What somebody else changed of the user is nothing that a PUT of the profile would undo.
BOOST_AUTO_TEST_CASE(a_new_password_is_no_other_profile) {
  conditions a;
  const auto before = a.tag_of(me);
  auto& ana = a.books.users.at(ledger::user_id{"ana"});
  ana.password_hash = "another";
  ana.updated_at = a.clock.at;
  ana.admin = true;
  BOOST_TEST(a.tag_of(me) == before);
  const auto changed = a.ask("PUT", me, R"({"name":"Ana Maria"})", before);
  BOOST_TEST(changed.status == 200);
  BOOST_TEST(*parsed(changed.body).find("role")->if_string() == "admin");
}

// The book looks, not the handler: what it sees is what stands when it decides.
BOOST_AUTO_TEST_CASE(a_profile_that_changes_under_way_is_a_conflict) {
  conditions a;
  const auto before = a.tag_of(me);
  a.books.overtaken = [&] { a.books.users.at(ledger::user_id{"ana"}).name = "Outra"; };
  a.stale("PUT", me, R"({"name":"Ana Maria"})", before);
  BOOST_TEST(a.books.users.at(ledger::user_id{"ana"}).name == "Outra");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_taken_under_way_is_in_use) {
  conditions a;
  a.books.overtaken = [&] { a.add_user("eva", "ana@new.example"); };
  const auto late = a.ask("PUT", me, R"({"email":"ana@new.example"})");
  BOOST_TEST(late.status == 400);
  BOOST_TEST(code_of(late) == "EMAIL_IN_USE");
  BOOST_TEST(a.books.users.at(ledger::user_id{"ana"}).email == "ana@example.com");
}

BOOST_AUTO_TEST_CASE(a_stale_tag_of_a_notification_is_a_conflict) {
  conditions a;
  a.put_notification();
  const std::string path = "/api/notifications/n1";
  const auto unread = a.tag_of(path);
  const auto read = a.ask("PATCH", path + "/read", {}, unread);
  BOOST_TEST(read.status == 200);
  BOOST_TEST(a.tag(read) != unread);
  BOOST_TEST(a.tag(read) == a.tag_of(path));
  a.stale("PATCH", path + "/read", {}, unread);
  BOOST_TEST(a.ask("PATCH", path + "/read", {}, a.tag(read)).body == read.body);
  BOOST_TEST(a.ask("PATCH", "/api/notifications/x/read", {}, unread).status == 404);
}

BOOST_AUTO_TEST_CASE(a_stale_tag_of_a_feed_item_is_a_conflict) {
  conditions a;
  ledger::feed_item news;
  news.id = ledger::feed_item_id{"f1"};
  news.user = ledger::user_id{"ana"};
  news.created_at = a.clock.at;
  a.books.beside.put(news);
  const std::string path = "/api/activity-feed/f1/read";
  a.stale("PATCH", path, {}, "\"nobody made this\"");
  BOOST_TEST(!a.books.beside.all<ledger::feed_item>().front().read_at.has_value());
  const auto read = a.ask("PATCH", path);
  BOOST_TEST(a.ask("PATCH", path, {}, a.tag(read)).status == 200);
}

BOOST_AUTO_TEST_CASE(a_stale_tag_of_a_share_is_a_conflict) {
  conditions a;
  a.put_expense();
  const std::string path = "/api/shared-expenses/shares/p1";
  const auto open = a.tag_of(path);
  a.stale("PATCH", path, R"({"action":"accept"})", "\"1\"");
  BOOST_TEST(a.books.beside.all<ledger::expense_share>().front().status == "pending");
  const auto accepted = a.ask("PATCH", path, R"({"action":"accept"})", open);
  BOOST_TEST(accepted.status == 200);
  BOOST_TEST(a.tag(accepted) != open);
  BOOST_TEST(a.tag(accepted) == a.tag_of(path));
  BOOST_TEST(accepted.body == a.ask("GET", path).body);
  a.stale("PATCH", path, R"({"action":"reject"})", open);
  // Whose share it is comes first: nobody learns from a tag that it is there.
  a.become("bia");
  BOOST_TEST(a.ask("PATCH", path, R"({"action":"accept"})", open).status == 404);
  BOOST_TEST(a.tag_of(path) == a.tag(accepted)); // who made the expense sees its shares
  a.add_user("eva", "eva@example.com");
  a.become("eva");
  BOOST_TEST(code_of(a.ask("GET", path)) == "SHARE_NOT_FOUND");
  BOOST_TEST(code_of(a.ask("GET", "/api/shared-expenses/shares/x")) == "SHARE_NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(a_stale_tag_of_a_shared_expense_is_a_conflict) {
  conditions a;
  a.put_expense();
  const std::string path = "/api/shared-expenses/e1";
  // Not to be cancelled by ana, whatever she has seen.
  const auto first = a.tag_of(path + "/full-details");
  BOOST_TEST(a.ask("DELETE", path, {}, "\"1\"").status == 403);
  // An answer changes a share, not the expense.
  a.ask("PATCH", "/api/shared-expenses/shares/p1", R"({"action":"accept"})");
  a.become("bia");
  BOOST_TEST(a.tag_of(path + "/full-details") == first);
  auto e = a.books.beside.all<ledger::shared_expense>().front();
  e.updated_at = a.clock.at;
  a.books.beside.put(e);
  a.stale("DELETE", path, {}, first);
  BOOST_TEST(!a.books.beside.all<ledger::shared_expense>().front().cancelled);
  BOOST_TEST(a.ask("DELETE", path, {}, a.tag_of(path + "/full-details")).status == 204);
}

BOOST_AUTO_TEST_CASE(a_change_answers_with_the_tag_that_a_read_shows) {
  conditions a;
  const std::string goal = R"({"name":"n","target_amount_cents":9,"target_date":"2027-01-01",)"
                           R"("category":"c","priority":"low"})";
  const std::vector<std::array<std::string, 3>> kinds{
      {"/api/accounts", R"({"name":"n","type":"cash","balance":1})", R"({"balance":2})"},
      {"/api/categories", R"({"name":"n","type":"income","color":"#000000","icon":"i"})",
       R"({"name":"m"})"},
      {"/api/goals", goal, R"({"name":"m"})"},
      {"/api/envelopes", R"({"name":"n","balance":9})", R"({"name":"m"})"},
      {"/api/automations", R"({"name":"n","type":"round_up","conditions":{},"actions":{}})",
       R"({"name":"m"})"},
      {"/api/transactions",
       R"({"date":"2026-11-24","account_id":"a1","category_id":"c1","type":"income",)"
       R"("amount_cents":5,"description":"x"})",
       R"({"description":"y"})"}};
  for (const auto& [path, body, edit] : kinds) {
    BOOST_TEST_CONTEXT(path) {
      const auto made = a.ask("POST", path, body);
      BOOST_TEST(made.status == 200);
      const auto one = path + '/' + *parsed(made.body).find("id")->if_string();
      BOOST_TEST(a.tag(made) == a.tag_of(one));
      const auto changed = a.ask("PUT", one, edit, a.tag(made));
      BOOST_TEST(changed.status == 200);
      BOOST_TEST(a.tag(changed) == a.tag_of(one));
    }
  }
  const auto shared =
      a.ask("POST", "/api/shared-expenses",
            R"({"total_cents":9,"description":"x","invited_email":"bia@example.com"})");
  const auto path = "/api/shared-expenses/" + *parsed(shared.body).find("id")->if_string();
  BOOST_TEST(a.tag(shared) == a.tag_of(path + "/full-details"));
  const std::string preferences = "/api/insights/preferences";
  const auto chosen = a.ask("PATCH", preferences, R"({"enable_goals_at_risk":false})");
  BOOST_TEST(a.tag(chosen) == a.tag_of(preferences));
}

// Since then it may have changed: a tag would claim that the answer shows it as it is.
BOOST_AUTO_TEST_CASE(a_replay_has_no_tag) {
  conditions a;
  const http::fields keyed{{"Idempotency-Key", "k"}};
  const auto first = a.call("PUT", me, R"({"name":"Ana Maria"})", keyed);
  BOOST_TEST(a.tag(first) == a.tag_of(me));
  const auto again = a.call("PUT", me, R"({"name":"Ana Maria"})", keyed);
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(header(again, "Idempotent-Replayed") != nullptr);
  BOOST_TEST(header(again, "ETag") == nullptr);
  BOOST_TEST(code_of(a.call("PUT", me, R"({"name":"Outra"})", keyed)) == "IDEMPOTENCY_KEY_REUSED");
}

// The key comes before what stands: the answer of then, although the address is another's by now.
BOOST_AUTO_TEST_CASE(a_profile_changes_once_per_key) {
  conditions a;
  const http::fields keyed{{"Idempotency-Key", "k"}};
  const std::string moved = R"({"email":"ana@new.example"})";
  const auto first = a.call("PUT", me, moved, keyed);
  BOOST_TEST(first.status == 200);
  a.books.users.at(ledger::user_id{"ana"}).email = "ana@third.example";
  a.add_user("eva", "ana@new.example");
  BOOST_TEST(a.call("PUT", me, moved, keyed).body == first.body);
  BOOST_TEST(a.books.users.at(ledger::user_id{"ana"}).email == "ana@third.example");
}

BOOST_AUTO_TEST_CASE(an_expense_is_shared_once_per_key_whatever_became_of_the_invited) {
  conditions a;
  const http::fields keyed{{"Idempotency-Key", "k"}};
  const auto share = [&](const std::string& email) {
    return a.call("POST", "/api/shared-expenses",
                  R"({"total_cents":9,"description":"x","invited_email":")" + email + "\"}", keyed);
  };
  const auto first = share("bia@example.com");
  BOOST_TEST(first.status == 200);
  a.books.users.at(ledger::user_id{"bia"}).email = "bia@new.example";
  const auto again = share("bia@example.com");
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(header(again, "Idempotent-Replayed") != nullptr);
  BOOST_TEST(a.books.beside.all<ledger::shared_expense>().size() == 1u);
  const auto unknown = a.ask("POST", "/api/shared-expenses",
                             R"({"total_cents":9,"description":"x",)"
                             R"("invited_email":"bia@example.com"})");
  BOOST_TEST(unknown.status == 400);
  BOOST_TEST(unknown.body == R"({"detail":"Participante não encontrado",)"
                             R"("code":"BAD_REQUEST","request_id":"rid"})");
}

BOOST_AUTO_TEST_CASE(all_sessions_end_once_per_key) {
  conditions a;
  const auto put_session = [&](const char* id) {
    ledger::login_session s;
    s.id = ledger::session_id{id};
    s.user = ledger::user_id{"ana"};
    s.expires_at = base::utc_us{a.clock.at.count + base::us_per_day};
    a.books.beside.put(s);
  };
  const auto live = [&] {
    int count = 0;
    for (const auto& s : a.books.beside.all<ledger::login_session>())
      count += s.live(a.clock.at) ? 1 : 0;
    return count;
  };
  put_session("s1");
  put_session("s2");
  const http::fields keyed{{"Idempotency-Key", "k"}};
  const auto first = a.call("POST", "/api/auth/logout-all", {}, keyed);
  BOOST_TEST(first.body == R"({"message":"Todas as sessões foram encerradas"})");
  BOOST_REQUIRE(header(first, "Set-Cookie") != nullptr);
  BOOST_TEST(header(first, "Set-Cookie")->find("Max-Age=0") != std::string::npos);
  BOOST_TEST(live() == 0);
  put_session("s3"); // logged in again: a late repetition ends nothing, and leaves the cookie
  const auto again = a.call("POST", "/api/auth/logout-all", {}, keyed);
  BOOST_TEST(again.body == first.body);
  BOOST_TEST(header(again, "Set-Cookie") == nullptr);
  BOOST_TEST(live() == 1);
}

BOOST_AUTO_TEST_CASE(the_feed_counts_what_it_has) {
  conditions a;
  for (int i = 0; i < 3; ++i) {
    ledger::feed_item news;
    news.id = ledger::feed_item_id{"f" + std::to_string(i)};
    news.user = ledger::user_id{i == 2 ? "bia" : "ana"};
    news.created_at = a.clock.at;
    if (i == 0) news.read_at = a.clock.at;
    a.books.beside.put(news);
  }
  const auto page = a.ask("GET", "/api/activity-feed?limit=1&count=true");
  BOOST_TEST(parsed(page.body).if_array()->size() == 1u);
  BOOST_REQUIRE(header(page, "X-Total-Count") != nullptr);
  BOOST_TEST(*header(page, "X-Total-Count") == "2");
  BOOST_TEST(header(page, "X-Next-Cursor") != nullptr);
  BOOST_TEST(header(a.ask("GET", "/api/activity-feed"), "X-Total-Count") == nullptr);
}

BOOST_AUTO_TEST_CASE(an_unusable_amount_of_an_edit_is_400) {
  conditions a;
  const auto made = a.ask("POST", "/api/transactions",
                          R"({"date":"2026-11-24","account_id":"a1","category_id":"c1",)"
                          R"("type":"income","amount_cents":5,"description":"x"})");
  const auto path = "/api/transactions/" + *parsed(made.body).find("id")->if_string();
  const auto edited = [&](const std::string& amount) {
    return a.ask("PUT", path, R"({"amount_cents":)" + amount + '}');
  };
  for (const char* bad : {"0", "-1", "1000000000000000", "9223372036854775807",
                          "9223372036854775808", "-9223372036854775809"}) {
    const auto refused = edited(bad);
    BOOST_TEST(refused.status == 400, bad);
    BOOST_TEST(refused.body ==
               R"({"detail":{"error":"TRANSACTION_VALIDATION_ERROR","message":"Valor inválido",)"
               R"("details":"amount_cents vai de 1 a 999999999999999.",)"
               R"("code":"TX_VALIDATION_AMOUNT"},"code":"TX_VALIDATION_AMOUNT",)"
               R"("request_id":"rid"})");
  }
  // What is no integer is a fault of the form, on update as on create.
  for (const char* bad : {"\"700\"", "true", "7.5"}) {
    const auto refused = edited(bad);
    BOOST_TEST(refused.status == 422, bad);
    BOOST_TEST(faults_of(refused)[0] ==
               "value_error body.amount_cents Value error, amount_cents must be integer");
  }
  BOOST_TEST(edited("999999999999999").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
