// A user's own data, and the end of an account (api-contract §12.2, §12.3).
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_privacy)

namespace {

struct leaving : api {
  leaving() { books.users.at(ledger::user_id{"ana"}).password_hash = *passwords.hash("segredo"); }
  http::response leave(const std::string& password) {
    return call("POST", "/api/privacy/delete-account", R"({"password":")" + password + "\"}");
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(all_that_a_web_app_begins_with) {
  api a;
  a.call("POST", "/api/envelopes", R"({"name":"Reserva"})");
  a.call("POST", "/api/goals",
         R"({"name":"Viagem","target_amount_cents":9,"target_date":"2027-01-01",)"
         R"("category":"lazer","priority":"low"})");
  const auto data = parsed(a.call("GET", "/api/me/data").body);
  BOOST_TEST(data.find("accounts")->if_array()->size() == 2u);
  BOOST_TEST(data.find("categories")->if_array()->size() == 1u);
  BOOST_TEST(data.find("envelopes")->if_array()->size() == 1u);
  BOOST_TEST(data.find("goals")->if_array()->size() == 1u);
  BOOST_TEST(data.find("transactions")->if_array() != nullptr);
  BOOST_TEST(!*data.find("transactions_truncated")->if_bool());
  BOOST_TEST(a.books.asked_list->limit == 10'000);
}

BOOST_AUTO_TEST_CASE(an_account_ends_with_its_password) {
  leaving a;
  ledger::login_session session;
  session.id = ledger::session_id{"s1"};
  session.user = ledger::user_id{"ana"};
  session.expires_at = base::utc_us{a.clock.at.count + base::us_per_day};
  a.books.beside.put(session);
  a.call("POST", "/api/automations",
         R"({"name":"n","type":"recurring_transaction","conditions":{"frequency":"daily"},)"
         R"("actions":{"account_id":"a1","amount_cents":5}})");
  const auto wrong = a.leave("outra");
  BOOST_TEST(wrong.status == 401);
  BOOST_TEST(*parsed(wrong.body).find("detail")->if_string() ==
             "Senha incorreta. Confirme a senha para excluir a conta.");
  BOOST_TEST(a.call("POST", "/api/privacy/delete-account", "{}").status == 422);

  const auto gone = a.leave("segredo");
  BOOST_TEST(gone.status == 200);
  BOOST_TEST(gone.body.find("Conta excluída com sucesso.") != std::string::npos);
  BOOST_TEST(header(gone, "Set-Cookie")->find("Max-Age=0") != std::string::npos);
  const auto& user = a.books.users.at(ledger::user_id{"ana"});
  BOOST_TEST(user.name == "Conta excluída");
  BOOST_TEST(user.email == "deleted_ana@anonymized.local");
  BOOST_TEST(!user.active);
  BOOST_TEST(user.password_hash == "!");
  BOOST_TEST(a.books.beside.all<ledger::login_session>().front().revoked_at.has_value());
  const auto rule = a.books.beside.all<ledger::automation>().front();
  BOOST_TEST(!rule.active);
  BOOST_TEST(!rule.next_run.has_value());
  BOOST_TEST(a.call("GET", "/api/auth/me").status == 401);
  BOOST_TEST(a.leave("segredo").status == 401);
}

BOOST_AUTO_TEST_CASE(an_end_that_a_new_password_overtook_does_not_come) {
  leaving a;
  auto& user = a.books.users.at(ledger::user_id{"ana"});
  a.books.overtaken = [&] { user.password_hash = *a.passwords.hash("outra senha"); };
  BOOST_TEST(a.leave("segredo").status == 401);
  BOOST_TEST(user.active);
}

BOOST_AUTO_TEST_SUITE_END()
