// What   Recomputes the ledger from what is stored and names every invariant that does not hold.
// Why    verify, simulation and tests ask one judge. It takes rows in the order in which storage
//        reads them fastest, and trusts none of them.
// Bounds Memory: one head per shard, one owner per account, the snapshots of one account, and the
//        open sums of each transaction until its row is fed; with a sketch only of those that a
//        second look needs. Commits and account entries themselves are not kept.
// Errors A fault is a finding, never a failure: the audit goes on behind it. The text of a finding
//        names ids, never amounts.
// Threads confined to its owner.
// Source api-contract §2.3; testing.md §7 (I1-I4, I6, I8, I10-I12).
#pragma once

#include "ledger/commit.hpp"
#include "ledger/effect_sketch.hpp"
#include "ledger/idempotency.hpp"
#include "ledger/snapshot.hpp"
#include "ledger/transaction.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
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
  snapshot,
  within_limits,
  stored_answers,
  goal,
  envelope,
  shares_exact,
};
inline constexpr std::size_t invariant_count = 13;

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
  /// What another judge found, of other rows.
  void add(const audit_report& found);
  /// Nothing is wrong. Not WithinLimits: no rule refuses a correction, so it may leave an account
  /// beyond its limits, and nothing is wrong with the ledger then.
  bool clean() const;
};

/// whole: everything is fed. part: some users, accounts or commits only, so that what is not fed is
/// no fault (the sum over all accounts), and what a transaction has on its accounts is told by
/// entries_of() and not collected from commits.
enum class audit_extent : std::uint8_t { whole, part };

/// What is known to be sound of an account without reading it again: its entries up to here.
struct account_start {
  std::uint64_t version = 0;
  base::centavos balance;
};

/// Feed it a ledger that stands still, in three passes: commits, accounts with their entries,
/// transactions. A row that changes between the passes looks like a fault.
class auditor {
public:
  /// Keeps the open sums of every transaction.
  explicit auditor(audit_extent extent = audit_extent::whole);
  /// Keeps a sketch of them. What differs there is no finding yet: after the passes ask for the
  /// second look.
  auditor(audit_extent extent, std::uint64_t sketch_seed);

  bool sketched() const { return sketch_.has_value(); }
  /// Nothing: entries and rows agree. Else an auditor of the transactions that may not: feed it
  /// commits and transactions once more and give its report to accept(), then finish().
  std::optional<auditor> second_look() const;
  void accept(const audit_report& of_second_look);
  /// A sketch cannot see entries that sum to zero and whose transaction has no row: who feeds it
  /// looks for them, and says so before finish(). Ids.
  void entries_without_row(const std::vector<std::string>& transactions);

  /// Before pass 1, of a partial audit: the chain was sound up to here, and the commits behind it
  /// are fed. `now`: the record of that shard and seq as it is stored today.
  void resume(const shard_head& sound, const commit_record* now);
  /// After pass 1: the last commit of each shard.
  const std::map<shard_id, shard_head>& heads() const { return heads_; }

  /// Pass 1. Records of one shard in order of seq (shards may be mixed), each with its entries in
  /// order of position.
  void commit(const commit_record& record, const std::vector<entry>& entries);
  /// Pass 2. An account row, and then its entries in order of version. Entries of an account
  /// without a row may stand anywhere between.
  void account(const account_record& row, base::centavos balance, std::uint64_t version,
               account_start from = {});
  /// Behind account(): what its open holds keep back.
  void held(base::centavos amount);
  /// Behind account() and before its entries, in order of the month, which was over at `end`. Not
  /// of an account whose audit starts later than its first entry.
  void snapshot(const monthly_snapshot& row, base::utc_us end);
  void account_entry(const entry& e);
  /// In pass 2 of a partial audit: whose the accounts are that are not fed.
  void owner(const account_id& id, const user_id& who) { owners_.emplace(id, who); }
  /// Pass 3, in any order.
  void transaction(const transaction_record& row);
  /// Before transaction(), of a partial audit: something that it has on this account.
  void entries_of(const transaction_id& id, const account_id& account, base::centavos sum) {
    open_sums_[id][account] += sum.minor;
  }
  /// A stored answer that names a transaction; it has to exist.
  void answer(const key_scope& scope, const transaction_id& named, bool exists);

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
    base::centavos held;
    std::optional<base::centavos> floor;
    std::optional<base::centavos> ceiling;
    std::vector<std::pair<monthly_snapshot, base::utc_us>> snapshots; ///< with their ends
    std::size_t compared = 0;                                         ///< of the snapshots
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
  void check_limits(const open_account& a);
  void compare_snapshots(open_account& a, std::optional<base::utc_us> before);
  void check_owner(const transaction_record& row);
  static sums effect_of(const transaction_record& row);
  void without_row(const std::string& smallest, std::size_t count);
  void check_effect(const transaction_record& row, const sums& entries, bool any);
  void check_pair(const open_leg& a, const open_leg& b);

  bool sees(const transaction_id& id) const;

  audit_extent extent_;
  std::optional<effect_sketch> sketch_;
  std::vector<bool> only_; ///< of a second look: these buckets of the sketch; empty: all
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
