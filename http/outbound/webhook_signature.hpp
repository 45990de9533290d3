// What   How the receiver of a webhook knows that it comes from us, and when.
// Why    Time and id are signed with the bytes: none of them can be changed, and an old call cannot
//        be passed off as a new one.
// Threads any (pure).
// Source RFC 2104, RFC 4231
#pragma once

#include "base/time.hpp"

#include <string>
#include <string_view>

namespace http {

/// HMAC-SHA256 in hexadecimal.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

/// "sha256=…" over `<seconds since 1970>.<delivery id>.<body>`.
std::string webhook_signature(std::string_view secret, base::utc_us at, std::string_view delivery,
                              std::string_view body);

} // namespace http
