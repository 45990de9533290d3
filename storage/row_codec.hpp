// What   Domain types to cells and back.
// Why    One place knows the order of columns (statements.cpp lists them) and how a type is stored.
// Errors Reading throws codec_error when a row holds what no program of ours writes; the edge of
//        storage/ turns it into errc::broken.
// Threads any (pure). Columns borrow the texts of the records: these outlive the step.
#pragma once

#include "ledger/query.hpp"
#include "storage/port.hpp"
#include "storage/session.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace storage {

struct codec_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// -- one row of a batch -------------------------------------------------------------------------

/// Builds the columns of a batch step, row by row.
class batch {
public:
  batch(const statement& what, std::size_t rows_at_most);

  template <class... Cells> void add(Cells&&... cells) {
    std::size_t i = 0;
    (step_.columns[i++].cells.emplace_back(std::forward<Cells>(cells)), ...);
  }
  void add_row(const row& cells); ///< which outlive the step
  bool empty() const { return step_.batch_rows() == 0; }
  /// Ends the batch: a counted one expects each of its rows to be written.
  step done() &&;

private:
  step step_;
};

/// Texts that stand in no record: they live as long as the steps that borrow them.
using text_store = std::deque<std::string>;

void add_commit(batch& to, const ledger::commit_record& r);
void add_user(batch& to, const ledger::user_record& r);
void add_user_change(batch& to, const ledger::user_change& c, text_store& texts);
void add_account(batch& to, const ledger::account_record& r);
void add_account_change(batch& to, const ledger::account_record& r);
void add_hold(batch& to, const ledger::hold_record& r);
void add_hold_end(batch& to, const ledger::hold_record& r);
/// `born`: the commit that it comes with.
void add_transaction(batch& to, const ledger::transaction_record& r, std::int64_t born,
                     text_store& texts);
void add_transaction_change(batch& to, const ledger::transaction_record& r, text_store& texts);
/// `amending`: its transaction was written by an earlier commit.
void add_entry(batch& to, const ledger::entry& e, bool amending);
void add_balance(batch& to, const balance_row& b);
void add_corrected_balance(batch& to, const balance_row& b);
void add_audit(batch& to, const ledger::audit_record& r);
void add_answer(batch& to, const ledger::idempotency_record& r);

/// The parameters of commit_fence.
params commit_params(const ledger::commit_record& r);

// -- rows that were read ------------------------------------------------------------------------

ledger::user_record user_from(const row& r);
ledger::account_record account_from(const row& r);
loaded_account loaded_account_from(const row& r);
/// The open hold that stands behind the account in a row of account_load.
std::optional<ledger::held> held_from(const row& r);
ledger::hold_record hold_from(const row& r);
ledger::account_view account_view_from(const row& r);
ledger::commit_record commit_from(const row& r);
ledger::entry entry_from(const row& r);
ledger::entry_view entry_view_from(const row& r);
ledger::transaction_record transaction_from(const row& r);
ledger::idempotency_record answer_from(const row& r);
account_check account_check_from(const row& r);
ledger::audit_head audit_head_from(const row& r);
ledger::audit_record audit_record_from(const row& r);
template <class T> std::vector<T> all(const rows& found, T (*decode)(const row&)) {
  std::vector<T> out;
  out.reserve(found.size());
  for (const auto& r : found) out.push_back(decode(r));
  return out;
}
std::int64_t integer_at(const row& r, std::size_t column);
const std::string& text_at(const row& r, std::size_t column);
/// The id whose key and imported text stand in this column and the next.
template <class Id> Id id_at(const row& r, std::size_t column) {
  const auto key = integer_at(r, column);
  const bool has_text = column + 1 < r.size() && std::holds_alternative<std::string>(r[column + 1]);
  return has_text ? Id{std::get<std::string>(r[column + 1])} : Id::of(key);
}

// -- single values ------------------------------------------------------------------------------

std::int64_t type_code(ledger::transaction_type t);
/// A commit record as one number, in the order of (shard, seq).
std::int64_t commit_id_of(ledger::shard_id shard, std::uint64_t seq);
std::pair<ledger::shard_id, std::uint64_t> commit_of(std::int64_t commit_id);
/// 64 bits, the sign is only a way to store the highest one.
inline std::int64_t signed_bits(std::uint64_t v) { return static_cast<std::int64_t>(v); }
/// A bound of a range: beyond the largest integer there is nothing.
inline std::int64_t bound(std::uint64_t v) {
  return signed_bits(std::min<std::uint64_t>(v, std::numeric_limits<std::int64_t>::max()));
}
inline std::uint64_t unsigned_bits(std::int64_t v) { return static_cast<std::uint64_t>(v); }

} // namespace storage
