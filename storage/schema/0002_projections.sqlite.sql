-- Text twin of 0002_projections.postgres.sql. What follows from the entries and is kept beside
-- them: it may be thrown away and made again.

-- month: months since January 1970. Booked before the month's end in APP_TIMEZONE.
create table monthly_snapshots (
  account_id integer not null,
  month integer not null,
  balance integer not null,
  version integer not null check (version >= 0),
  computed_at integer not null,
  primary key (account_id, month)
) strict, without rowid;

-- Balance and number of entries up to the end of each effective day, of the entries up to the
-- version in effective_marks.
create table effective_days (
  account_id integer not null,
  day integer not null,
  balance integer not null,
  entries integer not null check (entries >= 0),
  primary key (account_id, day)
) strict, without rowid;

create table effective_marks (
  account_id integer not null primary key,
  version integer not null check (version >= 0)
) strict;
