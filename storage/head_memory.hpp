// What   head_memory: the last commit of each shard that this node has seen durable, in a small
//        file of its own beside the database.
// Why    A database that comes back older (a restored backup, a failover to a replica that lags)
//        looks sound to itself: only somebody else can know that commits are missing.
// Bounds 64 bytes and 128 for each shard; no system call for each commit.
// Errors open() fails with errc::unavailable or errc::read_only when the file cannot be used. A
//        file of another installation or number of shards is begun anew, a slot that was torn is
//        unknown: the memory may forget, and never says what was not so.
// Threads remember() of different shards may run at once; everything else on one thread before.
// Source api-contract.md §15.4. `kill -9` loses nothing of a shared mapping; after a power failure
//        the file may be older than the database, which is never taken for a loss.
#pragma once

#include "base/result.hpp"
#include "ledger/commit.hpp"
#include "storage/mapped_file.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace storage {

class head_memory {
public:
  struct head {
    std::uint64_t seq = 0;
    base::digest hash{};
    bool operator==(const head&) const = default;
  };

  /// Makes the file when there is none. `installation`: the id in the table meta.
  static base::result<std::unique_ptr<head_memory>>
  open(const std::string& path, const std::string& installation, std::uint32_t shards);
  /// The same without making or changing anything; nullptr when there is none of this installation.
  static std::unique_ptr<head_memory> look(const std::string& path, const std::string& installation,
                                           std::uint32_t shards);

  /// A commit of this shard is durable. An older one than the last changes nothing.
  void remember(const ledger::shard_head& durable) noexcept;
  /// Absent: nothing is known of this shard.
  std::optional<head> last(ledger::shard_id shard) const;
  /// The lost commits are given up: from now on this head is the last one.
  void replace(const ledger::shard_head& found) noexcept;

private:
  head_memory(mapped_file file, std::uint32_t shards);

  void write(ledger::shard_id shard, std::uint64_t place, const head& what) noexcept;

  mapped_file file_;
  std::uint32_t shards_;
  std::vector<std::uint64_t> newest_; ///< seq of each shard, as in the file; 0: unknown
};

} // namespace storage
