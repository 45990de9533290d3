#include "ledger/idempotency.hpp"

#include "base/probe.hpp"

namespace ledger {

std::uint64_t scope_hash(const key_scope& scope) {
  std::string text;
  text.reserve(scope.endpoint.size() + 1 + scope.key.size());
  text += scope.endpoint;
  text += '\0'; // neither part holds a NUL, so no two scopes share a text
  text += scope.key;
  const auto digest = base::sha256(text);
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < 8; ++i) first = first << 8 | digest[i];
  return first;
}

key_verdict judge(const base::digest& fingerprint, const base::digest* running,
                  const idempotency_record* stored, base::utc_us now) {
  // A durable answer comes first: what runs under the same scope can only get that answer.
  if (stored != nullptr && now < stored->expires_at) {
    const bool same = stored->fingerprint == fingerprint || base::mutant("other_body_replays");
    return same ? key_verdict::replay : key_verdict::reused;
  }
  if (running != nullptr) {
    return *running == fingerprint ? key_verdict::wait : key_verdict::reused;
  }
  return key_verdict::fresh;
}

} // namespace ledger
