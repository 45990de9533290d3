// The texts of what is kept no longer beside the books: which rows it is, and how they go. A batch
// that deletes has the cells of the rows that were found. statements.cpp has the table of all.
#include "storage/statements.hpp"

namespace storage::sql {

constexpr statement answers_old{
    "answers_old",
    "select i.user_id, i.scope_key, i.endpoint, i.expires_at from idempotency i"
    " where i.expires_at < $1 order by i.expires_at limit $2",
    "before bigint, count bigint", "itti"};

/// Not one that another journal has written anew in the meantime.
constexpr statement answers_delete{
    "answers_delete",
    "delete from idempotency where (user_id, scope_key, endpoint, expires_at) in"
    " (select r.user_id, r.scope_key, r.endpoint, r.expires_at from {rows})",
    "user_id bigint, scope_key text, endpoint text, expires_at bigint", "", statement_kind::batch};

constexpr statement sessions_old{"sessions_old",
                                 "select s.id from sessions s where s.expires_at < $1"
                                 " order by s.expires_at limit $2",
                                 "before bigint, count bigint", "i"};

constexpr statement tokens_of_sessions_delete{
    "tokens_of_sessions_delete",
    "delete from refresh_tokens where session_id in (select r.id from {rows})", "id bigint", "",
    statement_kind::batch};

constexpr statement sessions_delete{"sessions_delete",
                                    "delete from sessions where id in (select r.id from {rows})",
                                    "id bigint", "", statement_kind::batch};

constexpr statement refresh_tokens_old{"refresh_tokens_old",
                                       "select t.hash from refresh_tokens t where t.expires_at < $1"
                                       " order by t.expires_at limit $2",
                                       "before bigint, count bigint", "b"};

constexpr statement refresh_tokens_delete{
    "refresh_tokens_delete", "delete from refresh_tokens where hash in (select r.hash from {rows})",
    "hash bytea", "", statement_kind::batch};

constexpr statement password_resets_old{
    "password_resets_old",
    "select p.hash from password_resets p where p.expires_at < $1 order by p.expires_at limit $2",
    "before bigint, count bigint", "b"};

constexpr statement password_resets_delete{
    "password_resets_delete",
    "delete from password_resets where hash in (select r.hash from {rows})", "hash bytea", "",
    statement_kind::batch};

constexpr statement notifications_old{
    "notifications_old",
    "select m.id from notifications m where m.id >= 0 and m.id < $1 order by m.id limit $2",
    "below bigint, count bigint", "i"};

constexpr statement notifications_imported_old{
    "notifications_imported_old",
    "select m.id from notifications m where m.id < 0 and m.created_at < $1"
    " order by m.created_at limit $2",
    "before bigint, count bigint", "i"};

constexpr statement notifications_delete{
    "notifications_delete", "delete from notifications where id in (select r.id from {rows})",
    "id bigint", "", statement_kind::batch};

constexpr statement deliveries_old{"deliveries_old",
                                   "select d.id from deliveries d where d.ended_at < $1"
                                   " order by d.ended_at limit $2",
                                   "before bigint, count bigint", "i"};

constexpr statement deliveries_delete{
    "deliveries_delete", "delete from deliveries where id in (select r.id from {rows})",
    "id bigint", "", statement_kind::batch};

/// The first condition is that of their index. What was told of a month or of a date matters until
/// that is over, whenever it was told.
constexpr statement alert_states_old{
    "alert_states_old",
    "select s.user_id, s.rule, s.subject, s.at from alert_states s where s.at < $1"
    " and (s.fired = 0"
    " or (length(s.subject) > 8 and substr(s.subject, length(s.subject) - 7, 1) = ':')"
    " or (length(s.subject) > 11 and substr(s.subject, length(s.subject) - 10, 1) = ':')"
    " or substr(s.rule, 1, 30) = 'category_monthly_variation_v1/')"
    " and (s.fired = 0"
    " or (length(s.subject) > 8 and substr(s.subject, length(s.subject) - 7, 1) = ':'"
    " and substr(s.subject, length(s.subject) - 6) < $2)"
    " or (length(s.subject) > 11 and substr(s.subject, length(s.subject) - 10, 1) = ':'"
    " and substr(s.subject, length(s.subject) - 9) < $3)"
    " or substr(s.rule, 1, 30) = 'category_monthly_variation_v1/')"
    " order by s.at limit $4",
    "before bigint, month text, date text, count bigint", "itti"};

/// Not one that a posting has written anew in the meantime.
constexpr statement alert_states_delete{
    "alert_states_delete",
    "delete from alert_states where (user_id, rule, subject, at) in"
    " (select r.user_id, r.rule, r.subject, r.at from {rows})",
    "user_id bigint, rule text, subject text, at bigint", "", statement_kind::batch};

} // namespace storage::sql
