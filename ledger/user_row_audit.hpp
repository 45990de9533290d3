// What   user_row_auditor: goals and envelopes against their movements, shared expenses against
//        their shares, round-ups against their transactions.
// Why    Their amounts are trusted like balances, and no entry knows of them. The auditor of the
//        ledger has no use for these rows, nor this one for entries.
// Bounds One goal, envelope or expense at a time.
// Errors A fault is a finding under Goal, Envelope or SharesExact; its text names ids, no amounts.
// Threads confined to its owner.
// Source api-contract §2.3 (I6, I7, I12)
#pragma once

#include "ledger/audit.hpp"
#include "ledger/earmark.hpp"
#include "ledger/round_up.hpp"
#include "ledger/shared_expense.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ledger {

/// Feed it goals with their movements, envelopes with theirs, expenses with their shares: each row
/// and right behind it what is of it, in order of version; deleted and cancelled ones too. Parts of
/// a row that does not exist may stand anywhere between.
class user_row_auditor {
public:
  /// Judges what is of this user, or which they share; of everybody without one.
  explicit user_row_auditor(std::optional<user_id> only = {}) : only_(std::move(only)) {}

  void row(const goal& g);
  void row(const budget_envelope& e);
  void row(const earmark_movement& m);
  void row(const shared_expense& e);
  void row(const expense_share& s);
  /// `of`: its transaction, when there is one. At any place.
  void row(const round_up& u, const transaction_record* of, round_up_verdict verdict);
  bool judges(const user_id& user) const { return wanted(user); }

  /// Once, at the end.
  audit_report finish();

private:
  // What is summed up was not checked by anybody.
  __extension__ using wide = __int128;

  struct open_earmark {
    earmark_kind kind = earmark_kind::goal;
    base::id_key key = 0;
    std::string id;
    user_id user;
    bool has_row = false;
    bool within = true; ///< its amount is between zero and the target
    base::centavos amount;
    std::uint64_t version = 0;
    std::uint64_t last_version = 0;
    wide last_after = 0;
    wide sum = 0;
  };
  struct open_expense {
    base::id_key key = 0;
    std::string id;
    bool has_row = false;
    bool wanted = false; ///< by one of its shares, or its own user
    base::centavos total;
    wide sum = 0;
  };

  bool wanted(const user_id& user) const { return !only_ || user == *only_; }
  void open(open_earmark fresh);
  void open(open_expense fresh);
  void close();
  void judge(const open_earmark& e);
  void judge(const open_expense& e);
  void check(invariant i) { ++report_.findings[static_cast<std::size_t>(i)].checked; }
  void fault(invariant i, std::string text);

  std::optional<user_id> only_;
  audit_report report_;
  std::optional<open_earmark> earmark_;
  std::optional<open_expense> expense_;
};

} // namespace ledger
