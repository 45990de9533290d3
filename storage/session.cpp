#include "storage/session.hpp"

namespace storage {

commit_class class_of_unique(std::string_view constraint) {
  if (constraint == "ledger_commits_pkey") return commit_class::fenced;
  if (constraint == "ledger_entries_pkey") return commit_class::conflict;
  if (constraint == "users_email_key" || constraint == "idempotency_pkey")
    return commit_class::duplicate_key;
  return commit_class::definite;
}

} // namespace storage
