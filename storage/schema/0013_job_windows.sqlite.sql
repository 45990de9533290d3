-- Text twin of 0013_job_windows.postgres.sql. Unique keys that are kept for a time, whatever
-- becomes of their job: written with it, and read at a start, which knows no finished jobs.
create table job_windows (
  ends_at integer not null,
  job_id integer not null,
  primary key (ends_at, job_id)
) strict, without rowid;
