-- Text twin of 0015_retention.sqlite.sql. What is deleted by age is found by an index
-- (storage/pruning.hpp): the tokens of a session that ends, and notifications whose id does not say
-- when they were made.

create index refresh_tokens_by_session on refresh_tokens (session_id);
create index notifications_imported on notifications (created_at) where id < 0;
