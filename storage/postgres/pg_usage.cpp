#include "storage/postgres/pg_usage.hpp"

#include "storage/postgres/pg_values.hpp"
#include "storage/row_codec.hpp"

#include <fmt/format.h>

namespace storage {

std::string usage_text() {
  // numbackends counts connections of all roles; pg_stat_activity hides what others do.
  return "select current_setting('server_version'), pg_database_size(current_database()),"
         " (select cast(coalesce(sum(numbackends), 0) as bigint) from pg_stat_database),"
         " cast(current_setting('max_connections') as bigint)";
}

std::string old_transactions_text() {
  return fmt::format(
      "select cast(pid as bigint), cast(extract(epoch from xact_start) * 1000000 as bigint),"
      " cast(extract(epoch from clock_timestamp() - xact_start) as bigint),"
      " coalesce(state, ''), coalesce(application_name, '') from pg_stat_activity"
      " where backend_type = 'client backend' and pid <> pg_backend_pid()"
      " and xact_start < clock_timestamp() - interval '{} seconds'"
      " order by xact_start, pid limit 100",
      old_transaction_s);
}

base::result<database_usage> usage_from(const PGresult& usage, const PGresult& transactions) {
  const auto said = decode_rows(usage);
  if (!said) return said.error();
  const auto open = decode_rows(transactions);
  if (!open) return open.error();
  if (said->size() != 1) return base::fail(errc::broken, "the server says nothing of itself");
  const auto& r = said->front();
  database_usage found;
  found.version = text_at(r, 0);
  found.size_bytes = integer_at(r, 1);
  found.server = {integer_at(r, 2), integer_at(r, 3)};
  auto& old = found.transactions.emplace();
  for (const auto& t : *open)
    old.push_back({integer_at(t, 0), base::utc_us{integer_at(t, 1)}, integer_at(t, 2),
                   text_at(t, 3), text_at(t, 4)});
  return found;
}

} // namespace storage
