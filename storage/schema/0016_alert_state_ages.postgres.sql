-- Text twin of 0016_alert_state_ages.sqlite.sql. What rules have told is deleted by age when it
-- cannot matter again (storage/pruning.hpp): armed states, subjects that end with a month or a
-- date, the spikes of a month. The condition stands in prune_statements.cpp word for word.

create index alert_states_by_age on alert_states (at)
  where fired = 0
    or (length(subject) > 8 and substr(subject, length(subject) - 7, 1) = ':')
    or (length(subject) > 11 and substr(subject, length(subject) - 10, 1) = ':')
    or substr(rule, 1, 30) = 'category_monthly_variation_v1/';
