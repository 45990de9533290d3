// What   bulk: the whole database within one transaction, for export, import and verify: ordered
//        pages of every table, and commits as they were.
// Why    Export and verify want one snapshot however long they take; import wants all or nothing.
//        Both are the database's own transaction, and nothing else is shared with a server's store.
// Bounds Pages of `limit` rows; those of commits by what the commits hold. Each call at most
//        bulk_patience_ms.
// Errors Failures of storage::errc. When the connection is lost the transaction is, and all later
//        calls fail; one that was not finished leaves nothing behind.
// Threads Blocking; one thread at a time, not a storage thread.
#pragma once

#include "ledger/backfill.hpp"
#include "ledger/row_counts.hpp"
#include "ledger/snapshot.hpp"
#include "storage/port.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace storage {

inline constexpr std::int64_t bulk_patience_ms = 600'000;

enum class transaction_use : std::uint8_t { read, write };

struct bulk {
  virtual ~bulk() = default; ///< gives up what was not finished
  virtual std::uint32_t shards() const = 0;
  virtual const std::string& installation() const = 0; ///< the id in the table meta

  // -- the database as a whole, in the order of audit_port
  virtual base::result<ledger::row_counts> counts() = 0;
  virtual base::result<std::vector<ledger::user_record>> users_after(ledger::user_id after,
                                                                     std::int64_t limit) = 0;
  virtual base::result<std::vector<loaded_account>> accounts_after(ledger::account_id after,
                                                                   std::int64_t limit) = 0;
  virtual base::result<std::vector<ledger::commit_record>>
  commits(ledger::shard_id shard, std::uint64_t after_seq, std::int64_t limit) = 0;
  virtual base::result<std::vector<ledger::entry>>
  entries_of_commits(ledger::shard_id shard, std::uint64_t first, std::uint64_t last) = 0;
  virtual base::result<std::vector<ledger::entry>>
  entries_after(ledger::account_id account, std::uint64_t version, std::int64_t limit) = 0;
  virtual base::result<std::vector<ledger::transaction_record>>
  transactions_after(ledger::transaction_id after, std::int64_t limit) = 0;
  virtual base::result<std::vector<std::string>> without_transaction(std::int64_t limit) = 0;
  /// Those of the user with all that their entries sum to, and their partners; unknown ids are left
  /// out.
  virtual base::result<std::vector<ledger::transaction_state>>
  states_of(ledger::user_id user, std::vector<ledger::transaction_id> ids) = 0;
  virtual base::result<std::vector<ledger::monthly_snapshot>>
  snapshots_after(ledger::account_id account, ledger::month month, std::int64_t limit) = 0;
  virtual base::result<std::vector<ledger::audit_record>>
  audit_records(ledger::shard_id shard, std::uint64_t after, std::int64_t limit) = 0;
  /// The transactions whose first entry lies in these commits, by id.
  virtual base::result<std::vector<ledger::transaction_record>>
  transactions_of_commits(ledger::shard_id shard, std::uint64_t first, std::uint64_t last) = 0;
  virtual base::result<std::vector<ledger::hold_record>> holds_after(ledger::hold_id after,
                                                                     std::int64_t limit) = 0;
  /// Those of the system too, deleted ones as well.
  virtual base::result<std::vector<scheduler::schedule>>
  schedules_after(scheduler::schedule_id after, std::int64_t limit) = 0;
  /// For rows_after and shares_by_expense.
  virtual base::result<ledger::user_rows> user_rows(ledger::row_question asked) = 0;
  /// Stored answers, expired ones too, by (user, key, endpoint) behind this one.
  virtual base::result<std::vector<ledger::idempotency_record>>
  answers_after(ledger::user_id user, ledger::key_scope scope, std::int64_t limit) = 0;

  // -- one user, as in read_port
  virtual base::result<std::optional<ledger::user_record>> user_by_id(ledger::user_id id) = 0;
  virtual base::result<std::optional<ledger::user_record>> user_by_email(std::string email) = 0;
  virtual base::result<std::vector<ledger::account_view>> accounts(ledger::user_id user) = 0;
  virtual base::result<ledger::entry_page> entries(ledger::entry_filter filter) = 0;
  virtual base::result<std::vector<ledger::transaction_record>>
  transactions_by_id(ledger::user_id user, std::vector<ledger::transaction_id> ids) = 0;
  virtual base::result<ledger::transaction_page>
  transactions(ledger::transaction_filter filter) = 0;
  virtual base::result<std::vector<ledger::tag_count>> tags(ledger::user_id user) = 0;

  // -- writing
  /// Commits exactly as they were: each batch has one record with its entries, or none and rows
  /// alone. A transaction comes with the commit that holds its first entry.
  virtual base::status write(const std::vector<journal_batch>& batches) = 0;
  /// Makes everything durable at once. errc::unavailable when the answer was lost: look.
  virtual base::status finish() = 0;
};

} // namespace storage
