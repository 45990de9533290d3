-- Text twin of 0005_sessions.sqlite.sql. Who is logged in, and by what the login goes on
-- (ledger/login_session.hpp). Of tokens only the SHA-256 is kept.

create table sessions (
  id bigint not null primary key,
  user_id bigint not null references users (id),
  device text collate "C" not null,
  ip text collate "C" not null,
  created_at bigint not null,
  last_used_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
create index sessions_by_user on sessions (user_id, expires_at) where revoked_at is null;
create index sessions_by_expiry on sessions (expires_at);

create table refresh_tokens (
  hash bytea not null primary key,
  session_id bigint not null references sessions (id),
  user_id bigint not null,
  issued_at bigint not null,
  expires_at bigint not null,
  rotated_at bigint
);
create index refresh_tokens_by_expiry on refresh_tokens (expires_at);

create table password_resets (
  hash bytea not null primary key,
  user_id bigint not null references users (id),
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create index password_resets_by_expiry on password_resets (expires_at);
create index password_resets_by_user on password_resets (user_id, expires_at);
