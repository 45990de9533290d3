-- Text twin of 0017_queue_rates.postgres.sql. How many jobs of a queue start in a time: so many in
-- so many seconds, and at most so many at once (scheduler/token_bucket.hpp). All three or none.

alter table queue_limits add column rate_starts integer check (rate_starts > 0);
alter table queue_limits add column rate_per_s integer check (rate_per_s > 0);
alter table queue_limits add column rate_burst integer check (rate_burst > 0);
