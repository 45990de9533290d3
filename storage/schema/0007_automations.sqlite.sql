-- Text twin of 0007_automations.postgres.sql. Rules of users and what they are told
-- (ledger/automation.hpp, ledger/notification.hpp). conditions, actions, metadata: JSON objects.

create table automations (
  id integer not null primary key,
  imported_id text,
  user_id integer not null references users (id),
  name text not null,
  description text,
  type text not null,
  active integer not null check (active in (0, 1)),
  conditions text not null,
  actions text not null,
  last_run integer,
  next_run integer,
  last_error text,
  created_at integer not null,
  updated_at integer,
  deleted_at integer
) strict;
create index automations_by_user on automations (user_id, created_at, id);

create table notifications (
  id integer not null primary key,
  imported_id text,
  user_id integer not null references users (id),
  type text not null,
  title text not null,
  body text not null,
  metadata text not null,
  created_at integer not null,
  read_at integer
) strict;
create index notifications_by_user on notifications (user_id, created_at, id);
create index notifications_unread on notifications (user_id, created_at) where read_at is null;
