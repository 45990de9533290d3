// What   Key, scope and stored answer of a keyed request; the states absent -> running -> done.
// Why    The answer commits in the same SQL transaction as the effect, so a retry can never do it
//        twice.
// Bounds key 1..limits::idempotency_key_max printable ASCII; expiry per record.
// Threads none (pure).
// Source design.md §4; api-contract §3.
#pragma once

#include "base/sha256.hpp"
#include "ledger/account.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ledger {

struct stored_answer {
  int status = 0;
  std::string body;

  bool operator==(const stored_answer&) const = default;
};

struct key_scope {
  std::string endpoint; ///< "POST /api/transactions": method and route template
  std::string key;

  auto operator<=>(const key_scope&) const = default;
};

/// 64-bit name of (endpoint, key) for the set of keys that a book remembers: the first 8 bytes, big
/// endian, of SHA-256(endpoint 0x00 key). Equal hashes only cost a read.
std::uint64_t scope_hash(const key_scope& scope);

struct idempotency_record {
  user_id user;
  key_scope scope;
  base::digest fingerprint{}; ///< SHA-256 of the canonical request
  stored_answer answer;
  base::utc_us created_at;
  base::utc_us expires_at;

  bool operator==(const idempotency_record&) const = default;
};

enum class key_verdict : std::uint8_t { fresh, replay, wait, reused };

/// What to do with a keyed request, given what is running under the scope and what is stored. A
/// stored answer counts while now < expires_at, and before anything that runs.
key_verdict judge(const base::digest& fingerprint, const base::digest* running,
                  const idempotency_record* stored, base::utc_us now);

} // namespace ledger
