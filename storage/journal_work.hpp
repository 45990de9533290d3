// What   What a journal asks of its connection: take over, load, commit, resolve; written once over
//        the session seam.
// Why    The order of the statements, the fences and the fate of a batch in doubt must be the same
//        on both databases.
// Bounds A batch is one transaction. Each wait ends at the commit deadline; resolve() alone
//        repeats, until it knows or the store stops.
// Threads As the session; one call at a time.
// Source design.md §3.5; engineering.md f ("In doubt").
#pragma once

#include "base/random.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "storage/row_codec.hpp"
#include "storage/session.hpp"
#include "storage/stop_signal.hpp"

#include <memory>
#include <string>
#include <vector>

namespace storage {

/// The steps of a batch, and the texts that they borrow beside those of the batch.
struct commit_plan {
  std::vector<step> steps;
  text_store texts;
};

/// Arrays over all items of the batch. The steps borrow from it.
commit_plan plan_commit(const journal_batch& what);

/// A reason not to send the batch at all: entries that do not sum to zero, a key or a schedule
/// twice.
std::optional<commit_result> refusal_of(const journal_batch& what);

class journal_work {
public:
  journal_work(session& db, std::int64_t deadline_ms, observability::log& log,
               observability::metrics& metrics, stop_signal& stop,
               std::uint64_t seed = base::system_seed()); ///< of the backoff's jitter

  boost::asio::awaitable<base::result<std::vector<ledger::shard_head>>>
  take_over(std::vector<ledger::shard_id> shards, std::string node, base::utc_us now);
  boost::asio::awaitable<base::result<std::vector<loaded_account>>>
  load(std::vector<ledger::account_id> ids);
  boost::asio::awaitable<commit_result> commit(std::shared_ptr<const journal_batch> what);
  boost::asio::awaitable<base::result<resolution>>
  resolve(std::shared_ptr<const journal_batch> what);

private:
  boost::asio::awaitable<base::result<std::vector<ledger::shard_head>>>
  heads_of(const std::vector<ledger::shard_id>& shards);
  boost::asio::awaitable<base::result<std::optional<resolution>>>
  look(const ledger::commit_record& ours, const ledger::commit_record& fence);
  boost::asio::awaitable<commit_result> send(const std::vector<step>& steps);
  std::chrono::milliseconds backoff(unsigned attempt);

  session& db_;
  std::int64_t deadline_ms_;
  observability::log& log_;
  observability::metrics& metrics_;
  stop_signal& stop_;
  base::random chance_;
};

} // namespace storage
