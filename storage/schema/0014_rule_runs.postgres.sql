-- Text twin of 0014_rule_runs.sqlite.sql. How the occurrences of recurring rules ended
-- (ledger/automation_run.hpp), and which rules have told their users of what
-- (ledger/alert_state.hpp). how: 0 posted, 1 refused, 2 failed, 3 skipped.

create table automation_runs (
  automation_id bigint not null references automations (id),
  day bigint not null,
  user_id bigint not null references users (id),
  how bigint not null check (how between 0 and 3),
  transaction_id bigint,
  code text collate "C" not null,
  at bigint not null,
  constraint automation_runs_pkey primary key (automation_id, day)
);

create table alert_states (
  user_id bigint not null references users (id),
  rule text collate "C" not null,
  subject text collate "C" not null,
  fired bigint not null check (fired in (0, 1)),
  at bigint not null,
  constraint alert_states_pkey primary key (user_id, rule, subject)
);

-- What was added to an envelope for an expense (ledger/round_up.hpp).
create table round_ups (
  transaction_id bigint not null references transactions (id),
  rule_id bigint not null references automations (id),
  user_id bigint not null references users (id),
  envelope_id bigint not null references envelopes (id),
  amount bigint not null check (amount >= 0),
  at bigint not null,
  constraint round_ups_pkey primary key (transaction_id, rule_id)
);

-- What is to leave the house (ledger/delivery.hpp). kind: 0 mail, 1 webhook; state: 0 pending,
-- 1 sending, 2 delivered, 3 failed, 4 unknown.
create table deliveries (
  id bigint not null primary key,
  user_id bigint not null references users (id),
  kind bigint not null check (kind in (0, 1)),
  rule text collate "C" not null,
  body text collate "C" not null,
  state bigint not null check (state between 0 and 4),
  attempts bigint not null,
  code text collate "C" not null,
  created_at bigint not null,
  ended_at bigint
);
create index deliveries_open on deliveries (created_at, id) where state in (0, 1);
create index deliveries_ended on deliveries (ended_at) where ended_at is not null;

create index automations_by_type on automations (type, id)
  where active = 1 and deleted_at is null;
