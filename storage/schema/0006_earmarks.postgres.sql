-- Text twin of 0006_earmarks.sqlite.sql. Goals and envelopes: money that is set aside in mind,
-- with every movement (ledger/earmark.hpp). version: number of movements.

create table goals (
  id bigint not null primary key,
  imported_id text collate "C",
  user_id bigint not null references users (id),
  name text collate "C" not null,
  target bigint not null check (target > 0),
  current bigint not null check (current between 0 and target),
  due_at bigint not null,
  due_day bigint not null,
  description text collate "C",
  category text collate "C" not null,
  priority text collate "C" not null,
  status text collate "C" not null,
  version bigint not null check (version >= 0),
  created_at bigint not null,
  updated_at bigint,
  deleted_at bigint
);
create index goals_by_user on goals (user_id, created_at, id);

create table envelopes (
  id bigint not null primary key,
  imported_id text collate "C",
  user_id bigint not null references users (id),
  name text collate "C" not null,
  balance bigint not null check (balance >= 0),
  target bigint check (target > 0),
  color text collate "C",
  description text collate "C",
  version bigint not null check (version >= 0),
  created_at bigint not null,
  updated_at bigint,
  deleted_at bigint
);
create index envelopes_by_user on envelopes (user_id, created_at, id);

-- earmark_id: of a goal or an envelope.
create table earmark_movements (
  earmark_id bigint not null,
  version bigint not null check (version > 0),
  user_id bigint not null,
  amount bigint not null check (amount <> 0),
  amount_after bigint not null check (amount_after >= 0),
  at bigint not null,
  constraint earmark_movements_pkey primary key (earmark_id, version)
);

create trigger earmark_movements_no_change before update or delete or truncate on earmark_movements
  for each statement execute function vdp_append_only();
