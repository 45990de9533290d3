// Every refusal of the ledger and of the storage, with its exact body (api-contract §1.2, §7).
#include "tests/http/api_fixture.hpp"

#include "ledger/errc.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <ostream>

namespace bdata = boost::unit_test::data;
using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_refusals)

namespace {

struct text_case {
  std::string_view code;
  int status;
  std::string shown_code, detail;
  bool retry = false;
};
std::ostream& operator<<(std::ostream& out, const text_case& c) { return out << c.code; }

struct rule_case {
  std::string_view code;
  std::string type;
  int status;
  std::string shown_code, message, details;
};
std::ostream& operator<<(std::ostream& out, const rule_case& c) {
  return out << c.code << ' ' << c.type;
}

const std::string away = "Banco de dados indisponível. Tente novamente.";

const std::vector<text_case> texts{
    {"ACCOUNT_NOT_FOUND", 404, "ACCOUNT_NOT_FOUND", "Conta não encontrada"},
    {"TRANSACTION_NOT_FOUND", 404, "TRANSACTION_NOT_FOUND", "Transação não encontrada"},
    {"ACCOUNT_ALREADY_DELETED", 400, "ACCOUNT_ALREADY_DELETED", "Conta já está excluída"},
    {"EMAIL_IN_USE", 400, "EMAIL_IN_USE", "Este email já está em uso"},
    {"IDEMPOTENCY_KEY_REUSED", 400, "IDEMPOTENCY_KEY_REUSED",
     "Idempotency-Key já usada com outro corpo de requisição. Use outra key ou o mesmo payload."},
    {"IDEMPOTENCY_IN_FLIGHT", 409, "IDEMPOTENCY_IN_FLIGHT",
     "Requisição com esta Idempotency-Key ainda está em andamento. Tente novamente.", true},
    {"FLOOR_ABOVE_BALANCE", 422, "FLOOR_ABOVE_BALANCE",
     "O saldo da conta está abaixo do limite mínimo pedido"},
    {"LIMIT_REACHED", 422, "LIMIT_REACHED", "Limite de registros por usuário atingido"},
    {"USER_NOT_FOUND", 404, "USER_NOT_FOUND", "Usuário não encontrado"},
    {"USER_DELETED", 409, "USER_DELETED", "A conta foi excluída e não pode ser reativada"},
    {"LAST_ADMIN", 409, "LAST_ADMIN",
     "Este é o último administrador ativo. Promova outro usuário antes de continuar."},
    {"DB_UNAVAILABLE", 503, "DB_UNAVAILABLE", away, true},
    {"DB_TIMEOUT", 503, "DB_UNAVAILABLE", away, true},
    {"DB_FULL", 503, "DB_UNAVAILABLE", away, true},
    {"DB_SCHEMA", 503, "DB_UNAVAILABLE", away, true},
    {"DB_READ_ONLY", 503, "DB_READ_ONLY", "Banco de dados em modo somente leitura", true},
    {"OVERLOADED", 503, "OVERLOADED", "Servidor sobrecarregado. Tente novamente.", true},
    {"SHUTTING_DOWN", 503, "SHUTTING_DOWN", "Servidor em desligamento. Tente novamente.", true},
    {"SHARD_STOPPED", 503, "SHARD_STOPPED",
     "Operações desta conta estão suspensas para verificação", true},
    {"OUTCOME_UNKNOWN", 504, "OUTCOME_UNKNOWN",
     "O resultado ainda não é conhecido. Repita com a mesma Idempotency-Key.", true},
};

const std::vector<rule_case> rules{
    {"TX_VALIDATION_INVALID_TYPE", "foo", 400, "TX_VALIDATION_INVALID_TYPE",
     "Tipo de transação inválido",
     "type deve ser 'income', 'expense' ou 'transfer'. Recebido: 'foo'"},
    {"TX_VALIDATION_DESCRIPTION", "income", 400, "TX_VALIDATION_DESCRIPTION",
     "Descrição não pode ser vazia", "description deve ter pelo menos um caractere."},
    {"TX_CATEGORY_NOT_FOUND", "income", 404, "TX_CATEGORY_NOT_FOUND", "Categoria não encontrada",
     "Nenhuma categoria com id 'cat' pertence ao usuário."},
    {"TX_TRANSFER_TO_ACCOUNT", "transfer", 404, "TX_TRANSFER_TO_ACCOUNT",
     "Conta de destino não encontrada", "Nenhuma conta com id 'dest' pertence ao usuário."},
    {"TX_TRANSFER_TO_BLANK", "transfer", 400, "TX_TRANSFER_TO_ACCOUNT",
     "Conta de destino não encontrada", "Nenhuma conta com id 'dest' pertence ao usuário."},
    {"TX_TRANSFER_SAME_ACCOUNT", "transfer", 400, "TX_TRANSFER_SAME_ACCOUNT",
     "Transferência para a mesma conta não é permitida",
     "Origem e destino não podem ser a mesma conta."},
    {"TX_INSUFFICIENT_BALANCE", "transfer", 422, "TX_INSUFFICIENT_BALANCE",
     "Saldo insuficiente para esta transferência.", "Saldo atual: -10.00; valor: 999.99."},
    {"TX_INSUFFICIENT_BALANCE", "expense", 422, "TX_INSUFFICIENT_BALANCE",
     "Saldo insuficiente para esta despesa.", "Saldo atual: -10.00; valor: 999.99."},
    {"TX_ACCOUNT_CLOSED", "income", 422, "TX_ACCOUNT_CLOSED", "Conta encerrada",
     "A conta não aceita novos lançamentos."},
    {"TX_BALANCE_LIMIT", "income", 422, "TX_BALANCE_LIMIT", "Limite de saldo excedido",
     "O saldo de uma conta vai até 9999999999999.99."},
    {"VERSION_CONFLICT", "", 409, "TX_CONFLICT", "A transação foi alterada. Leia-a novamente.",
     "O If-Match enviado não corresponde à versão atual."},
    {"TX_CONFLICT", "", 409, "TX_CONFLICT", "A transação foi alterada. Leia-a novamente.",
     "O If-Match enviado não corresponde à versão atual."},
};

const std::string create =
    R"({"date":"2026-11-24","account_id":"a1","category_id":"c1","type":"expense","amount_cents":1,"description":"x"})";

std::string with(std::string body, const std::string& from, const std::string& to) {
  return body.replace(body.find(from), from.size(), to);
}

std::string internal(const std::string& code) {
  return R"({"detail":{"error":"INTERNAL_ERROR","message":"Erro interno do servidor",)"
         R"("details":{},"code":")" +
         code + R"("},"code":")" + code + R"(","request_id":"rid"})";
}

} // namespace

BOOST_DATA_TEST_CASE(a_refusal_with_a_text, bdata::make(texts), c) {
  const auto answer = http::refuse(base::failure{c.code, "inside"}, {}, "rid");
  BOOST_TEST(answer.status == c.status);
  BOOST_TEST(answer.code == c.shown_code);
  BOOST_TEST(answer.body == R"({"detail":")" + c.detail + R"(","code":")" + c.shown_code +
                                R"(","request_id":"rid"})");
  BOOST_TEST((header(answer, "Retry-After") != nullptr) == c.retry);
}

BOOST_AUTO_TEST_CASE(a_ceiling_of_the_account_says_where_it_is) {
  const auto answer = http::refuse(
      base::failure{"TX_BALANCE_LIMIT", "O saldo desta conta vai até 5.00."}, {}, "rid");
  BOOST_TEST(answer.status == 422);
  BOOST_TEST(answer.body.find(R"("details":"O saldo desta conta vai até 5.00.")") !=
             std::string::npos);
}

BOOST_DATA_TEST_CASE(a_refusal_of_the_rules, bdata::make(rules), c) {
  http::refusal_context context;
  context.type = c.type;
  context.category = "cat";
  context.to_account = "dest";
  const bool general = std::string_view{c.code} == "TX_BALANCE_LIMIT"; // of all accounts
  const auto answer = http::refuse(
      base::failure{c.code, general ? "" : "Saldo atual: -10.00; valor: 999.99."}, context, "rid");
  BOOST_TEST(answer.status == c.status);
  BOOST_TEST(answer.code == c.shown_code);
  BOOST_TEST(answer.body == R"({"detail":{"error":"TRANSACTION_VALIDATION_ERROR","message":")" +
                                c.message + R"(","details":")" + c.details + R"(","code":")" +
                                c.shown_code + R"("},"code":")" + c.shown_code +
                                R"(","request_id":"rid"})");
}

BOOST_AUTO_TEST_CASE(a_fault_of_ours_says_nothing_to_the_client_and_all_to_the_log) {
  api a;
  std::vector<std::string> heard;
  a.s.hooks.on_internal_error = [&](const http::request& r, const base::failure& why) {
    heard.push_back(r.request_id + ' ' + std::string{why.code} + ' ' + why.detail);
  };
  a.books.refusal = base::failure{"DB_BROKEN", "42P01: no table"};
  const auto answer = a.call("POST", "/api/transactions", create);
  BOOST_TEST(answer.status == 500);
  BOOST_TEST(answer.body == internal("TX_INTERNAL_ERROR"));
  BOOST_TEST(answer.code == "TX_INTERNAL_ERROR");
  const auto other = a.call("POST", "/api/envelopes", R"({"name":"n"})");
  BOOST_TEST(other.status == 500);
  BOOST_TEST(other.body == internal("INTERNAL_ERROR"));
  a.books.refusal.reset();
  a.books.broken = base::failure{"DB_BROKEN", "42P01: no table"};
  BOOST_TEST(a.call("GET", "/api/envelopes").body == internal("INTERNAL_ERROR"));
  const std::vector<std::string> expected(3, "rid DB_BROKEN 42P01: no table");
  BOOST_TEST(heard == expected, boost::test_tools::per_element());
}

// Each unsound request of the documented order, through the route.
BOOST_AUTO_TEST_CASE(requests_are_refused_by_the_books_with_their_own_words) {
  api a;
  const auto post = [&](const std::string& from, const std::string& to) {
    return a.call("POST", "/api/transactions", with(create, from, to));
  };
  const auto type = post("\"expense\"", "\"f'oo\"");
  BOOST_TEST(type.status == 400);
  BOOST_TEST(type.body.find("Recebido: 'f'oo'") != std::string::npos);
  BOOST_TEST(code_of(post("\"x\"", "\"  \"")) == "TX_VALIDATION_DESCRIPTION");
  BOOST_TEST(code_of(post("\"x\"", "\"\"")) == "TX_VALIDATION_DESCRIPTION");
  const auto account = post("\"a1\"", "\"b1\"");
  BOOST_TEST(account.status == 404);
  BOOST_TEST(account.body ==
             R"({"detail":"Conta não encontrada","code":"ACCOUNT_NOT_FOUND","request_id":"rid"})");
  const auto category = post("\"c1\"", "\"cb\"");
  BOOST_TEST(category.status == 404);
  BOOST_TEST(category.body.find("Nenhuma categoria com id 'cb' pertence ao usuário.") !=
             std::string::npos);
  const auto blank = post("\"expense\"", R"("transfer","to_account_id":"  ")");
  BOOST_TEST(blank.status == 400);
  BOOST_TEST(code_of(blank) == "TX_TRANSFER_TO_ACCOUNT");
  const auto unknown = post("\"expense\"", R"("transfer","to_account_id":"b1")");
  BOOST_TEST(unknown.status == 404);
  BOOST_TEST(unknown.body.find("Nenhuma conta com id 'b1'") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
