-- Text twin of 0005_sessions.postgres.sql. Who is logged in, and by what the login goes on
-- (ledger/login_session.hpp). Of tokens only the SHA-256 is kept.

create table sessions (
  id integer not null primary key,
  user_id integer not null references users (id),
  device text not null,
  ip text not null,
  created_at integer not null,
  last_used_at integer not null,
  expires_at integer not null,
  revoked_at integer
) strict;
create index sessions_by_user on sessions (user_id, expires_at) where revoked_at is null;
create index sessions_by_expiry on sessions (expires_at);

create table refresh_tokens (
  hash blob not null primary key,
  session_id integer not null references sessions (id),
  user_id integer not null,
  issued_at integer not null,
  expires_at integer not null,
  rotated_at integer
) strict, without rowid;
create index refresh_tokens_by_expiry on refresh_tokens (expires_at);

create table password_resets (
  hash blob not null primary key,
  user_id integer not null references users (id),
  created_at integer not null,
  expires_at integer not null,
  used_at integer
) strict, without rowid;
create index password_resets_by_expiry on password_resets (expires_at);
create index password_resets_by_user on password_resets (user_id, expires_at);
