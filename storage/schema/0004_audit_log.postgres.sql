-- Text twin of 0004_audit_log.sqlite.sql. Who corrected what, and why: one hash chain per shard
-- (ledger/audit_log.hpp). before_state and after_state are JSON objects of ids and counts.

create table audit_log (
  shard bigint not null,
  number bigint not null check (number > 0),
  seq bigint not null check (seq > 0),
  at bigint not null,
  actor text collate "C" not null,
  action text collate "C" not null,
  target text collate "C" not null,
  reason text collate "C" not null check (length(reason) between 3 and 200),
  before_state text collate "C" not null,
  after_state text collate "C" not null,
  request_id text collate "C" not null,
  prev_hash bytea not null,
  hash bytea not null,
  constraint audit_log_pkey primary key (shard, number)
);
create index audit_log_by_time on audit_log (at, shard, number);

create trigger audit_log_no_change before update or delete or truncate on audit_log
  for each statement execute function vdp_append_only();
