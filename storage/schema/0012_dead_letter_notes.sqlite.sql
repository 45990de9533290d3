-- Text twin of 0012_dead_letter_notes.postgres.sql. What operators say of groups of dead jobs, what
-- jobs have posted, and which jobs they have left behind.

-- muted_until: null is not muted.
create table dead_letter_notes (
  fingerprint text not null primary key,
  note text not null,
  by_whom text not null,
  at integer not null,
  muted_until integer
) strict, without rowid;

-- In the commit of the outcome: of a job that posts, each transaction names its job.
create table job_postings (
  job_id integer not null,
  transaction_id integer not null,
  commit_id integer not null check (commit_id > 0),
  primary key (job_id, transaction_id)
) strict, without rowid;

create index jobs_of_parent on jobs (parent_id, id) where parent_id is not null;
