-- Text twin of 0009_shared_expenses.sqlite.sql. Expenses that users share, and what the activity
-- feed tells them (ledger/shared_expense.hpp, ledger/feed_item.hpp). automatic: the transaction of
-- the creator's share. basis: hundredths of a percent. metadata: a JSON object.

create table shared_expenses (
  id bigint not null primary key,
  imported_id text collate "C",
  user_id bigint not null references users (id),
  total bigint not null check (total > 0),
  description text collate "C" not null,
  split text collate "C" not null check (split in ('equal', 'percentage', 'custom')),
  cancelled bigint not null check (cancelled in (0, 1)),
  automatic bigint,
  created_at bigint not null,
  updated_at bigint
);
create index shared_expenses_by_user on shared_expenses (user_id, id);

create table expense_shares (
  id bigint not null primary key,
  imported_id text collate "C",
  expense_id bigint not null references shared_expenses (id),
  user_id bigint not null references users (id),
  status text collate "C" not null check (status in ('pending', 'accepted', 'rejected')),
  basis bigint check (basis between 0 and 10000),
  amount bigint not null check (amount >= 0),
  created_at bigint not null,
  responded_at bigint
);
create index expense_shares_by_expense on expense_shares (expense_id, id);
create index expense_shares_by_user on expense_shares (user_id, expense_id);

create table share_events (
  id bigint not null primary key,
  imported_id text collate "C",
  share_id bigint not null references expense_shares (id),
  action text collate "C" not null check (action in ('created', 'accepted', 'rejected')),
  performed_by bigint not null references users (id),
  at bigint not null
);
create index share_events_by_share on share_events (share_id, at, id);

create trigger share_events_no_change before update or delete or truncate on share_events
  for each statement execute function vdp_append_only();

create table feed_items (
  id bigint not null primary key,
  imported_id text collate "C",
  user_id bigint not null references users (id),
  type text collate "C" not null,
  title text collate "C" not null,
  description text collate "C" not null,
  entity_type text collate "C" not null,
  entity_id text collate "C" not null,
  metadata text collate "C" not null,
  created_at bigint not null,
  read_at bigint
);
create index feed_items_by_user on feed_items (user_id, created_at, id);
create index feed_items_unread on feed_items (user_id, created_at) where read_at is null;
