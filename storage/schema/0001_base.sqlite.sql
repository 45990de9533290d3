-- Text twin of 0001_base.postgres.sql. Times are microseconds UTC, money is centavos, flags are 0
-- and 1.
-- A statement per table; strict, so that a wrong type is an error and not a conversion.

create table meta (
  name text not null primary key,
  value text not null
) strict, without rowid;

-- Ids are keys (base/id.hpp): the text of our own ids follows from the key; that of others, which
-- are negative, is in imported_id. docs/decisions/0007 says why.
create table users (
  id integer not null primary key,
  imported_id text,
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
  id integer not null primary key,
  imported_id text,
  user_id integer not null references users (id),
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
  account_id integer not null primary key,
  balance integer not null,
  version integer not null check (version >= 0)
) strict;

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

-- commit_id is shard << 48 | seq. posting is the number of the posting in its commit << 2, + 1 for
-- a reversal, + 2 when the transaction is of an earlier commit.
create table ledger_entries (
  account_id integer not null,
  version integer not null check (version > 0),
  amount integer not null check (amount <> 0),
  balance_after integer not null,
  transaction_id integer not null,
  commit_id integer not null check (commit_id > 0),
  effective_day integer not null,
  position integer not null check (position >= 0),
  posting integer not null check (posting >= 0),
  primary key (account_id, version)
) strict, without rowid;
create index ledger_entries_by_commit on ledger_entries (commit_id);
-- The first entries of a transaction are found by transactions.commit_id.
create index ledger_entries_amending on ledger_entries (transaction_id) where posting & 2 <> 0;

create trigger ledger_entries_no_update before update on ledger_entries
begin select raise(abort, 'ledger_entries is append-only'); end;
create trigger ledger_entries_no_delete before delete on ledger_entries
begin select raise(abort, 'ledger_entries is append-only'); end;
create trigger ledger_commits_no_update before update on ledger_commits
begin select raise(abort, 'ledger_commits is append-only'); end;
-- A commit follows the one that it names.
create trigger ledger_commits_follow before insert on ledger_commits
when new.seq > 1 and not exists (select 1 from ledger_commits p
  where p.shard = new.shard and p.seq = new.seq - 1 and p.hash = new.prev_hash)
begin select raise(abort, 'a commit without the one before'); end;
create trigger ledger_commits_no_delete before delete on ledger_commits
begin select raise(abort, 'ledger_commits is append-only'); end;

-- type: 1 income, 2 expense, 3 transfer, 4 opening, 5 adjustment. tags: a JSON array of names, null
-- for none. commit_id: of its first entries. created_at: null when it is the time in the id.
create table transactions (
  id integer not null primary key,
  user_id integer not null,
  account_id integer not null,
  category_id integer not null,
  amount integer not null check (amount > 0),
  occurred_at integer not null,
  commit_id integer not null check (commit_id > 0),
  effective_day integer not null,
  type integer not null check (type between 1 and 5),
  direction integer not null check (direction in (-1, 1)),
  description text not null,
  tags text,
  partner_id integer,
  shared_expense_id text,
  imported_id text,
  created_at integer,
  updated_at integer,
  deleted_at integer
) strict;
create index transactions_by_day on transactions (user_id, occurred_at / 86400000000);

create table transaction_tags (
  user_id integer not null,
  name text not null,
  transaction_id integer not null,
  primary key (transaction_id, name)
) strict, without rowid;
create index transaction_tags_by_user on transaction_tags (user_id, name, transaction_id);

create table idempotency (
  user_id integer not null,
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
