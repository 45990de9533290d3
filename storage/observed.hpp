// What   ask(): a statement through a session, measured.
// Why    Duration and error class of each statement are counted in one place, for both adapters.
// Threads As the session.
// Source metrics.md, storage.
#pragma once

#include "observability/metrics.hpp"
#include "storage/session.hpp"

namespace storage {

boost::asio::awaitable<base::result<rows>> ask(session& db, observability::metrics& metrics,
                                               step what, deadline until);

void count_error(observability::metrics& metrics, const base::failure& f);
void count_error(observability::metrics& metrics, commit_class c);

inline deadline in(std::int64_t milliseconds) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds{milliseconds};
}

} // namespace storage
