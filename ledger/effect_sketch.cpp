#include "ledger/effect_sketch.hpp"

namespace ledger {
namespace {

/// SplitMix64's finaliser: every bit of the input reaches every bit of the output.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::uint64_t bits(base::id_key key) { return static_cast<std::uint64_t>(key); }

} // namespace

std::size_t effect_sketch::bucket_of(const transaction_id& t) const {
  return mixed(seed_ ^ mixed(bits(key_of(t)))) % buckets;
}

void effect_sketch::add(const transaction_id& t, const account_id& a, base::centavos amount) {
  const auto of_transaction = mixed(seed_ ^ mixed(bits(key_of(t))));
  const auto high = mixed(of_transaction ^ mixed(bits(key_of(a)) ^ seed_));
  const auto low = mixed(high ^ of_transaction);
  const sum factor = sum{high} << 64 | low;
  sums_[of_transaction % buckets] += factor * static_cast<sum>(amount.minor);
}

std::vector<bool> effect_sketch::differing() const {
  std::vector<bool> found(buckets);
  for (std::size_t i = 0; i < buckets; ++i) found[i] = sums_[i] != 0;
  return found;
}

} // namespace ledger
