#include "storage/lock_statements.hpp"

#include "storage/sql_text.hpp"

namespace storage {

namespace {

/// A lock of a 64-bit key of this database is shown as its two halves.
constexpr piece of_key{
    "l.locktype = 'advisory' and l.granted and l.objsubid = 1"
    " and l.database = (select d.oid from pg_database d where d.datname = current_database())"
    " and (cast(l.classid as bigint) << 32 | cast(l.objid as bigint)) = "};

} // namespace

namespace sql {

constexpr statement lock_try{"lock_try",
                             "select cast(cast(pg_try_advisory_lock($1) as integer) as bigint)",
                             "key bigint", "i"};

constexpr statement lock_free{"lock_free",
                              "select cast(cast(pg_advisory_unlock($1) as integer) as bigint)",
                              "key bigint", "i"};

constexpr statement lock_holders{
    "lock_holders",
    sql_text<"select r.key, cast(l.pid as bigint),"
             " cast(cast(l.pid = pg_backend_pid() as integer) as bigint),"
             " coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),"
             " coalesce(a.state, ''),"
             " coalesce(cast(extract(epoch from a.backend_start) * 1000000 as bigint), 0)"
             " from {rows} join pg_locks l on ",
             of_key, "r.key left join pg_stat_activity a on a.pid = l.pid">,
    "key bigint", "iiittti", statement_kind::batch};

/// Waits up to two seconds for the end of the session.
constexpr statement lock_end{
    "lock_end",
    sql_text<"select cast(cast(pg_terminate_backend(l.pid, 2000) as integer) as bigint)"
             " from pg_locks l where ",
             of_key, "$1 and l.pid = $2 and l.pid <> pg_backend_pid()">,
    "key bigint, pid bigint", "i"};

constexpr statement lock_beat{"lock_beat", "select cast(1 as bigint)", "", "i"};

} // namespace sql

namespace {

constexpr const statement* table[] = {&sql::lock_try, &sql::lock_free, &sql::lock_holders,
                                      &sql::lock_end, &sql::lock_beat};

} // namespace

std::span<const statement* const> lock_statements() { return table; }

} // namespace storage
