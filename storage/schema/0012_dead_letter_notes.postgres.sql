-- Text twin of 0012_dead_letter_notes.sqlite.sql. What operators say of groups of dead jobs, what
-- jobs have posted, and which jobs they have left behind.

-- muted_until: null is not muted.
create table dead_letter_notes (
  fingerprint text collate "C" not null,
  note text collate "C" not null,
  by_whom text collate "C" not null,
  at bigint not null,
  muted_until bigint,
  constraint dead_letter_notes_pkey primary key (fingerprint)
);

-- In the commit of the outcome: of a job that posts, each transaction names its job.
create table job_postings (
  job_id bigint not null,
  transaction_id bigint not null,
  commit_id bigint not null check (commit_id > 0),
  constraint job_postings_pkey primary key (job_id, transaction_id)
);

create index jobs_of_parent on jobs (parent_id, id) where parent_id is not null;
