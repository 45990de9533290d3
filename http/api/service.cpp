#include "http/api/service.hpp"

#include "base/json.hpp"
#include "http/api/request_key.hpp"
#include "http/api/text.hpp"
#include "http/problem.hpp"
#include "http/server/validator.hpp"
#include "ledger/errc.hpp"

#include <utility>

namespace http {

namespace {

using observability::idempotency_result;

idempotency_result key_result(const ledger::reply& reply) {
  if (reply.replayed) return idempotency_result::replayed;
  if (!reply.result) {
    const auto code = reply.result.error().code;
    if (code == code_text(ledger::errc::key_reused)) return idempotency_result::mismatch;
    if (code == code_text(ledger::errc::key_in_flight)) return idempotency_result::conflict;
  }
  return idempotency_result::first;
}

response rendered(ledger::stored_answer made) {
  response answer;
  answer.status = made.status;
  answer.body = std::move(made.body);
  if (answer.status >= 400) answer.code = stored_code(answer.body);
  return answer;
}

response stored_response(const ledger::reply& reply) {
  auto answer = rendered(*reply.stored);
  if (reply.replayed) answer.headers.push_back({"Idempotent-Replayed", "true"});
  return answer;
}

/// How a change is shown, whichever way it ends.
struct shown_change {
  success_render body;
  success_headers headers;
  refusal_context context;
};

response answer_to(const service& s, const request& r, const ledger::reply& ended,
                   const shown_change& how) {
  // A refusal that was decided just now is rendered again: the same bytes, and its headers.
  if (ended.stored && ended.replayed) return stored_response(ended);
  if (!ended.result) {
    auto answer = refuse(ended.result.error(), how.context, r.request_id);
    if (answer.code == how.context.internal && s.hooks.on_internal_error)
      s.hooks.on_internal_error(r, ended.result.error());
    return answer;
  }
  auto answer = ended.stored ? stored_response(ended) : rendered(how.body(*ended.result));
  if (how.headers && answer.status < 300) how.headers(answer, *ended.result);
  return answer;
}

/// Who sends the request, or the refusal.
std::variant<ledger::user_record, response> user_of(const service& s, const request& r) {
  const authenticator who{
      s.tokens, s.books, s.clock, {s.settings.accept_email_subject, s.hooks.on_token_rejected}};
  auto asked = who.authenticate(r);
  if (!asked) return s.refused(asked.error(), r, refusal_context::subject::user);
  return std::move(*asked);
}

} // namespace

base::utc_us service::deadline() const {
  return base::utc_us{clock.now().count + std::chrono::microseconds{settings.deadline}.count()};
}

response service::refused(const base::failure& why, const request& r,
                          refusal_context::subject about) const {
  refusal_context context;
  context.about = about;
  context.legacy_status_500 = settings.legacy_status_500;
  context.internal = internal_code(r.route);
  auto answer = refuse(why, context, r.request_id);
  if (answer.code == context.internal && hooks.on_internal_error) hooks.on_internal_error(r, why);
  return answer;
}

response for_user(const service& s, const request& r, const user_handler& run) {
  auto asked = user_of(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return std::move(*refused);
  const auto& user = std::get<ledger::user_record>(asked);
  auto answer = run(s, r, user);
  answer.user_id = user.id.text();
  return answer;
}

void change_for_user(const service& s, request r, const change_handler& decide, reply to) {
  auto asked = user_of(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return to(std::move(*refused));
  const auto& user = std::get<ledger::user_record>(asked);
  auto decided = decide(s, r, user);
  if (auto* refused = std::get_if<response>(&decided)) {
    refused->user_id = user.id.text();
    return to(std::move(*refused));
  }
  auto& c = std::get<change>(decided);
  c.context.legacy_status_500 = s.settings.legacy_status_500;
  c.context.internal = internal_code(r.route);
  ledger::envelope command;
  command.user = user.id;
  command.request_id = r.request_id;
  command.deadline = s.deadline();
  command.what = std::move(c.what);
  if (c.key) {
    command.key = ledger::request_key{{endpoint_of(r), std::move(*c.key)},
                                      fingerprint_of(r, std::move(c.canonical))};
    command.to_answer = [show = c.show, context = c.context,
                         id = r.request_id](const base::result<ledger::outcome>& made) {
      if (made) return show(*made);
      auto refused = refuse(made.error(), context, id);
      return ledger::stored_answer{refused.status, std::move(refused.body)};
    };
  }
  const bool keyed = command.key.has_value();
  command.item_to_answer = std::move(c.show_item);
  r.body = {}; // decoded: it need not wait for the commit
  s.books.execute(
      std::move(command),
      [&s, keyed, r = std::move(r), user = user.id, done = std::move(c.done),
       how = shown_change{std::move(c.show), std::move(c.headers), std::move(c.context)},
       to = std::move(to)](const ledger::reply& ended) {
        if (keyed && s.hooks.on_key) s.hooks.on_key(r.route, key_result(ended));
        if (done && ended.result && !ended.replayed) done(*ended.result);
        auto answer = answer_to(s, r, ended, how);
        answer.user_id = user.text();
        to(std::move(answer));
      });
}

void put_etag(response& answer, std::string_view opaque) {
  answer.headers.push_back({"ETag", '"' + std::string{opaque} + '"'});
}

std::optional<std::string> if_match(const request& r) {
  const auto* sent = r.header("If-Match");
  if (sent == nullptr) return std::nullopt;
  auto text = trimmed(*sent);
  if (text.empty() || text == "*") return std::nullopt;
  if (text.substr(0, 2) == "W/") text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return std::string{text.substr(0, text.find(version_end))};
}

} // namespace http
