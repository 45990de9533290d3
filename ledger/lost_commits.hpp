// What   lost_commits: commits of a shard that were durable once and are missing now.
// Source api-contract.md §15.4.
#pragma once

#include "ledger/commit.hpp"

#include <cstdint>

namespace ledger {

/// found+1..remembered are not there. `other`: there is a commit at the place of the remembered
/// one, and it is another; how many are lost before it is not known.
struct lost_commits {
  shard_id shard = 0;
  std::uint64_t remembered = 0;
  std::uint64_t found = 0;
  bool other = false;

  bool operator==(const lost_commits&) const = default;
};

} // namespace ledger
