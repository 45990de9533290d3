// What   Every question and write of projection_port as a coroutine over one session.
// Why    Written once for both databases.
// Bounds One deadline for all statements of a call. One refresh takes refresh_step entries.
// Errors Failures of storage::errc. A write whose answer is lost is a failure: made again, it says
//        the same.
// Threads As the session.
#pragma once

#include "observability/metrics.hpp"
#include "storage/projection.hpp"
#include "storage/session.hpp"

#include <vector>

namespace storage {

class projection_work {
public:
  template <class T> using answer_of = boost::asio::awaitable<base::result<T>>;

  projection_work(session& db, observability::metrics& metrics, deadline until)
      : db_(db), metrics_(metrics), until_(until) {}

  answer_of<std::vector<past_balance>> booked_before(std::vector<past_question> wanted);
  answer_of<std::vector<base::centavos>> sums(std::vector<version_range> ranges);
  answer_of<std::vector<ledger::balance_check>> balance_checks(ledger::account_id after,
                                                               std::int64_t limit);
  answer_of<std::vector<ledger::monthly_snapshot>>
  snapshots_after(ledger::account_id account, ledger::month month, std::int64_t limit);
  answer_of<bool> write_snapshots(std::vector<ledger::monthly_snapshot> rows);
  answer_of<bool> refresh_effective(ledger::account_id id);

private:
  answer_of<rows> ask_one(const statement& what, params values);
  answer_of<bool> write(std::vector<step> steps);

  session& db_;
  observability::metrics& metrics_;
  deadline until_;
};

} // namespace storage
