#include "http/auth/access_token.hpp"

#include "base/assert.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"

#include <cerrno>
#include <cstdlib>
#include <jwt.h>
#include <memory>
#include <sodium.h>

namespace http {

namespace {

using observability::token_rejection;

constexpr std::size_t token_bytes_max = 4096;

struct free_jwt {
  void operator()(jwt_t* t) const { jwt_free(t); }
};
using jwt_ptr = std::unique_ptr<jwt_t, free_jwt>;

const unsigned char* bytes(const std::string& s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

std::string key_id(const std::string& secret) {
  return base::hex(base::sha256("vaidepix kid\n" + secret)).substr(0, 16);
}

bool is_token_text(std::string_view text) {
  std::size_t dots = 0;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    if (c == '.') ++dots;
    if (!plain && c != '.') return false;
  }
  return dots == 2;
}

std::optional<base::json::value> header_of(const std::string& token) {
  const auto end = token.find('.');
  std::string text(end, '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(text.data()), text.size(), token.data(),
                        end, nullptr, &length, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return std::nullopt;
  text.resize(length);
  auto parsed = base::json::read(text);
  auto* value = std::get_if<base::json::value>(&parsed);
  if (value == nullptr) return std::nullopt;
  return std::move(*value);
}

std::string text_grant(jwt_t* token, const char* name) {
  const char* text = jwt_get_grant(token, name);
  return text == nullptr ? std::string{} : std::string{text};
}

} // namespace

access_tokens::access_tokens(token_settings settings) : lifetime_(settings.lifetime) {
  ENSURE(!settings.key.empty(), "tokens need a key");
  keys_.push_back({key_id(settings.key), std::move(settings.key)});
  for (auto& former : settings.previous)
    if (!former.empty()) keys_.push_back({key_id(former), std::move(former)});
}

std::string access_tokens::issue(const std::string& user, const std::string& session,
                                 const std::string& token_id, base::utc_us now) const {
  jwt_t* made = nullptr;
  ENSURE(jwt_new(&made) == 0, "a token object");
  const jwt_ptr token{made};
  const auto& key = keys_.front();
  const auto issued = now.count / base::us_per_second;
  const auto expires = issued + std::chrono::seconds{lifetime_}.count();
  const bool complete =
      jwt_add_header(made, "kid", key.id.c_str()) == 0 &&
      jwt_add_grant(made, "sub", user.c_str()) == 0 &&
      jwt_add_grant(made, "sid", session.c_str()) == 0 &&
      jwt_add_grant(made, "jti", token_id.c_str()) == 0 &&
      jwt_add_grant_int(made, "iat", issued) == 0 && jwt_add_grant_int(made, "exp", expires) == 0 &&
      jwt_set_alg(made, JWT_ALG_HS256, bytes(key.secret), static_cast<int>(key.secret.size())) == 0;
  ENSURE(complete, "a token takes its claims");
  const std::unique_ptr<char, decltype(&std::free)> text{jwt_encode_str(made), &std::free};
  ENSURE(text != nullptr, "a token can be signed");
  return std::string{text.get()};
}

std::variant<token_claims, token_rejection> access_tokens::verify(const std::string& token,
                                                                  base::utc_us now) const {
  if (auto known = verified_.find(token, now)) return std::move(*known);
  auto fresh = check(token, now);
  if (const auto* good = std::get_if<token_claims>(&fresh)) verified_.remember(token, *good);
  return fresh;
}

std::variant<token_claims, token_rejection> access_tokens::check(const std::string& token,
                                                                 base::utc_us now) const {
  if (token.size() > token_bytes_max || !is_token_text(token)) return token_rejection::malformed;
  const auto header = header_of(token);
  if (!header) return token_rejection::malformed;
  const auto* algorithm = header->find("alg");
  if (algorithm == nullptr || *algorithm != base::json::value{"HS256"})
    return token_rejection::malformed;

  const auto* kid = header->find("kid");
  bool known = false;
  jwt_ptr signed_by_us;
  for (const auto& key : keys_) {
    if (kid != nullptr && *kid != base::json::value{key.id}) continue;
    known = true;
    jwt_t* decoded = nullptr;
    if (jwt_decode(&decoded, token.c_str(), bytes(key.secret),
                   static_cast<int>(key.secret.size())) != 0)
      continue;
    signed_by_us.reset(decoded);
    break;
  }
  if (!known) return token_rejection::unknown_key;
  if (signed_by_us == nullptr) return token_rejection::bad_signature;
  if (jwt_get_alg(signed_by_us.get()) != JWT_ALG_HS256) return token_rejection::malformed;

  token_claims claims;
  claims.subject = text_grant(signed_by_us.get(), "sub");
  claims.session = text_grant(signed_by_us.get(), "sid");
  claims.token_id = text_grant(signed_by_us.get(), "jti");
  errno = 0;
  const auto expires = static_cast<std::int64_t>(jwt_get_grant_int(signed_by_us.get(), "exp"));
  if (errno != 0 || claims.subject.empty()) return token_rejection::malformed;
  // Compared in seconds: a claim near the edge of the integers must not overflow.
  if (expires <= now.count / base::us_per_second) return token_rejection::expired;
  constexpr std::int64_t far = INT64_MAX / base::us_per_second;
  claims.expires_at = base::utc_us{expires > far ? INT64_MAX : expires * base::us_per_second};
  return claims;
}

} // namespace http
