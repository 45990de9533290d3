#include "http/outbound/webhook_signature.hpp"

#include "base/sha256.hpp"

#include <fmt/format.h>
#include <sodium.h>

namespace http {

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  crypto_auth_hmacsha256_state state;
  base::digest made{};
  const auto of = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  crypto_auth_hmacsha256_init(&state, of(key), key.size());
  crypto_auth_hmacsha256_update(&state, of(bytes), bytes.size());
  crypto_auth_hmacsha256_final(&state, made.data());
  return base::hex(made);
}

std::string webhook_signature(std::string_view secret, base::utc_us at, std::string_view delivery,
                              std::string_view body) {
  return "sha256=" + hmac_sha256(secret, fmt::format("{}.{}.{}", at.count / base::us_per_second,
                                                     delivery, body));
}

} // namespace http
