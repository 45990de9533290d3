-- Text twin of 0009_shared_expenses.postgres.sql. Expenses that users share, and what the activity
-- feed tells them (ledger/shared_expense.hpp, ledger/feed_item.hpp). automatic: the transaction of
-- the creator's share. basis: hundredths of a percent. metadata: a JSON object.

create table shared_expenses (
  id integer not null primary key,
  imported_id text,
  user_id integer not null references users (id),
  total integer not null check (total > 0),
  description text not null,
  split text not null check (split in ('equal', 'percentage', 'custom')),
  cancelled integer not null check (cancelled in (0, 1)),
  automatic integer,
  created_at integer not null,
  updated_at integer
) strict;
create index shared_expenses_by_user on shared_expenses (user_id, id);

create table expense_shares (
  id integer not null primary key,
  imported_id text,
  expense_id integer not null references shared_expenses (id),
  user_id integer not null references users (id),
  status text not null check (status in ('pending', 'accepted', 'rejected')),
  basis integer check (basis between 0 and 10000),
  amount integer not null check (amount >= 0),
  created_at integer not null,
  responded_at integer
) strict;
create index expense_shares_by_expense on expense_shares (expense_id, id);
create index expense_shares_by_user on expense_shares (user_id, expense_id);

create table share_events (
  id integer not null primary key,
  imported_id text,
  share_id integer not null references expense_shares (id),
  action text not null check (action in ('created', 'accepted', 'rejected')),
  performed_by integer not null references users (id),
  at integer not null
) strict;
create index share_events_by_share on share_events (share_id, at, id);

create trigger share_events_no_update before update on share_events
begin select raise(abort, 'share_events is append-only'); end;
create trigger share_events_no_delete before delete on share_events
begin select raise(abort, 'share_events is append-only'); end;

create table feed_items (
  id integer not null primary key,
  imported_id text,
  user_id integer not null references users (id),
  type text not null,
  title text not null,
  description text not null,
  entity_type text not null,
  entity_id text not null,
  metadata text not null,
  created_at integer not null,
  read_at integer
) strict;
create index feed_items_by_user on feed_items (user_id, created_at, id);
create index feed_items_unread on feed_items (user_id, created_at) where read_at is null;
