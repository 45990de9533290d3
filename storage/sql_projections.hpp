// What   sql_projections: projection_port over the readers of a store and the writer of its first
//        journal.
// Threads any; see port.hpp.
#pragma once

#include "storage/asked.hpp"
#include "storage/projection.hpp"

#include <functional>

namespace storage {

/// A write that is no batch of the journal and may be made again.
using beside_work = work_of<bool, session&, deadline>;

class sql_projections final : public projection_port {
public:
  using writer = std::function<void(callback<bool>, beside_work)>;

  sql_projections(reader_pool& pool, observability::metrics& metrics, open_calls& calls,
                  writer write)
      : pool_(pool), metrics_(metrics), calls_(calls), write_(std::move(write)) {}

  void booked_before(std::vector<past_question> wanted,
                     callback<std::vector<past_balance>> done) override;
  void sums(std::vector<version_range> ranges, callback<std::vector<base::centavos>> done) override;
  void balance_checks(ledger::account_id after, std::int64_t limit,
                      callback<std::vector<ledger::balance_check>> done) override;
  void snapshots_after(ledger::account_id account, ledger::month month, std::int64_t limit,
                       callback<std::vector<ledger::monthly_snapshot>> done) override;
  void write_snapshots(std::vector<ledger::monthly_snapshot> rows, callback<bool> done) override;
  void refresh_effective(ledger::account_id id, callback<bool> done) override;

private:
  reader_pool& pool_;
  observability::metrics& metrics_;
  open_calls& calls_;
  writer write_;
};

} // namespace storage
