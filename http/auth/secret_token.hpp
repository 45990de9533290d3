// What   secret_token: 32 random bytes as a client carries them, and what is kept of them.
// Why    Refresh and reset tokens are passwords that we chose: whoever reads the database must not
//        be able to use them.
// Bounds 43 characters, URL-safe base64 without padding.
// Threads any.
// Source api-contract.md §4
#pragma once

#include "base/sha256.hpp"

#include <string>
#include <string_view>

namespace http {

struct secret_token {
  std::string text;    ///< for the client, once
  base::digest hash{}; ///< for the table
};

/// From the operating system's randomness.
secret_token new_secret_token();
/// Of a text that a client sent; any text has one.
base::digest hash_of_secret(std::string_view text);

} // namespace http
