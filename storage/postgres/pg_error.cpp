#include "storage/postgres/pg_error.hpp"

#include "storage/session.hpp"
#include "storage/statement.hpp"

namespace storage {
namespace {

constexpr std::string_view unique_violation = "23505";
constexpr std::string_view read_only_transaction = "25006";
constexpr std::string_view disk_full = "53100";
constexpr std::string_view serialization_failure = "40001";
constexpr std::string_view deadlock_detected = "40P01";
constexpr std::string_view lock_not_available = "55P03";
constexpr std::string_view query_canceled = "57014";
constexpr std::string_view insufficient_resources = "53"; // class

bool passes_by_itself(std::string_view s) {
  return s == serialization_failure || s == deadlock_detected || s == lock_not_available ||
         s == query_canceled || s.starts_with(insufficient_resources);
}

} // namespace

std::string pg_error::text() const { return sqlstate.empty() ? message : sqlstate + " " + message; }

commit_class class_of(const pg_error& e) {
  if (!e.surely_not_committed()) return commit_class::in_doubt;
  if (e.sqlstate == unique_violation) return class_of_unique(e.constraint);
  if (e.sqlstate == sqlstate_no_former) return commit_class::fenced;
  if (e.sqlstate == sqlstate_conflict) return commit_class::conflict;
  if (e.sqlstate == sqlstate_duplicate) return commit_class::duplicate_key;
  if (e.sqlstate == read_only_transaction) return commit_class::read_only;
  if (e.sqlstate == disk_full) return commit_class::full;
  if (passes_by_itself(e.sqlstate)) return commit_class::transient;
  return commit_class::definite;
}

errc errc_of(const pg_error& e) {
  if (!e.surely_not_committed()) return errc::unavailable;
  if (e.sqlstate == read_only_transaction) return errc::read_only;
  if (e.sqlstate == disk_full) return errc::full;
  if (e.sqlstate == lock_not_available || e.sqlstate == query_canceled) return errc::timed_out;
  if (passes_by_itself(e.sqlstate)) return errc::unavailable;
  return errc::broken;
}

} // namespace storage
