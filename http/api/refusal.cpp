#include "http/api/refusal.hpp"

#include "http/auth/authenticator.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <array>
#include <fmt/format.h>

namespace http {

namespace {

using ledger::code_text;
using ledger::errc;

constexpr std::string_view tx_conflict = "TX_CONFLICT"; ///< version_conflict of a transaction

constexpr std::string_view recovery_missing = "RECOVERY_CHECK_MISSING";
constexpr std::string_view recovery_failed = "RECOVERY_CHECK_FAILED";

/// Refusals whose detail is a text.
struct plain {
  std::string_view code;
  int status;
  std::string_view detail;
  bool passes = true; ///< of a 409: in a moment it may be gone
};

constexpr std::array plain_refusals{
    plain{"ACCOUNT_NOT_FOUND", 404, "Conta não encontrada"},
    plain{"TRANSACTION_NOT_FOUND", 404, "Transação não encontrada"},
    plain{"ACCOUNT_ALREADY_DELETED", 400, "Conta já está excluída"},
    plain{"TRANSACTION_NOT_DELETED", 400, "Transação não está excluída"},
    plain{"EMAIL_IN_USE", 400, "Este email já está em uso"},
    plain{"FLOOR_ABOVE_BALANCE", 422, "O saldo da conta está abaixo do limite mínimo pedido"},
    plain{"CEILING_BELOW_BALANCE", 422, "O saldo da conta está acima do limite máximo pedido"},
    plain{"ACCOUNT_NOT_CREDIT", 422, "credit_limit só vale para contas do tipo 'credit'"},
    plain{"HOLD_NOT_FOUND", 404, "Bloqueio não encontrado"},
    plain{"HOLD_ENDED", 422, "O bloqueio já foi encerrado"},
    plain{"HOLD_AMOUNT", 422, "O valor excede o do bloqueio"},
    plain{"HOLD_EXPIRES_EARLY", 422, "expires_at deve estar no futuro"},
    plain{"LIMIT_REACHED", 422, "Limite de registros por usuário atingido"},
    plain{"BATCH_REJECTED", 422, "Lote rejeitado: nenhuma transação foi criada"},
    plain{"IDEMPOTENCY_KEY_REUSED", 400,
          "Idempotency-Key já usada com outro corpo de requisição. Use outra key ou o mesmo "
          "payload."},
    plain{"IDEMPOTENCY_IN_FLIGHT", 409,
          "Requisição com esta Idempotency-Key ainda está em andamento. Tente novamente."},
    plain{"DB_READ_ONLY", 503, "Banco de dados em modo somente leitura"},
    plain{"OVERLOADED", 503, "Servidor sobrecarregado. Tente novamente."},
    plain{"SHUTTING_DOWN", 503, "Servidor em desligamento. Tente novamente."},
    plain{"SHARD_STOPPED", 503, "Operações desta conta estão suspensas para verificação"},
    plain{"RECOVERY_MODE", 503, "Servidor em modo de recuperação"},
    plain{"CHECK_RUNNING", 409, "Outra verificação está em andamento"},
    plain{"CHECK_NOT_FOUND", 404, "Verificação não encontrada"},
    plain{"RATE_LIMIT_NOT_FOUND", 404, "Bloqueio de tentativas não encontrado"},
    plain{"USER_NOT_FOUND", 404, "Usuário não encontrado"},
    plain{"USER_DELETED", 409, "A conta foi excluída e não pode ser reativada", false},
    plain{"LAST_ADMIN", 409,
          "Este é o último administrador ativo. Promova outro usuário antes de continuar.", false},
    plain{"SESSION_NOT_FOUND", 404, "Sessão não encontrada"},
    plain{"RESET_INVALID", 400, "Link de redefinição inválido ou expirado"},
    plain{"GOAL_NOT_FOUND", 404, "Meta não encontrada"},
    plain{"GOAL_AMOUNT", 422, "O valor atual da meta vai de 0 até o valor alvo"},
    plain{"ENVELOPE_NOT_FOUND", 404, "Caixinha não encontrada"},
    plain{"ENVELOPE_INSUFFICIENT", 400, "Saldo insuficiente"},
    plain{"AUTOMATION_INVALID", 422, "A regra não pode ser executada com estes dados"},
    plain{"AUTOMATION_NOT_FOUND", 404, "Automação não encontrada"},
    plain{"SHARE_NOT_FOUND", 404, "Compartilhamento não encontrado"},
    plain{"SHARE_ANSWERED", 400, "Compartilhamento já respondido"},
    plain{"SHARE_PERCENTAGES", 422, "As porcentagens devem somar 100"},
    plain{"SHARE_AMOUNTS", 422, "Os valores devem somar o total da despesa"},
    plain{"SHARED_EXPENSE_NOT_FOUND", 404, "Despesa compartilhada não encontrada"},
    plain{"SHARED_EXPENSE_CANCELLED", 400, "Despesa compartilhada cancelada"},
    plain{"FORBIDDEN", 403, "Apenas quem criou a despesa pode cancelá-la"},
    plain{"FEED_ITEM_NOT_FOUND", 404, "Item não encontrado"},
    plain{"DATA_INCONSISTENT", 503, "Os dados da despesa estão inconsistentes"},
    plain{"NOTIFICATION_NOT_FOUND", 404, "Notificação não encontrada"},
    plain{
        "EXPORT_TOO_LARGE", 422,
        "A exportação passa do limite de uma resposta. Peça menos meses, ou use vaidepix export."},
    plain{"MONTH_NOT_ENDED", 422, "O mês ainda não terminou"},
    plain{"OUTCOME_UNKNOWN", 504,
          "O resultado ainda não é conhecido. Repita com a mesma Idempotency-Key."},
};

/// Refusals of the transaction rules: the detail is an object.
struct rule {
  std::string_view code;
  int status;
  std::string_view message;
  std::string_view details;
};

constexpr std::array rule_refusals{
    rule{"TX_VALIDATION_DESCRIPTION", 400, "Descrição não pode ser vazia",
         "description deve ter pelo menos um caractere."},
    rule{"TX_VALIDATION_AMOUNT", 400, "Valor inválido", "amount_cents vai de 1 a 999999999999999."},
    rule{"TX_VALIDATION_MISSING_FIELD", 400, "Campo obrigatório ausente",
         "Os campos enviados não podem ser nulos."},
    rule{"TX_TRANSFER_SAME_ACCOUNT", 400, "Transferência para a mesma conta não é permitida",
         "Origem e destino não podem ser a mesma conta."},
    rule{"TX_ACCOUNT_CLOSED", 422, "Conta encerrada", "A conta não aceita novos lançamentos."},
    rule{"TX_BALANCE_LIMIT", 422, "Limite de saldo excedido",
         "O saldo de uma conta vai até 9999999999999.99."},
};

std::string invalid_type_details(const std::string& type) {
  if (type == "income" || type == "expense" || type == "transfer")
    return "O tipo de uma transação não pode mudar de ou para 'transfer'.";
  return fmt::format("type deve ser 'income', 'expense' ou 'transfer'. Recebido: '{}'", type);
}

std::string_view insufficient_message(const std::string& type) {
  if (type == "transfer") return "Saldo insuficiente para esta transferência.";
  if (type == "expense") return "Saldo insuficiente para esta despesa.";
  return "Saldo insuficiente para esta operação.";
}

bool is_unavailable(std::string_view code) {
  return code == "DB_UNAVAILABLE" || code == "DB_TIMEOUT" || code == "DB_FULL" ||
         code == "DB_SCHEMA";
}

response unavailable(const refusal_context& context, std::string_view request_id) {
  auto answer =
      problem(503, "DB_UNAVAILABLE", "Banco de dados indisponível. Tente novamente.", request_id);
  if (context.legacy_status_500) answer.status = 500; // the body and Retry-After are the same
  return answer;
}

response no_category(const base::failure& why, const refusal_context& context,
                     std::string_view request_id) {
  if (context.about == refusal_context::subject::category)
    return problem(404, "CATEGORY_NOT_FOUND", "Categoria não encontrada", request_id);
  // Where a request may name several, the failure says which one.
  const auto details =
      context.category.empty() && !why.detail.empty()
          ? why.detail
          : fmt::format("Nenhuma categoria com id '{}' pertence ao usuário.", context.category);
  return rule_problem(404, code_text(errc::category_not_found), "Categoria não encontrada", details,
                      request_id);
}

response no_destination(int status, const refusal_context& context, std::string_view request_id) {
  return rule_problem(
      status, code_text(errc::transfer_to_account), "Conta de destino não encontrada",
      fmt::format("Nenhuma conta com id '{}' pertence ao usuário.", context.to_account),
      request_id);
}

/// `step` is one of recovery_steps. An operator acts on it, no client that only repeats itself.
response step_refused(bool missing, std::string_view step, std::string_view request_id) {
  if (missing)
    return problem(409, recovery_missing,
                   fmt::format("Falta o passo {} da recuperação (verify, backfill, snapshots, "
                               "reconcile, nesta ordem)",
                               step),
                   request_id);
  return problem(409, recovery_failed,
                 fmt::format("O passo {} da recuperação encontrou problemas", step), request_id);
}

response conflict(const refusal_context& context, std::string_view request_id) {
  const bool transaction = context.about == refusal_context::subject::transaction;
  if (!transaction)
    return problem(409, code_text(errc::version_conflict),
                   "O registro foi alterado. Leia-o novamente.", request_id);
  return rule_problem(409, tx_conflict, "A transação foi alterada. Leia-a novamente.",
                      "O If-Match enviado não corresponde à versão atual.", request_id);
}

} // namespace

response refuse(const base::failure& why, const refusal_context& context,
                std::string_view request_id) {
  const auto code = why.code;
  if (code == code_text(errc::insufficient_balance))
    return rule_problem(422, code_text(errc::insufficient_balance),
                        insufficient_message(context.type), why.detail, request_id);
  if (code == code_text(errc::invalid_type))
    return rule_problem(400, code_text(errc::invalid_type), "Tipo de transação inválido",
                        invalid_type_details(context.type), request_id);
  if (code == code_text(errc::category_not_found)) return no_category(why, context, request_id);
  if (code == code_text(errc::transfer_to_account)) return no_destination(404, context, request_id);
  if (code == code_text(errc::transfer_to_blank)) return no_destination(400, context, request_id);
  if (code == code_text(errc::version_conflict) || code == tx_conflict)
    return conflict(context, request_id);
  if (is_unavailable(code)) return unavailable(context, request_id);
  if (code == recovery_missing || code == recovery_failed)
    return step_refused(code == recovery_missing, why.detail, request_id);
  if (code == "BAD_REQUEST") return problem(400, code, why.detail, request_id);
  if (code == "UNAUTHORIZED") return unauthorized(request_id); // gone since the token was looked at
  // A ceiling of the account's own says where it is.
  const bool own_limit = code == code_text(errc::balance_limit) && !why.detail.empty();
  for (const auto& r : rule_refusals) {
    if (r.code != code) continue;
    return rule_problem(r.status, r.code, r.message,
                        own_limit ? std::string_view{why.detail} : r.details, request_id);
  }
  for (const auto& p : plain_refusals) {
    if (p.code != code) continue;
    auto answer = problem(p.status, p.code, p.detail, request_id);
    if (p.status == 409 && p.passes) answer.headers.push_back({"Retry-After", "1"});
    return answer;
  }
  return internal_error(context.internal, request_id);
}

std::string_view stored_code(std::string_view body) {
  for (const auto pinned : {errc::batch_rejected, errc::insufficient_balance, errc::account_closed,
                            errc::balance_limit, errc::envelope_insufficient}) {
    const auto code = code_text(pinned);
    if (body.find(fmt::format("\"code\":\"{}\"", code)) != body.npos) return code;
  }
  return {};
}

} // namespace http
