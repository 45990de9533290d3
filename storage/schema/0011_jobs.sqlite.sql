-- Text twin of 0011_jobs.postgres.sql. Jobs, the facts that are written about them, and schedules
-- (scheduler/job.hpp, schedule.hpp); docs/decisions/0020 says why the facts are rows. Numbers of
-- states, ends and policies are those of the enumerations there. What is long stands last.
-- Ids of jobs are always ours. jobs, job_attempts, job_outcomes, job_controls and schedule_ticks
-- are never updated; no trigger forbids it, since what is old is deleted some day.

-- retry: null is the one that job_row_codec.cpp spells out. created_by: null is the user, of a job
-- without one the system. tags: a JSON array of names, null for none.
create table jobs (
  id integer not null primary key check (id >= 0),
  user_id integer,
  run_at integer not null,
  created_at integer not null,
  expires_at integer,
  retry_until integer,
  schedule_id integer,
  tick integer,
  parent_id integer,
  rerun_of integer,
  shard integer not null check (shard >= 0),
  payload_version integer not null,
  timeout_s integer not null check (timeout_s > 0),
  max_attempts integer not null check (max_attempts > 0),
  priority integer not null check (priority between 0 and 9),
  on_failure integer not null check (on_failure between 0 and 2),
  kind text not null,
  queue text not null,
  lane text,
  retry text,
  unique_rule text,
  tags text,
  request_id text not null,
  created_by text,
  payload text not null
) strict;
create index jobs_of_shard on jobs (shard, id);
create index jobs_of_user on jobs (user_id, id) where user_id is not null;
create index jobs_of_kind on jobs (kind, id);
-- Most jobs are in the queue of this name: it is listed by id, and costs no index.
create index jobs_of_queue on jobs (queue, id) where queue <> 'default';
create index jobs_of_schedule on jobs (schedule_id, id) where schedule_id is not null;

create table job_attempts (
  job_id integer not null,
  started_at integer not null,
  ended_at integer not null,
  next_at integer,
  number integer not null check (number > 0),
  ended_as integer not null check (ended_as between 0 and 8),
  executor text not null,
  error_code text not null,
  error_message text not null,
  error_stack text not null,
  log text not null,
  primary key (job_id, number)
) strict;

-- state: 9 succeeded, 10 cancelled, 11 discarded.
create table job_outcomes (
  job_id integer not null primary key,
  started_at integer not null,
  ended_at integer not null,
  shard integer not null,
  attempts integer not null check (attempts >= 0),
  state integer not null check (state between 9 and 11),
  executor text not null,
  by_whom text not null,
  error_code text not null,
  error_message text not null,
  error_stack text not null,
  result text not null,
  log text not null
) strict;
create index job_outcomes_rare on job_outcomes (state, job_id) where state <> 9;

create table job_controls (
  job_id integer not null,
  number integer not null,
  at integer not null,
  action integer not null check (action between 0 and 7),
  by_whom text not null,
  reason text not null,
  change text not null,
  primary key (job_id, number)
) strict;

-- Goes with the outcome of its job. state: 0 scheduled, 2 ready, 6 retrying, 7 parked, 8 dead.
create table job_rest (
  job_id integer not null primary key,
  since integer not null,
  wake_at integer not null,
  shard integer not null,
  attempts integer not null check (attempts >= 0),
  state integer not null check (state in (0, 2, 6, 7, 8)),
  fingerprint text not null,
  error_code text not null,
  error_message text not null,
  error_stack text not null
) strict;
create index job_rest_of_shard on job_rest (shard, job_id);
create index job_rest_dead on job_rest (fingerprint, job_id) where state = 8;

create table job_watermarks (
  shard integer not null primary key,
  from_id integer not null
) strict;

create table schedules (
  id integer not null primary key,
  imported_id text,
  user_id integer references users (id),
  watermark integer not null,
  next_at integer,
  version integer not null check (version > 0),
  ends_at integer,
  ticks_left integer,
  paused_until integer,
  created_at integer not null,
  updated_at integer,
  deleted_at integer,
  shard integer not null check (shard >= 0),
  timeout_s integer not null check (timeout_s > 0),
  max_attempts integer not null check (max_attempts > 0),
  priority integer not null check (priority between 0 and 9),
  misfire integer not null check (misfire between 0 and 2),
  overlap integer not null check (overlap between 0 and 2),
  paused integer not null check (paused in (0, 1)),
  name text not null,
  kind text not null,
  queue text not null,
  lane text,
  rule text not null,
  zone text not null,
  pause_reason text not null,
  paused_by text not null,
  payload text not null
) strict;
create index schedules_due on schedules (shard, next_at, id)
  where next_at is not null and deleted_at is null;
create index schedules_of_user on schedules (user_id, id);

-- ended_as: 0 ran, 1 skipped, 2 capped, 3 contended, 4 manual.
create table schedule_ticks (
  schedule_id integer not null,
  at integer not null,
  settled_at integer not null,
  job_id integer,
  ended_as integer not null check (ended_as between 0 and 4),
  primary key (schedule_id, at)
) strict, without rowid;

create table pauses (
  target text not null primary key,
  reason text not null,
  by_whom text not null,
  since integer not null,
  until_at integer,
  ended integer not null check (ended in (0, 1))
) strict, without rowid;
create index pauses_open on pauses (target) where ended = 0;

create table queue_limits (
  queue text not null primary key,
  concurrency integer not null check (concurrency >= 0),
  depth_max integer not null check (depth_max >= 0),
  version integer not null check (version > 0)
) strict, without rowid;
