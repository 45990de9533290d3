-- Text twin of 0001_base.postgres.sql. Times are microseconds UTC, money is centavos, flags are 0
-- and 1.
-- A statement per table; strict, so that a wrong type is an error and not a conversion.

create table meta (
  name text not null primary key,
  value text not null
) strict, without rowid;

create table users (
  id text not null primary key,
  name text not null,
  email text not null constraint users_email_key unique,
  password_hash text not null,
  active integer not null check (active in (0, 1)),
  admin integer not null check (admin in (0, 1)),
  created_at integer not null,
  updated_at integer
) strict;

-- Clients' accounts, categories and the equity of opening balances.
create table accounts (
  id text not null primary key,
  user_id text not null references users (id),
  role text not null check (role in ('money', 'category', 'opening')),
  kind text not null check (kind in ('asset', 'liability', 'income', 'expense', 'equity')),
  type text not null,
  name text not null,
  color text not null,
  icon text not null,
  currency text not null,
  floor integer,
  active integer not null check (active in (0, 1)),
  created_at integer not null,
  updated_at integer
) strict;
create index accounts_by_user on accounts (user_id, created_at, id);

-- One row for each account, changed by every posting: narrow, and apart from accounts.
create table balances (
  account_id text not null primary key,
  balance integer not null,
  version integer not null check (version >= 0)
) strict, without rowid;

-- Order, fence, in-doubt resolver and tamper evidence of a shard.
create table ledger_commits (
  shard integer not null,
  seq integer not null check (seq > 0),
  epoch integer not null,
  node text not null,
  prev_hash blob not null,
  hash blob not null,
  entries integer not null,
  booked_at integer not null,
  primary key (shard, seq)
) strict, without rowid;

create table ledger_entries (
  account_id text not null,
  version integer not null check (version > 0),
  amount integer not null check (amount <> 0),
  balance_after integer not null,
  transaction_id text not null,
  posting integer not null,
  reversal integer not null check (reversal in (0, 1)),
  effective_day integer not null,
  shard integer not null,
  seq integer not null,
  position integer not null,
  booked_at integer not null,
  primary key (account_id, version)
) strict, without rowid;
create index ledger_entries_by_commit on ledger_entries (shard, seq);
create index ledger_entries_by_transaction on ledger_entries (transaction_id);

create trigger ledger_entries_no_update before update on ledger_entries
begin select raise(abort, 'ledger_entries is append-only'); end;
create trigger ledger_entries_no_delete before delete on ledger_entries
begin select raise(abort, 'ledger_entries is append-only'); end;
create trigger ledger_commits_no_update before update on ledger_commits
begin select raise(abort, 'ledger_commits is append-only'); end;
create trigger ledger_commits_no_delete before delete on ledger_commits
begin select raise(abort, 'ledger_commits is append-only'); end;

-- `search` is the description in lower case without accents; `tags` a JSON array of names.
create table transactions (
  id text not null primary key,
  user_id text not null,
  account_id text not null,
  category_id text not null,
  type text not null check (type in ('income', 'expense', 'transfer', 'opening', 'adjustment')),
  direction integer not null check (direction in (-1, 1)),
  amount integer not null check (amount > 0),
  description text not null,
  search text not null,
  tags text not null,
  occurred_at integer not null,
  effective_day integer not null,
  partner_id text,
  shared_expense_id text,
  created_at integer not null,
  updated_at integer,
  deleted_at integer
) strict;
create index transactions_by_user on transactions (user_id, occurred_at desc, id desc);

create table transaction_tags (
  user_id text not null,
  name text not null,
  transaction_id text not null,
  primary key (transaction_id, name)
) strict, without rowid;
create index transaction_tags_by_user on transaction_tags (user_id, name, transaction_id);

create table idempotency (
  user_id text not null,
  endpoint text not null,
  scope_key text not null,
  key_hash integer not null,
  fingerprint blob not null,
  status integer not null,
  body text not null,
  created_at integer not null,
  expires_at integer not null,
  primary key (user_id, scope_key, endpoint)
) strict, without rowid;
create index idempotency_by_expiry on idempotency (expires_at);
