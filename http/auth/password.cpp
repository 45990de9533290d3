#include "http/auth/password.hpp"

#include "base/assert.hpp"

#include <crypt.h>
#include <memory>
#include <sodium.h>

namespace http {

namespace {

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

bool is_bcrypt(const std::string& hash) {
  return starts_with(hash, "$2a$") || starts_with(hash, "$2b$") || starts_with(hash, "$2y$");
}

bool verify_bcrypt(const std::string& hash, const std::string& password) {
  // 32 KiB of scratch space; too much for the stack of a pool thread.
  const auto scratch = std::make_unique<crypt_data>();
  const std::string known = password.substr(0, 72);
  const char* made = crypt_r(known.c_str(), hash.c_str(), scratch.get());
  if (made == nullptr || made[0] == '*') return false;
  const std::string text{made};
  return text.size() == hash.size() && sodium_memcmp(text.data(), hash.data(), hash.size()) == 0;
}

} // namespace

std::string hash_password(const std::string& password, const password_cost& cost) {
  ENSURE(sodium_init() >= 0, "libsodium starts");
  char out[crypto_pwhash_STRBYTES];
  const int failed = crypto_pwhash_str_alg(out, password.data(), password.size(), cost.passes,
                                           cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) throw std::bad_alloc{};
  return std::string{out};
}

bool verify_password(const std::string& hash, const std::string& password) {
  ENSURE(sodium_init() >= 0, "libsodium starts");
  if (is_bcrypt(hash)) return verify_bcrypt(hash, password);
  if (hash.size() >= crypto_pwhash_STRBYTES) return false;
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(const std::string& hash, const password_cost& cost) {
  if (!starts_with(hash, crypto_pwhash_STRPREFIX) || hash.size() >= crypto_pwhash_STRBYTES)
    return true;
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost.passes, cost.memory_bytes) != 0;
}

} // namespace http
