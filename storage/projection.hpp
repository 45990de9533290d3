// What   projection_port: what follows from the entries and is kept beside them (monthly snapshots,
//        balances by effective day), and the sums that check it.
// Why    Derived rows may be thrown away and made again; they never wait for a posting, and no
//        posting waits for them.
// Bounds Lists of at most projection_rows accounts or rows for each call.
// Errors As in port.hpp.
// Threads As in port.hpp. Writes run between the commits of the first journal.
// Source api-contract §5, §14.1.
#pragma once

#include "ledger/snapshot.hpp"
#include "storage/port.hpp"

#include <cstdint>
#include <vector>

namespace storage {

inline constexpr std::int64_t projection_rows = 1000;
/// How many versions an account may be ahead of its balances by effective day before somebody asks
/// for a refresh.
inline constexpr std::uint64_t effective_step = 1024;
/// So many entries are taken by one refresh.
inline constexpr std::uint64_t refresh_step = 100'000;

/// An account and an instant: the entries booked before it.
struct past_question {
  ledger::account_id account;
  base::utc_us before;
};

struct past_balance {
  bool known = false; ///< there is such an account
  ledger::account_role role = ledger::account_role::money;
  base::utc_us created_at;   ///< of the account
  std::uint64_t version = 0; ///< how many entries
  base::centavos balance;    ///< after the last of them
};

/// Entries of an account with above < version <= up_to.
struct version_range {
  ledger::account_id account;
  std::uint64_t above = 0, up_to = 0;
};

struct projection_port {
  virtual ~projection_port() = default;
  /// In the order of the questions.
  virtual void booked_before(std::vector<past_question> wanted,
                             callback<std::vector<past_balance>> done) = 0;
  /// The sums of the amounts, in the order of the ranges.
  virtual void sums(std::vector<version_range> ranges,
                    callback<std::vector<base::centavos>> done) = 0;
  /// Balance rows behind the account, in the order of the keys, each page of one snapshot.
  virtual void balance_checks(ledger::account_id after, std::int64_t limit,
                              callback<std::vector<ledger::balance_check>> done) = 0;
  /// Behind the position, in the order of (account's key, month).
  virtual void snapshots_after(ledger::account_id account, ledger::month month, std::int64_t limit,
                               callback<std::vector<ledger::monthly_snapshot>> done) = 0;
  /// Replaces those that are there.
  virtual void write_snapshots(std::vector<ledger::monthly_snapshot> rows, callback<bool> done) = 0;
  /// Brings the balances by effective day up to the account's version, or refresh_step entries
  /// nearer to it. false: another node did.
  virtual void refresh_effective(ledger::account_id id, callback<bool> done) = 0;
};

} // namespace storage
