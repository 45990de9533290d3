-- Text twin of 0008_insight_choices.postgres.sql. What users said about insights
-- (ledger/insight_choice.hpp).

create table insight_preferences (
  user_id integer not null primary key references users (id),
  category_variation integer not null check (category_variation in (0, 1)),
  goals_at_risk integer not null check (goals_at_risk in (0, 1)),
  updated_at integer not null
) strict;

create table insight_feedback (
  user_id integer not null references users (id),
  hash text not null,
  type text not null,
  status text not null check (status in ('seen', 'ignored')),
  at integer not null,
  primary key (user_id, hash)
) strict, without rowid;
