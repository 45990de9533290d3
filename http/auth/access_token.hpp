// What   access_tokens: signs and verifies the JWTs that clients carry.
// Why    HS256 only, and the header is looked at before the signature, so that no token chooses how
//        it is checked. Former keys still verify: a rotation logs nobody out.
// Bounds a token is at most 4096 bytes.
// Errors verify() names why a token is refused; the answer to the client is one for all reasons.
// Threads any: immutable after construction. `now` is an argument.
// Source api-contract.md §4; RFC 7519
#pragma once

#include "base/time.hpp"
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

struct token_claims {
  std::string subject; ///< user id, or an e-mail address in old tokens
  std::string session; ///< empty in old tokens
  std::string token_id;
  base::utc_us expires_at;
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
  struct signing_key {
    std::string id; ///< header `kid`: names a key without telling it
    std::string secret;
  };
  std::vector<signing_key> keys_; ///< the first one signs
  std::chrono::minutes lifetime_;
};

} // namespace http
