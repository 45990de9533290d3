// What   recovery_port over the pool of readers.
// Threads any.
#pragma once

#include "storage/asked.hpp"
#include "storage/port.hpp"

namespace storage {

class sql_recovery final : public recovery_port {
public:
  sql_recovery(reader_pool& pool, observability::metrics& metrics, open_calls& calls)
      : pool_(pool), metrics_(metrics), calls_(calls) {}

  void states_after(ledger::transaction_id after, std::int64_t limit,
                    callback<std::vector<ledger::transaction_state>> done) override;
  void states_of(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                 callback<std::vector<ledger::transaction_state>> done) override;
  void checks_after(ledger::account_id after, std::int64_t limit,
                    callback<std::vector<account_check>> done) override;
  void check_of(ledger::account_id id, callback<std::optional<account_check>> done) override;
  void audit_log(ledger::audit_filter filter, callback<ledger::audit_page> done) override;
  void audit_records(ledger::shard_id shard, std::uint64_t after, std::int64_t limit,
                     callback<std::vector<ledger::audit_record>> done) override;

private:
  template <class T, class Work> void ask(callback<T> done, Work work);

  reader_pool& pool_;
  observability::metrics& metrics_;
  open_calls& calls_;
};

} // namespace storage
