// The texts of what is old: which rows it is, and how they go. statements.cpp has the table of all.
//
// As in job_statements.cpp what belongs to a job is asked for each by a subquery, never by a join.
#include "storage/statements.hpp"

namespace storage::sql {

constexpr statement job_window_insert{
    "job_window_insert",
    "insert into job_windows (ends_at, job_id) select r.ends_at, r.job_id from {rows}",
    "ends_at bigint, job_id bigint", "", statement_kind::batch};

constexpr statement job_windows_open{
    "job_windows_open",
    "select w.job_id from job_windows w where w.ends_at > $1 order by w.ends_at desc, w.job_id desc"
    " limit $2",
    "now bigint, count bigint", "i"};

constexpr statement windows_of_jobs{
    "windows_of_jobs",
    "select j.id, j.shard, j.user_id, case when j.user_id < 0 then"
    " (select n.imported_id from users n where n.id = j.user_id) end, j.kind, j.unique_rule,"
    " j.created_at from {rows} join jobs j on j.id = r.id",
    "id bigint", "iiittti", statement_kind::batch};

constexpr statement jobs_finished{
    "jobs_finished",
    "select o.job_id, cast(o.state as bigint), o.ended_at,"
    " coalesce((select j.created_at from jobs j where j.id = o.job_id), 0),"
    " coalesce((select j.kind from jobs j where j.id = o.job_id), ''),"
    " (select j.unique_rule from jobs j where j.id = o.job_id),"
    " (select count(*) from job_postings p where p.job_id = o.job_id),"
    " cast(case when o.log <> '' or o.result <> 'null' or o.error_stack <> '' or"
    " (select j.payload from jobs j where j.id = o.job_id) <> '{}' then 1 else 0 end as bigint),"
    " (select count(*) from job_attempts a where a.job_id = o.job_id)"
    " from job_outcomes o where o.job_id > $1 and o.job_id < $2 order by o.job_id limit $3",
    "after bigint, below bigint, count bigint",
    "iiiittiii",
    statement_kind::single,
    counting::none,
    reading::indexed};

constexpr statement schedule_ids_after{
    "schedule_ids_after",
    "select s.id, s.imported_id from schedules s where s.id > $1 order by s.id limit $2",
    "after bigint, count bigint",
    "it",
    statement_kind::single,
    counting::none,
    reading::indexed};

constexpr statement ticks_old{
    "ticks_old",
    "select t.schedule_id, case when t.schedule_id < 0 then"
    " (select n.imported_id from schedules n where n.id = t.schedule_id) end, t.at from {rows}"
    " join schedule_ticks t on t.schedule_id = r.schedule_id and t.at < r.before"
    " where t.settled_at < r.before limit 500",
    "schedule_id bigint, before bigint", "iti", statement_kind::batch};

constexpr statement jobs_delete{"jobs_delete",
                                "delete from jobs where id in (select r.id from {rows})",
                                "id bigint", "", statement_kind::batch};

constexpr statement outcomes_delete{
    "outcomes_delete", "delete from job_outcomes where job_id in (select r.job_id from {rows})",
    "job_id bigint", "", statement_kind::batch};

constexpr statement attempts_delete{
    "attempts_delete", "delete from job_attempts where job_id in (select r.job_id from {rows})",
    "job_id bigint", "", statement_kind::batch};

constexpr statement jobs_strip{
    "jobs_strip", "update jobs set payload = '{}' where id in (select r.id from {rows})",
    "id bigint", "", statement_kind::batch};

constexpr statement outcomes_strip{
    "outcomes_strip",
    "update job_outcomes set result = 'null', log = '', error_stack = ''"
    " where job_id in (select r.job_id from {rows})",
    "job_id bigint", "", statement_kind::batch};

constexpr statement ticks_delete{"ticks_delete",
                                 "delete from schedule_ticks where (schedule_id, at) in"
                                 " (select r.schedule_id, r.at from {rows})",
                                 "schedule_id bigint, at bigint", "", statement_kind::batch};

constexpr statement windows_old{"windows_old",
                                "select w.ends_at, w.job_id from job_windows w where w.ends_at < $1"
                                " order by w.ends_at, w.job_id limit 500",
                                "before bigint", "ii"};

constexpr statement windows_delete{
    "windows_delete",
    "delete from job_windows where (ends_at, job_id) in (select r.ends_at, r.job_id from {rows})",
    "ends_at bigint, job_id bigint", "", statement_kind::batch};

} // namespace storage::sql
