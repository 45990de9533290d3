#include "http/auth/authenticator.hpp"

#include "http/problem.hpp"

#include <algorithm>

namespace http {

namespace {

using observability::token_rejection;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

} // namespace

std::variant<std::string, response> bearer_of(const request& r) {
  const auto* header = r.header("Authorization");
  const auto space = header == nullptr ? std::string::npos : header->find(' ');
  const std::string_view scheme =
      header == nullptr ? std::string_view{} : std::string_view{*header}.substr(0, space);
  std::string credentials = space == std::string::npos ? std::string{} : header->substr(space + 1);
  credentials.erase(0, std::min(credentials.find_first_not_of(' '), credentials.size()));
  if (scheme.empty() || credentials.empty())
    return problem(403, "NOT_AUTHENTICATED", "Not authenticated", r.request_id);
  if (!equal_ignoring_case(scheme, "Bearer"))
    return problem(403, "BAD_SCHEME", "Invalid authentication credentials", r.request_id);
  return credentials;
}

response unauthorized(std::string_view request_id) {
  auto answer = problem(401, "UNAUTHORIZED", "Could not validate credentials", request_id);
  answer.headers.push_back({"WWW-Authenticate", "Bearer"});
  return answer;
}

authenticator::authenticator(const access_tokens& tokens, backend& users, base::clock& clock,
                             options how)
    : tokens_(tokens), users_(users), clock_(clock), options_(std::move(how)) {}

response authenticator::refuse(token_rejection why, const request& r) const {
  if (options_.on_rejected) options_.on_rejected(why);
  return unauthorized(r.request_id);
}

base::result<std::variant<ledger::user_record, response>>
authenticator::authenticate(const request& r) const {
  using answer = std::variant<ledger::user_record, response>;
  auto bearer = bearer_of(r);
  if (auto* refused = std::get_if<response>(&bearer)) {
    if (options_.on_rejected) options_.on_rejected(token_rejection::missing);
    return answer{std::move(*refused)};
  }
  const auto verified = tokens_.verify(std::get<std::string>(bearer), clock_.now());
  if (const auto* why = std::get_if<token_rejection>(&verified)) return answer{refuse(*why, r)};
  const auto& claims = std::get<token_claims>(verified);
  const auto& subject = claims.subject;

  const bool by_email = subject.find('@') != std::string::npos;
  if (by_email && !options_.accept_email_subject)
    return answer{refuse(token_rejection::unknown_user, r)};
  auto found = by_email ? users_.user_by_email(lower_case(subject))
                        : users_.user_by_id(ledger::user_id{subject});
  if (!found) return found.error();
  if (!*found || !(**found).active) return answer{refuse(token_rejection::unknown_user, r)};
  if (!claims.session.empty()) {
    const auto ended = users_.session_ended((**found).id, ledger::session_id{claims.session});
    if (!ended) return ended.error();
    if (*ended) return answer{refuse(token_rejection::revoked, r)};
  }
  return answer{std::move(**found)};
}

} // namespace http
