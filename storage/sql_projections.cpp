#include "storage/sql_projections.hpp"

#include "storage/projection_work.hpp"

namespace storage {

namespace {

boost::asio::awaitable<base::result<bool>>
write_of(session& db, observability::metrics& metrics, deadline until,
         std::vector<ledger::monthly_snapshot> snapshots) {
  projection_work work{db, metrics, until};
  co_return co_await work.write_snapshots(std::move(snapshots));
}

boost::asio::awaitable<base::result<bool>> refresh_of(session& db, observability::metrics& metrics,
                                                      deadline until, ledger::account_id id) {
  projection_work work{db, metrics, until};
  co_return co_await work.refresh_effective(std::move(id));
}

} // namespace

void sql_projections::booked_before(std::vector<past_question> wanted,
                                    callback<std::vector<past_balance>> done) {
  ask_pool<std::vector<past_balance>, projection_work>(
      pool_, metrics_, calls_, std::move(done),
      [=](projection_work& w) { return w.booked_before(wanted); });
}

void sql_projections::sums(std::vector<version_range> ranges,
                           callback<std::vector<base::centavos>> done) {
  ask_pool<std::vector<base::centavos>, projection_work>(
      pool_, metrics_, calls_, std::move(done), [=](projection_work& w) { return w.sums(ranges); });
}

void sql_projections::balance_checks(ledger::account_id after, std::int64_t limit,
                                     callback<std::vector<ledger::balance_check>> done) {
  ask_pool<std::vector<ledger::balance_check>, projection_work>(
      pool_, metrics_, calls_, std::move(done),
      [=](projection_work& w) { return w.balance_checks(after, limit); });
}

void sql_projections::snapshots_after(ledger::account_id account, ledger::month month,
                                      std::int64_t limit,
                                      callback<std::vector<ledger::monthly_snapshot>> done) {
  ask_pool<std::vector<ledger::monthly_snapshot>, projection_work>(
      pool_, metrics_, calls_, std::move(done),
      [=](projection_work& w) { return w.snapshots_after(account, month, limit); });
}

void sql_projections::write_snapshots(std::vector<ledger::monthly_snapshot> snapshots,
                                      callback<bool> done) {
  write_(std::move(done), [this, all = std::move(snapshots)](session& db, deadline until) {
    return write_of(db, metrics_, until, all);
  });
}

void sql_projections::refresh_effective(ledger::account_id id, callback<bool> done) {
  write_(std::move(done), [this, id = std::move(id)](session& db, deadline until) {
    return refresh_of(db, metrics_, until, id);
  });
}

} // namespace storage
