// What   verified_tokens: the claims of tokens whose signature was found good a moment ago.
// Why    A client sends the same token with every request, and to verify it anew costs more than
//        the rest of a small request. Only what verify() has accepted gets in, so a hit says
//        nothing that a check would not say; sessions and users are asked for each time all the
//        same.
// Bounds 16 × per_shard tokens, as BLAKE2b hashes: the tokens themselves are not kept. A shard that
//        is full is emptied.
// Threads any.
#pragma once

#include "http/auth/token_claims.hpp"

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace http {

class verified_tokens {
public:
  static constexpr std::size_t per_shard = 1024;

  /// Nothing: it is not known, or its time is over.
  std::optional<token_claims> find(std::string_view token, base::utc_us now) const;
  void remember(std::string_view token, const token_claims& claims);

private:
  using digest = std::array<std::uint8_t, 32>;
  struct first_bytes { ///< of a hash: as good as any
    std::size_t operator()(const digest& d) const;
  };
  struct shard {
    mutable std::mutex guard;
    std::unordered_map<digest, token_claims, first_bytes> known;
  };
  static digest digest_of(std::string_view token);

  std::array<shard, 16> shards_;
};

} // namespace http
