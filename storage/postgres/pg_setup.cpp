#include "storage/postgres/pg_setup.hpp"

#include "storage/port.hpp"

#include <cstdlib>
#include <fmt/format.h>

namespace storage {
namespace {

constexpr int version_min = 150000;
// A client that vanished in a transaction holds its locks no longer than this.
constexpr int idle_in_transaction_ms = 10'000;
constexpr int tcp_user_timeout_ms = 10'000;

enum probe_column {
  fsync,
  full_page_writes,
  synchronous_commit,
  isolation,
  idle_in_transaction,
  tcp_timeout,
  over_tcp,
  read_only,
  encoding,
  version,
  backend_start,
  column_count
};

} // namespace

// Each statement of ours ends in milliseconds: workers and compiled plans cost more than they give,
// and statistics that say "half of all entries are of this account" bring both. Those that say
// "this table is empty" bring the reading of all of it.
std::string setup_text(const pg_limits& limits) {
  return fmt::format("select set_config('default_transaction_isolation', 'read committed', false),"
                     " set_config('statement_timeout', '{}', false),"
                     " set_config('lock_timeout', '{}', false),"
                     " set_config('idle_in_transaction_session_timeout', '{}', false),"
                     " set_config('tcp_user_timeout', '{}', false),"
                     " set_config('enable_seqscan', 'off', false),"
                     " set_config('max_parallel_workers_per_gather', '0', false),"
                     " set_config('jit', 'off', false)",
                     limits.statement.count(), limits.lock.count(), idle_in_transaction_ms,
                     tcp_user_timeout_ms);
}

// Left to itself the server plans the statements of every commit anew, as it takes a plan for the
// arrays at hand to be cheaper; and while its statistics are young it joins small batches by
// reading whole tables.
std::string pinned_plans_text() {
  return "select set_config('plan_cache_mode', 'force_generic_plan', false),"
         " set_config('enable_hashjoin', 'off', false),"
         " set_config('enable_mergejoin', 'off', false)";
}

std::optional<std::string> reading_text(reading how) {
  if (how == reading::any) return std::nullopt;
  std::string text =
      "select set_config('enable_sort', 'off', true),"
      " set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true),"
      " set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)";
  if (how == reading::planned) text += ", set_config('plan_cache_mode', 'force_custom_plan', true)";
  return text;
}

std::string inspect_text() {
  return "select current_setting('fsync'), current_setting('full_page_writes'),"
         " current_setting('synchronous_commit'), current_setting('default_transaction_isolation'),"
         " (select setting from pg_settings where name = 'idle_in_transaction_session_timeout'),"
         " (select setting from pg_settings where name = 'tcp_user_timeout'),"
         " case when inet_client_addr() is null then 'off' else 'on' end,"
         " current_setting('transaction_read_only'), current_setting('server_encoding'),"
         " current_setting('server_version_num'),"
         " (select cast(cast(extract(epoch from backend_start) * 1000000 as bigint) as text)"
         " from pg_stat_activity where pid = pg_backend_pid())";
}

namespace {
// The first 8 bytes of SHA-256("vaidepix:server") would do as well: any number that others of this
// database do not use.
constexpr const char* presence_key = "8387234617320194561";
} // namespace

std::string presence_text() {
  return std::string{"select cast(pg_try_advisory_lock_shared("} + presence_key + ") as text)";
}

std::string solitude_text() {
  return std::string{"select cast(cast(pg_try_advisory_lock("} + presence_key +
         ") as integer) as bigint)";
}

base::result<pg_inspection> inspect(const PGresult& answer, bool require_durable) {
  if (PQntuples(&answer) != 1 || PQnfields(&answer) != column_count)
    return base::fail(errc::schema, "the database does not show its settings");
  const auto text = [&](probe_column c) { return std::string(PQgetvalue(&answer, 0, c)); };
  const auto refuse = [](std::string why) { return base::fail(errc::schema, std::move(why)); };
  if (std::atoi(text(version).c_str()) < version_min)
    return refuse("PostgreSQL 15 or newer is needed");
  if (text(encoding) != "UTF8") return refuse("the database's encoding must be UTF8");
  if (text(isolation) != "read committed")
    return refuse("default_transaction_isolation must be read committed");
  if (text(idle_in_transaction) == "0")
    return refuse("idle_in_transaction_session_timeout cannot be set");
  if (text(over_tcp) == "on" && text(tcp_timeout) == "0")
    return refuse("tcp_user_timeout cannot be set");
  if (require_durable) {
    if (text(fsync) != "on") return refuse("the server runs with fsync = off: money would be lost");
    if (text(full_page_writes) != "on")
      return refuse("the server runs with full_page_writes = off: money would be lost");
    if (text(synchronous_commit) == "off")
      return refuse("synchronous_commit is off for this user: commits would be lost");
  }
  return pg_inspection{text(read_only) == "on", text(backend_start)};
}

} // namespace storage
