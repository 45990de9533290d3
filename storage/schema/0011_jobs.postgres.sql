-- Text twin of 0011_jobs.sqlite.sql. Jobs, the facts that are written about them, and schedules
-- (scheduler/job.hpp, schedule.hpp); docs/decisions/0020 says why the facts are rows. Numbers of
-- states, ends and policies are those of the enumerations there. What is long stands last.
-- Ids of jobs are always ours. jobs, job_attempts, job_outcomes, job_controls and schedule_ticks
-- are never updated; no trigger forbids it, since what is old is deleted some day.

-- retry: null is the one that job_row_codec.cpp spells out. created_by: null is the user, of a job
-- without one the system. tags: a JSON array of names, null for none.
create table jobs (
  id bigint not null primary key check (id >= 0),
  user_id bigint,
  run_at bigint not null,
  created_at bigint not null,
  expires_at bigint,
  retry_until bigint,
  schedule_id bigint,
  tick bigint,
  parent_id bigint,
  rerun_of bigint,
  shard integer not null check (shard >= 0),
  payload_version integer not null,
  timeout_s integer not null check (timeout_s > 0),
  max_attempts smallint not null check (max_attempts > 0),
  priority smallint not null check (priority between 0 and 9),
  on_failure smallint not null check (on_failure between 0 and 2),
  kind text collate "C" not null,
  queue text collate "C" not null,
  lane text collate "C",
  retry text collate "C",
  unique_rule text collate "C",
  tags text collate "C",
  request_id text collate "C" not null,
  created_by text collate "C",
  payload text collate "C" not null
);
create index jobs_of_shard on jobs (shard, id);
create index jobs_of_user on jobs (user_id, id) where user_id is not null;
create index jobs_of_kind on jobs (kind, id);
-- Most jobs are in the queue of this name: it is listed by id, and costs no index.
create index jobs_of_queue on jobs (queue, id) where queue <> 'default';
create index jobs_of_schedule on jobs (schedule_id, id) where schedule_id is not null;

create table job_attempts (
  job_id bigint not null,
  started_at bigint not null,
  ended_at bigint not null,
  next_at bigint,
  number integer not null check (number > 0),
  ended_as smallint not null check (ended_as between 0 and 8),
  executor text collate "C" not null,
  error_code text collate "C" not null,
  error_message text collate "C" not null,
  error_stack text collate "C" not null,
  log text collate "C" not null,
  constraint job_attempts_pkey primary key (job_id, number)
);

-- state: 9 succeeded, 10 cancelled, 11 discarded.
create table job_outcomes (
  job_id bigint not null primary key,
  started_at bigint not null,
  ended_at bigint not null,
  shard integer not null,
  attempts integer not null check (attempts >= 0),
  state smallint not null check (state between 9 and 11),
  executor text collate "C" not null,
  by_whom text collate "C" not null,
  error_code text collate "C" not null,
  error_message text collate "C" not null,
  error_stack text collate "C" not null,
  result text collate "C" not null,
  log text collate "C" not null
);
create index job_outcomes_rare on job_outcomes (state, job_id) where state <> 9;

create table job_controls (
  job_id bigint not null,
  number bigint not null,
  at bigint not null,
  action smallint not null check (action between 0 and 7),
  by_whom text collate "C" not null,
  reason text collate "C" not null,
  change text collate "C" not null,
  constraint job_controls_pkey primary key (job_id, number)
);

-- Goes with the outcome of its job. state: 0 scheduled, 2 ready, 6 retrying, 7 parked, 8 dead.
create table job_rest (
  job_id bigint not null primary key,
  since bigint not null,
  wake_at bigint not null,
  shard integer not null,
  attempts integer not null check (attempts >= 0),
  state smallint not null check (state in (0, 2, 6, 7, 8)),
  fingerprint text collate "C" not null,
  error_code text collate "C" not null,
  error_message text collate "C" not null,
  error_stack text collate "C" not null
);
create index job_rest_of_shard on job_rest (shard, job_id);
create index job_rest_dead on job_rest (fingerprint, job_id) where state = 8;

create table job_watermarks (
  shard integer not null primary key,
  from_id bigint not null
);

create table schedules (
  id bigint not null primary key,
  imported_id text collate "C",
  user_id bigint references users (id),
  watermark bigint not null,
  next_at bigint,
  version bigint not null check (version > 0),
  ends_at bigint,
  ticks_left bigint,
  paused_until bigint,
  created_at bigint not null,
  updated_at bigint,
  deleted_at bigint,
  shard integer not null check (shard >= 0),
  timeout_s integer not null check (timeout_s > 0),
  max_attempts smallint not null check (max_attempts > 0),
  priority smallint not null check (priority between 0 and 9),
  misfire smallint not null check (misfire between 0 and 2),
  overlap smallint not null check (overlap between 0 and 2),
  paused smallint not null check (paused in (0, 1)),
  name text collate "C" not null,
  kind text collate "C" not null,
  queue text collate "C" not null,
  lane text collate "C",
  rule text collate "C" not null,
  zone text collate "C" not null,
  pause_reason text collate "C" not null,
  paused_by text collate "C" not null,
  payload text collate "C" not null
);
create index schedules_due on schedules (shard, next_at, id)
  where next_at is not null and deleted_at is null;
create index schedules_of_user on schedules (user_id, id);

-- ended_as: 0 ran, 1 skipped, 2 capped, 3 contended, 4 manual.
create table schedule_ticks (
  schedule_id bigint not null,
  at bigint not null,
  settled_at bigint not null,
  job_id bigint,
  ended_as smallint not null check (ended_as between 0 and 4),
  constraint schedule_ticks_pkey primary key (schedule_id, at)
);

create table pauses (
  target text collate "C" not null primary key,
  reason text collate "C" not null,
  by_whom text collate "C" not null,
  since bigint not null,
  until_at bigint,
  ended smallint not null check (ended in (0, 1))
);
create index pauses_open on pauses (target) where ended = 0;

create table queue_limits (
  queue text collate "C" not null primary key,
  concurrency integer not null check (concurrency >= 0),
  depth_max bigint not null check (depth_max >= 0),
  version bigint not null check (version > 0)
);
