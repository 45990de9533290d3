// What   target: the request target taken apart: raw path segments, decoded query.
// Why    Segments are split before they are decoded, so %2F inside an id stays part of the id. The
//        HTTP library decodes first, drops repeated parameters and refuses a second '?'.
// Bounds the caller bounds the length.
// Errors A broken percent sequence stays as it is. In a query, bytes that are no UTF-8 become
//        U+FFFD.
// Threads any (pure).
// Source RFC 3986 §2.1, §3.4; WHATWG URL, application/x-www-form-urlencoded parsing ('+' is a
//        space).
#pragma once

#include "http/request.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace http {

struct target {
  std::string_view path;  ///< still encoded; without scheme and authority
  std::string_view query; ///< still encoded; without '?' and fragment
};

target split_target(std::string_view text);

/// The parts between slashes, still encoded. One trailing slash is ignored; "/" has none.
std::vector<std::string_view> segments_of(std::string_view path);

std::string percent_decoded(std::string_view text);
fields decoded_query(std::string_view query);

bool valid_utf8(std::string_view text);

} // namespace http
