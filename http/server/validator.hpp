// What   validator: the tags and dates by which a client asks for what it does not have yet, and
//        whether it has it.
// Why    304 is decided in one place for all routes; handlers name a version at most.
// Errors A date that is none counts as not sent.
// Threads any (pure).
// Source RFC 9110 §8.8.3, §13.1.2, §13.1.3, §5.6.7; api-contract.md §1.4
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

/// What stands before the hash in a tag is the version that If-Match is about.
inline constexpr char version_end = ';';

/// The hash of the parts of an answer, 32 hexadecimal digits.
std::string digest_of(const std::vector<std::string_view>& parts);

/// The value of If-None-Match names this tag. Weak comparison: W/"a" is "a".
bool names_tag(std::string_view if_none_match, std::string_view etag);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t unix_seconds);
/// Of that form only; the two old ones are sent by nobody.
std::optional<std::int64_t> read_http_date(std::string_view text);

} // namespace http
