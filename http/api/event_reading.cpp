#include "http/api/event_reading.hpp"

#include "http/auth/authenticator.hpp"
#include "http/problem.hpp"
#include "http/server/event_streams.hpp"

#include <utility>
#include <variant>

namespace http {

request with_bearer(const request& r) {
  request asked = r;
  const auto* token = r.query_value("token");
  if (token != nullptr && r.header("Authorization") == nullptr)
    asked.headers.push_back({"Authorization", "Bearer " + *token});
  asked.query.clear();
  asked.body.clear();
  return asked;
}

bool may_read_on(const service& s, const request& asked, bool admin_only) {
  const authenticator who{s.tokens, s.books, s.clock, {s.settings.accept_email_subject, {}}};
  const auto found = who.authenticate(asked);
  if (!found) return true;
  const auto* user = std::get_if<ledger::user_record>(&*found);
  return user != nullptr && (user->admin || !admin_only);
}

response open_events(const service& s, const request& r,
                     std::function<bool(std::string& out, bool beat)> from) {
  response answer;
  answer.content_type = "text/event-stream";
  answer.body = "retry: 3000\n\n";
  if (s.streams == nullptr) return problem(503, "OVERLOADED", "Sem fluxo de eventos", r.request_id);
  answer.takes_socket = s.streams->admit(std::move(from));
  if (!answer.takes_socket)
    return problem(503, "OVERLOADED", "Servidor sobrecarregado. Tente novamente.", r.request_id);
  return answer;
}

} // namespace http
