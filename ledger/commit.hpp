// What   Commit records: the hash chain of a shard, the canonical bytes of a batch's entries,
// numbering of entries. Why    (shard, seq) is order, fence, in-doubt resolver and tamper evidence
// in one (design.md §3.5). Bounds seq from 1 without gap per shard; epoch never falls; an empty
// record is an ordinary link. Threads none (pure).
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

/// Length-prefixed binary form of one entry; the order of fields is fixed for ever.
void append_canonical(std::string& out, const entry& e);

/// The record after `head` for these entries (in order of position). booked_at = max(now,
/// head.booked_at): a clock that goes back never makes it fall (P16).
commit_record next_record(const shard_head& head, std::uint64_t epoch, const std::string& node,
                          base::utc_us now);
/// Fills entries and hash: SHA-256(prev_hash, shard, seq, epoch, node, booked_at, count, canonical
/// entries).
void seal(commit_record& record, const std::vector<const entry*>& entries);
base::digest hash_of(const commit_record& record, const std::vector<const entry*>& entries);

} // namespace ledger
