// Goal: what the contract says letter for letter: texts of refusals and messages, what a new user
//       has, names of months (api-contract §1.2, §3, §5, §6, §12).
#include "tests/http/api_fixture.hpp"

#include <set>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_texts)

namespace {

using lines = std::vector<std::string>;

http::fields keyed(const std::string& key) { return {{"Idempotency-Key", key}}; }

std::string missing(const std::string& code, const std::string& text) {
  return R"({"detail":")" + text + R"(","code":")" + code + R"(","request_id":"rid"})";
}

/// A user who has nothing: no accounts, no categories.
struct bare : api {
  bare() {
    add_user("eva", "eva@example.com");
    bearer = "Bearer " + token_of("eva");
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(an_envelope_that_is_not_there) {
  api a;
  const auto text = missing("ENVELOPE_NOT_FOUND", "Caixinha não encontrada");
  const std::pair<const char*, const char*> asked[] = {{"GET", ""},
                                                       {"PUT", ""},
                                                       {"DELETE", ""},
                                                       {"POST", "/add-value?amount=1"},
                                                       {"POST", "/withdraw-value?amount=1"}};
  for (const auto& [method, rest] : asked) {
    const auto answer = a.call(method, std::string{"/api/envelopes/x"} + rest, R"({"name":"n"})");
    BOOST_TEST(answer.status == 404, method << rest);
    BOOST_TEST(answer.body == text, method << rest);
  }
}

BOOST_AUTO_TEST_CASE(a_notification_that_is_not_there) {
  api a;
  const auto text = missing("NOTIFICATION_NOT_FOUND", "Notificação não encontrada");
  const std::pair<const char*, const char*> asked[] = {{"GET", ""}, {"PATCH", "/read"}};
  for (const auto& [method, rest] : asked) {
    const auto answer = a.call(method, std::string{"/api/notifications/x"} + rest);
    BOOST_TEST(answer.status == 404, method);
    BOOST_TEST(answer.body == text, method);
  }
}

BOOST_AUTO_TEST_CASE(whoever_waited_for_a_key_may_ask_again_after_a_second) {
  api a;
  a.books.refusal = base::failure{"IDEMPOTENCY_IN_FLIGHT", {}};
  const auto answer = a.call("POST", "/api/envelopes", R"({"name":"n"})", keyed("k"));
  BOOST_TEST(answer.status == 409);
  BOOST_REQUIRE(header(answer, "Retry-After") != nullptr);
  BOOST_TEST(*header(answer, "Retry-After") == "1");
}

BOOST_AUTO_TEST_CASE(the_categories_of_a_new_user) {
  api a;
  a.bearer.clear();
  const auto made = a.call("POST", "/api/auth/register",
                           R"({"name":"Zé","email":"ze@example.com","password":"secret"})");
  BOOST_REQUIRE(made.status == 200);
  a.bearer = "Bearer " + *parsed(made.body).find("access_token")->if_string();
  std::set<std::string> found;
  const auto list = parsed(a.call("GET", "/api/categories").body);
  for (const auto& c : *list.if_array())
    found.insert(*c.find("type")->if_string() + ' ' + *c.find("name")->if_string() + ' ' +
                 *c.find("color")->if_string() + ' ' + *c.find("icon")->if_string());
  const std::set<std::string> wanted{"income Salário #22c55e 💰",
                                     "income Freelance #10b981 💻",
                                     "income Investimentos #14b8a6 📈",
                                     "income Vendas / Bicos #84cc16 🤝",
                                     "income Outros - Receita #6b7280 ➕",
                                     "expense Moradia #3b82f6 🏠",
                                     "expense Alimentação #ef4444 🍕",
                                     "expense Transporte #6366f1 🚗",
                                     "expense Saúde #06b6d4 🏥",
                                     "expense Educação #8b5cf6 📚",
                                     "expense Lazer #ec4899 🎮",
                                     "expense Compras #f59e0b 🛒",
                                     "expense Contas e Serviços #64748b 🧾",
                                     "expense Despesas Pessoais #a855f7 👤",
                                     "expense Outros - Despesa #6b7280 📦"};
  BOOST_TEST(found == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whoever_has_nothing_is_given_nothing_by_asking) {
  bare b;
  const auto rows = b.books.rows.size();
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(b.call("GET", "/api/accounts").body == "[]");
    BOOST_TEST(b.call("GET", "/api/categories").body == "[]");
    const auto data = parsed(b.call("GET", "/api/me/data").body);
    for (const char* section : {"accounts", "categories", "goals", "envelopes"})
      BOOST_TEST(data.find(section)->if_array()->empty(), section);
    BOOST_TEST(b.call("GET", "/api/transactions").body == "[]");
  }
  BOOST_TEST(b.books.rows.size() == rows);
  BOOST_TEST(b.books.executions == 0);
}

BOOST_AUTO_TEST_CASE(the_names_of_the_months) {
  api a;
  a.clock.at = instant("2026-12-31T12:00:00Z");
  a.bearer = "Bearer " + a.token_of("ana");
  const auto list =
      parsed(a.call("GET", "/api/reports/cashflow?months=12&period=calendar&fill=true").body);
  lines months;
  for (const auto& m : *list.if_array()) months.push_back(*m.find("month")->if_string());
  BOOST_TEST(months == (lines{"Jan/26", "Fev/26", "Mar/26", "Abr/26", "Mai/26", "Jun/26", "Jul/26",
                              "Ago/26", "Set/26", "Out/26", "Nov/26", "Dez/26"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_last_words_of_an_account) {
  api a;
  a.books.users.at(ledger::user_id{"ana"}).password_hash = *a.passwords.hash("segredo");
  BOOST_TEST(a.call("POST", "/api/privacy/delete-account", R"({"password":"segredo"})").body ==
             R"({"message":"Conta excluída com sucesso. Seus dados foram anonimizados; o )"
             R"(histórico contábil é mantido para fins de auditoria."})");
}

BOOST_AUTO_TEST_SUITE_END()
