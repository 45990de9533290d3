// What   snapshot: what a web app begins with, read and shown: transactions, accounts, categories,
//        envelopes, goals, shared expenses.
// Why    GET /api/me/data shows it, and whoever sends their own gets it back as the change left it.
// Bounds The newest 10,000 transactions, and of them as many as the given bytes hold.
// Errors Those of the backend.
// Threads any: reading blocks for its answers.
// Source api-contract.md §12.2
#pragma once

#include "http/api/service.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace http {

/// The newest ones, in a snapshot and in a synchronisation.
constexpr std::int64_t transactions_shown = 10'000;

struct snapshot {
  std::string transactions; ///< a list, newest first
  bool truncated = false;   ///< there are more transactions
  std::vector<ledger::account_view> accounts;
  std::vector<ledger::account_record> categories;
  std::vector<ledger::budget_envelope> envelopes;
  std::vector<ledger::goal> goals;
  std::string shared_expenses; ///< a list
};

base::result<snapshot>
read_snapshot(const service& s, const ledger::user_id& user,
              std::size_t bytes_max = std::numeric_limits<std::size_t>::max());

/// An object without its closing brace: more members may follow. Goals as of `today`.
void append_snapshot(std::string& out, const snapshot& all, base::civil_day today);

} // namespace http
