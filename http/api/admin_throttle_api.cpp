// Who guessed too often, for the operator (api-contract §16).
#include "http/api/admin_api.hpp"
#include "http/api/correction.hpp"
#include "http/api/render.hpp"

#include "base/json.hpp"

#include <fmt/format.h>

namespace http {

namespace {

namespace json = base::json;

void append_throttled(std::string& out, const throttled& t) {
  out += "{\"id\":";
  append_text(out, t.id);
  out += ",\"scope\":";
  append_text(out, to_text(t.scope));
  out += fmt::format(",\"failures\":{},\"blocked_until\":", t.failures);
  append_instant(out, t.blocked_until);
  out += '}';
}

response unblock(const service& s, const request& r, const ledger::user_record& admin,
                 const std::string& reason) {
  const auto& id = r.path_param("id");
  if (s.throttle == nullptr || !s.throttle->unblock(id))
    return s.refused(base::failure{"RATE_LIMIT_NOT_FOUND", {}}, r, about_user);
  ledger::audit_note note;
  note.action = "rate_limits.unblock";
  note.target = id;
  note.reason = reason;
  note.request_id = r.request_id;
  if (auto noted = note_action(s.books, admin.id, std::move(note), s.deadline()); !noted)
    return s.refused(noted.error(), r, about_user);
  response answer;
  answer.body = json::write(json::object{{"id", id}, {"unblocked", true}});
  return answer;
}

} // namespace

response admin_list_throttled(const service& s, const request&, const ledger::user_record&) {
  response answer;
  append_list(answer.body, s.throttle ? s.throttle->list(s.clock.now()) : std::vector<throttled>{},
              append_throttled);
  return answer;
}

response admin_unblock(const service& s, const request& r, const ledger::user_record& admin) {
  return act_with_reason(s, r, admin,
                         [&](const std::string& reason) { return unblock(s, r, admin, reason); });
}

} // namespace http
