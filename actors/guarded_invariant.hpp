// What   guarded_invariant: which invariant of the ledger (api-contract §2.3) a broken rule of ours
//        was there for.
// Why    vaidepix_ledger_invariant_violations_total is counted by invariant, and an ENSURE knows
//        its file and line only. The line invariant.broken of the log says which rule it was.
// Threads any (pure).
// Source metrics.md §5
#pragma once

#include "observability/labels.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace actors {

/// By the file in which the rule stands. Nothing: a rule about jobs, for which no shard stops.
constexpr std::optional<observability::invariant> guarded_invariant(std::string_view file) {
  using observability::invariant;
  for (const auto* of_jobs : {"scheduler/", "actors/job_"})
    if (file.find(of_jobs) != std::string_view::npos) return std::nullopt;
  constexpr std::array<std::pair<std::string_view, invariant>, 8> homes{
      {{"ledger/plan", invariant::balanced},
       {"ledger/split", invariant::balanced},
       {"actors/batcher", invariant::balanced},
       {"ledger/decide", invariant::ledger_balance},
       {"actors/account_actor", invariant::ledger_balance},
       {"ledger/earmark", invariant::envelope},
       {"ledger/shared_expense", invariant::shares_exact},
       {"ledger/merge", invariant::has_entries}}};
  for (const auto& [home, guarded] : homes)
    if (file.find(home) != std::string_view::npos) return guarded;
  return invariant::ledger_append_only; // the order of what is written, and that it is written once
}

} // namespace actors
