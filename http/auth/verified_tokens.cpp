#include "http/auth/verified_tokens.hpp"

#include <cstring>
#include <sodium.h>

namespace http {

std::size_t verified_tokens::first_bytes::operator()(const digest& d) const {
  std::size_t n = 0;
  std::memcpy(&n, d.data(), sizeof n);
  return n;
}

verified_tokens::digest verified_tokens::digest_of(std::string_view token) {
  digest d{};
  crypto_generichash(d.data(), d.size(), reinterpret_cast<const unsigned char*>(token.data()),
                     token.size(), nullptr, 0);
  return d;
}

std::optional<token_claims> verified_tokens::find(std::string_view token, base::utc_us now) const {
  const auto d = digest_of(token);
  const auto& in = shards_[d.back() % shards_.size()];
  const std::lock_guard hold{in.guard};
  const auto at = in.known.find(d);
  if (at == in.known.end() || at->second.expires_at <= now) return std::nullopt;
  return at->second;
}

void verified_tokens::remember(std::string_view token, const token_claims& claims) {
  const auto d = digest_of(token);
  auto& in = shards_[d.back() % shards_.size()];
  const std::lock_guard hold{in.guard};
  if (in.known.size() >= per_shard) in.known.clear();
  in.known.insert_or_assign(d, claims);
}

} // namespace http
