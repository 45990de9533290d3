// What   The table of named statements: every SQL text of the program, once for both databases.
// Why    One place to read what is asked of a database; start-up prepares all of it.
// Bounds See storage/statement.hpp for holes and counting; dialect rules are in storage/README.md.
// Threads none (constants).
// Source engineering.md f.
#pragma once

#include "storage/statement.hpp"

namespace storage::sql {

// -- journal ------------------------------------------------------------------------------------

extern const statement commit_insert;
extern const statement commit_fence; ///< answers the hash when it was inserted, no row otherwise
extern const statement commit_at;
extern const statement commit_heads;
extern const statement user_insert;
extern const statement user_update;
extern const statement account_insert;
extern const statement account_update;
extern const statement balance_insert;
extern const statement balance_update;
extern const statement transaction_insert;
extern const statement transaction_update;
extern const statement tags_delete;
extern const statement tag_insert;
extern const statement entry_insert;
extern const statement answer_upsert;
extern const statement account_load; ///< a row for each open hold, at least one
extern const statement hold_insert;
extern const statement hold_update; ///< ends an open one

// -- reads --------------------------------------------------------------------------------------

extern const statement user_by_id;
extern const statement user_by_email;
extern const statement user_set_admin;
extern const statement accounts_of_user;
extern const statement key_hashes_of_user;
extern const statement account_list;
extern const statement account_one;
extern const statement hold_one;
extern const statement holds_page;
extern const statement entries_ascending;
extern const statement entries_descending;
extern const statement entries_of_transaction;
extern const statement entry_last_booked; ///< the last entry booked at or before: O(log n)
extern const statement balance_effective;
extern const statement transactions_by_id;
extern const statement transactions_with_partners;
extern const statement transactions_page;
extern const statement transactions_count;
extern const statement monthly_sums;
extern const statement tags_of_user;
extern const statement answer_of_scope;
extern const statement answers_of_key;

// -- audit --------------------------------------------------------------------------------------

extern const statement audit_commits;
extern const statement audit_head;
extern const statement audit_entries_of_commits;
extern const statement audit_accounts;
extern const statement audit_entries;
extern const statement audit_transactions;
extern const statement audit_without_transaction;
extern const statement audit_counts; ///< rows of users, accounts, commits, entries, transactions,
                                     ///< answers
extern const statement audit_users;
extern const statement audit_holds;
extern const statement audit_answers;
extern const statement audit_transactions_of_commits; ///< those whose first entry lies there

// -- projections --------------------------------------------------------------------------------

extern const statement booked_before;
extern const statement version_sums;
extern const statement balance_checks;
extern const statement snapshots_after;
extern const statement snapshot_upsert;
extern const statement effective_head;
extern const statement effective_tail;
extern const statement effective_from;
extern const statement effective_mark_insert;
extern const statement effective_mark_update;
extern const statement effective_clear;
extern const statement effective_upsert;
// -- recovery (recovery_statements.cpp) -----------------------------------------------------------

extern const statement sums_between; ///< of the entries of transactions, by account and day
extern const statement sums_of;
extern const statement checks_after;
extern const statement checks_of;
extern const statement transaction_reborn;
extern const statement balance_correct;
extern const statement effective_mark_reset;
extern const statement log_insert;
extern const statement log_head;
extern const statement log_chain;
extern const statement log_page;

// -- what users have beside their books (user_row_statements.cpp) ---------------------------------

extern const statement session_put;
extern const statement token_put;
extern const statement reset_put;
extern const statement session_by_id;
extern const statement sessions_of_user; ///< live ones
extern const statement token_by_hash;
extern const statement reset_by_hash;
extern const statement resets_of_user; ///< that may still be used
extern const statement goal_put;
extern const statement envelope_put;
extern const statement movement_insert;
extern const statement goal_by_id;
extern const statement goals_of_user;
extern const statement envelope_by_id;
extern const statement envelopes_of_user;
extern const statement movements_of; ///< newest first
extern const statement automation_put;
extern const statement automations_by_id; ///< of several users
extern const statement automations_of_user;
extern const statement notification_put;
extern const statement notifications_mark;
extern const statement notification_by_id;
extern const statement notifications_page;
extern const statement notifications_unread;
extern const statement credentials_of;
extern const statement other_admins;
extern const statement goals_count;
extern const statement envelopes_count;
extern const statement automations_count;
extern const statement goals_after;
extern const statement envelopes_after;
extern const statement movements_after;
extern const statement automations_after;
extern const statement notifications_after;
extern const statement goals_changed;
extern const statement envelopes_changed;
extern const statement notifications_count;

// -- insights, shared expenses, the feed (shared_row_statements.cpp) ------------------------------

extern const statement insight_preferences_put;
extern const statement insight_feedback_put;
extern const statement insight_preferences_of;
extern const statement insight_feedback_of;
extern const statement insight_preferences_after;
extern const statement insight_feedback_after;
extern const statement round_up_put;
extern const statement round_ups_of;
extern const statement round_ups_after;
extern const statement watching_rules_of;
extern const statement spent_in;
extern const statement balance_of;
extern const statement delivery_put;
extern const statement delivery_by_id;
extern const statement deliveries_open;
extern const statement automation_run_insert;
extern const statement alert_state_put;
extern const statement automation_run_of;
extern const statement automation_runs_of;
extern const statement automation_runs_after;
extern const statement alert_states_of;
extern const statement alert_state_of;
extern const statement alert_states_after;
extern const statement rules_after;
extern const statement notifications_since;
extern const statement users_after;
extern const statement user_of_book;
extern const statement expense_put;
extern const statement share_put;
extern const statement share_event_insert;
extern const statement expense_by_id;
extern const statement share_by_id;
extern const statement shares_of_expense;
extern const statement shares_visible;
extern const statement shares_pending;
extern const statement events_of_share;
extern const statement expenses_after;
extern const statement shares_after;
extern const statement shares_by_expense;
extern const statement share_events_after;
extern const statement feed_item_put;
extern const statement feed_mark;
extern const statement feed_item_by_id;
extern const statement feed_page;
extern const statement feed_since;
extern const statement feed_unread;
extern const statement feed_count;
extern const statement feed_items_after;

// -- jobs (job_statements.cpp) --------------------------------------------------------------------

extern const statement job_insert;
extern const statement attempt_insert;
extern const statement outcome_insert;
extern const statement control_insert;
extern const statement rest_put;
extern const statement rest_end; ///< of jobs that have an outcome
extern const statement watermark_put;
extern const statement limits_put;
extern const statement jobs_live; ///< from the watermark of the shard on
extern const statement jobs_resting;
extern const statement job_by_id;  ///< with its outcome
extern const statement jobs_by_id; ///< of a list
extern const statement attempts_of_job;
extern const statement attempts_by_number; ///< without stack and log
extern const statement controls_of_jobs;
extern const statement jobs_seen; ///< ids of a list, and whether they are asked for
extern const statement jobs_seen_of_user;
extern const statement jobs_seen_of_schedule;
extern const statement jobs_seen_of_kind;
extern const statement jobs_seen_of_queue; ///< not of `default`
extern const statement jobs_seen_of_state; ///< of a rare final one
extern const statement jobs_counted;       ///< by the same conditions
extern const statement jobs_counted_of_user;
extern const statement jobs_counted_of_schedule;
extern const statement jobs_counted_of_kind;
extern const statement jobs_counted_of_queue;
extern const statement jobs_counted_of_state;
extern const statement dead_groups;
extern const statement dead_of_group;
extern const statement queues_all;

// -- schedules (schedule_statements.cpp) ----------------------------------------------------------

extern const statement schedule_put;
extern const statement tick_insert;
extern const statement pause_put;
extern const statement schedules_due;
extern const statement schedule_by_id;
extern const statement schedules_of_user;
extern const statement schedules_of_system;
extern const statement schedules_counted;
extern const statement schedules_after;
extern const statement ticks_of_schedule;
extern const statement pauses_open;

// -- what is kept no longer (prune_statements.cpp) ------------------------------------------------

extern const statement answers_old;
extern const statement answers_delete;
extern const statement sessions_old;
extern const statement tokens_of_sessions_delete;
extern const statement sessions_delete;
extern const statement refresh_tokens_old;
extern const statement refresh_tokens_delete;
extern const statement password_resets_old;
extern const statement password_resets_delete;
extern const statement notifications_old;
extern const statement notifications_imported_old;
extern const statement notifications_delete;
extern const statement deliveries_old;
extern const statement deliveries_delete;
extern const statement alert_states_old;
extern const statement alert_states_delete;

// -- what is old (retention_statements.cpp) -------------------------------------------------------

extern const statement job_window_insert;
extern const statement job_windows_open;
extern const statement windows_of_jobs;
extern const statement jobs_finished; ///< and what is left of them
extern const statement schedule_ids_after;
extern const statement ticks_old;
extern const statement jobs_delete;
extern const statement outcomes_delete;
extern const statement attempts_delete;
extern const statement jobs_strip; ///< of what a line does not need
extern const statement outcomes_strip;
extern const statement ticks_delete;
extern const statement windows_old;
extern const statement windows_delete;

// -- what jobs leave behind (dead_letter_statements.cpp) ------------------------------------------

extern const statement dead_note_put;
extern const statement dead_notes_all;
extern const statement job_posting_insert;
extern const statement postings_of_job;
extern const statement jobs_of_parent;

// -- meta ---------------------------------------------------------------------------------------

extern const statement meta_value;

} // namespace storage::sql
