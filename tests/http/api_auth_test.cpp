// Tokens, passwords, registration, login and profile (api-contract §1.1, §4).
#include "tests/http/api_fixture.hpp"

#include "http/auth/password.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace bdata = boost::unit_test::data;
using namespace http_test;
using observability::token_rejection;

BOOST_AUTO_TEST_SUITE(api_auth)

namespace {

const std::string no_header =
    R"({"detail":"Not authenticated","code":"NOT_AUTHENTICATED","request_id":"rid"})";
const std::string bad_scheme =
    R"({"detail":"Invalid authentication credentials","code":"BAD_SCHEME","request_id":"rid"})";
const std::string bad_token =
    R"({"detail":"Could not validate credentials","code":"UNAUTHORIZED","request_id":"rid"})";

http::response me_with(api& a, const std::string& authorization) {
  return a.call("GET", "/api/auth/me", {}, {{"Authorization", authorization}});
}

token_rejection rejection(const http::access_tokens& t, const std::string& text, base::utc_us now) {
  const auto verdict = t.verify(text, now);
  BOOST_REQUIRE(std::holds_alternative<token_rejection>(verdict));
  return std::get<token_rejection>(verdict);
}

// Made by an independent implementation: PyJWT with the key "the key of last year",
// {"sub": "ana@example.com", "exp": 4102444800}.
const std::string former_token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                                 "eyJzdWIiOiAiYW5hQGV4YW1wbGUuY29tIiwgImV4cCI6IDQxMDI0NDQ4MDB9."
                                 "XD6b3n3clWHPox0skhqPdW8ub7UrrwzlXy27nUMuxDI";

} // namespace

// -- tokens ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_token_says_who_until_it_expires) {
  api a;
  const auto token = a.token_of("ana");
  const auto read = a.tokens.verify(token, a.clock.at);
  BOOST_REQUIRE(std::holds_alternative<http::token_claims>(read));
  const auto& claims = std::get<http::token_claims>(read);
  BOOST_TEST(claims.subject == "ana");
  BOOST_TEST(claims.session == "session");
  BOOST_TEST(claims.token_id == "token");
  BOOST_TEST(claims.expires_at.count == a.clock.at.count + 30 * 60 * base::us_per_second);

  const auto end = claims.expires_at;
  const base::utc_us second_before{end.count - 1};
  BOOST_TEST(std::holds_alternative<http::token_claims>(a.tokens.verify(token, second_before)));
  BOOST_TEST((rejection(a.tokens, token, end) == token_rejection::expired));
}

BOOST_AUTO_TEST_CASE(a_verified_token_is_known_until_it_expires_or_there_is_no_room) {
  http::verified_tokens known;
  const base::utc_us now{1'000'000}, end{2'000'000};
  const auto claims_of = [&](int i) {
    return http::token_claims{"user " + std::to_string(i), "s", "t", end};
  };
  const auto token_of = [](int i) { return "token " + std::to_string(i); };
  BOOST_TEST(!known.find(token_of(0), now));
  known.remember(token_of(0), claims_of(0));
  BOOST_TEST((known.find(token_of(0), now) == claims_of(0)));
  BOOST_TEST((known.find(token_of(0), {end.count - 1}) == claims_of(0)));
  BOOST_TEST(!known.find(token_of(0), end));
  BOOST_TEST(!known.find("token", now));

  constexpr int many = 40'000; // more than there is room for
  for (int i = 0; i < many; ++i) known.remember(token_of(i), claims_of(i));
  int found = 0;
  for (int i = 0; i < many; ++i)
    if (const auto claims = known.find(token_of(i), now)) {
      ++found;
      BOOST_REQUIRE((*claims == claims_of(i)));
    }
  BOOST_TEST(found > 0);
  BOOST_TEST(found <= static_cast<int>(16 * http::verified_tokens::per_shard));
  BOOST_TEST((known.find(token_of(many - 1), now) == claims_of(many - 1)));
}

BOOST_AUTO_TEST_CASE(a_former_key_verifies_and_a_stranger_does_not) {
  api a;
  const http::access_tokens former{{.key = "the key of last year", .previous = {}}};
  const http::access_tokens stranger{{.key = "some other key that is not ours", .previous = {}}};
  const auto old = former.issue("ana", "s", "j", a.clock.at);
  BOOST_TEST(std::holds_alternative<http::token_claims>(a.tokens.verify(old, a.clock.at)));
  const auto foreign = stranger.issue("ana", "s", "j", a.clock.at);
  BOOST_TEST((rejection(a.tokens, foreign, a.clock.at) == token_rejection::unknown_key));
}

BOOST_AUTO_TEST_CASE(a_token_without_kid_tries_every_key) {
  api a;
  const auto read = a.tokens.verify(former_token, a.clock.at);
  BOOST_REQUIRE(std::holds_alternative<http::token_claims>(read));
  BOOST_TEST(std::get<http::token_claims>(read).subject == "ana@example.com");
  const http::access_tokens others{{.key = "some other key that is not ours", .previous = {}}};
  BOOST_TEST((rejection(others, former_token, a.clock.at) == token_rejection::bad_signature));
}

BOOST_AUTO_TEST_CASE(a_changed_byte_is_refused_wherever_it_stands) {
  api a;
  const auto token = a.token_of("ana");
  BOOST_TEST(me_with(a, "Bearer " + token).status == 200); // it is remembered, what is like it not
  const auto body = token.find('.') + 1;
  const auto signature = token.rfind('.') + 1;
  for (const auto at : {body + 3, signature + 3}) {
    auto forged = token;
    forged[at] = forged[at] == 'A' ? 'B' : 'A';
    BOOST_TEST(me_with(a, "Bearer " + forged).status == 401);
  }
}

// alg none in three spellings, another algorithm, a header that is no JSON, parts missing.
BOOST_DATA_TEST_CASE(a_token_of_another_form_is_refused,
                     bdata::make(std::vector<std::string>{
                         "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEiLCJleHAiOjQxMDI0NDQ4MDB9.",
                         "eyJhbGciOiJOb25lIn0.eyJzdWIiOiJhbmEiLCJleHAiOjQxMDI0NDQ4MDB9.",
                         "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJhbmEiLCJleHAiOjQxMDI0NDQ4MDB9.c2ln",
                         "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhbmEiLCJleHAiOjQxMDI0NDQ4MDB9.c2ln",
                         "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbmEiLCJleHAiOjQxMDI0NDQ4MDB9.c2ln",
                         "bm8.bm8.bm8", "a.b", "...", "x", "a b.c.d", std::string(5000, 'a')}),
                     text) {
  api a;
  BOOST_TEST((rejection(a.tokens, text, a.clock.at) == token_rejection::malformed));
  const auto answer = me_with(a, "Bearer " + text);
  BOOST_TEST(answer.status == 401);
  BOOST_TEST(answer.body == bad_token);
}

BOOST_AUTO_TEST_CASE(an_unknown_kid_is_refused) {
  api a;
  std::vector<token_rejection> heard;
  a.s.hooks.on_token_rejected = [&](token_rejection why) { heard.push_back(why); };
  const http::access_tokens stranger{{.key = "some other key that is not ours", .previous = {}}};
  const auto answer = me_with(a, "Bearer " + stranger.issue("ana", "s", "j", a.clock.at));
  BOOST_TEST(answer.status == 401);
  BOOST_REQUIRE(heard.size() == 1u);
  BOOST_TEST((heard[0] == token_rejection::unknown_key));
}

// -- who is asking --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(without_credentials_it_is_403) {
  api a;
  a.bearer.clear();
  BOOST_TEST(a.call("GET", "/api/auth/me").status == 403);
  BOOST_TEST(a.call("GET", "/api/auth/me").body == no_header);
  for (const auto* text : {"", "Bearer", "Bearer   "})
    BOOST_TEST(me_with(a, text).body == no_header);
}

BOOST_AUTO_TEST_CASE(another_scheme_is_403) {
  api a;
  const auto answer = me_with(a, "Basic YW5hOnNlbmhh");
  BOOST_TEST(answer.status == 403);
  BOOST_TEST(answer.body == bad_scheme);
  BOOST_TEST(me_with(a, "bearer " + a.token_of("ana")).status == 200);
}

BOOST_AUTO_TEST_CASE(unknown_inactive_and_expired_users_are_401) {
  api a;
  const auto gone = me_with(a, "Bearer " + a.token_of("nobody"));
  BOOST_TEST(gone.status == 401);
  BOOST_TEST(gone.body == bad_token);
  BOOST_REQUIRE(header(gone, "WWW-Authenticate") != nullptr);
  BOOST_TEST(*header(gone, "WWW-Authenticate") == "Bearer");

  a.books.users[ledger::user_id{"bia"}].active = false;
  BOOST_TEST(me_with(a, "Bearer " + a.token_of("bia")).status == 401);

  const auto token = a.token_of("ana");
  a.clock.at.count += 31 * 60 * base::us_per_second;
  BOOST_TEST(me_with(a, "Bearer " + token).status == 401);
}

BOOST_AUTO_TEST_CASE(an_email_as_subject_is_accepted_unless_it_is_switched_off) {
  api a;
  BOOST_TEST(me_with(a, "Bearer " + a.token_of("ANA@example.com")).status == 200);
  a.s.settings.accept_email_subject = false;
  BOOST_TEST(me_with(a, "Bearer " + a.token_of("ana@example.com")).status == 401);
  BOOST_TEST(me_with(a, "Bearer " + a.token_of("ana")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away_is_503_and_no_401) {
  api a;
  a.books.broken = base::failure{"DB_UNAVAILABLE", {}};
  const auto answer = a.call("GET", "/api/accounts");
  BOOST_TEST(answer.status == 503);
  BOOST_TEST(code_of(answer) == "DB_UNAVAILABLE");
  BOOST_REQUIRE(header(answer, "Retry-After") != nullptr);
  a.s.settings.legacy_status_500 = true;
  const auto legacy = a.call("GET", "/api/accounts");
  BOOST_TEST(legacy.status == 500);
  BOOST_TEST(legacy.body == answer.body);
}

// -- registration and login -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(registration_makes_the_user_and_all_their_accounts) {
  api a;
  a.bearer.clear();
  const auto answer = a.call("POST", "/api/auth/register",
                             R"({"name":" Zé ","email":"Ze@Example.com","password":"secret"})");
  BOOST_TEST(answer.status == 200);
  const auto body = parsed(answer.body);
  BOOST_TEST(*body.find("token_type")->if_string() == "bearer");
  const auto* user = body.find("user");
  const auto id = *user->find("id")->if_string();
  BOOST_TEST(
      base::json::write(*user) ==
      R"({"id":")" + id +
          R"(","name":"Zé","email":"ze@example.com","is_active":true,"created_at":"2026-11-24T18:00:00Z","role":"user"})");
  const auto claims = a.tokens.verify(*body.find("access_token")->if_string(), a.clock.at);
  BOOST_TEST(std::get<http::token_claims>(claims).subject == id);
  BOOST_TEST(answer.user_id == id);

  int money = 0, income = 0, expense = 0, equity = 0;
  for (const auto& [key, row] : a.books.rows) {
    const auto& r = row.record;
    if (r.owner.text() != id) continue;
    if (r.role == ledger::account_role::money) ++money;
    if (r.kind == ledger::account_kind::income) ++income;
    if (r.kind == ledger::account_kind::expense) ++expense;
    if (r.role == ledger::account_role::opening) {
      ++equity;
      BOOST_TEST(r.name == "Saldos iniciais");
      BOOST_TEST((r.kind == ledger::account_kind::equity));
    }
  }
  BOOST_TEST(money == 4);
  BOOST_TEST(income == 5);
  BOOST_TEST(expense == 10);
  BOOST_TEST(equity == 1);
}

BOOST_AUTO_TEST_CASE(the_starter_accounts_are_listed_in_their_order) {
  api a;
  const auto made = a.call("POST", "/api/auth/register",
                           R"({"name":"Zé","email":"ze@example.com","password":"secret"})");
  const auto made_body = parsed(made.body);
  std::vector<std::pair<base::utc_us, std::string>> own;
  for (const auto& [key, row] : a.books.rows)
    if (row.record.owner.text() == *made_body.find("user")->find("id")->if_string() &&
        row.record.role == ledger::account_role::money)
      own.emplace_back(row.record.created_at, row.record.name + '/' + row.record.type);
  std::sort(own.begin(), own.end());
  std::string names;
  for (const auto& [at, name] : own) names += name + ' ';
  BOOST_TEST(names == "Conta Corrente/checking Poupança/savings Cartão de Crédito/credit "
                      "Dinheiro/cash ");
}

BOOST_AUTO_TEST_CASE(a_taken_email_is_400_in_any_case) {
  api a;
  const auto answer = a.call("POST", "/api/auth/register",
                             R"({"name":"Ana","email":"ANA@example.com","password":"secret"})");
  BOOST_TEST(answer.status == 400);
  BOOST_TEST(answer.body ==
             R"({"detail":"Este email já está em uso","code":"EMAIL_IN_USE","request_id":"rid"})");
}

BOOST_AUTO_TEST_CASE(all_faults_of_a_registration_come_at_once_and_show_no_password) {
  api a;
  const auto answer =
      a.call("POST", "/api/auth/register", R"({"name":"<b>","email":"nobody","password":"12345"})");
  BOOST_TEST(answer.status == 422);
  const std::vector<std::string> expected{
      "value_error body.name Value error, Nome contém caracteres inválidos",
      "value_error body.email Value error, Email inválido",
      "value_error body.password Value error, Senha deve ter pelo menos 6 caracteres"};
  BOOST_TEST(faults_of(answer) == expected, boost::test_tools::per_element());
  BOOST_TEST(answer.body.find("12345") == std::string::npos);
  BOOST_TEST(answer.body.find(R"("input":"***")") != std::string::npos);

  const auto missing = a.call("POST", "/api/auth/login", R"({"password":"hunter2"})");
  BOOST_TEST(missing.status == 422);
  BOOST_TEST(missing.body.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(login_gives_a_token_for_the_right_password_only) {
  api a;
  a.books.users[ledger::user_id{"ana"}].password_hash = *a.passwords.hash("senha certa");
  const auto right =
      a.call("POST", "/api/auth/login", R"({"email":"Ana@example.com","password":"senha certa"})");
  BOOST_TEST(right.status == 200);
  BOOST_TEST(right.user_id == "ana");
  const std::string refused =
      R"({"detail":"Email ou senha incorretos","code":"BAD_CREDENTIALS","request_id":"rid"})";
  const auto wrong =
      a.call("POST", "/api/auth/login", R"({"email":"ana@example.com","password":"senha errada"})");
  BOOST_TEST(wrong.status == 401);
  BOOST_TEST(wrong.body == refused);
  const auto unknown =
      a.call("POST", "/api/auth/login", R"({"email":"none@example.com","password":"senha certa"})");
  BOOST_TEST(unknown.status == 401);
  BOOST_TEST(unknown.body == refused);
}

BOOST_AUTO_TEST_CASE(an_inactive_user_is_told_so_only_with_the_right_password) {
  api a;
  auto& ana = a.books.users[ledger::user_id{"ana"}];
  ana.password_hash = *a.passwords.hash("senha certa");
  ana.active = false;
  const auto right =
      a.call("POST", "/api/auth/login", R"({"email":"ana@example.com","password":"senha certa"})");
  BOOST_TEST(right.status == 400);
  BOOST_TEST(right.body ==
             R"({"detail":"Conta inativa","code":"USER_INACTIVE","request_id":"rid"})");
  const auto wrong =
      a.call("POST", "/api/auth/login", R"({"email":"ana@example.com","password":"errada"})");
  BOOST_TEST(wrong.status == 401);
}

BOOST_AUTO_TEST_CASE(a_bcrypt_hash_verifies_and_is_replaced) {
  // A published vector of crypt_blowfish, under the three prefixes that mean the same for ASCII.
  const std::string salted = "05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  const std::string body = R"({"email":"ana@example.com","password":"U*U"})";
  for (const auto* prefix : {"$2a$", "$2b$", "$2y$"}) {
    api a;
    auto& hash = a.books.users[ledger::user_id{"ana"}].password_hash;
    hash = prefix + salted;
    BOOST_TEST(a.call("POST", "/api/auth/login", R"({"email":"ana@example.com","password":"U*V"})")
                   .status == 401);
    BOOST_TEST(hash == prefix + salted);
    BOOST_TEST(a.call("POST", "/api/auth/login", body).status == 200);
    BOOST_TEST(hash.rfind("$argon2id$", 0) == 0u);
    BOOST_TEST(a.call("POST", "/api/auth/login", body).status == 200);
  }
}

BOOST_AUTO_TEST_CASE(a_hash_of_no_known_form_never_matches) {
  for (const auto* hash : {"", "plain", "$1$abc$def", "$2b$", "$2b$12$short", "$argon2id$x"})
    BOOST_TEST(!http::verify_password(hash, "plain"));
}

BOOST_AUTO_TEST_CASE(a_profile_changes_by_the_rules_of_registration) {
  api a;
  const auto me = a.call("GET", "/api/auth/me");
  BOOST_TEST(
      me.body ==
      R"({"id":"ana","name":"Ana","email":"ana@example.com","is_active":true,"created_at":"2026-01-02T03:04:05Z","role":"user"})");
  const auto token = a.bearer;
  const auto changed =
      a.call("PUT", "/api/auth/me", R"({"name":"Ana Maria","email":"AM@example.com"})");
  BOOST_TEST(changed.status == 200);
  BOOST_TEST(*parsed(changed.body).find("email")->if_string() == "am@example.com");
  BOOST_TEST(a.call("GET", "/api/auth/me").status == 200);
  BOOST_TEST(code_of(a.call("PUT", "/api/auth/me", R"({"email":"bia@example.com"})")) ==
             "EMAIL_IN_USE");
  BOOST_TEST(a.call("PUT", "/api/auth/me", R"({"name":"A"})").status == 422);
  BOOST_TEST(a.call("PUT", "/api/auth/me", R"({"name":null})").status == 200);
  BOOST_TEST(a.call("GET", "/api/protected").body ==
             R"({"message":"Hello Ana Maria!","user_id":"ana"})");
}

// -- the pool -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_full_password_queue_is_503_and_stopping_answers_all) {
  http::password_pool pool{{.threads = 1, .queue = 1, .cost = {1, 8192}}};
  std::mutex mutex;
  std::condition_variable changed;
  bool started = false, go_on = false;
  std::thread busy{[&] {
    const auto ran = pool.run([&] {
      std::unique_lock lock{mutex};
      started = true;
      changed.notify_all();
      changed.wait(lock, [&] { return go_on; });
    });
    BOOST_TEST(ran.has_value());
  }};
  {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return started; });
  }
  // One place in the queue: of two callers one waits and one is refused, whoever comes first.
  std::vector<std::string> ends(2);
  std::vector<std::thread> callers;
  std::condition_variable refused;
  for (std::size_t i = 0; i < 2; ++i)
    callers.emplace_back([&, i] {
      const auto ran = pool.run([] {});
      const std::lock_guard lock{mutex};
      ends[i] = ran ? "done" : std::string{ran.error().code};
      refused.notify_all();
    });
  {
    std::unique_lock lock{mutex};
    refused.wait(lock, [&] { return ends[0] == "OVERLOADED" || ends[1] == "OVERLOADED"; });
    go_on = true;
  }
  changed.notify_all();
  for (auto& c : callers) c.join();
  busy.join();
  std::sort(ends.begin(), ends.end());
  BOOST_TEST(ends[0] == "OVERLOADED");
  BOOST_TEST(ends[1] == "done");
  pool.stop();
  const auto late = pool.hash("x");
  BOOST_REQUIRE(late.has_error());
  BOOST_TEST(late.error().code == "SHUTTING_DOWN");
}

BOOST_AUTO_TEST_SUITE_END()
