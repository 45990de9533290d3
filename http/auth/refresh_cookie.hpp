// What   The cookie that carries a refresh token.
// Why    Scripts must not read it and other sites must not send it; its attributes stand once.
// Bounds a value is at most 128 bytes.
// Threads any.
// Source api-contract.md §4; RFC 6265
#pragma once

#include "http/request.hpp"
#include "http/response.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace http {

struct cookie_settings {
  std::chrono::seconds lifetime{std::chrono::hours{7 * 24}};
  bool secure = false; ///< in production
};

/// The first one of that name; nothing when absent, empty or too long.
std::optional<std::string> refresh_cookie(const request& r);
void put_refresh_cookie(response& answer, const std::string& token, const cookie_settings& how);
void clear_refresh_cookie(response& answer, const cookie_settings& how);

} // namespace http
