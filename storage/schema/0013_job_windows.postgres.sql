-- Text twin of 0013_job_windows.sqlite.sql. Unique keys that are kept for a time, whatever
-- becomes of their job: written with it, and read at a start, which knows no finished jobs.
create table job_windows (
  ends_at bigint not null,
  job_id bigint not null,
  constraint job_windows_pkey primary key (ends_at, job_id)
);
