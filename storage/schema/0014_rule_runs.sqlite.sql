-- Text twin of 0014_rule_runs.postgres.sql. How the occurrences of recurring rules ended
-- (ledger/automation_run.hpp), and which rules have told their users of what
-- (ledger/alert_state.hpp). how: 0 posted, 1 refused, 2 failed, 3 skipped.

create table automation_runs (
  automation_id integer not null references automations (id),
  day integer not null,
  user_id integer not null references users (id),
  how integer not null check (how between 0 and 3),
  transaction_id integer,
  code text not null,
  at integer not null,
  primary key (automation_id, day)
) strict, without rowid;

create table alert_states (
  user_id integer not null references users (id),
  rule text not null,
  subject text not null,
  fired integer not null check (fired in (0, 1)),
  at integer not null,
  primary key (user_id, rule, subject)
) strict, without rowid;

-- What was added to an envelope for an expense (ledger/round_up.hpp).
create table round_ups (
  transaction_id integer not null references transactions (id),
  rule_id integer not null references automations (id),
  user_id integer not null references users (id),
  envelope_id integer not null references envelopes (id),
  amount integer not null check (amount >= 0),
  at integer not null,
  primary key (transaction_id, rule_id)
) strict, without rowid;

-- What is to leave the house (ledger/delivery.hpp). kind: 0 mail, 1 webhook; state: 0 pending,
-- 1 sending, 2 delivered, 3 failed, 4 unknown.
create table deliveries (
  id integer not null primary key,
  user_id integer not null references users (id),
  kind integer not null check (kind in (0, 1)),
  rule text not null,
  body text not null,
  state integer not null check (state between 0 and 4),
  attempts integer not null,
  code text not null,
  created_at integer not null,
  ended_at integer
) strict;
create index deliveries_open on deliveries (created_at, id) where state in (0, 1);
create index deliveries_ended on deliveries (ended_at) where ended_at is not null;

create index automations_by_type on automations (type, id)
  where active = 1 and deleted_at is null;
