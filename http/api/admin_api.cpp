// The base of the operator's routes (api-contract §16).
#include "http/api/admin_api.hpp"

#include "http/api/keyed_action.hpp"
#include "http/api/request_key.hpp"
#include "http/api/text.hpp"
#include "http/problem.hpp"

namespace http {

namespace {

namespace json = base::json;

constexpr text_rule reason_rule{.min = 3, .max = 200, .trim = true};

} // namespace

response for_admin(const service& s, const request& r, admin_handler run) {
  return for_user(s, r,
                  [run](const service& of, const request& sent, const ledger::user_record& user) {
                    if (!user.admin)
                      return problem(403, "ADMIN_REQUIRED", "Acesso restrito a administradores",
                                     sent.request_id);
                    return run(of, sent, user);
                  });
}

std::variant<json::value, response> read_admin_body(const request& r) {
  if (trimmed(r.body).empty()) return json::value{json::object{}};
  return read_body(r);
}

std::optional<std::string> read_reason(const request& r, const json::value& body, faults& bad) {
  if (body.find("reason") == nullptr && r.query_value("reason") != nullptr) {
    // What JSON cannot hold is refused by the reader of queries.
    const auto sent = query_reader{r, bad}.text("reason", r.query_value("reason")->size());
    if (!sent) return std::nullopt;
    const json::value asked{json::object{{"reason", *sent}}};
    return object_reader{asked, {"query"}, bad}.text("reason", reason_rule);
  }
  return object_reader{body, {"body"}, bad}.text("reason", reason_rule);
}

response act_with_reason(const service& s, const request& r, const ledger::user_record& admin,
                         const std::function<response(const std::string& reason)>& act) {
  const auto body = read_admin_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  const auto reason = read_reason(r, std::get<json::value>(body), bad);
  action_key key{idempotency_key(r, bad)};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  key.canonical = json::object{{"reason", *reason}};
  return keyed_action(s, r, admin, std::move(key), [&] { return act(*reason); });
}

} // namespace http
