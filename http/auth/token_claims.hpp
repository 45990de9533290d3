// What   token_claims: what an access token says.
// Threads none (values).
// Source api-contract.md §4; RFC 7519
#pragma once

#include "base/time.hpp"

#include <string>

namespace http {

struct token_claims {
  std::string subject; ///< user id, or an e-mail address in old tokens
  std::string session; ///< empty in old tokens
  std::string token_id;
  base::utc_us expires_at;

  bool operator==(const token_claims&) const = default;
};

} // namespace http
