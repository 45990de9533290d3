#include "http/auth/secret_token.hpp"

#include <array>
#include <sodium.h>

namespace http {

secret_token new_secret_token() {
  std::array<unsigned char, 32> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 64> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(bytes.data(), bytes.size());
  secret_token made;
  made.text = text.data();
  made.hash = hash_of_secret(made.text);
  return made;
}

base::digest hash_of_secret(std::string_view text) { return base::sha256(text); }

} // namespace http
