#include "http/auth/refresh_cookie.hpp"

#include <fmt/format.h>

namespace http {

namespace {

constexpr std::string_view name = "refresh_token";
constexpr std::size_t value_bytes_max = 128;

std::string cookie(std::string_view value, std::chrono::seconds lifetime, bool secure) {
  return fmt::format("{}={}; HttpOnly; SameSite=Lax; Path=/; Max-Age={}{}", name, value,
                     lifetime.count(), secure ? "; Secure" : "");
}

} // namespace

std::optional<std::string> refresh_cookie(const request& r) {
  for (const auto& h : r.headers) {
    if (!equal_ignoring_case(h.name, "Cookie")) continue;
    std::string_view rest = h.value;
    while (!rest.empty()) {
      const auto end = rest.find(';');
      auto pair = rest.substr(0, end);
      while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
      while (!pair.empty() && pair.back() == ' ') pair.remove_suffix(1);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      auto value = pair.substr(equals + 1);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      if (value.empty() || value.size() > value_bytes_max) return std::nullopt;
      return std::string{value};
    }
  }
  return std::nullopt;
}

void put_refresh_cookie(response& answer, const std::string& token, const cookie_settings& how) {
  answer.headers.push_back({"Set-Cookie", cookie(token, how.lifetime, how.secure)});
}

void clear_refresh_cookie(response& answer, const cookie_settings& how) {
  answer.headers.push_back({"Set-Cookie", cookie("", std::chrono::seconds{0}, how.secure)});
}

} // namespace http
