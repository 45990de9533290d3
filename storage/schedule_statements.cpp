// The texts of schedules, their ticks, and pauses. statements.cpp has the table of all.
#include "storage/sql_text.hpp"
#include "storage/statements.hpp"

namespace storage::sql {

namespace {

constexpr piece schedule_columns{
    "s.id, s.imported_id, s.user_id, case when s.user_id < 0 then"
    " (select n.imported_id from users n where n.id = s.user_id) end, s.shard, s.name, s.kind,"
    " s.queue, s.lane, s.payload, cast(s.priority as bigint), cast(s.max_attempts as bigint),"
    " s.timeout_s, s.rule, s.zone, cast(s.misfire as bigint), cast(s.overlap as bigint),"
    " s.ends_at, s.ticks_left, cast(s.paused as bigint), s.paused_until, s.pause_reason,"
    " s.paused_by, s.watermark, s.next_at, s.version, s.created_at, s.updated_at, s.deleted_at"};
constexpr std::string_view schedule_results = "ititi"
                                              "ttttt"
                                              "iiittii"
                                              "iiiitt"
                                              "iiiiii";

constexpr piece newest_first{" and s.deleted_at is null and s.id < $1 order by s.id desc limit $2"};

} // namespace

/// A new one may have any version: an import keeps it.
constexpr statement schedule_put{
    "schedule_put",
    "insert into schedules (id, imported_id, user_id, shard, name, kind, queue, lane, payload,"
    " priority, max_attempts, timeout_s, rule, zone, misfire, overlap, ends_at, ticks_left, paused,"
    " paused_until, pause_reason, paused_by, watermark, next_at, version, created_at, updated_at,"
    " deleted_at) select r.id, r.imported_id, r.user_id, r.shard, r.name, r.kind, r.queue, r.lane,"
    " r.payload, r.priority, r.max_attempts, r.timeout_s, r.rule, r.zone, r.misfire, r.overlap,"
    " r.ends_at, r.ticks_left, r.paused, r.paused_until, r.pause_reason, r.paused_by, r.watermark,"
    " r.next_at, r.version, r.created_at, r.updated_at, r.deleted_at from {rows} where true"
    " on conflict (id) do update set name = excluded.name, kind = excluded.kind,"
    " queue = excluded.queue, lane = excluded.lane, payload = excluded.payload,"
    " priority = excluded.priority, max_attempts = excluded.max_attempts,"
    " timeout_s = excluded.timeout_s, rule = excluded.rule, zone = excluded.zone,"
    " misfire = excluded.misfire, overlap = excluded.overlap, ends_at = excluded.ends_at,"
    " ticks_left = excluded.ticks_left, paused = excluded.paused,"
    " paused_until = excluded.paused_until, pause_reason = excluded.pause_reason,"
    " paused_by = excluded.paused_by, watermark = excluded.watermark, next_at = excluded.next_at,"
    " version = excluded.version, updated_at = excluded.updated_at,"
    " deleted_at = excluded.deleted_at where schedules.version = excluded.version - 1"
    " and schedules.watermark <= excluded.watermark",
    "id bigint, imported_id text, user_id bigint, shard bigint, name text, kind text, queue text, "
    "lane text, payload text, priority bigint, max_attempts bigint, timeout_s bigint, rule text, "
    "zone text, misfire bigint, overlap bigint, ends_at bigint, ticks_left bigint, paused bigint, "
    "paused_until bigint, pause_reason text, paused_by text, watermark bigint, next_at bigint, "
    "version bigint, created_at bigint, updated_at bigint, deleted_at bigint",
    "",
    statement_kind::batch,
    counting::duplicate_key};

constexpr statement tick_insert{
    "tick_insert",
    "insert into schedule_ticks (schedule_id, at, ended_as, job_id, settled_at)"
    " select r.schedule_id, r.at, r.ended_as, r.job_id, r.settled_at from {rows}",
    "schedule_id bigint, at bigint, ended_as bigint, job_id bigint, settled_at bigint", "",
    statement_kind::batch};

constexpr statement pause_put{
    "pause_put",
    "insert into pauses (target, reason, by_whom, since, until_at, ended) select r.target,"
    " r.reason, r.by_whom, r.since, r.until_at, r.ended from {rows} where true"
    " on conflict (target) do update set reason = excluded.reason, by_whom = excluded.by_whom,"
    " since = excluded.since, until_at = excluded.until_at, ended = excluded.ended",
    "target text, reason text, by_whom text, since bigint, until_at bigint, ended bigint", "",
    statement_kind::batch};

constexpr statement schedules_due{
    "schedules_due",
    sql_text<"select ", schedule_columns,
             " from schedules s where s.shard = $1 and s.next_at <= $2 and s.deleted_at is null"
             " and (s.next_at, s.id) > ($4, $5) order by s.next_at, s.id limit $3">,
    "shard bigint, until bigint, count bigint, at bigint, id bigint",
    schedule_results,
    statement_kind::single,
    counting::none,
    reading::indexed};

constexpr statement schedule_by_id{
    "schedule_by_id", sql_text<"select ", schedule_columns, " from schedules s where s.id = $1">,
    "id bigint", schedule_results};

constexpr statement schedules_of_user{
    "schedules_of_user",
    sql_text<"select ", schedule_columns, " from schedules s where s.user_id = $3", newest_first>,
    "below bigint, count bigint, user_id bigint",
    schedule_results,
    statement_kind::single,
    counting::none,
    reading::planned};

constexpr statement schedules_of_system{
    "schedules_of_system",
    sql_text<"select ", schedule_columns, " from schedules s where s.user_id is null",
             newest_first>,
    "below bigint, count bigint",
    schedule_results,
    statement_kind::single,
    counting::none,
    reading::planned};

constexpr statement schedules_counted{
    "schedules_counted",
    "select cast(coalesce(sum(case when s.paused = 0 and s.next_at is not null then 1 else 0 end),"
    " 0) as bigint), cast(coalesce(sum(case when s.paused <> 0 then 1 else 0 end), 0) as bigint),"
    " cast(coalesce(sum(case when s.paused = 0 and s.next_at is null then 1 else 0 end), 0)"
    " as bigint) from schedules s where s.deleted_at is null",
    "", "iii"};

constexpr statement schedules_after{
    "schedules_after",
    sql_text<"select ", schedule_columns,
             " from schedules s where s.id > $1 order by s.id limit $2">,
    "id bigint, count bigint", schedule_results};

constexpr statement ticks_of_schedule{
    "ticks_of_schedule",
    "select t.schedule_id, case when t.schedule_id < 0 then"
    " (select n.imported_id from schedules n where n.id = t.schedule_id) end, t.at,"
    " cast(t.ended_as as bigint), t.job_id, t.settled_at from schedule_ticks t"
    " where t.schedule_id = $1 and t.at < $2 order by t.at desc limit $3",
    "schedule_id bigint, before bigint, count bigint", "itiiii"};

constexpr statement pauses_open{
    "pauses_open",
    "select p.target, p.reason, p.by_whom, p.since, p.until_at, cast(p.ended as bigint)"
    " from pauses p where p.ended = 0 order by p.target",
    "", "tttiii"};

} // namespace storage::sql
