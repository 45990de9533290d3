// What   authenticator: who sends this request, or the answer that refuses it.
// Why    The statuses and texts are what the web app reacts to (logout, refresh), so they stand
//        once.
// Errors 403 without a header or with another scheme, 401 for a bad token or user, 503 when the
//        user cannot be read.
// Threads any.
// Source api-contract.md §1.1, §4
#pragma once

#include "base/time.hpp"
#include "http/auth/access_token.hpp"
#include "http/backend.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

#include <functional>
#include <variant>

namespace http {

class authenticator {
public:
  struct options {
    bool accept_email_subject = true;                                ///< ACCEPT_EMAIL_SUBJECT
    std::function<void(observability::token_rejection)> on_rejected; ///< may be empty
  };

  authenticator(const access_tokens& tokens, backend& users, base::clock& clock, options how);

  /// A failure is one of the backend: the caller renders it like any other.
  base::result<std::variant<ledger::user_record, response>> authenticate(const request& r) const;

private:
  response refuse(observability::token_rejection why, const request& r) const;

  const access_tokens& tokens_;
  backend& users_;
  base::clock& clock_;
  options options_;
};

/// The credentials of "Authorization: Bearer …", or the 403 that refuses what is there.
std::variant<std::string, response> bearer_of(const request& r);

response unauthorized(std::string_view request_id);

} // namespace http
