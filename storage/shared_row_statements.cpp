// The texts of shared expenses, the activity feed, what rules did and what users said about
// insights.
// statements.cpp has the table of all.
#include "storage/sql_text.hpp"
#include "storage/statements.hpp"

namespace storage::sql {

namespace {

constexpr piece expense_columns{
    "e.id, e.imported_id, e.user_id, case when e.user_id < 0 then"
    " (select n.imported_id from users n where n.id = e.user_id) end, e.total, e.description,"
    " e.split, e.cancelled, e.automatic, case when e.automatic < 0 then"
    " (select t.imported_id from transactions t where t.id = e.automatic) end, e.created_at,"
    " e.updated_at"};
constexpr std::string_view expense_results = "ititittiitii";

constexpr piece share_columns{
    "h.id, h.imported_id, h.expense_id, case when h.expense_id < 0 then"
    " (select x.imported_id from shared_expenses x where x.id = h.expense_id) end, h.user_id,"
    " case when h.user_id < 0 then (select n.imported_id from users n where n.id = h.user_id) end,"
    " h.status, h.basis, h.amount, h.created_at, h.responded_at"};
constexpr std::string_view share_results = "ititittiiii";

constexpr piece view_columns{", u.name, u.email, c.name"};
constexpr piece view_tables{" from expense_shares h join shared_expenses e on e.id = h.expense_id"
                            " join users u on u.id = h.user_id join users c on c.id = e.user_id"};
constexpr std::string_view view_results = "ititittiiii"
                                          "ititittiitii"
                                          "ttt";

constexpr piece event_columns{
    "v.id, v.imported_id, v.share_id, case when v.share_id < 0 then"
    " (select h.imported_id from expense_shares h where h.id = v.share_id) end, v.action,"
    " v.performed_by, case when v.performed_by < 0 then"
    " (select n.imported_id from users n where n.id = v.performed_by) end, v.at"};
constexpr std::string_view event_results = "itittiti";

constexpr piece item_columns{
    "f.id, f.imported_id, f.user_id, case when f.user_id < 0 then"
    " (select n.imported_id from users n where n.id = f.user_id) end, f.type, f.title,"
    " f.description, f.entity_type, f.entity_id, f.metadata, f.created_at, f.read_at"};
constexpr std::string_view item_results = "itittttttt"
                                          "ii";

constexpr piece preference_columns{
    "p.user_id, case when p.user_id < 0 then"
    " (select n.imported_id from users n where n.id = p.user_id) end, p.category_variation,"
    " p.goals_at_risk, p.updated_at"};
constexpr piece run_columns{
    "o.automation_id, case when o.automation_id < 0 then"
    " (select a.imported_id from automations a where a.id = o.automation_id) end, o.day,"
    " o.user_id, case when o.user_id < 0 then"
    " (select n.imported_id from users n where n.id = o.user_id) end, o.how, o.transaction_id,"
    " case when o.transaction_id < 0 then"
    " (select t.imported_id from transactions t where t.id = o.transaction_id) end, o.code, o.at"};
constexpr std::string_view run_results = "itiitiitti";
constexpr piece state_columns{"s.user_id, case when s.user_id < 0 then"
                              " (select n.imported_id from users n where n.id = s.user_id) end,"
                              " s.rule, s.subject, s.fired, s.at"};
constexpr piece rounded_columns{
    "u.transaction_id, case when u.transaction_id < 0 then"
    " (select t.imported_id from transactions t where t.id = u.transaction_id) end, u.rule_id,"
    " case when u.rule_id < 0 then"
    " (select a.imported_id from automations a where a.id = u.rule_id) end, u.user_id,"
    " case when u.user_id < 0 then"
    " (select n.imported_id from users n where n.id = u.user_id) end, u.envelope_id,"
    " case when u.envelope_id < 0 then"
    " (select e.imported_id from envelopes e where e.id = u.envelope_id) end, u.amount, u.at"};
constexpr std::string_view rounded_results = "itititit"
                                             "ii";
constexpr piece delivery_columns{
    "d.id, d.user_id, case when d.user_id < 0 then"
    " (select n.imported_id from users n where n.id = d.user_id) end, d.kind, d.rule, d.body,"
    " d.state, d.attempts, d.code, d.created_at, d.ended_at"};
constexpr std::string_view delivery_results = "iititt"
                                              "iitii";
constexpr std::string_view state_results = "ittt"
                                           "ii";
constexpr piece feedback_columns{"k.user_id, case when k.user_id < 0 then"
                                 " (select n.imported_id from users n where n.id = k.user_id) end,"
                                 " k.hash, k.type, k.status, k.at"};

} // namespace

// -- insights -------------------------------------------------------------------------------------

constexpr statement insight_preferences_put{
    "insight_preferences_put",
    "insert into insight_preferences (user_id, category_variation, goals_at_risk, updated_at)"
    " select r.user_id, r.category_variation, r.goals_at_risk, r.updated_at from {rows}"
    " where true on conflict (user_id) do update set"
    " category_variation = excluded.category_variation,"
    " goals_at_risk = excluded.goals_at_risk, updated_at = excluded.updated_at",
    "user_id bigint, category_variation bigint, goals_at_risk bigint, updated_at bigint", "",
    statement_kind::batch};

constexpr statement insight_feedback_put{
    "insight_feedback_put",
    "insert into insight_feedback (user_id, hash, type, status, at)"
    " select r.user_id, r.hash, r.type, r.status, r.at from {rows} where true"
    " on conflict (user_id, hash) do update set type = excluded.type,"
    " status = excluded.status, at = excluded.at",
    "user_id bigint, hash text, type text, status text, at bigint", "", statement_kind::batch};

constexpr statement insight_preferences_of{
    "insight_preferences_of",
    sql_text<"select ", preference_columns, " from insight_preferences p where p.user_id = $1">,
    "user_id bigint", "itiii"};

constexpr statement insight_feedback_of{
    "insight_feedback_of",
    sql_text<"select ", feedback_columns,
             " from insight_feedback k where k.user_id = $1 order by k.at desc, k.hash limit $2">,
    "user_id bigint, count bigint", "itttti"};

constexpr statement insight_preferences_after{
    "insight_preferences_after",
    sql_text<"select ", preference_columns,
             " from insight_preferences p where p.user_id > $1 order by p.user_id limit $2">,
    "user_id bigint, count bigint", "itiii"};

constexpr statement insight_feedback_after{
    "insight_feedback_after",
    sql_text<"select ", feedback_columns,
             " from insight_feedback k where (k.user_id, k.hash) > ($1, $2)"
             " order by k.user_id, k.hash limit $3">,
    "user_id bigint, hash text, count bigint", "itttti"};

// -- what rules did -------------------------------------------------------------------------------

/// An end stands, and a second one breaks its commit, as `how` cannot be null. Only over 2, failed,
/// another one may come.
constexpr statement automation_run_insert{
    "automation_run_insert",
    "insert into automation_runs (automation_id, day, user_id, how, transaction_id, code, at)"
    " select r.automation_id, r.day, r.user_id, r.how, r.transaction_id, r.code, r.at from {rows}"
    " where true on conflict (automation_id, day) do update set"
    " how = case when automation_runs.how = 2 then excluded.how end,"
    " transaction_id = excluded.transaction_id, code = excluded.code, at = excluded.at",
    "automation_id bigint, day bigint, user_id bigint, how bigint, transaction_id bigint, "
    "code text, at bigint",
    "", statement_kind::batch};

constexpr statement alert_state_put{
    "alert_state_put",
    "insert into alert_states (user_id, rule, subject, fired, at) select r.user_id, r.rule,"
    " r.subject, r.fired, r.at from {rows} where true on conflict (user_id, rule, subject)"
    " do update set fired = excluded.fired, at = excluded.at",
    "user_id bigint, rule text, subject text, fired bigint, at bigint", "", statement_kind::batch};

constexpr statement automation_run_of{
    "automation_run_of",
    sql_text<"select ", run_columns,
             " from automation_runs o where o.automation_id = $1 and o.day = $2"
             " and o.user_id = $3">,
    "automation_id bigint, day bigint, user_id bigint", run_results};

constexpr statement automation_runs_of{
    "automation_runs_of",
    sql_text<"select ", run_columns,
             " from automation_runs o where o.automation_id = $1 and o.user_id = $2"
             " order by o.day desc limit $3">,
    "automation_id bigint, user_id bigint, count bigint", run_results};

constexpr statement automation_runs_after{
    "automation_runs_after",
    sql_text<"select ", run_columns,
             " from automation_runs o where (o.automation_id, o.day) > ($1, $2)"
             " order by o.automation_id, o.day limit $3">,
    "automation_id bigint, day bigint, count bigint", run_results};

constexpr statement alert_states_of{
    "alert_states_of",
    sql_text<"select ", state_columns,
             " from alert_states s where s.user_id = $1 and ($2 = '' or s.rule = $2)"
             " and ($3 = '' or s.subject > $3) order by s.rule, s.subject limit $4">,
    "user_id bigint, rule text, behind text, count bigint", state_results};

constexpr statement alert_state_of{
    "alert_state_of",
    sql_text<"select ", state_columns,
             " from alert_states s where s.user_id = $1 and s.rule = $2 and s.subject = $3">,
    "user_id bigint, rule text, subject text", state_results};

constexpr statement alert_states_after{
    "alert_states_after",
    sql_text<"select ", state_columns,
             " from alert_states s where (s.user_id, s.rule, s.subject) > ($1, $2, $3)"
             " order by s.user_id, s.rule, s.subject limit $4">,
    "user_id bigint, rule text, subject text, count bigint", state_results};

constexpr statement round_up_put{
    "round_up_put",
    "insert into round_ups (transaction_id, rule_id, user_id, envelope_id, amount, at)"
    " select r.transaction_id, r.rule_id, r.user_id, r.envelope_id, r.amount, r.at from {rows}"
    " where true on conflict (transaction_id, rule_id) do update set"
    " envelope_id = excluded.envelope_id, amount = excluded.amount, at = excluded.at",
    "transaction_id bigint, rule_id bigint, user_id bigint, envelope_id bigint, amount bigint, "
    "at bigint",
    "", statement_kind::batch};

constexpr statement round_ups_of{
    "round_ups_of",
    sql_text<"select ", rounded_columns,
             " from round_ups u where u.transaction_id = $1 and u.user_id = $2"
             " order by u.rule_id">,
    "transaction_id bigint, user_id bigint", rounded_results};

constexpr statement round_ups_after{
    "round_ups_after",
    sql_text<"select ", rounded_columns,
             " from round_ups u where (u.transaction_id, u.rule_id) > ($1, $2)"
             " order by u.transaction_id, u.rule_id limit $3">,
    "transaction_id bigint, rule_id bigint, count bigint", rounded_results};

constexpr statement delivery_put{
    "delivery_put",
    "insert into deliveries (id, user_id, kind, rule, body, state, attempts, code, created_at,"
    " ended_at) select r.id, r.user_id, r.kind, r.rule, r.body, r.state, r.attempts, r.code,"
    " r.created_at, r.ended_at from {rows} where true on conflict (id) do update set"
    " state = excluded.state, attempts = excluded.attempts, code = excluded.code,"
    " ended_at = excluded.ended_at",
    "id bigint, user_id bigint, kind bigint, rule text, body text, state bigint, "
    "attempts bigint, code text, created_at bigint, ended_at bigint",
    "", statement_kind::batch};

constexpr statement delivery_by_id{
    "delivery_by_id",
    sql_text<"select ", delivery_columns, " from deliveries d where d.id = $1 and d.user_id = $2">,
    "id bigint, user_id bigint", delivery_results};

constexpr statement deliveries_open{
    "deliveries_open",
    sql_text<"select ", delivery_columns,
             " from deliveries d where d.state in (0, 1) and d.created_at < $1"
             " order by d.created_at, d.id limit $2">,
    "made_before bigint, count bigint", delivery_results};

// -- shared expenses ------------------------------------------------------------------------------

constexpr statement expense_put{
    "expense_put",
    "insert into shared_expenses (id, imported_id, user_id, total, description, split, cancelled,"
    " automatic, created_at, updated_at) select r.id, r.imported_id, r.user_id, r.total,"
    " r.description, r.split, r.cancelled, r.automatic, r.created_at, r.updated_at from {rows}"
    " where true on conflict (id) do update set cancelled = excluded.cancelled,"
    " automatic = excluded.automatic, updated_at = excluded.updated_at",
    "id bigint, imported_id text, user_id bigint, total bigint, description text, split text, "
    "cancelled bigint, automatic bigint, created_at bigint, updated_at bigint",
    "", statement_kind::batch};

constexpr statement share_put{
    "share_put",
    "insert into expense_shares (id, imported_id, expense_id, user_id, status, basis, amount,"
    " created_at, responded_at) select r.id, r.imported_id, r.expense_id, r.user_id, r.status,"
    " r.basis, r.amount, r.created_at, r.responded_at from {rows} where true"
    " on conflict (id) do update set status = excluded.status,"
    " responded_at = excluded.responded_at",
    "id bigint, imported_id text, expense_id bigint, user_id bigint, status text, basis bigint, "
    "amount bigint, created_at bigint, responded_at bigint",
    "", statement_kind::batch};

constexpr statement share_event_insert{
    "share_event_insert",
    "insert into share_events (id, imported_id, share_id, action, performed_by, at)"
    " select r.id, r.imported_id, r.share_id, r.action, r.performed_by, r.at from {rows}",
    "id bigint, imported_id text, share_id bigint, action text, performed_by bigint, at bigint", "",
    statement_kind::batch};

constexpr statement expense_by_id{
    "expense_by_id",
    sql_text<"select ", expense_columns, " from shared_expenses e where e.id = $1">, "id bigint",
    expense_results};

constexpr statement share_by_id{"share_by_id",
                                sql_text<"select ", share_columns, ", ", expense_columns,
                                         view_columns, view_tables, " where h.id = $1">,
                                "id bigint", view_results};

constexpr statement shares_of_expense{
    "shares_of_expense",
    sql_text<"select ", share_columns, ", ", expense_columns, view_columns, view_tables,
             " where h.expense_id = $1 order by h.id limit $2">,
    "expense_id bigint, count bigint", view_results};

constexpr statement shares_visible{
    "shares_visible",
    sql_text<"select ", share_columns, ", ", expense_columns, view_columns, view_tables,
             " where h.expense_id in (select e1.id from shared_expenses e1 where e1.user_id = $1"
             " union select h1.expense_id from expense_shares h1 where h1.user_id = $1)"
             " and (e.created_at, e.id) < ($2, $3)"
             " order by e.created_at desc, e.id desc, h.id limit $4">,
    "user_id bigint, before_at bigint, before_id bigint, count bigint", view_results};

constexpr statement shares_pending{
    "shares_pending",
    sql_text<"select ", share_columns, ", ", expense_columns, view_columns, view_tables,
             " where h.user_id = $1 and h.status = 'pending' and e.cancelled = 0"
             " order by h.created_at desc, h.id desc limit $2">,
    "user_id bigint, count bigint", view_results};

constexpr statement events_of_share{
    "events_of_share",
    sql_text<"select ", event_columns,
             " from share_events v where v.share_id = $1 order by v.at, v.id limit $2">,
    "share_id bigint, count bigint", event_results};

constexpr statement expenses_after{
    "expenses_after",
    sql_text<"select ", expense_columns,
             " from shared_expenses e where e.id > $1 order by e.id limit $2">,
    "id bigint, count bigint", expense_results};

constexpr statement shares_after{
    "shares_after",
    sql_text<"select ", share_columns,
             " from expense_shares h where h.id > $1 order by h.id limit $2">,
    "id bigint, count bigint", share_results};

constexpr statement shares_by_expense{
    "shares_by_expense",
    sql_text<"select ", share_columns,
             " from expense_shares h where (h.expense_id, h.id) > ($1, $2)"
             " order by h.expense_id, h.id limit $3">,
    "expense_id bigint, id bigint, count bigint", share_results};

constexpr statement share_events_after{
    "share_events_after",
    sql_text<"select ", event_columns,
             " from share_events v where v.id > $1 order by v.id limit $2">,
    "id bigint, count bigint", event_results};

// -- the feed -------------------------------------------------------------------------------------

constexpr statement feed_item_put{
    "feed_item_put",
    "insert into feed_items (id, imported_id, user_id, type, title, description, entity_type,"
    " entity_id, metadata, created_at, read_at) select r.id, r.imported_id, r.user_id, r.type,"
    " r.title, r.description, r.entity_type, r.entity_id, r.metadata, r.created_at, r.read_at"
    " from {rows} where true on conflict (id) do update set read_at = excluded.read_at",
    "id bigint, imported_id text, user_id bigint, type text, title text, description text, "
    "entity_type text, entity_id text, metadata text, created_at bigint, read_at bigint",
    "", statement_kind::batch};

constexpr statement feed_mark{
    "feed_mark",
    "update feed_items set read_at = r.at from {rows} where feed_items.user_id = r.user_id"
    " and feed_items.read_at is null and feed_items.created_at <= r.up_to",
    "user_id bigint, up_to bigint, at bigint", "", statement_kind::batch};

constexpr statement feed_item_by_id{
    "feed_item_by_id",
    sql_text<"select ", item_columns, " from feed_items f where f.id = $1 and f.user_id = $2">,
    "id bigint, user_id bigint", item_results};

constexpr statement feed_page{
    "feed_page",
    sql_text<"select ", item_columns,
             " from feed_items f where f.user_id = $1 and (f.created_at, f.id) < ($2, $3)"
             " order by f.created_at desc, f.id desc limit $4 offset $5">,
    "user_id bigint, before_at bigint, before_id bigint, count bigint, skip bigint", item_results};

constexpr statement feed_since{
    "feed_since",
    sql_text<"select ", item_columns,
             " from feed_items f where f.user_id = $1 and f.created_at >= $2"
             " order by f.created_at, f.id limit $3">,
    "user_id bigint, since bigint, count bigint", item_results};

constexpr statement feed_unread{
    "feed_unread", "select count(*) from feed_items f where f.user_id = $1 and f.read_at is null",
    "user_id bigint", "i"};

constexpr statement feed_count{
    "feed_count", "select count(*) from feed_items f where f.user_id = $1", "user_id bigint", "i"};

constexpr statement feed_items_after{
    "feed_items_after",
    sql_text<"select ", item_columns, " from feed_items f where f.id > $1 order by f.id limit $2">,
    "id bigint, count bigint", item_results};

// -- counts and changes ---------------------------------------------------------------------------

constexpr statement notifications_count{
    "notifications_count",
    "select count(*) from notifications m where m.user_id = $1 and ($2 = 0 or m.read_at is null)",
    "user_id bigint, unread bigint", "i"};

} // namespace storage::sql
