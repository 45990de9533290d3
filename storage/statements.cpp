#include "storage/statements.hpp"

#include "storage/sql_text.hpp"

namespace storage {

namespace {

constexpr std::string_view commit_parameters =
    "shard bigint, seq bigint, epoch bigint, node text, prev_hash bytea, hash bytea, "
    "entries bigint, booked_at bigint";

} // namespace

namespace sql {

// -- journal ------------------------------------------------------------------------------------

constexpr statement commit_insert{
    "commit_insert",
    "insert into ledger_commits (shard, seq, epoch, node, prev_hash, hash, entries, booked_at)"
    " select r.shard, r.seq, r.epoch, r.node, r.prev_hash, r.hash, r.entries, r.booked_at"
    " from {rows}",
    commit_parameters, "", statement_kind::batch};

constexpr statement commit_fence{
    "commit_fence",
    "insert into ledger_commits (shard, seq, epoch, node, prev_hash, hash, entries, booked_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (shard, seq) do nothing returning hash",
    commit_parameters, "b"};

constexpr statement commit_at{
    "commit_at",
    sql_text<"select ", commit_columns, " from ledger_commits c where c.shard = $1 and c.seq = $2">,
    "shard bigint, seq bigint", commit_results};

constexpr statement commit_heads{
    "commit_heads",
    sql_text<"select ", commit_columns,
             " from {rows} join ledger_commits c on c.shard = r.shard and c.seq ="
             " (select max(m.seq) from ledger_commits m where m.shard = r.shard)">,
    "shard bigint", commit_results, statement_kind::batch};

constexpr statement user_insert{
    "user_insert",
    "insert into users (id, imported_id, name, email, password_hash, active, admin, created_at,"
    " updated_at) select r.id, r.imported_id, r.name, r.email, r.password_hash, r.active, r.admin,"
    " r.created_at, r.updated_at from {rows}",
    "id bigint, imported_id text, name text, email text, password_hash text, active bigint, admin "
    "bigint, "
    "created_at bigint, updated_at bigint",
    "", statement_kind::batch};

constexpr statement user_update{
    "user_update",
    "update users set name = coalesce(r.name, users.name), email = coalesce(r.email, users.email),"
    " password_hash = coalesce(r.password_hash, users.password_hash), updated_at = r.updated_at,"
    " active = coalesce(r.active, users.active), admin = coalesce(r.admin, users.admin)"
    " from {rows} where users.id = r.id",
    "id bigint, name text, email text, password_hash text, updated_at bigint, active bigint,"
    " admin bigint",
    "",
    statement_kind::batch,
    counting::conflict};

constexpr statement account_insert{
    "account_insert",
    "insert into accounts (id, imported_id, user_id, role, kind, type, name, color, icon, "
    "currency, floor,"
    " ceiling, active, created_at, updated_at)"
    " select r.id, r.imported_id, r.user_id, r.role, r.kind, r.type, r.name, r.color, r.icon, "
    "r.currency, r.floor,"
    " r.ceiling, r.active, r.created_at, r.updated_at from {rows}",
    "id bigint, imported_id text, user_id bigint, role text, kind text, type text, name text, "
    "color text, icon text, currency text, floor bigint, ceiling bigint, active bigint, created_at "
    "bigint, "
    "updated_at bigint",
    "", statement_kind::batch};

constexpr statement account_update{
    "account_update",
    "update accounts set kind = r.kind, type = r.type, name = r.name, color = r.color,"
    " icon = r.icon, floor = r.floor, ceiling = r.ceiling, active = r.active, updated_at = "
    "r.updated_at from {rows}"
    " where accounts.id = r.id",
    "id bigint, kind text, type text, name text, color text, icon text, floor bigint, "
    "ceiling bigint, active bigint, updated_at bigint",
    "",
    statement_kind::batch,
    counting::conflict};

constexpr statement balance_insert{
    "balance_insert",
    "insert into balances (account_id, balance, version) select r.account_id, 0, 0 from {rows}",
    "account_id bigint", "", statement_kind::batch};

constexpr statement balance_update{
    "balance_update",
    "update balances set balance = r.balance, version = r.version from {rows}"
    " where balances.account_id = r.account_id and balances.version = r.previous",
    "account_id bigint, balance bigint, version bigint, previous bigint",
    "",
    statement_kind::batch,
    counting::conflict};

constexpr statement transaction_insert{
    "transaction_insert",
    "insert into transactions (id, user_id, account_id, category_id, amount, occurred_at,"
    " commit_id, effective_day, type, direction, description, tags, partner_id, shared_expense_id,"
    " imported_id, created_at, updated_at, deleted_at)"
    " select r.id, r.user_id, r.account_id, r.category_id, r.amount, r.occurred_at, r.commit_id,"
    " r.effective_day, r.type, r.direction, r.description, r.tags, r.partner_id,"
    " r.shared_expense_id, r.imported_id, r.created_at, r.updated_at, r.deleted_at from {rows}",
    "id bigint, user_id bigint, account_id bigint, category_id bigint, amount bigint, "
    "occurred_at bigint, commit_id bigint, effective_day bigint, type bigint, direction bigint, "
    "description text, tags text, partner_id bigint, shared_expense_id text, imported_id text, "
    "created_at bigint, updated_at bigint, deleted_at bigint",
    "", statement_kind::batch};

constexpr statement transaction_update{
    "transaction_update",
    "update transactions set account_id = r.account_id, category_id = r.category_id,"
    " amount = r.amount, occurred_at = r.occurred_at, effective_day = r.effective_day,"
    " type = r.type, direction = r.direction, description = r.description, tags = r.tags,"
    " partner_id = r.partner_id, shared_expense_id = r.shared_expense_id,"
    " updated_at = r.updated_at, deleted_at = r.deleted_at from {rows}"
    " where transactions.id = r.id",
    "id bigint, account_id bigint, category_id bigint, amount bigint, occurred_at bigint, "
    "effective_day bigint, type bigint, direction bigint, description text, tags text, "
    "partner_id bigint, shared_expense_id text, updated_at bigint, deleted_at bigint",
    "",
    statement_kind::batch,
    counting::conflict};

constexpr statement tags_delete{
    "tags_delete",
    "delete from transaction_tags where transaction_id in (select r.transaction_id from {rows})",
    "transaction_id bigint", "", statement_kind::batch};

constexpr statement tag_insert{"tag_insert",
                               "insert into transaction_tags (user_id, name, transaction_id)"
                               " select r.user_id, r.name, r.transaction_id from {rows} where true"
                               " on conflict (transaction_id, name) do nothing",
                               "user_id bigint, name text, transaction_id bigint", "",
                               statement_kind::batch};

constexpr statement entry_insert{
    "entry_insert",
    "insert into ledger_entries (account_id, version, amount, balance_after, transaction_id,"
    " commit_id, effective_day, position, posting)"
    " select r.account_id, r.version, r.amount, r.balance_after, r.transaction_id, r.commit_id,"
    " r.effective_day, r.position, r.posting from {rows}",
    "account_id bigint, version bigint, amount bigint, balance_after bigint, "
    "transaction_id bigint, commit_id bigint, effective_day bigint, position bigint, "
    "posting bigint",
    "", statement_kind::batch};

constexpr statement answer_upsert{
    "answer_upsert",
    "insert into idempotency (user_id, endpoint, scope_key, key_hash, fingerprint, status, body,"
    " created_at, expires_at)"
    " select r.user_id, r.endpoint, r.scope_key, r.key_hash, r.fingerprint, r.status, r.body,"
    " r.created_at, r.expires_at from {rows} where true"
    " on conflict (user_id, scope_key, endpoint) do update set fingerprint = excluded.fingerprint,"
    " status = excluded.status, body = excluded.body, created_at = excluded.created_at,"
    " expires_at = excluded.expires_at where idempotency.expires_at <= excluded.created_at",
    "user_id bigint, endpoint text, scope_key text, key_hash bigint, fingerprint bytea, "
    "status bigint, body text, created_at bigint, expires_at bigint",
    "",
    statement_kind::batch,
    counting::duplicate_key};

// A balance row that is gone reads as an account without entries: a posting on it finds no row to
// update, which is a conflict, and a correction writes it anew.
constexpr statement account_load{
    "account_load",
    sql_text<"select ", account_columns,
             ", coalesce(b.balance, 0), coalesce(b.version, 0), h.id, h.imported_id, h.amount, "
             "h.expires_at"
             " from {rows} join accounts a on a.id = r.id"
             " left join balances b on b.account_id = r.id"
             " left join holds h on h.account_id = r.id and h.status = 1">,
    "id bigint", "itittttttttiiiiiiiitii", statement_kind::batch};

constexpr statement hold_insert{
    "hold_insert",
    "insert into holds (id, imported_id, user_id, account_id, amount, description, status,"
    " created_at, expires_at, ended_at, posted_amount, transaction_id)"
    " select r.id, r.imported_id, r.user_id, r.account_id, r.amount, r.description, r.status,"
    " r.created_at, r.expires_at, r.ended_at, r.posted_amount, r.transaction_id from {rows}",
    "id bigint, imported_id text, user_id bigint, account_id bigint, amount bigint, "
    "description text, status bigint, created_at bigint, expires_at bigint, ended_at bigint, "
    "posted_amount bigint, transaction_id bigint",
    "", statement_kind::batch};

constexpr statement hold_update{
    "hold_update",
    "update holds set status = r.status, ended_at = r.ended_at, posted_amount = r.posted_amount,"
    " transaction_id = r.transaction_id from {rows} where holds.id = r.id and holds.status = 1",
    "id bigint, status bigint, ended_at bigint, posted_amount bigint, transaction_id bigint",
    "",
    statement_kind::batch,
    counting::conflict};

} // namespace sql

namespace {

constexpr const statement* table[] = {
    &sql::commit_insert,
    &sql::commit_fence,
    &sql::commit_at,
    &sql::commit_heads,
    &sql::user_insert,
    &sql::user_update,
    &sql::account_insert,
    &sql::account_update,
    &sql::balance_insert,
    &sql::balance_update,
    &sql::transaction_insert,
    &sql::transaction_update,
    &sql::tags_delete,
    &sql::tag_insert,
    &sql::entry_insert,
    &sql::answer_upsert,
    &sql::account_load,
    &sql::hold_insert,
    &sql::hold_update,
    &sql::user_by_id,
    &sql::user_by_email,
    &sql::user_set_admin,
    &sql::accounts_of_user,
    &sql::key_hashes_of_user,
    &sql::account_list,
    &sql::account_one,
    &sql::hold_one,
    &sql::holds_page,
    &sql::entries_ascending,
    &sql::entries_descending,
    &sql::entries_of_transaction,
    &sql::entry_last_booked,
    &sql::balance_effective,
    &sql::transactions_by_id,
    &sql::transactions_with_partners,
    &sql::transactions_page,
    &sql::transactions_count,
    &sql::monthly_sums,
    &sql::tags_of_user,
    &sql::answer_of_scope,
    &sql::answers_of_key,
    &sql::audit_commits,
    &sql::audit_head,
    &sql::audit_entries_of_commits,
    &sql::audit_accounts,
    &sql::audit_entries,
    &sql::audit_transactions,
    &sql::audit_without_transaction,
    &sql::booked_before,
    &sql::version_sums,
    &sql::balance_checks,
    &sql::snapshots_after,
    &sql::snapshot_upsert,
    &sql::effective_head,
    &sql::effective_tail,
    &sql::effective_from,
    &sql::effective_mark_insert,
    &sql::effective_mark_update,
    &sql::effective_clear,
    &sql::effective_upsert,
    &sql::audit_counts,
    &sql::audit_users,
    &sql::audit_holds,
    &sql::audit_answers,
    &sql::audit_transactions_of_commits,
    &sql::sums_between,
    &sql::sums_of,
    &sql::checks_after,
    &sql::checks_of,
    &sql::transaction_reborn,
    &sql::balance_correct,
    &sql::effective_mark_reset,
    &sql::log_insert,
    &sql::log_head,
    &sql::log_chain,
    &sql::log_page,
    &sql::session_put,
    &sql::token_put,
    &sql::reset_put,
    &sql::session_by_id,
    &sql::sessions_of_user,
    &sql::token_by_hash,
    &sql::reset_by_hash,
    &sql::resets_of_user,
    &sql::goal_put,
    &sql::envelope_put,
    &sql::movement_insert,
    &sql::goal_by_id,
    &sql::goals_of_user,
    &sql::envelope_by_id,
    &sql::envelopes_of_user,
    &sql::movements_of,
    &sql::automation_put,
    &sql::automations_by_id,
    &sql::automations_of_user,
    &sql::notification_put,
    &sql::notifications_mark,
    &sql::notification_by_id,
    &sql::notifications_page,
    &sql::notifications_unread,
    &sql::credentials_of,
    &sql::other_admins,
    &sql::goals_count,
    &sql::envelopes_count,
    &sql::automations_count,
    &sql::goals_after,
    &sql::envelopes_after,
    &sql::movements_after,
    &sql::automations_after,
    &sql::notifications_after,
    &sql::goals_changed,
    &sql::envelopes_changed,
    &sql::notifications_count,
    &sql::insight_preferences_put,
    &sql::insight_feedback_put,
    &sql::insight_preferences_of,
    &sql::insight_feedback_of,
    &sql::insight_preferences_after,
    &sql::insight_feedback_after,
    &sql::round_up_put,
    &sql::round_ups_of,
    &sql::round_ups_after,
    &sql::watching_rules_of,
    &sql::spent_in,
    &sql::balance_of,
    &sql::delivery_put,
    &sql::delivery_by_id,
    &sql::deliveries_open,
    &sql::automation_run_insert,
    &sql::alert_state_put,
    &sql::automation_run_of,
    &sql::automation_runs_of,
    &sql::automation_runs_after,
    &sql::alert_states_of,
    &sql::alert_state_of,
    &sql::alert_states_after,
    &sql::rules_after,
    &sql::notifications_since,
    &sql::users_after,
    &sql::user_of_book,
    &sql::expense_put,
    &sql::share_put,
    &sql::share_event_insert,
    &sql::expense_by_id,
    &sql::share_by_id,
    &sql::shares_of_expense,
    &sql::shares_visible,
    &sql::shares_pending,
    &sql::events_of_share,
    &sql::expenses_after,
    &sql::shares_after,
    &sql::shares_by_expense,
    &sql::share_events_after,
    &sql::feed_item_put,
    &sql::feed_mark,
    &sql::feed_item_by_id,
    &sql::feed_page,
    &sql::feed_since,
    &sql::feed_unread,
    &sql::feed_count,
    &sql::feed_items_after,
    &sql::job_insert,
    &sql::attempt_insert,
    &sql::outcome_insert,
    &sql::control_insert,
    &sql::rest_put,
    &sql::rest_end,
    &sql::watermark_put,
    &sql::limits_put,
    &sql::jobs_live,
    &sql::jobs_resting,
    &sql::job_by_id,
    &sql::jobs_by_id,
    &sql::attempts_of_job,
    &sql::attempts_by_number,
    &sql::controls_of_jobs,
    &sql::jobs_seen,
    &sql::jobs_counted,
    &sql::jobs_seen_of_user,
    &sql::jobs_counted_of_user,
    &sql::jobs_seen_of_schedule,
    &sql::jobs_counted_of_schedule,
    &sql::jobs_seen_of_kind,
    &sql::jobs_counted_of_kind,
    &sql::jobs_seen_of_queue,
    &sql::jobs_counted_of_queue,
    &sql::jobs_seen_of_state,
    &sql::jobs_counted_of_state,
    &sql::dead_groups,
    &sql::dead_of_group,
    &sql::queues_all,
    &sql::schedule_put,
    &sql::tick_insert,
    &sql::pause_put,
    &sql::schedules_due,
    &sql::schedule_by_id,
    &sql::schedules_of_user,
    &sql::schedules_of_system,
    &sql::schedules_counted,
    &sql::schedules_after,
    &sql::ticks_of_schedule,
    &sql::pauses_open,
    &sql::answers_old,
    &sql::answers_delete,
    &sql::sessions_old,
    &sql::tokens_of_sessions_delete,
    &sql::sessions_delete,
    &sql::refresh_tokens_old,
    &sql::refresh_tokens_delete,
    &sql::password_resets_old,
    &sql::password_resets_delete,
    &sql::notifications_old,
    &sql::notifications_imported_old,
    &sql::notifications_delete,
    &sql::deliveries_old,
    &sql::deliveries_delete,
    &sql::alert_states_old,
    &sql::alert_states_delete,
    &sql::job_window_insert,
    &sql::job_windows_open,
    &sql::windows_of_jobs,
    &sql::jobs_finished,
    &sql::schedule_ids_after,
    &sql::ticks_old,
    &sql::jobs_delete,
    &sql::outcomes_delete,
    &sql::attempts_delete,
    &sql::jobs_strip,
    &sql::outcomes_strip,
    &sql::ticks_delete,
    &sql::windows_old,
    &sql::windows_delete,
    &sql::dead_note_put,
    &sql::dead_notes_all,
    &sql::job_posting_insert,
    &sql::postings_of_job,
    &sql::jobs_of_parent,
    &sql::meta_value,
};

} // namespace

std::span<const statement* const> all_statements() { return table; }

} // namespace storage
