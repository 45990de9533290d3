// What   Commit records: the hash chain of a shard, the canonical bytes of a batch's entries,
//        numbering of entries.
// Why    (shard, seq) is order, fence, in-doubt resolver and tamper evidence in one.
// Bounds seq from 1 without gap per shard; epoch never falls; an empty record is an ordinary link.
// Errors A record that does not fit its entries is a broken invariant in seal(); hash_of() judges
//        nothing, because the auditor hashes what it finds.
// Threads none (pure).
// Source design.md §3.5; testing.md I10, I11.
#pragma once

#include "base/sha256.hpp"
#include "ledger/transaction.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ledger {

using shard_id = std::uint32_t;

/// Which shard a user lives in: first 8 bytes of SHA-256(id), big endian, modulo the number of
/// shards.
shard_id shard_of(const user_id& user, std::uint32_t shards);

struct shard_head {
  shard_id shard = 0;
  std::uint64_t seq = 0; ///< 0: nothing was committed yet
  std::uint64_t epoch = 0;
  base::digest hash{}; ///< of the record at seq; all zero for seq 0
  base::utc_us booked_at;

  bool operator==(const shard_head&) const = default;
};

struct commit_record {
  shard_id shard = 0;
  std::uint64_t seq = 0;
  std::uint64_t epoch = 0;
  std::string node;
  base::digest prev_hash{};
  base::digest hash{};
  std::uint32_t entries = 0;
  base::utc_us booked_at;

  shard_head head() const { return shard_head{shard, seq, epoch, hash, booked_at}; }
  bool operator==(const commit_record&) const = default;
};

/// An entry with everything that the journal gives it.
struct entry {
  entry_draft draft;
  std::uint64_t version = 0;
  base::centavos balance_after;
  shard_id shard = 0;
  std::uint64_t seq = 0;
  std::uint32_t position = 0; ///< within the commit, from 0
  base::utc_us booked_at;

  bool operator==(const entry&) const = default;
};

/// Canonical form of one entry. Integers are big endian and two's complement, a flag is one byte 0
/// or 1, an id its key (base/id.hpp). The order is fixed for ever:
///   account i64 · amount i64 · transaction i64 · effective i32 (days) · posting u32 ·
///   reversal flag · version u64 · balance_after i64 · shard u32 · seq u64 · position u32 ·
///   booked_at i64 (µs)
void append_canonical(std::string& out, const entry& e);

/// The record after `head` for these entries (in order of position). booked_at = max(now,
/// head.booked_at): a clock that goes back never makes it fall (P16).
commit_record next_record(const shard_head& head, std::uint64_t epoch, const std::string& node,
                          base::utc_us now);
/// Fills entries and hash. The entries already carry shard, seq and booked_at of the record and
/// their positions.
void seal(commit_record& record, const std::vector<const entry*>& entries);
/// SHA-256 of: prev_hash (32 bytes) · shard u32 · seq u64 · epoch u64 · node (its length in bytes,
/// u32, and its bytes) · booked_at i64 · entries u32 · the canonical form of each entry in order of
/// position.
base::digest hash_of(const commit_record& record, const std::vector<const entry*>& entries);

} // namespace ledger
