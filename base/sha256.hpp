// What   SHA-256 over libsodium, and bytes as lower-case hex.
// Threads any; an instance belongs to one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace base {

using digest = std::array<unsigned char, 32>;

digest sha256(std::string_view bytes);

/// Of bytes that come piece by piece.
class sha256_stream {
public:
  sha256_stream();
  ~sha256_stream();
  sha256_stream(sha256_stream&&) noexcept;
  sha256_stream& operator=(sha256_stream&&) noexcept;

  void add(std::string_view bytes);
  /// Of all that was added so far; more may follow.
  digest so_far() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

std::string hex(const digest& d);
std::string hex(std::string_view bytes);
/// Of 64 digits as hex() writes them; nothing for any other text.
std::optional<digest> digest_of_hex(std::string_view text);
/// The bytes of a digest as text, for storage cells.
std::string bytes_of(const digest& d);

} // namespace base
