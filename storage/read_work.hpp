// What   Every question of read_port and audit_port as a coroutine over one session.
// Why    Lists, reports and the audit are written once for both databases.
// Bounds One deadline for all statements of a question. Pages carry one row more than asked, to
//        know whether there is another.
// Errors Failures of storage::errc; codec_error is thrown by rows that no program of ours writes.
// Threads As the session.
// Source api-contract §1.4, §5, §7.
#pragma once

#include "observability/metrics.hpp"
#include "storage/bulk.hpp"
#include "storage/port.hpp"
#include "storage/session.hpp"

#include <optional>
#include <string>
#include <vector>

namespace storage {

class read_work {
public:
  template <class T> using answer_of = boost::asio::awaitable<base::result<T>>;

  read_work(session& db, observability::metrics& metrics, deadline until)
      : db_(db), metrics_(metrics), until_(until) {}

  answer_of<std::optional<ledger::user_record>> user_by_id(ledger::user_id id);
  answer_of<std::optional<ledger::user_record>> user_by_email(std::string email);
  answer_of<book_rows> book(ledger::user_id user, base::utc_us now);
  answer_of<std::vector<ledger::account_view>>
  accounts(ledger::user_id user, ledger::account_role role, bool inactive, base::utc_us now);
  answer_of<std::optional<ledger::account_view>> account(ledger::user_id user,
                                                         ledger::account_id id, base::utc_us now);
  answer_of<ledger::user_rows> user_rows(ledger::row_question asked);
  /// In the order of the questions. A row that cannot be read is the failure of its question only.
  answer_of<std::vector<base::result<ledger::user_rows>>>
  automations(std::vector<ledger::automation_by_id> asked);
  answer_of<std::optional<ledger::hold_record>> hold(ledger::user_id user, ledger::hold_id id);
  answer_of<ledger::hold_page> holds(ledger::user_id user, ledger::hold_filter filter);
  answer_of<ledger::entry_page> entries(ledger::entry_filter filter);
  answer_of<std::vector<ledger::entry_view>>
  entries_of_transaction(ledger::transaction_id id, std::optional<ledger::transaction_id> partner);
  answer_of<ledger::balance_at> balance_booked(ledger::account_id id, base::utc_us at);
  answer_of<ledger::balance_at> balance_effective(ledger::account_id id, base::civil_day until);
  answer_of<std::vector<ledger::transaction_record>>
  transactions_by_id(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                     bool with_partners);
  answer_of<ledger::transaction_page> transactions(ledger::transaction_filter filter);
  answer_of<ledger::monthly_sums> monthly(ledger::user_id user, base::civil_day first,
                                          base::civil_day last);
  answer_of<std::vector<ledger::tag_count>> tags(ledger::user_id user);
  answer_of<std::optional<ledger::idempotency_record>>
  answer(ledger::user_id user, ledger::key_scope scope, base::utc_us now);
  answer_of<std::vector<ledger::idempotency_record>> answers(ledger::user_id user, std::string key,
                                                             base::utc_us now);

  answer_of<std::optional<ledger::commit_record>> head(ledger::shard_id shard);
  answer_of<std::vector<ledger::commit_record>>
  commits(ledger::shard_id shard, std::uint64_t after_seq, std::int64_t limit);
  answer_of<std::vector<ledger::entry>> entries_of_commits(ledger::shard_id shard,
                                                           std::uint64_t first, std::uint64_t last);
  answer_of<std::vector<loaded_account>> accounts_after(ledger::account_id after,
                                                        std::int64_t limit);
  answer_of<std::vector<ledger::entry>> entries_after(ledger::account_id account,
                                                      std::uint64_t version, std::int64_t limit);
  answer_of<std::vector<ledger::transaction_record>>
  transactions_after(ledger::transaction_id after, std::int64_t limit);
  answer_of<std::vector<std::string>> without_transaction(std::int64_t limit);
  answer_of<ledger::row_counts> counts();
  answer_of<std::vector<ledger::hold_record>> holds_after(ledger::hold_id after,
                                                          std::int64_t limit);
  answer_of<std::vector<ledger::user_record>> users_after(ledger::user_id after,
                                                          std::int64_t limit);
  answer_of<std::vector<ledger::idempotency_record>>
  answers_after(ledger::user_id user, ledger::key_scope scope, std::int64_t limit);
  answer_of<std::vector<ledger::transaction_record>>
  transactions_of_commits(ledger::shard_id shard, std::uint64_t first, std::uint64_t last);

  // recovery (recovery_work.cpp)
  answer_of<std::vector<ledger::transaction_state>> states_after(ledger::transaction_id after,
                                                                 std::int64_t limit);
  answer_of<std::vector<ledger::transaction_state>>
  states_of(ledger::user_id user, std::vector<ledger::transaction_id> ids);
  answer_of<std::vector<account_check>> checks_after(ledger::account_id after, std::int64_t limit);
  answer_of<std::vector<account_check>> checks_of(std::vector<ledger::account_id> ids);
  answer_of<std::optional<account_check>> check_of(ledger::account_id id);
  answer_of<correction_basis> basis(ledger::shard_id shard, std::vector<ledger::account_id> ids);
  answer_of<ledger::audit_page> audit_log(ledger::audit_filter filter);
  answer_of<std::vector<ledger::audit_record>>
  audit_records(ledger::shard_id shard, std::uint64_t after, std::int64_t limit);

  /// A write, on a journal's session: false when there is no such user.
  answer_of<bool> set_admin(std::string email, bool admin, base::utc_us now);
  answer_of<std::optional<std::string>> meta(std::string name);

private:
  answer_of<rows> ask_one(const statement& what, params values);

  session& db_;
  observability::metrics& metrics_;
  deadline until_;
};

} // namespace storage
