-- Text twin of 0006_earmarks.postgres.sql. Goals and envelopes: money that is set aside in mind,
-- with every movement (ledger/earmark.hpp). version: number of movements.

create table goals (
  id integer not null primary key,
  imported_id text,
  user_id integer not null references users (id),
  name text not null,
  target integer not null check (target > 0),
  current integer not null check (current between 0 and target),
  due_at integer not null,
  due_day integer not null,
  description text,
  category text not null,
  priority text not null,
  status text not null,
  version integer not null check (version >= 0),
  created_at integer not null,
  updated_at integer,
  deleted_at integer
) strict;
create index goals_by_user on goals (user_id, created_at, id);

create table envelopes (
  id integer not null primary key,
  imported_id text,
  user_id integer not null references users (id),
  name text not null,
  balance integer not null check (balance >= 0),
  target integer check (target > 0),
  color text,
  description text,
  version integer not null check (version >= 0),
  created_at integer not null,
  updated_at integer,
  deleted_at integer
) strict;
create index envelopes_by_user on envelopes (user_id, created_at, id);

-- earmark_id: of a goal or an envelope.
create table earmark_movements (
  earmark_id integer not null,
  version integer not null check (version > 0),
  user_id integer not null,
  amount integer not null check (amount <> 0),
  amount_after integer not null check (amount_after >= 0),
  at integer not null,
  primary key (earmark_id, version)
) strict, without rowid;

create trigger earmark_movements_no_update before update on earmark_movements
begin select raise(abort, 'earmark_movements is append-only'); end;
create trigger earmark_movements_no_delete before delete on earmark_movements
begin select raise(abort, 'earmark_movements is append-only'); end;
