// The texts of jobs: what is written about them, and the questions of job_port. Those of schedules
// are in schedule_statements.cpp; statements.cpp has the table of all.
//
// Whether a job has ended is asked for each job by a subquery, never by a join: a planner that is
// free to choose would read all outcomes there ever were.
#include "scheduler/job.hpp"
#include "storage/sql_text.hpp"
#include "storage/statements.hpp"

namespace storage::sql {

namespace {

constexpr piece job_columns{
    "j.id, j.shard, j.user_id, case when j.user_id < 0 then"
    " (select n.imported_id from users n where n.id = j.user_id) end, j.kind, j.queue, j.lane,"
    " j.payload, j.payload_version, cast(j.priority as bigint), j.run_at, j.expires_at,"
    " cast(j.max_attempts as bigint), j.retry_until, j.timeout_s, j.retry,"
    " cast(j.on_failure as bigint), j.unique_rule, j.tags, j.created_at, j.request_id,"
    " j.created_by, j.schedule_id, case when j.schedule_id < 0 then"
    " (select n.imported_id from schedules n where n.id = j.schedule_id) end, j.tick, j.parent_id,"
    " j.rerun_of"};
constexpr piece job_results{"iiitttttiiiiiiititti"
                            "ttitiii"};

// Numbers of attempt_end that do not count.
static_assert(static_cast<int>(scheduler::attempt_end::snoozed) == 5 &&
              static_cast<int>(scheduler::attempt_end::handed_back) == 6 &&
              !scheduler::counts(scheduler::attempt_end::snoozed) &&
              !scheduler::counts(scheduler::attempt_end::handed_back));
constexpr piece state_columns{
    ", (select count(*) from job_attempts c where c.job_id = j.id),"
    " (select count(*) from job_attempts c where c.job_id = j.id and c.ended_as not in (5, 6) and"
    " (s.since is null or c.ended_at > s.since)) + coalesce(s.attempts, 0),"
    " (select max(c.number) from job_attempts c where c.job_id = j.id),"
    " cast(s.state as bigint), s.shard, s.since, s.wake_at, s.attempts, s.fingerprint, "
    "s.error_code,"
    " s.error_message, s.error_stack"};
constexpr piece state_results{"iiiiiiiitttt"};

constexpr piece outcome_columns{
    ", cast(o.state as bigint), o.shard, o.attempts, o.started_at, o.ended_at, o.executor,"
    " o.by_whom, o.result, o.error_code, o.error_message, o.error_stack, o.log"};
constexpr piece outcome_columns_brief{
    ", cast(o.state as bigint), o.shard, o.attempts, o.started_at, o.ended_at, o.executor,"
    " o.by_whom, o.result, o.error_code, o.error_message, cast('' as text), cast('' as text)"};
constexpr piece outcome_results{"iiiiittttttt"};

constexpr piece has_no_outcome{
    "(select o.job_id from job_outcomes o where o.job_id = j.id) is null"};

constexpr piece attempt_columns{
    "a.job_id, a.number, cast(a.ended_as as bigint), a.started_at, a.ended_at, a.next_at,"
    " a.executor, a.error_code, a.error_message, "};
constexpr std::string_view attempt_results = "iiiiiittttt";

// A job of a list, and whether it is asked for. $1 and $2 bound the ids, $3 how many are looked at.
// A tag is found as an element of the JSON array: $8 as its first one, $9 as a later one.
constexpr piece seen_columns{
    "select x.id, cast(case when ($4 is null or x.user_id = $4) and ($5 is null or x.kind = $5)"
    " and ($6 is null or x.queue = $6) and ($7 is null or x.lane = $7)"
    " and ($8 is null or replace(x.tags, $8, '') <> x.tags or replace(x.tags, $9, '') <> x.tags)"
    " and ($10 is null or x.schedule_id = $10) and ($11 = 0 or"
    " (select o.job_id from job_outcomes o where o.job_id = x.id) is null) and ($12 is null or"
    " (select o.state from job_outcomes o where o.job_id = x.id) = $12)"
    " then 1 else 0 end as bigint) from "};
constexpr piece seen_range{"x.id < $1 and x.id >= $2 order by x.id desc limit $3"};
constexpr piece seen_parameters{
    "below bigint, from_id bigint, look bigint, user_id bigint, kind text, queue text, lane text, "
    "tag_first text, tag_later text, schedule_id bigint, live bigint, state bigint"};
constexpr std::string_view seen_results = "ii";

} // namespace

// -- writing --------------------------------------------------------------------------------------

constexpr statement job_insert{
    "job_insert",
    "insert into jobs (id, shard, user_id, kind, queue, lane, payload, payload_version, priority,"
    " run_at, expires_at, max_attempts, retry_until, timeout_s, retry, on_failure, unique_rule,"
    " tags, created_at, request_id, created_by, schedule_id, tick, parent_id, rerun_of)"
    " select r.id, r.shard, r.user_id, r.kind, r.queue, r.lane, r.payload, r.payload_version,"
    " r.priority, r.run_at, r.expires_at, r.max_attempts, r.retry_until, r.timeout_s, r.retry,"
    " r.on_failure, r.unique_rule, r.tags, r.created_at, r.request_id, r.created_by,"
    " r.schedule_id, r.tick, r.parent_id, r.rerun_of from {rows}",
    "id bigint, shard bigint, user_id bigint, kind text, queue text, lane text, payload text, "
    "payload_version bigint, priority bigint, run_at bigint, expires_at bigint, "
    "max_attempts bigint, retry_until bigint, timeout_s bigint, retry text, on_failure bigint, "
    "unique_rule text, tags text, created_at bigint, request_id text, created_by text, "
    "schedule_id bigint, tick bigint, parent_id bigint, rerun_of bigint",
    "", statement_kind::batch};

constexpr statement attempt_insert{
    "attempt_insert",
    "insert into job_attempts (job_id, number, ended_as, started_at, ended_at, next_at, executor,"
    " error_code, error_message, error_stack, log) select r.job_id, r.number, r.ended_as,"
    " r.started_at, r.ended_at, r.next_at, r.executor, r.error_code, r.error_message,"
    " r.error_stack, r.log from {rows}",
    "job_id bigint, number bigint, ended_as bigint, started_at bigint, ended_at bigint, "
    "next_at bigint, executor text, error_code text, error_message text, error_stack text, "
    "log text",
    "", statement_kind::batch};

constexpr statement outcome_insert{
    "outcome_insert",
    "insert into job_outcomes (job_id, shard, state, attempts, started_at, ended_at, executor,"
    " by_whom, result, error_code, error_message, error_stack, log) select r.job_id, r.shard,"
    " r.state, r.attempts, r.started_at, r.ended_at, r.executor, r.by_whom, r.result,"
    " r.error_code, r.error_message, r.error_stack, r.log from {rows}",
    "job_id bigint, shard bigint, state bigint, attempts bigint, started_at bigint, "
    "ended_at bigint, executor text, by_whom text, result text, error_code text, "
    "error_message text, error_stack text, log text",
    "", statement_kind::batch};

constexpr statement control_insert{
    "control_insert",
    "insert into job_controls (job_id, number, action, by_whom, reason, at, change) select"
    " r.job_id, r.number, r.action, r.by_whom, r.reason, r.at, r.change from {rows}",
    "job_id bigint, number bigint, action bigint, by_whom text, reason text, at bigint, "
    "change text",
    "", statement_kind::batch};

constexpr statement rest_put{
    "rest_put",
    "insert into job_rest (job_id, shard, state, since, wake_at, attempts, fingerprint, error_code,"
    " error_message, error_stack) select r.job_id, r.shard, r.state, r.since, r.wake_at,"
    " r.attempts, r.fingerprint, r.error_code, r.error_message, r.error_stack from {rows}"
    " where true on conflict (job_id) do update set shard = excluded.shard,"
    " state = excluded.state, since = excluded.since, wake_at = excluded.wake_at,"
    " attempts = excluded.attempts, fingerprint = excluded.fingerprint,"
    " error_code = excluded.error_code, error_message = excluded.error_message,"
    " error_stack = excluded.error_stack",
    "job_id bigint, shard bigint, state bigint, since bigint, wake_at bigint, attempts bigint, "
    "fingerprint text, error_code text, error_message text, error_stack text",
    "", statement_kind::batch};

constexpr statement rest_end{"rest_end",
                             "delete from job_rest where job_id in (select r.job_id from {rows})",
                             "job_id bigint", "", statement_kind::batch};

constexpr statement watermark_put{
    "watermark_put",
    "insert into job_watermarks (shard, from_id) select r.shard, r.from_id from {rows} where true"
    " on conflict (shard) do update set from_id = excluded.from_id"
    " where job_watermarks.from_id < excluded.from_id",
    "shard bigint, from_id bigint", "", statement_kind::batch};

constexpr statement limits_put{
    "limits_put",
    "insert into queue_limits (queue, concurrency, depth_max, version, rate_starts, rate_per_s,"
    " rate_burst) select r.queue, r.concurrency, r.depth_max, r.version, r.rate_starts,"
    " r.rate_per_s, r.rate_burst from {rows} where true on conflict (queue) do update"
    " set concurrency = excluded.concurrency, depth_max = excluded.depth_max,"
    " version = excluded.version, rate_starts = excluded.rate_starts,"
    " rate_per_s = excluded.rate_per_s, rate_burst = excluded.rate_burst",
    "queue text, concurrency bigint, depth_max bigint, version bigint, rate_starts bigint,"
    " rate_per_s bigint, rate_burst bigint",
    "", statement_kind::batch};

// -- live ones ------------------------------------------------------------------------------------

// One bound for both, so that an index begins there: the watermark, or the job behind `after`.
constexpr statement jobs_live{
    "jobs_live",
    sql_text<"with w as (select case when m.from_id > $2 then m.from_id - 1 else $2 end as bound"
             " from (select coalesce((select v.from_id from job_watermarks v where v.shard = $1),"
             " 0) as from_id) m) select ",
             job_columns, state_columns,
             " from jobs j left join job_rest s on s.job_id = j.id"
             " where j.shard = $1 and j.id > (select w.bound from w) and s.job_id is null and ",
             has_no_outcome, " order by j.id limit $3">,
    "shard bigint, after bigint, count bigint",
    sql_text<job_results, state_results>,
    statement_kind::single,
    counting::none,
    reading::planned};

constexpr statement jobs_resting{
    "jobs_resting",
    sql_text<"select ", job_columns, state_columns,
             " from job_rest s join jobs j on j.id = s.job_id"
             " where s.shard = $1 and s.job_id > $2 and (case when"
             " s.state in (0, 6) and s.wake_at > $4 and not exists"
             " (select 1 from job_controls c where c.job_id ="
             " s.job_id) then 1 else 0 end) = $5 and ",
             has_no_outcome, " order by s.job_id limit $3">,
    "shard bigint, after bigint, count bigint, until bigint, sleepers bigint",
    sql_text<job_results, state_results>,
    statement_kind::single,
    counting::none,
    reading::planned};

constexpr statement job_by_id{"job_by_id",
                              sql_text<"select ", job_columns, state_columns, outcome_columns,
                                       " from jobs j left join job_rest s on s.job_id = j.id"
                                       " left join job_outcomes o on o.job_id = j.id"
                                       " where j.id = $1">,
                              "id bigint",
                              sql_text<job_results, state_results, outcome_results>,
                              statement_kind::single,
                              counting::none,
                              reading::indexed};

constexpr statement jobs_by_id{
    "jobs_by_id",
    sql_text<"select ", job_columns, state_columns, outcome_columns_brief,
             " from {rows} join jobs j on j.id = r.id"
             " left join job_rest s on s.job_id = j.id"
             " left join job_outcomes o on o.job_id = j.id">,
    "id bigint",
    sql_text<job_results, state_results, outcome_results>,
    statement_kind::batch,
    counting::none,
    reading::indexed};

constexpr statement attempts_of_job{
    "attempts_of_job",
    sql_text<"select ", attempt_columns,
             "a.error_stack, a.log from job_attempts a where a.job_id = $1 order by a.number">,
    "job_id bigint", attempt_results};

constexpr statement attempts_by_number{
    "attempts_by_number",
    sql_text<"select ", attempt_columns,
             "cast('' as text), cast('' as text) from {rows} join job_attempts a"
             " on a.job_id = r.job_id and a.number = r.number">,
    "job_id bigint, number bigint",
    attempt_results,
    statement_kind::batch,
    counting::none,
    reading::indexed};

constexpr statement controls_of_jobs{
    "controls_of_jobs",
    "select c.job_id, c.number, cast(c.action as bigint), c.by_whom, c.reason, c.at, c.change"
    " from {rows} join job_controls c on c.job_id = r.job_id",
    "job_id bigint", "iiittit", statement_kind::batch};

// -- lists ----------------------------------------------------------------------------------------

// Indexed: a page of a table that has just grown would gather and sort all of it.
constexpr statement jobs_seen{"jobs_seen",
                              sql_text<seen_columns, "jobs x where ", seen_range>,
                              sql_text<seen_parameters>,
                              seen_results,
                              statement_kind::single,
                              counting::none,
                              reading::indexed};

constexpr statement jobs_seen_of_user{
    "jobs_seen_of_user",
    sql_text<seen_columns, "jobs x where x.user_id = $13 and ", seen_range>,
    sql_text<seen_parameters, ", wanted bigint">,
    seen_results,
    statement_kind::single,
    counting::none,
    reading::planned};

constexpr statement jobs_seen_of_schedule{
    "jobs_seen_of_schedule",
    sql_text<seen_columns, "jobs x where x.schedule_id = $13 and ", seen_range>,
    sql_text<seen_parameters, ", wanted bigint">,
    seen_results,
    statement_kind::single,
    counting::none,
    reading::planned};

constexpr statement jobs_seen_of_kind{
    "jobs_seen_of_kind",
    sql_text<seen_columns, "jobs x where x.kind = $13 and ", seen_range>,
    sql_text<seen_parameters, ", wanted text">,
    seen_results,
    statement_kind::single,
    counting::none,
    reading::planned};

// The condition of its index: see the schema.
constexpr statement jobs_seen_of_queue{
    "jobs_seen_of_queue",
    sql_text<seen_columns, "jobs x where x.queue = $13 and x.queue <> 'default' and ", seen_range>,
    sql_text<seen_parameters, ", wanted text">,
    seen_results,
    statement_kind::single,
    counting::none,
    reading::planned};

static_assert(static_cast<int>(scheduler::job_state::succeeded) == 9);
constexpr statement jobs_seen_of_state{
    "jobs_seen_of_state",
    sql_text<seen_columns,
             "job_outcomes y join jobs x on x.id = y.job_id where y.state = $13 and y.state <> 9"
             " and y.job_id < $1 and y.job_id >= $2 order by y.job_id desc limit $3">,
    sql_text<seen_parameters, ", wanted bigint">,
    seen_results,
    statement_kind::single,
    counting::none,
    reading::planned};

// -- how many -------------------------------------------------------------------------------------

// The oldest first: their pages are known to be visible to all, so the index alone is read. Of the
// newest, which are no less, each would be looked up in its table.
template <piece From>
constexpr auto counted_text = sql_text<"select count(*) from (select x.id from ", From,
                                       " x.id >= $1 and x.id < $2 order by x.id limit $3) z">;
constexpr statement counted(std::string_view name, std::string_view text,
                            std::string_view parameters, reading how = reading::planned) {
  return {name, text, parameters, "i", statement_kind::single, counting::none, how};
}
constexpr piece counted_range{"from_id bigint, below bigint, most bigint"};
constexpr auto counted_of_number = sql_text<counted_range, ", wanted bigint">;
constexpr auto counted_of_text = sql_text<counted_range, ", wanted text">;

constexpr statement jobs_counted = counted("jobs_counted", counted_text<"jobs x where">,
                                           sql_text<counted_range>, reading::indexed);
constexpr statement jobs_counted_of_user = counted(
    "jobs_counted_of_user", counted_text<"jobs x where x.user_id = $4 and">, counted_of_number);
constexpr statement jobs_counted_of_schedule =
    counted("jobs_counted_of_schedule", counted_text<"jobs x where x.schedule_id = $4 and">,
            counted_of_number);
constexpr statement jobs_counted_of_kind =
    counted("jobs_counted_of_kind", counted_text<"jobs x where x.kind = $4 and">, counted_of_text);
constexpr statement jobs_counted_of_queue = counted(
    "jobs_counted_of_queue", counted_text<"jobs x where x.queue = $4 and x.queue <> 'default' and">,
    counted_of_text);
constexpr statement jobs_counted_of_state{
    "jobs_counted_of_state",
    "select count(*) from (select y.job_id from job_outcomes y where y.state = $4 and y.state <> 9"
    " and y.job_id >= $1 and y.job_id < $2 order by y.job_id limit $3) z",
    counted_of_number,
    "i",
    statement_kind::single,
    counting::none,
    reading::planned};

// -- dead ones ------------------------------------------------------------------------------------

static_assert(static_cast<int>(scheduler::job_state::dead) == 8);
constexpr statement dead_groups{
    "dead_groups",
    "with g as (select d.fingerprint, count(*) as jobs, min(d.since) as first_at,"
    " max(d.since) as last_at from job_rest d where d.state = 8 group by d.fingerprint"
    " order by count(*) desc, d.fingerprint limit $1), k as (select d.fingerprint, d.job_id,"
    " row_number() over (partition by d.fingerprint order by d.job_id desc) as place"
    " from job_rest d where d.state = 8)"
    " select g.fingerprint, j.kind, g.jobs, g.first_at, g.last_at, k.job_id, s.error_code,"
    " s.error_message, s.error_stack from g join k on k.fingerprint = g.fingerprint"
    " join job_rest s on s.job_id = k.job_id join jobs j on j.id = k.job_id where k.place <= 5"
    " order by g.jobs desc, g.fingerprint, k.job_id desc",
    "count bigint", "ttiiiittt"};

constexpr statement dead_of_group{"dead_of_group",
                                  "select s.job_id from job_rest s where s.fingerprint = $1"
                                  " and s.state = 8 and s.job_id > $2 order by s.job_id limit $3",
                                  "fingerprint text, after bigint, count bigint",
                                  "i",
                                  statement_kind::single,
                                  counting::none,
                                  reading::planned};

constexpr statement queues_all{
    "queues_all",
    "select q.queue, q.concurrency, q.depth_max, q.version, q.rate_starts, q.rate_per_s,"
    " q.rate_burst from queue_limits q order by q.queue",
    "", "tiiiiii"};

} // namespace storage::sql
