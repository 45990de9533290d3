-- Text twin of 0007_automations.sqlite.sql. Rules of users and what they are told
-- (ledger/automation.hpp, ledger/notification.hpp). conditions, actions, metadata: JSON objects.

create table automations (
  id bigint not null primary key,
  imported_id text collate "C",
  user_id bigint not null references users (id),
  name text collate "C" not null,
  description text collate "C",
  type text collate "C" not null,
  active bigint not null check (active in (0, 1)),
  conditions text collate "C" not null,
  actions text collate "C" not null,
  last_run bigint,
  next_run bigint,
  last_error text collate "C",
  created_at bigint not null,
  updated_at bigint,
  deleted_at bigint
);
create index automations_by_user on automations (user_id, created_at, id);

create table notifications (
  id bigint not null primary key,
  imported_id text collate "C",
  user_id bigint not null references users (id),
  type text collate "C" not null,
  title text collate "C" not null,
  body text collate "C" not null,
  metadata text collate "C" not null,
  created_at bigint not null,
  read_at bigint
);
create index notifications_by_user on notifications (user_id, created_at, id);
create index notifications_unread on notifications (user_id, created_at) where read_at is null;
