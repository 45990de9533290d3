#include "base/random.hpp"

#include "base/assert.hpp"

#include <bit>
#include <random>
#include <sodium.h>

namespace base {
namespace {

// splitmix64 spreads a small seed over the whole state.
std::uint64_t splitmix(std::uint64_t& x) {
  std::uint64_t z = (x += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

} // namespace

random::random(std::uint64_t seed) {
  for (auto& word : s_) word = splitmix(seed);
}

std::uint64_t random::next() {
  const std::uint64_t result = std::rotl(s_[1] * 5, 7) * 9;
  const std::uint64_t t = s_[1] << 17;
  s_[2] ^= s_[0];
  s_[3] ^= s_[1];
  s_[1] ^= s_[2];
  s_[0] ^= s_[3];
  s_[2] ^= t;
  s_[3] = std::rotl(s_[3], 45);
  return result;
}

std::uint64_t random::below(std::uint64_t bound) {
  ENSURE(bound > 0, "a draw needs a bound");
  const std::uint64_t reject =
      (0 - bound) % bound; // the part of 2^64 that would favour small values
  for (;;) {
    const std::uint64_t x = next();
    if (x >= reject) return x % bound;
  }
}

std::int64_t random::between(std::int64_t low, std::int64_t high) {
  ENSURE(low <= high, "an empty range has no draw");
  const auto width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t offset = width == 0 ? next() : below(width);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

std::uint64_t system_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) ^ device();
}

std::string secret_bytes(std::size_t count) {
  ENSURE(sodium_init() >= 0, "the system has no source of randomness");
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

} // namespace base
