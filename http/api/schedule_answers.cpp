#include "http/api/job_api.hpp"
#include "http/api/schedule_api.hpp"
#include "http/problem.hpp"

namespace http {

response schedule_refusal(const service& s, const base::failure& why, const request& r) {
  const auto told = [&](int status, std::string_view text) {
    return problem(status, why.code, text, r.request_id);
  };
  if (why.code == "NOT_FOUND") return told(404, "Agendamento não encontrado");
  if (why.code == "VERSION_CONFLICT") return told(409, "O agendamento mudou; leia-o de novo");
  if (why.code == "SCHEDULE_KEPT")
    return told(409, "Este agendamento segue uma regra do sistema ou uma automação: mude a regra");
  if (why.code == "OVERLAPPING") return told(409, "Um job deste agendamento ainda não terminou");
  if (why.code == "LOCK_CONTENDED") return told(409, "O job já está em execução");
  if (why.code == "BACKFILL_TOO_LARGE")
    return told(422, "O intervalo tem mais ocorrências do que cabem de uma vez: " +
                         std::string{why.detail});
  if (why.code == "BAD_RANGE") return told(422, "O intervalo já passou ou está invertido");
  if (why.code == "BAD_RULE") return told(422, "Regra inválida: " + std::string{why.detail});
  return job_refusal(s, why, r);
}

} // namespace http
