-- Text twin of 0001_base.sqlite.sql. Times are microseconds UTC, money is centavos, flags are 0 and
-- 1.
-- Text is collate "C": the order of text is the order of its bytes, as in SQLite.

create table meta (
  name text collate "C" not null primary key,
  value text collate "C" not null
);

create table users (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  email text collate "C" not null constraint users_email_key unique,
  password_hash text collate "C" not null,
  active bigint not null check (active in (0, 1)),
  admin bigint not null check (admin in (0, 1)),
  created_at bigint not null,
  updated_at bigint
);

-- Clients' accounts, categories and the equity of opening balances.
create table accounts (
  id text collate "C" not null primary key,
  user_id text collate "C" not null references users (id),
  role text collate "C" not null check (role in ('money', 'category', 'opening')),
  kind text collate "C" not null
    check (kind in ('asset', 'liability', 'income', 'expense', 'equity')),
  type text collate "C" not null,
  name text collate "C" not null,
  color text collate "C" not null,
  icon text collate "C" not null,
  currency text collate "C" not null,
  floor bigint,
  active bigint not null check (active in (0, 1)),
  created_at bigint not null,
  updated_at bigint
);
create index accounts_by_user on accounts (user_id, created_at, id);

-- One row for each account, changed by every posting: narrow, apart from accounts, and with room on
-- its pages so that an update touches no index.
create table balances (
  account_id text collate "C" not null primary key,
  balance bigint not null,
  version bigint not null check (version >= 0)
) with (fillfactor = 70);

-- Order, fence, in-doubt resolver and tamper evidence of a shard.
create table ledger_commits (
  shard bigint not null,
  seq bigint not null check (seq > 0),
  epoch bigint not null,
  node text collate "C" not null,
  prev_hash bytea not null,
  hash bytea not null,
  entries bigint not null,
  booked_at bigint not null,
  constraint ledger_commits_pkey primary key (shard, seq)
);

create table ledger_entries (
  account_id text collate "C" not null,
  version bigint not null check (version > 0),
  amount bigint not null check (amount <> 0),
  balance_after bigint not null,
  transaction_id text collate "C" not null,
  posting bigint not null,
  reversal bigint not null check (reversal in (0, 1)),
  effective_day bigint not null,
  shard bigint not null,
  seq bigint not null,
  position bigint not null,
  booked_at bigint not null,
  constraint ledger_entries_pkey primary key (account_id, version)
);
create index ledger_entries_by_commit on ledger_entries (shard, seq);
create index ledger_entries_by_transaction on ledger_entries (transaction_id);

create function vdp_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'VD003';
end $$;
create trigger ledger_entries_no_change before update or delete or truncate on ledger_entries
  for each statement execute function vdp_append_only();
create trigger ledger_commits_no_change before update or delete or truncate on ledger_commits
  for each statement execute function vdp_append_only();

-- Double entry, checked once for each insert statement (SQLite has no transition tables; there the
-- check before the write stands alone).
create function vdp_balanced() returns trigger language plpgsql as $$
begin
  if exists (select 1 from added group by shard, seq, posting having sum(amount) <> 0) then
    raise exception 'entries do not sum to zero' using errcode = 'VD004';
  end if;
  return null;
end $$;
create trigger ledger_entries_balanced after insert on ledger_entries
  referencing new table as added for each statement execute function vdp_balanced();

-- The count of a statement that has to write exactly so many rows, see storage/statement.hpp.
create function vdp_expect(got bigint, want bigint, state text) returns bigint
language plpgsql as $$
begin
  if got is distinct from want then
    raise exception 'row count % instead of %', got, want using errcode = state;
  end if;
  return got;
end $$;

-- `search` is the description in lower case without accents; `tags` a JSON array of names.
create table transactions (
  id text collate "C" not null primary key,
  user_id text collate "C" not null,
  account_id text collate "C" not null,
  category_id text collate "C" not null,
  type text collate "C" not null
    check (type in ('income', 'expense', 'transfer', 'opening', 'adjustment')),
  direction bigint not null check (direction in (-1, 1)),
  amount bigint not null check (amount > 0),
  description text collate "C" not null,
  search text collate "C" not null,
  tags text collate "C" not null,
  occurred_at bigint not null,
  effective_day bigint not null,
  partner_id text collate "C",
  shared_expense_id text collate "C",
  created_at bigint not null,
  updated_at bigint,
  deleted_at bigint
);
create index transactions_by_user on transactions (user_id, occurred_at desc, id desc);

create table transaction_tags (
  user_id text collate "C" not null,
  name text collate "C" not null,
  transaction_id text collate "C" not null,
  primary key (transaction_id, name)
);
create index transaction_tags_by_user on transaction_tags (user_id, name, transaction_id);

create table idempotency (
  user_id text collate "C" not null,
  endpoint text collate "C" not null,
  scope_key text collate "C" not null,
  key_hash bigint not null,
  fingerprint bytea not null,
  status bigint not null,
  body text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null,
  constraint idempotency_pkey primary key (user_id, scope_key, endpoint)
);
create index idempotency_by_expiry on idempotency (expires_at);
