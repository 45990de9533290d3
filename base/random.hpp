// What   Seeded generator (xoshiro256**) and the few draws that we need.
// Why    Chance is an argument: a simulation repeats byte for byte from its seed.
// Bounds The generator is not for secrets: secret_bytes() is.
// Threads none: one generator belongs to one owner.
// Source Blackman, Vigna: "Scrambled linear pseudorandom number generators" (2018).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

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

/// Unpredictable bytes for keys and tokens, from libsodium. Any thread. Ends the process when the
/// system has no source of randomness: there is nothing safe to go on with.
std::string secret_bytes(std::size_t count);

} // namespace base
