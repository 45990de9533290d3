#include "http/api/job_api.hpp"

#include "http/api/admin_api.hpp"
#include "http/api/correction.hpp"
#include "http/api/render.hpp"
#include "http/problem.hpp"

#include <fmt/format.h>

#include <array>

namespace http {
namespace {

struct job_problem {
  std::string_view code;
  int status;
  std::string_view text;
};

constexpr std::array job_problems{
    job_problem{"NOT_FOUND", 404, "Job não encontrado"},
    job_problem{"UNKNOWN_WORKER", 404, "Worker desconhecido"},
    job_problem{"VERSION_CONFLICT", 409, "O job mudou; leia-o de novo"},
    job_problem{"DUPLICATE_JOB", 409, "Já existe um job com esta chave"},
    job_problem{"LEASE_LOST", 409, "Este lease não vale mais"},
    job_problem{"LOCK_HOLDER_ALIVE", 409, "O dono do lock ainda trabalha"},
    job_problem{"PREVIEW_STALE", 409, "A prévia não vale mais"},
    job_problem{"EFFECTS_REFUSED", 422, "Os efeitos do job foram recusados"},
    job_problem{"UNKNOWN_KIND", 422, "Tipo de job desconhecido"},
    job_problem{"UNKNOWN_QUEUE", 422, "Fila desconhecida"},
    job_problem{"BAD_PAYLOAD", 422, "Payload inválido"},
    job_problem{"FOREIGN_ACCOUNT", 422, "Conta de outra pessoa"},
    job_problem{"NOT_DRY", 422, "Jobs deste tipo não podem ser simulados"},
    job_problem{"LANE_FULL", 503, "A fila desta lane está cheia"},
    job_problem{"JOBS_OFF", 503, "Este servidor não executa jobs"},
};

} // namespace

response job_refusal(const service& s, const base::failure& why, const request& r) {
  if (why.code == "ILLEGAL_TRANSITION") {
    const auto blank = why.detail.find(' ');
    const auto event = why.detail.substr(0, blank);
    const auto state = blank == std::string::npos ? std::string{} : why.detail.substr(blank + 1);
    auto answer =
        problem(409, "ILLEGAL_TRANSITION",
                fmt::format("{} is not possible in state {}", event, state), r.request_id);
    answer.body.pop_back();
    answer.body += fmt::format(",\"state\":\"{}\",\"event\":\"{}\"}}", state, event);
    return answer;
  }
  for (const auto& p : job_problems)
    if (p.code == why.code) {
      const auto text =
          why.detail.empty() ? std::string{p.text} : fmt::format("{}: {}", p.text, why.detail);
      return problem(p.status, p.code, text, r.request_id);
    }
  return s.refused(why, r, about_user);
}

job_caller caller_of(const ledger::user_record& user) { return {user.id, user.admin}; }

std::variant<ledger::user_record, response> job_user(const service& s, const request& r) {
  std::optional<ledger::user_record> found;
  auto refused =
      for_user(s, r, [&](const service&, const request&, const ledger::user_record& user) {
        found = user;
        return response{};
      });
  if (!found) return refused;
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  return std::move(*found);
}

scheduler::job_id job_of_path(const request& r) { return scheduler::job_id{r.path_param("id")}; }

std::optional<std::string> act_reason(const request& r, const base::json::value& body,
                                      bool required, faults& bad) {
  const bool given = body.find("reason") != nullptr || r.query_value("reason") != nullptr;
  if (!given && !required) return std::string{};
  return read_reason(r, body, bad);
}

void note_job_action(const service& s, const ledger::user_record& who, std::string_view action,
                     const std::string& target, const std::string& reason, const request& r,
                     std::function<void()> then) {
  if (!who.admin) {
    if (then) then();
    return;
  }
  ledger::audit_note note;
  note.action = std::string{action};
  note.target = target;
  note.reason = reason;
  note.request_id = r.request_id;
  note_action(s.books, who.id, std::move(note), s.deadline(),
              [&s, r, then = std::move(then)](const base::status& kept) {
                // It is done; the rows of the job say by whom, too.
                if (!kept && s.hooks.on_internal_error) s.hooks.on_internal_error(r, kept.error());
                if (then) then();
              });
}

void do_job_action(const service& s, request r, reply to, const ledger::user_record& who,
                   action_key key, const job_action& act) {
  auto answered = [id = who.id.text(), to = std::move(to)](response answer) {
    answer.user_id = id;
    to(std::move(answer));
  };
  const auto noted = [&s, who, act](const request& sent, reply done) {
    act(sent,
        [&s, who, sent, done = std::move(done)](response answer, std::optional<job_note> note) {
          if (!who.admin || !note || answer.status >= 300) return done(std::move(answer));
          note_job_action(s, who, note->action, note->target, note->reason, sent,
                          [done, answer = std::move(answer)] { done(answer); });
        });
  };
  keyed_later(s, std::move(r), who, std::move(key), noted, std::move(answered));
}

list_wish read_list_wish(query_reader& in) {
  list_wish w;
  w.limit = in.integer("limit", 1, 100).value_or(100);
  w.after = in.text("cursor", 400).value_or("");
  return w;
}

void append_list_end(std::string& out, const std::optional<std::string>& next,
                     const list_total& total) {
  out += ",\"next_cursor\":";
  append_optional_text(out, next);
  out += fmt::format(",\"total\":{{\"value\":{},\"exact\":{}}}}}", total.value, total.exact);
}

} // namespace http
