-- Text twin of 0008_insight_choices.sqlite.sql. What users said about insights
-- (ledger/insight_choice.hpp).

create table insight_preferences (
  user_id bigint not null primary key references users (id),
  category_variation bigint not null check (category_variation in (0, 1)),
  goals_at_risk bigint not null check (goals_at_risk in (0, 1)),
  updated_at bigint not null
);

create table insight_feedback (
  user_id bigint not null references users (id),
  hash text collate "C" not null,
  type text collate "C" not null,
  status text collate "C" not null check (status in ('seen', 'ignored')),
  at bigint not null,
  constraint insight_feedback_pkey primary key (user_id, hash)
);
