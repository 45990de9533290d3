// What   The call of pruning_port as a coroutine over one session.
// Why    Written once for both databases.
// Threads As the session.
#pragma once

#include "observability/metrics.hpp"
#include "storage/pruning.hpp"
#include "storage/session.hpp"

namespace storage {

class prune_work {
public:
  prune_work(session& db, observability::metrics& metrics, deadline until)
      : db_(db), metrics_(metrics), until_(until) {}

  boost::asio::awaitable<base::result<std::int64_t>> prune(old_rows what, base::utc_us before);

private:
  boost::asio::awaitable<base::result<std::int64_t>> prune_by(const statement& which, params by,
                                                              const statement& how,
                                                              const statement* then = nullptr);

  session& db_;
  observability::metrics& metrics_;
  deadline until_;
};

} // namespace storage
