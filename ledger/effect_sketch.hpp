// What   effect_sketch: whether two long streams of effects are the same, transaction by
//        transaction and account by account, in constant memory.
// Why    An audit meets the entries in the order of their commits and the rows of transactions in
//        the order of ids. To keep every sum until its row comes takes gigabytes for millions of
//        transactions; to know that all agree takes one number.
// Bounds `buckets` sums of 16 bytes. Each effect is multiplied by a number that only the seed, the
//        transaction and the account decide, modulo 2^128. A difference of amounts stays unseen
//        with a chance below 2^-64, as long as nobody who writes the ledger knows the seed.
// Errors none. What differs is known by its bucket only: a second look names it.
// Threads confined to its owner.
// Source Freivalds' way of checking a sum of products by a random one.
#pragma once

#include "ledger/transaction.hpp"

#include <cstdint>
#include <vector>

namespace ledger {

class effect_sketch {
public:
  static constexpr std::size_t buckets = std::size_t{1} << 16;

  explicit effect_sketch(std::uint64_t seed) : seed_(seed), sums_(buckets, 0) {}

  void add(const transaction_id& t, const account_id& a, base::centavos amount);
  void subtract(const transaction_id& t, const account_id& a, base::centavos amount) {
    add(t, a, -amount);
  }

  std::size_t bucket_of(const transaction_id& t) const;
  /// Of each bucket: its transactions do not all agree.
  std::vector<bool> differing() const;

private:
  __extension__ using sum = unsigned __int128;

  std::uint64_t seed_;
  std::vector<sum> sums_;
};

} // namespace ledger
