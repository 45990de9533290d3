// The texts of projections. statements.cpp has the table of all.
#include "storage/statements.hpp"

namespace storage::sql {

constexpr statement booked_before{
    "booked_before",
    "with recursive span (place, account_id, cut, low, high) as ("
    " select r.place, r.account_id, r.cut, cast(0 as bigint), b.version"
    " from {rows} join balances b on b.account_id = r.account_id"
    " union all"
    " select s.place, s.account_id, s.cut, case when c.booked_at < s.cut then e.version else s.low "
    "end,"
    " case when c.booked_at < s.cut then s.high else e.version - 1 end"
    " from span s join ledger_entries e"
    " on e.account_id = s.account_id and e.version = (s.low + s.high + 1) / 2"
    " join ledger_commits c on c.shard = e.commit_id >> 48"
    " and c.seq = e.commit_id & 281474976710655 where s.low < s.high)"
    " select s.place, a.role, a.created_at, s.low, coalesce(e.balance_after, 0) from span s"
    " join accounts a on a.id = s.account_id"
    " left join ledger_entries e on e.account_id = s.account_id and e.version = s.low"
    " where s.low = s.high",
    "place bigint, account_id bigint, cut bigint",
    "itiii",
    statement_kind::batch,
    counting::none,
    reading::indexed};

constexpr statement version_sums{
    "version_sums",
    "select r.place, cast(coalesce((select sum(e.amount) from ledger_entries e"
    " where e.account_id = r.account_id and e.version > r.above and e.version <= r.up_to), 0)"
    " as bigint) from {rows}",
    "place bigint, account_id bigint, above bigint, up_to bigint", "ii", statement_kind::batch};

constexpr statement balance_checks{
    "balance_checks",
    "with page as (select b.account_id, b.balance, b.version from balances b"
    " where b.account_id > $1 order by b.account_id limit $2)"
    " select p.account_id, a.imported_id, p.balance, p.version, coalesce(l.balance_after, 0),"
    " cast(coalesce(s.total, 0) as bigint), coalesce(s.entries, 0) from page p"
    " left join accounts a on a.id = p.account_id"
    " left join ledger_entries l on l.account_id = p.account_id and l.version = p.version"
    " left join (select e.account_id, sum(e.amount) as total, count(*) as entries"
    " from ledger_entries e where e.account_id in (select q.account_id from page q)"
    " group by e.account_id) s on s.account_id = p.account_id"
    " order by p.account_id",
    "account_id bigint, count bigint", "itiiiii"};

constexpr statement snapshots_after{
    "snapshots_after",
    "select s.account_id, a.imported_id, cast(s.month as bigint), s.balance, s.version,"
    " s.computed_at from monthly_snapshots s left join accounts a on a.id = s.account_id"
    " where (s.account_id, s.month) > ($1, $2) order by s.account_id, s.month limit $3",
    "account_id bigint, month bigint, count bigint", "itiiii"};

constexpr statement snapshot_upsert{
    "snapshot_upsert",
    "insert into monthly_snapshots (account_id, month, balance, version, computed_at)"
    " select r.account_id, r.month, r.balance, r.version, r.computed_at from {rows} where true"
    " on conflict (account_id, month) do update set balance = excluded.balance,"
    " version = excluded.version, computed_at = excluded.computed_at",
    "account_id bigint, month bigint, balance bigint, version bigint, computed_at bigint", "",
    statement_kind::batch};

// What the projection says of the entries up to its mark, and those behind it.
constexpr statement balance_effective{
    "balance_effective",
    "select cast(coalesce(d.balance, 0) + coalesce(t.total, 0) as bigint),"
    " coalesce(d.entries, 0) + t.entries"
    " from (select cast(sum(e.amount) as bigint) as total, count(*) as entries"
    " from ledger_entries e where e.account_id = $1 and e.effective_day <= $2 and e.version >"
    " coalesce((select m.version from effective_marks m where m.account_id = $1), 0)) t"
    " left join (select f.balance, f.entries from effective_days f"
    " where f.account_id = $1 and f.day <= $2 order by f.day desc limit 1) d on true",
    "account_id bigint, day bigint", "ii"};

constexpr statement effective_head{
    "effective_head",
    "select coalesce(m.version, 0), b.version from balances b"
    " left join effective_marks m on m.account_id = b.account_id where b.account_id = $1",
    "account_id bigint", "ii"};

constexpr statement effective_tail{
    "effective_tail",
    "select e.effective_day, cast(sum(e.amount) as bigint), count(*) from ledger_entries e"
    " where e.account_id = $1 and e.version > $2 and e.version <= $3"
    " group by e.effective_day order by e.effective_day",
    "account_id bigint, above bigint, up_to bigint", "iii"};

constexpr statement effective_from{
    "effective_from",
    "select d.day, d.balance, d.entries from effective_days d where d.account_id = $1 and d.day >="
    " coalesce((select max(f.day) from effective_days f where f.account_id = $1 and f.day < $2),"
    " $2) order by d.day",
    "account_id bigint, day bigint", "iii"};

constexpr statement effective_mark_insert{
    "effective_mark_insert",
    "insert into effective_marks (account_id, version) select r.account_id, 0 from {rows}"
    " where true on conflict (account_id) do nothing",
    "account_id bigint", "", statement_kind::batch};

constexpr statement effective_mark_update{
    "effective_mark_update",
    "update effective_marks set version = r.version from {rows}"
    " where effective_marks.account_id = r.account_id and effective_marks.version = r.previous",
    "account_id bigint, version bigint, previous bigint",
    "",
    statement_kind::batch,
    counting::conflict};

constexpr statement effective_clear{
    "effective_clear",
    "delete from effective_days where account_id in (select r.account_id from {rows})",
    "account_id bigint", "", statement_kind::batch};

constexpr statement effective_upsert{
    "effective_upsert",
    "insert into effective_days (account_id, day, balance, entries)"
    " select r.account_id, r.day, r.balance, r.entries from {rows} where true"
    " on conflict (account_id, day) do update set balance = excluded.balance,"
    " entries = excluded.entries",
    "account_id bigint, day bigint, balance bigint, entries bigint", "", statement_kind::batch};

} // namespace storage::sql
