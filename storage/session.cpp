#include "storage/session.hpp"

namespace storage {

commit_class class_of_unique(std::string_view constraint) {
  if (constraint == "ledger_commits_pkey") return commit_class::fenced;
  if (constraint == "ledger_entries_pkey") return commit_class::conflict;
  if (constraint == "users_email_key" || constraint == "idempotency_pkey" ||
      constraint == "accounts_pkey")
    return commit_class::duplicate_key; // accounts: ids that clients choose
  for (const auto* fact : {"jobs_pkey", "job_attempts_pkey", "job_outcomes_pkey",
                           "job_controls_pkey", "schedule_ticks_pkey"})
    if (constraint == fact) return commit_class::duplicate_key; // happens once
  return commit_class::definite;
}

boost::asio::awaitable<base::result<database_usage>> session::usage(deadline) {
  co_return base::fail(errc::broken, "this session is not asked what the database uses");
}

boost::asio::awaitable<base::status> session::begin(transaction_use, deadline) {
  co_return base::fail(errc::broken, "this session has no long transactions");
}

boost::asio::awaitable<commit_result> session::append(const std::vector<step>&, deadline) {
  co_return commit_result{commit_class::unavailable, "no transaction was begun"};
}

boost::asio::awaitable<commit_result> session::end(deadline) {
  co_return commit_result{commit_class::unavailable, "no transaction was begun"};
}

} // namespace storage
