#include "base/sha256.hpp"

#include "base/assert.hpp"

#include <sodium/crypto_hash_sha256.h>

namespace base {
namespace {

static_assert(crypto_hash_sha256_BYTES == std::tuple_size_v<digest>);

std::string hex_of(const unsigned char* bytes, std::size_t size) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(2 * size, '0');
  for (std::size_t i = 0; i < size; ++i) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 0xf];
  }
  return text;
}

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

} // namespace

digest sha256(std::string_view bytes) {
  digest d;
  ENSURE(crypto_hash_sha256(d.data(), octets(bytes), bytes.size()) == 0, "sha256 cannot fail");
  return d;
}

struct sha256_stream::state {
  crypto_hash_sha256_state of_library;
};

sha256_stream::sha256_stream() : state_(std::make_unique<state>()) {
  crypto_hash_sha256_init(&state_->of_library);
}
sha256_stream::~sha256_stream() = default;
sha256_stream::sha256_stream(sha256_stream&&) noexcept = default;
sha256_stream& sha256_stream::operator=(sha256_stream&&) noexcept = default;

void sha256_stream::add(std::string_view bytes) {
  crypto_hash_sha256_update(&state_->of_library, octets(bytes), bytes.size());
}

digest sha256_stream::so_far() const {
  digest d;
  auto copy = state_->of_library; // the end of one sum must not end the stream
  crypto_hash_sha256_final(&copy, d.data());
  return d;
}

std::string hex(const digest& d) { return hex_of(d.data(), d.size()); }

std::string hex(std::string_view bytes) { return hex_of(octets(bytes), bytes.size()); }

std::optional<digest> digest_of_hex(std::string_view text) {
  const auto nibble = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  digest d{};
  if (text.size() != 2 * d.size()) return std::nullopt;
  for (std::size_t i = 0; i < d.size(); ++i) {
    const int high = nibble(text[2 * i]);
    const int low = nibble(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    d[i] = static_cast<unsigned char>(16 * high + low);
  }
  return d;
}

std::string bytes_of(const digest& d) {
  return std::string(reinterpret_cast<const char*>(d.data()), d.size());
}

} // namespace base
