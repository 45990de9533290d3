#include "storage/observed.hpp"

namespace storage {

using observability::error_class;

void count_error(observability::metrics& metrics, const base::failure& f) {
  auto c = error_class::definite;
  if (f.code == code_text(errc::unavailable) || f.code == code_text(errc::timed_out) ||
      f.code == code_text(errc::full))
    c = error_class::transient;
  if (f.code == code_text(errc::read_only)) c = error_class::read_only;
  metrics.storage_errors(c).add();
}

void count_error(observability::metrics& metrics, commit_class c) {
  switch (c) {
  case commit_class::committed: return;
  case commit_class::definite:
  case commit_class::duplicate_key:
  case commit_class::fenced:
  case commit_class::conflict: return metrics.storage_errors(error_class::definite).add();
  case commit_class::transient:
  case commit_class::full:
  case commit_class::unavailable: return metrics.storage_errors(error_class::transient).add();
  case commit_class::read_only: return metrics.storage_errors(error_class::read_only).add();
  case commit_class::in_doubt: return metrics.storage_errors(error_class::in_doubt).add();
  }
}

boost::asio::awaitable<base::result<rows>> ask(session& db, observability::metrics& metrics,
                                               step what, deadline until) {
  const auto began = std::chrono::steady_clock::now();
  auto answer = co_await db.execute(std::move(what), until);
  metrics.storage_statement(observability::statement_class::read)
      .observe(std::chrono::steady_clock::now() - began);
  if (!answer) count_error(metrics, answer.error());
  co_return answer;
}

} // namespace storage
