// What a recurring rule has done, and to run it now (api-contract §10).
#include "http/api/handlers.hpp"
#include "http/api/own_row.hpp"
#include "http/api/recurring_rule.hpp"
#include "http/api/render.hpp"
#include "http/api/render_rows.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"

#include <utility>

namespace http {

void append_automation_run(std::string& out, const ledger::automation_run& run) {
  out += "{\"occurrence_date\":\"" + base::to_text(run.day) + "\",\"state\":";
  append_text(out, ledger::to_text(run.end));
  out += ",\"transaction_id\":";
  if (run.transaction)
    append_text(out, run.transaction->text());
  else
    out += "null";
  out += ",\"error\":";
  if (run.code.empty())
    out += "null";
  else
    append_text(out, run.code);
  out += ",\"at\":";
  append_instant(out, run.at);
  out += '}';
}

response list_automation_runs(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  const auto limit = query_reader{r, bad}.integer("limit", 1, 500).value_or(100);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const ledger::automation_id id{r.path_param("id")};
  const auto rule = s.books.user_rows(ledger::automation_by_id{user.id, id});
  if (!rule) return s.refused(rule.error(), r, about_user);
  if (rule->empty())
    return s.refused(base::fail(ledger::errc::automation_not_found), r, about_user);
  const auto runs = s.books.user_rows(ledger::automation_runs_of{user.id, id, limit});
  if (!runs) return s.refused(runs.error(), r, about_user);
  response answer;
  append_list(answer.body, ledger::rows_of<ledger::automation_run>(*runs), append_automation_run);
  return answer;
}

decision execute_automation(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{.what = run_now(user.id, ledger::automation_id{r.path_param("id")}, s.zone),
                .key = std::move(key),
                .show =
                    [](const ledger::outcome& o) {
                      const auto& posted = std::get<ledger::changed_rows>(o).posted.value();
                      ledger::stored_answer answer{200, "{\"success\":true,\"transaction_id\":"};
                      append_text(answer.body, posted.id.text());
                      answer.body += ",\"message\":\"Automação executada com sucesso\"}";
                      return answer;
                    },
                .context = beside_the_books()};
}

} // namespace http
