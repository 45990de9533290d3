-- Text twin of 0004_audit_log.postgres.sql. Who corrected what, and why: one hash chain per shard
-- (ledger/audit_log.hpp). before_state and after_state are JSON objects of ids and counts.

create table audit_log (
  shard integer not null,
  number integer not null check (number > 0),
  seq integer not null check (seq > 0),
  at integer not null,
  actor text not null,
  action text not null,
  target text not null,
  reason text not null check (length(reason) between 3 and 200),
  before_state text not null,
  after_state text not null,
  request_id text not null,
  prev_hash blob not null,
  hash blob not null,
  primary key (shard, number)
) strict, without rowid;
create index audit_log_by_time on audit_log (at, shard, number);

create trigger audit_log_no_update before update on audit_log
begin select raise(abort, 'audit_log is append-only'); end;
create trigger audit_log_no_delete before delete on audit_log
begin select raise(abort, 'audit_log is append-only'); end;
