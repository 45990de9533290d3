// What   walk_commits(): the commits of one shard in order, cut into spans whose entries fit one
//        read.
// Why    verify, doctor and export read commits with what belongs to them.
// Bounds A page of records in memory; a span has at most commit_page_entries entries, or is one
//        commit.
// Errors Those of `read` and `see` end the walk.
// Threads One that may block.
#pragma once

#include "base/result.hpp"
#include "ledger/commit.hpp"

#include <cstdint>
#include <iterator>
#include <span>

namespace audit {

inline constexpr std::int64_t page = 1000;
inline constexpr std::uint64_t commit_page_entries = 10'000; ///< a single commit may hold more

/// read(after_seq, limit) → result of a vector of records; see(span of records) → status. Begins
/// behind the commit `after`.
template <class Read, class See>
base::status walk_commits(Read read, See see, std::uint64_t after = 0) {
  for (;;) {
    const auto records = read(after, page);
    if (!records) return records.error();
    if (records->empty()) return {};
    for (auto first = records->begin(); first != records->end();) {
      auto end = std::next(first);
      std::uint64_t sum = first->entries;
      while (end != records->end() && sum + end->entries <= commit_page_entries)
        sum += (end++)->entries;
      if (auto s = see(std::span<const ledger::commit_record>{first, end}); !s) return s;
      first = end;
    }
    after = records->back().seq;
  }
}

} // namespace audit
