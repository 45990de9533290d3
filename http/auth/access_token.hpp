// What   access_tokens: signs and verifies the JWTs that clients carry.
// Why    HS256 only, and the header is looked at before the signature, so that no token chooses how
//        it is checked. Former keys still verify: a rotation logs nobody out. What was verified
//        is remembered for a while.
// Bounds a token is at most 4096 bytes.
// Errors verify() names why a token is refused; the answer to the client is one for all reasons.
// Threads any. `now` is an argument.
// Source api-contract.md §4; RFC 7519
#pragma once

#include "base/time.hpp"
#include "http/auth/token_claims.hpp"
#include "http/auth/verified_tokens.hpp"
#include "observability/labels.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace http {

struct token_settings {
  std::string key;                   ///< SECRET_KEY: signs and verifies
  std::vector<std::string> previous; ///< SECRET_KEY_PREVIOUS: only verify
  std::chrono::minutes lifetime{30};
};

class access_tokens {
public:
  explicit access_tokens(token_settings settings);

  std::chrono::minutes lifetime() const { return lifetime_; }

  std::string issue(const std::string& user, const std::string& session,
                    const std::string& token_id, base::utc_us now) const;

  std::variant<token_claims, observability::token_rejection> verify(const std::string& token,
                                                                    base::utc_us now) const;

private:
  std::variant<token_claims, observability::token_rejection> check(const std::string& token,
                                                                   base::utc_us now) const;

  struct signing_key {
    std::string id; ///< header `kid`: names a key without telling it
    std::string secret;
  };
  std::vector<signing_key> keys_; ///< the first one signs
  std::chrono::minutes lifetime_;
  mutable verified_tokens verified_;
};

} // namespace http
