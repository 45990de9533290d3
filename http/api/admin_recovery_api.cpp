// Recovery mode for the operator (api-contract §15.4, §16).
#include "http/api/admin_api.hpp"

#include "base/json.hpp"

namespace http {

namespace {

namespace json = base::json;

response shown(const recovery_view& now) {
  json::array lost;
  for (const auto& l : now.lost)
    lost.emplace_back(json::object{{"shard", std::int64_t{l.shard}},
                                   {"remembered_seq", static_cast<std::int64_t>(l.remembered)},
                                   {"found_seq", static_cast<std::int64_t>(l.found)},
                                   {"other_history", l.other}});
  response answer;
  answer.body = json::write(json::object{{"active", now.on}, {"lost", std::move(lost)}});
  return answer;
}

} // namespace

response admin_recovery(const service& s, const request&, const ledger::user_record&) {
  return shown(s.books.recovery());
}

response admin_finish_recovery(const service& s, const request& r, const ledger::user_record&) {
  const auto body = read_admin_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  const auto reason = read_reason(r, std::get<json::value>(body), bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (auto done = s.books.finish_recovery(); !done)
    return s.refused(done.error(), r, refusal_context::subject::user);
  return shown(s.books.recovery());
}

} // namespace http
