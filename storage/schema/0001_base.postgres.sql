-- Text twin of 0001_base.sqlite.sql. Times are microseconds UTC, money is centavos, flags are 0 and
-- 1.
-- Text is collate "C": the order of text is the order of its bytes, as in SQLite.

create table meta (
  name text collate "C" not null primary key,
  value text collate "C" not null
);

-- Ids are keys (base/id.hpp): the text of our own ids follows from the key; that of others, which
-- are negative, is in imported_id. docs/decisions/0007 says why.
create table users (
  id bigint not null primary key,
  imported_id text collate "C",
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
  id bigint not null primary key,
  imported_id text collate "C",
  user_id bigint not null references users (id),
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
  account_id bigint not null primary key,
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

-- commit_id is shard << 48 | seq. The wide columns stand first and the row has no gap: it is 84
-- bytes with its line pointer, and there are two for each transfer.
-- posting is the number of the posting in its commit << 2, + 1 for a reversal, + 2 when the
-- transaction is of an earlier commit.
create table ledger_entries (
  account_id bigint not null,
  version bigint not null check (version > 0),
  amount bigint not null check (amount <> 0),
  balance_after bigint not null,
  transaction_id bigint not null,
  commit_id bigint not null check (commit_id > 0),
  effective_day integer not null,
  position smallint not null check (position >= 0),
  posting smallint not null check (posting >= 0),
  constraint ledger_entries_pkey primary key (account_id, version)
);
-- Entries are appended in the order of time, so a summary of each 64 pages finds those of a commit.
-- minmax_multi: the shards grow side by side, each range of pages holds a piece of several.
create index ledger_entries_by_commit on ledger_entries
  using brin (commit_id int8_minmax_multi_ops (values_per_range = 64))
  with (pages_per_range = 64, autosummarize = on);
-- The first entries of a transaction are found by transactions.commit_id.
create index ledger_entries_amending on ledger_entries (transaction_id) where posting & 2 <> 0;

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
  if exists (select 1 from added group by commit_id, posting >> 2 having sum(amount) <> 0) then
    raise exception 'entries do not sum to zero' using errcode = 'VD004';
  end if;
  return null;
end $$;
create trigger ledger_entries_balanced after insert on ledger_entries
  referencing new table as added for each statement execute function vdp_balanced();

-- A commit follows the one that it names. It does not when the database is older than its writer
-- knows: a failover to a replica that lagged, a restore under a running node.
create function vdp_follows() returns trigger language plpgsql as $$
begin
  if exists (select 1 from added a where a.seq > 1 and not exists (
      select 1 from ledger_commits p
      where p.shard = a.shard and p.seq = a.seq - 1 and p.hash = a.prev_hash)) then
    raise exception 'a commit without the one before' using errcode = 'VD005';
  end if;
  return null;
end $$;
create trigger ledger_commits_follow after insert on ledger_commits
  referencing new table as added for each statement execute function vdp_follows();

-- The count of a statement that has to write exactly so many rows, see storage/statement.hpp.
create function vdp_expect(got bigint, want bigint, state text) returns bigint
language plpgsql as $$
begin
  if got is distinct from want then
    raise exception 'row count % instead of %', got, want using errcode = state;
  end if;
  return got;
end $$;

-- A description in lower case without accents: storage/search_text.cpp in SQL; a test compares both
-- letter by letter.
create function vdp_folded(words text) returns text
language sql immutable strict parallel safe as $$
  select case when octet_length(words) = char_length(words) then lower(words collate "C") else
    replace(replace(replace(replace(replace(translate(words,
    ('ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞàáâãäåçèéêëìíîïñò'
     'óôõöøùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦħĨĩĪīĬĭĮįİıĴĵĶķĹĺĻļĽľĿ'
     'ŀŁłŃńŅņŇňŉŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŧŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžſΑΒΓΔΕΖΗΘΙΚΛΜ'
     'ΝΞΟΠΡ΢ΣΤΥΦΧΨΩАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏ'
     || U&'\0300\0301\0302\0303\0304\0305\0306\0307\0308\0309\030a\030b\030c\030d\030e\030f'
      '\0310\0311\0312\0313\0314\0315\0316\0317\0318\0319\031a\031b\031c\031d\031e\031f'
      '\0320\0321\0322\0323\0324\0325\0326\0327\0328\0329\032a\032b\032c\032d\032e\032f'
      '\0330\0331\0332\0333\0334\0335\0336\0337\0338\0339\033a\033b\033c\033d\033e\033f'
      '\0340\0341\0342\0343\0344\0345\0346\0347\0348\0349\034a\034b\034c\034d\034e\034f'
      '\0350\0351\0352\0353\0354\0355\0356\0357\0358\0359\035a\035b\035c\035d\035e\035f'
      '\0360\0361\0362\0363\0364\0365\0366\0367\0368\0369\036a\036b\036c\036d\036e\036f'),
    ('abcdefghijklmnopqrstuvwxyzaaaaaaceeeeiiiiðnoooooouuuuyþaaaaaaceeeeiiiino'
     'ooooouuuuyyaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiijjkklllllll'
     'lllnnnnnnnoooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzsαβγδεζηθικλμ'
     'νξοπρςστυφχψωабвгдежзийклмнопрстуфхцчшщъыьэюяѐёђѓєѕіїјљњћќѝўџ')),
    'ß', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe') end
$$;

-- type: 1 income, 2 expense, 3 transfer, 4 opening, 5 adjustment. tags: a JSON array of names, null
-- for none. commit_id: of its first entries. created_at: null when it is the time in the id.
create table transactions (
  id bigint not null primary key,
  user_id bigint not null,
  account_id bigint not null,
  category_id bigint not null,
  amount bigint not null check (amount > 0),
  occurred_at bigint not null,
  commit_id bigint not null check (commit_id > 0),
  effective_day integer not null,
  type smallint not null check (type between 1 and 5),
  direction smallint not null check (direction in (-1, 1)),
  description text collate "C" not null,
  tags text collate "C",
  partner_id bigint,
  shared_expense_id text collate "C",
  imported_id text collate "C",
  created_at bigint,
  updated_at bigint,
  deleted_at bigint
);
-- By day and not by instant: equal keys share their place in the index.
create index transactions_by_day on transactions (user_id, (occurred_at / 86400000000));

create table transaction_tags (
  user_id bigint not null,
  name text collate "C" not null,
  transaction_id bigint not null,
  primary key (transaction_id, name)
);
create index transaction_tags_by_user on transaction_tags (user_id, name, transaction_id);

create table idempotency (
  user_id bigint not null,
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
