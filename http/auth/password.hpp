// What   Hashes and verifies passwords: argon2id for new ones, bcrypt of imported users.
// Why    One place knows the formats; a login with an old hash is the moment to replace it.
// Bounds argon2id at libsodium's interactive cost (64 MiB, 2 passes); bcrypt reads 72 bytes.
// Threads any; slow on purpose, so only password_pool calls these.
// Source api-contract.md §4; RFC 9106
#pragma once

#include <string>

namespace http {

/// How much work one argon2id hash is. Tests take the least that libsodium allows.
struct password_cost {
  unsigned long long passes = 2;
  std::size_t memory_bytes = 64 * 1024 * 1024;
};

std::string hash_password(const std::string& password, const password_cost& cost);
/// False also for a hash of a form that we do not know.
bool verify_password(const std::string& hash, const std::string& password);
/// The hash is of an old form or of another cost.
bool needs_rehash(const std::string& hash, const password_cost& cost);

} // namespace http
