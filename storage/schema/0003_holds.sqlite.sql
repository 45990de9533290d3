-- Text twin of 0003_holds.postgres.sql.

-- The highest balance that a credit may reach.
alter table accounts add column ceiling integer;

-- Money set aside. status: 1 open, 2 posted, 3 voided, 4 expired; it leaves 1 once, and the balance
-- of its account never knows of it. posted_amount and transaction_id: what it became.
create table holds (
  id integer not null primary key,
  imported_id text,
  user_id integer not null references users (id),
  account_id integer not null references accounts (id),
  amount integer not null check (amount > 0),
  description text not null,
  status integer not null check (status between 1 and 4),
  created_at integer not null,
  expires_at integer,
  ended_at integer,
  posted_amount integer,
  transaction_id integer,
  check ((status = 1) = (ended_at is null)),
  check ((status = 2) = (posted_amount is not null)),
  check ((status = 2) = (transaction_id is not null)),
  check (posted_amount is null or posted_amount between 1 and amount)
) strict;
create index holds_by_account on holds (account_id, created_at, id);
create index holds_open on holds (account_id) where status = 1;
