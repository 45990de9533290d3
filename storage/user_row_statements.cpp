// The texts of what users have beside their books. statements.cpp has the table of all.
#include "storage/sql_text.hpp"
#include "storage/statements.hpp"

namespace storage::sql {

namespace {

constexpr piece session_columns{
    "s.id, s.user_id, case when s.user_id < 0 then"
    " (select n.imported_id from users n where n.id = s.user_id) end, s.device, s.ip,"
    " s.created_at, s.last_used_at, s.expires_at, s.revoked_at"};
constexpr std::string_view session_results = "iitttiiii";
constexpr piece reset_columns{
    "p.hash, p.user_id, case when p.user_id < 0 then"
    " (select n.imported_id from users n where n.id = p.user_id) end, p.created_at, p.expires_at,"
    " p.used_at"};
constexpr std::string_view reset_results = "bitiii";

constexpr piece goal_columns{
    "g.id, g.imported_id, g.user_id, case when g.user_id < 0 then"
    " (select n.imported_id from users n where n.id = g.user_id) end, g.name, g.target, g.current,"
    " g.due_at, g.due_day, g.description, g.category, g.priority, g.status, g.version,"
    " g.created_at, g.updated_at, g.deleted_at"};
constexpr std::string_view goal_results = "itittiiiittttiiii";
constexpr piece envelope_columns{
    "e.id, e.imported_id, e.user_id, case when e.user_id < 0 then"
    " (select n.imported_id from users n where n.id = e.user_id) end, e.name, e.balance, e.target,"
    " e.color, e.description, e.version, e.created_at, e.updated_at, e.deleted_at"};
constexpr std::string_view envelope_results = "itittiittiiii";

constexpr piece movement_columns{
    "m.kind, m.earmark_id, m.user_id, case when m.user_id < 0 then"
    " (select n.imported_id from users n where n.id = m.user_id) end, m.version, m.amount,"
    " m.amount_after, m.at"};
constexpr std::string_view movement_results = "iiitiiii";
constexpr piece automation_columns{
    "a.id, a.imported_id, a.user_id, case when a.user_id < 0 then"
    " (select n.imported_id from users n where n.id = a.user_id) end, a.name, a.description,"
    " a.type, a.active, a.conditions, a.actions, a.last_run, a.next_run, a.last_error,"
    " a.created_at, a.updated_at, a.deleted_at"};
constexpr std::string_view automation_results = "itittttittiitiii";
constexpr piece notification_columns{
    "m.id, m.imported_id, m.user_id, case when m.user_id < 0 then"
    " (select n.imported_id from users n where n.id = m.user_id) end, m.type, m.title, m.body,"
    " m.metadata, m.created_at, m.read_at"};
constexpr std::string_view notification_results = "ititttttii";

} // namespace

constexpr statement session_put{
    "session_put",
    "insert into sessions (id, user_id, device, ip, created_at, last_used_at, expires_at,"
    " revoked_at) select r.id, r.user_id, r.device, r.ip, r.created_at, r.last_used_at,"
    " r.expires_at, r.revoked_at from {rows} where true on conflict (id) do update set"
    " last_used_at = excluded.last_used_at, expires_at = excluded.expires_at,"
    " revoked_at = excluded.revoked_at",
    "id bigint, user_id bigint, device text, ip text, created_at bigint, last_used_at bigint, "
    "expires_at bigint, revoked_at bigint",
    "", statement_kind::batch};

constexpr statement token_put{
    "token_put",
    "insert into refresh_tokens (hash, session_id, user_id, issued_at, expires_at, rotated_at)"
    " select r.hash, r.session_id, r.user_id, r.issued_at, r.expires_at, r.rotated_at"
    " from {rows} where true on conflict (hash) do update set rotated_at = excluded.rotated_at",
    "hash bytea, session_id bigint, user_id bigint, issued_at bigint, expires_at bigint, "
    "rotated_at bigint",
    "", statement_kind::batch};

constexpr statement reset_put{
    "reset_put",
    "insert into password_resets (hash, user_id, created_at, expires_at, used_at)"
    " select r.hash, r.user_id, r.created_at, r.expires_at, r.used_at from {rows} where true"
    " on conflict (hash) do update set used_at = excluded.used_at",
    "hash bytea, user_id bigint, created_at bigint, expires_at bigint, used_at bigint", "",
    statement_kind::batch};

constexpr statement session_by_id{
    "session_by_id", sql_text<"select ", session_columns, " from sessions s where s.id = $1">,
    "id bigint", session_results};

constexpr statement sessions_of_user{
    "sessions_of_user",
    sql_text<"select ", session_columns,
             " from sessions s where s.user_id = $1 and s.revoked_at is null"
             " and s.expires_at > $2 order by s.created_at desc, s.id desc limit $3">,
    "user_id bigint, now bigint, count bigint", session_results};

constexpr statement token_by_hash{
    "token_by_hash",
    "select t.hash, t.session_id, t.user_id, case when t.user_id < 0 then"
    " (select n.imported_id from users n where n.id = t.user_id) end, t.issued_at, t.expires_at,"
    " t.rotated_at from refresh_tokens t where t.hash = $1",
    "hash bytea", "biitiii"};

constexpr statement reset_by_hash{
    "reset_by_hash",
    sql_text<"select ", reset_columns, " from password_resets p where p.hash = $1">, "hash bytea",
    reset_results};

constexpr statement resets_of_user{
    "resets_of_user",
    sql_text<"select ", reset_columns,
             " from password_resets p where p.user_id = $1 and p.used_at is null"
             " and p.expires_at > $2 order by p.expires_at limit $3">,
    "user_id bigint, now bigint, count bigint", reset_results};

constexpr statement credentials_of{"credentials_of",
                                   "select u.password_hash, u.active from users u where u.id = $1",
                                   "id bigint", "ti"};

// Rarely asked, so that it goes through all users instead of costing each of them an index.
constexpr statement other_admins{
    "other_admins",
    "select count(*) from users u where u.admin = 1 and u.active = 1 and u.id <> $1", "id bigint",
    "i"};

// -- goals and envelopes --------------------------------------------------------------------------

// Clients choose ids too: one that another user has is no row of this one.
constexpr statement goal_put{
    "goal_put",
    "insert into goals (id, imported_id, user_id, name, target, current, due_at, due_day,"
    " description, category, priority, status, version, created_at, updated_at, deleted_at)"
    " select r.id, r.imported_id, r.user_id, r.name, r.target, r.current, r.due_at, r.due_day,"
    " r.description, r.category, r.priority, r.status, r.version, r.created_at, r.updated_at,"
    " r.deleted_at from {rows} where true on conflict (id) do update set name = excluded.name,"
    " target = excluded.target, current = excluded.current, due_at = excluded.due_at,"
    " due_day = excluded.due_day, description = excluded.description,"
    " category = excluded.category, priority = excluded.priority, status = excluded.status,"
    " version = excluded.version, updated_at = excluded.updated_at,"
    " deleted_at = excluded.deleted_at"
    " where goals.user_id = excluded.user_id",
    "id bigint, imported_id text, user_id bigint, name text, target bigint, current bigint, "
    "due_at bigint, due_day bigint, description text, category text, priority text, status text, "
    "version bigint, created_at bigint, updated_at bigint, deleted_at bigint",
    "",
    statement_kind::batch,
    counting::duplicate_key};

constexpr statement envelope_put{
    "envelope_put",
    "insert into envelopes (id, imported_id, user_id, name, balance, target, color, description,"
    " version, created_at, updated_at, deleted_at) select r.id, r.imported_id, r.user_id, r.name,"
    " r.balance, r.target, r.color, r.description, r.version, r.created_at, r.updated_at,"
    " r.deleted_at from {rows} where true on conflict (id) do update set name = excluded.name,"
    " balance = excluded.balance, target = excluded.target, color = excluded.color,"
    " description = excluded.description, version = excluded.version,"
    " updated_at = excluded.updated_at, deleted_at = excluded.deleted_at"
    " where envelopes.user_id = excluded.user_id",
    "id bigint, imported_id text, user_id bigint, name text, balance bigint, target bigint, "
    "color text, description text, version bigint, created_at bigint, updated_at bigint, "
    "deleted_at bigint",
    "",
    statement_kind::batch,
    counting::duplicate_key};

constexpr statement movement_insert{
    "movement_insert",
    "insert into earmark_movements (kind, earmark_id, version, user_id, amount, amount_after, at)"
    " select r.kind, r.earmark_id, r.version, r.user_id, r.amount, r.amount_after, r.at"
    " from {rows}",
    "kind bigint, earmark_id bigint, version bigint, user_id bigint, amount bigint, "
    "amount_after bigint, at bigint",
    "", statement_kind::batch};

constexpr statement goal_by_id{
    "goal_by_id",
    sql_text<"select ", goal_columns,
             " from goals g where g.id = $1 and g.user_id = $2 and g.deleted_at is null">,
    "id bigint, user_id bigint", goal_results};

constexpr statement goals_of_user{
    "goals_of_user",
    sql_text<"select ", goal_columns,
             " from goals g where g.user_id = $1 and g.deleted_at is null"
             " order by g.created_at, g.id limit $2">,
    "user_id bigint, count bigint", goal_results};

constexpr statement envelope_by_id{
    "envelope_by_id",
    sql_text<"select ", envelope_columns,
             " from envelopes e where e.id = $1 and e.user_id = $2 and e.deleted_at is null">,
    "id bigint, user_id bigint", envelope_results};

constexpr statement envelopes_of_user{
    "envelopes_of_user",
    sql_text<"select ", envelope_columns,
             " from envelopes e where e.user_id = $1 and e.deleted_at is null"
             " order by e.created_at, e.id limit $2">,
    "user_id bigint, count bigint", envelope_results};

// -- automations and notifications ----------------------------------------------------------------

constexpr statement automation_put{
    "automation_put",
    "insert into automations (id, imported_id, user_id, name, description, type, active,"
    " conditions, actions, last_run, next_run, last_error, created_at, updated_at, deleted_at)"
    " select r.id, r.imported_id, r.user_id, r.name, r.description, r.type, r.active,"
    " r.conditions, r.actions, r.last_run, r.next_run, r.last_error, r.created_at, r.updated_at,"
    " r.deleted_at from {rows} where true on conflict (id) do update set name = excluded.name,"
    " description = excluded.description, type = excluded.type, active = excluded.active,"
    " conditions = excluded.conditions, actions = excluded.actions,"
    " last_run = excluded.last_run, next_run = excluded.next_run,"
    " last_error = excluded.last_error, updated_at = excluded.updated_at,"
    " deleted_at = excluded.deleted_at",
    "id bigint, imported_id text, user_id bigint, name text, description text, type text, "
    "active bigint, conditions text, actions text, last_run bigint, next_run bigint, "
    "last_error text, created_at bigint, updated_at bigint, deleted_at bigint",
    "", statement_kind::batch};

constexpr statement automations_by_id{
    "automations_by_id",
    sql_text<"select ", automation_columns,
             ", r.place from {rows} join automations a on a.id = r.id and a.user_id = r.user_id"
             " where a.deleted_at is null">,
    "place bigint, id bigint, user_id bigint", "itittttittiitiiii", statement_kind::batch};

constexpr statement automations_of_user{
    "automations_of_user",
    sql_text<"select ", automation_columns,
             " from automations a where a.user_id = $1 and a.deleted_at is null"
             " order by a.created_at, a.id limit $2">,
    "user_id bigint, count bigint", automation_results};

constexpr statement watching_rules_of{
    "watching_rules_of",
    sql_text<"select ", automation_columns,
             " from automations a where a.user_id = $1 and (a.type = 'round_up'"
             " or (a.deleted_at is null and a.active = 1 and a.type in"
             " ('budget_alert', 'category_limit', 'low_balance_alert', 'webhook')))"
             " order by a.created_at, a.id limit $2">,
    "user_id bigint, count bigint", automation_results};

constexpr statement rules_after{
    "rules_after",
    sql_text<"select ", automation_columns,
             " from automations a where a.type = $1 and a.active = 1 and a.deleted_at is null"
             " and a.id > $2 and exists (select 1 from users u where u.id = a.user_id"
             " and u.active = 1) order by a.id limit $3">,
    "type text, id bigint, count bigint",
    automation_results,
    statement_kind::single,
    counting::none,
    reading::indexed};

constexpr statement notification_put{
    "notification_put",
    "insert into notifications (id, imported_id, user_id, type, title, body, metadata, created_at,"
    " read_at) select r.id, r.imported_id, r.user_id, r.type, r.title, r.body, r.metadata,"
    " r.created_at, r.read_at from {rows} where true"
    " on conflict (id) do update set read_at = excluded.read_at",
    "id bigint, imported_id text, user_id bigint, type text, title text, body text, "
    "metadata text, created_at bigint, read_at bigint",
    "", statement_kind::batch};

constexpr statement notifications_mark{
    "notifications_mark",
    "update notifications set read_at = r.at from {rows} where notifications.user_id = r.user_id"
    " and notifications.read_at is null and notifications.created_at <= r.up_to",
    "user_id bigint, up_to bigint, at bigint", "", statement_kind::batch};

constexpr statement notification_by_id{
    "notification_by_id",
    sql_text<"select ", notification_columns,
             " from notifications m where m.id = $1 and m.user_id = $2">,
    "id bigint, user_id bigint", notification_results};

constexpr statement notifications_page{
    "notifications_page",
    sql_text<"select ", notification_columns,
             " from notifications m where m.user_id = $1 and ($2 = 0 or m.read_at is null)"
             " and (m.created_at, m.id) < ($3, $4)"
             " order by m.created_at desc, m.id desc limit $5 offset $6">,
    "user_id bigint, unread bigint, before_at bigint, before_id bigint, count bigint, "
    "skip bigint",
    notification_results};

constexpr statement notifications_since{
    "notifications_since",
    sql_text<"select ", notification_columns,
             " from notifications m where m.user_id = $1 and m.created_at >= $2"
             " order by m.created_at, m.id limit $3">,
    "user_id bigint, since bigint, count bigint", notification_results};

constexpr statement notifications_unread{
    "notifications_unread",
    "select count(*) from notifications m where m.user_id = $1 and m.read_at is null"
    " and ($2 = 0 or substr(m.type, 1, 8) = 'insight_')",
    "user_id bigint, insights bigint", "i"};

constexpr statement movements_of{
    "movements_of",
    sql_text<"select ", movement_columns,
             " from earmark_movements m where m.kind = $1 and m.earmark_id = $2"
             " and m.user_id = $3 order by m.version desc limit $4">,
    "kind bigint, earmark_id bigint, user_id bigint, count bigint", movement_results};

constexpr statement goals_changed{
    "goals_changed",
    sql_text<"select ", goal_columns,
             " from goals g where g.user_id = $1"
             " and (coalesce(g.updated_at, g.created_at) >= $2 or g.deleted_at >= $2)"
             " order by g.id limit $3">,
    "user_id bigint, since bigint, count bigint", goal_results};

constexpr statement envelopes_changed{
    "envelopes_changed",
    sql_text<"select ", envelope_columns,
             " from envelopes e where e.user_id = $1"
             " and (coalesce(e.updated_at, e.created_at) >= $2 or e.deleted_at >= $2)"
             " order by e.id limit $3">,
    "user_id bigint, since bigint, count bigint", envelope_results};

constexpr statement goals_count{
    "goals_count", "select count(*) from goals g where g.user_id = $1 and g.deleted_at is null",
    "user_id bigint", "i"};

constexpr statement envelopes_count{
    "envelopes_count",
    "select count(*) from envelopes e where e.user_id = $1 and e.deleted_at is null",
    "user_id bigint", "i"};

constexpr statement automations_count{
    "automations_count",
    "select count(*) from automations a where a.user_id = $1 and a.deleted_at is null",
    "user_id bigint", "i"};

// -- the whole ------------------------------------------------------------------------------------

constexpr statement movements_after{
    "movements_after",
    sql_text<"select ", movement_columns,
             " from earmark_movements m where (m.kind, m.earmark_id, m.version) > ($1, $2, $3)"
             " order by m.kind, m.earmark_id, m.version limit $4">,
    "kind bigint, earmark_id bigint, version bigint, count bigint", movement_results};

constexpr statement goals_after{
    "goals_after",
    sql_text<"select ", goal_columns, " from goals g where g.id > $1 order by g.id limit $2">,
    "id bigint, count bigint", goal_results};

constexpr statement envelopes_after{
    "envelopes_after",
    sql_text<"select ", envelope_columns,
             " from envelopes e where e.id > $1 order by e.id limit $2">,
    "id bigint, count bigint", envelope_results};

constexpr statement automations_after{
    "automations_after",
    sql_text<"select ", automation_columns,
             " from automations a where a.id > $1 order by a.id limit $2">,
    "id bigint, count bigint", automation_results};

constexpr statement notifications_after{
    "notifications_after",
    sql_text<"select ", notification_columns,
             " from notifications m where m.id > $1 order by m.id limit $2">,
    "id bigint, count bigint", notification_results};

} // namespace storage::sql
