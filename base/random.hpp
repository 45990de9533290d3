// What   Seeded generator (xoshiro256**) and the few draws that we need.
// Why    Chance is an argument: a simulation repeats byte for byte from its seed.
// Bounds Not for secrets: those come from libsodium (http/auth).
// Threads none: one generator belongs to one owner.
// Source Blackman, Vigna: "Scrambled linear pseudorandom number generators" (2018).
#pragma once

#include <cstdint>

namespace base {

class random {
public:
  explicit random(std::uint64_t seed);

  std::uint64_t next();
  /// Uniform in [0, bound); bound >= 1.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high);

private:
  std::uint64_t s_[4];
};

/// A seed from the system's entropy, for production.
std::uint64_t system_seed();

} // namespace base
