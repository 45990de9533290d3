// What   preference_of: what a client would like about an answer.
// Bounds The first of that name counts, over all lines of the header; its parameters do not.
// Errors One that is none of ours, or not understood, is as if it were not there.
// Threads any (pure).
// Source RFC 7240 §2
#pragma once

#include "http/request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace http {

/// "" when it is named without a value.
std::optional<std::string> preference_of(const request& r, std::string_view name);

} // namespace http
