// What   Recomputes the ledger from what is stored and names every invariant that does not hold.
// Why    verify, simulation and tests ask one judge. It takes rows in the order in which storage
//        reads them fastest, and trusts none of them.
// Bounds Memory: one head per shard, one owner per account, and the open sums of each transaction
//        until its row is fed. Commits and account entries themselves are not kept.
// Errors A fault is a finding, never a failure: the audit goes on behind it. The text of a finding
//        names ids, never amounts.
// Threads confined to its owner.
// Source api-contract §2.3; testing.md §7 (I1-I4, I8, I10, I11).
#pragma once

#include "ledger/commit.hpp"
#include "ledger/transaction.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ledger {

enum class invariant : std::uint8_t {
  ledger_balance,
  transfer_net_zero,
  soft_delete_reversal,
  ledger_append_only,
  has_entries,
  same_owner,
  balanced,
};
inline constexpr std::size_t invariant_count = 7;

std::string_view to_text(invariant i); ///< "LedgerBalance", …

struct finding {
  std::uint64_t checked = 0; ///< how often it was looked at
  std::uint64_t faults = 0;
  std::string first; ///< the first fault; empty when there is none

  bool operator==(const finding&) const = default;
};

struct audit_report {
  std::array<finding, invariant_count> findings;

  const finding& operator[](invariant i) const { return findings[static_cast<std::size_t>(i)]; }
  bool clean() const;
};

/// whole: everything is fed. part: some users or accounts only, so that what is not fed is no fault
/// (the sum over all accounts, rows without entries in a chain that was not read).
enum class audit_extent : std::uint8_t { whole, part };

/// Feed it a ledger that stands still, in three passes: commits, accounts with their entries,
/// transactions. A row that changes between the passes looks like a fault.
class auditor {
public:
  explicit auditor(audit_extent extent = audit_extent::whole);

  /// Pass 1. Records of one shard in order of seq (shards may be mixed), each with its entries in
  /// order of position.
  void commit(const commit_record& record, const std::vector<entry>& entries);
  /// Pass 2. An account row, and then its entries in order of version. Entries of an account
  /// without a row may stand anywhere between.
  void account(const account_record& row, base::centavos balance, std::uint64_t version);
  void account_entry(const entry& e);
  /// Pass 3, in any order. In a partial audit only transactions whose commits were fed.
  void transaction(const transaction_record& row);

  /// Looks at what needs everything. Once, at the end.
  audit_report finish();

private:
  // The total of all accounts may leave int64 although each balance is in bounds.
  __extension__ using wide = __int128;
  using sums = std::map<account_id, wide>;

  struct open_account {
    account_id id;
    bool has_row = false;
    base::centavos balance;    ///< of the row
    std::uint64_t version = 0; ///< of the row
    wide last_balance = 0;     ///< after the last entry
    wide sum = 0;
    std::uint64_t last_version = 0;
    std::optional<shard_id> shard;
  };
  struct open_leg {
    transaction_record row;
    wide sum = 0;
  };

  void check(invariant i) { ++at(i).checked; }
  void fault(invariant i, std::string text);
  finding& at(invariant i) { return report_.findings[static_cast<std::size_t>(i)]; }
  void check_link(const commit_record& record, const std::vector<entry>& entries);
  void check_postings(const commit_record& record, const std::vector<entry>& entries);
  void close_account();
  void check_owner(const transaction_record& row);
  void check_effect(const transaction_record& row, const sums& entries, bool any);
  void check_pair(const open_leg& a, const open_leg& b);

  audit_extent extent_;
  audit_report report_;
  std::map<shard_id, shard_head> heads_;
  std::unordered_map<transaction_id, sums> open_sums_;
  std::unordered_map<account_id, user_id> owners_;
  std::optional<open_account> current_;
  wide total_ = 0;
  std::uint64_t entries_in_chain_ = 0;
  std::uint64_t entries_in_accounts_ = 0;
  std::unordered_map<transaction_id, open_leg> legs_; ///< waiting for their partner
};

} // namespace ledger
