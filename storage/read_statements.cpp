// The texts that read: lists, pages, sums, audit. statements.cpp has those of the journal and the
// table of all.
#include "storage/sql_text.hpp"
#include "storage/statements.hpp"

namespace storage {

namespace {

constexpr piece user_columns{"u.id, u.imported_id, u.name, u.email, u.password_hash, u.active, "
                             "u.admin, u.created_at, u.updated_at"};
constexpr std::string_view user_results = "ittttiiii";
constexpr std::string_view account_results = "itittttttttiiiii";
constexpr piece entry_columns{
    "e.account_id, case when e.account_id < 0 then"
    " (select n.imported_id from accounts n where n.id = e.account_id) end, e.version, e.amount, "
    "e.balance_after, e.transaction_id, case when e.transaction_id < 0 then"
    " (select n.imported_id from transactions n where n.id = e.transaction_id) end, "
    "cast(e.posting as bigint), e.effective_day, e.commit_id, cast(e.position as bigint), "
    "coalesce(c.booked_at, 0)"};
// A missing commit record is a finding of the audit, not a missing entry.
constexpr piece commit_of_entry{" left join ledger_commits c on c.shard = e.commit_id >> 48"
                                " and c.seq = e.commit_id & 281474976710655"};
constexpr std::string_view entry_results = "itiiiitiiiii";
constexpr std::string_view entry_view_results = "itiiiitiiiiit";
constexpr piece transaction_columns{
    "t.id, t.imported_id, t.user_id, case when t.user_id < 0 then"
    " (select n.imported_id from users n where n.id = t.user_id) end, t.account_id,"
    " case when t.account_id < 0 then"
    " (select n.imported_id from accounts n where n.id = t.account_id) end, t.category_id,"
    " case when t.category_id < 0 then"
    " (select n.imported_id from accounts n where n.id = t.category_id) end, "
    "cast(t.type as bigint), cast(t.direction as bigint), t.amount, t.description, t.tags, "
    "t.occurred_at, t.effective_day, t.partner_id, case when t.partner_id < 0 then"
    " (select n.imported_id from transactions n where n.id = t.partner_id) end, "
    "t.shared_expense_id, t.created_at, t.updated_at, t.deleted_at"};
constexpr std::string_view transaction_results = "ititititiiittiiittiii";
constexpr piece answer_columns{
    "i.user_id, case when i.user_id < 0 then"
    " (select n.imported_id from users n where n.id = i.user_id) end, i.endpoint, i.scope_key, "
    "i.fingerprint, i.status, i.body, i.created_at, i.expires_at"};
constexpr std::string_view answer_results = "itttbitii";
// What open holds keep back at this instant.
constexpr piece held_back{
    ", cast(coalesce((select sum(h.amount) from holds h where h.account_id = a.id"
    " and h.status = 1 and (h.expires_at is null or h.expires_at > "};
constexpr std::string_view account_view_results = "itittttttttiiiiiiii";
constexpr piece hold_columns{
    "h.id, h.imported_id, h.user_id, case when h.user_id < 0 then"
    " (select n.imported_id from users n where n.id = h.user_id) end, h.account_id,"
    " case when h.account_id < 0 then"
    " (select n.imported_id from accounts n where n.id = h.account_id) end, h.amount, "
    "h.description, cast(h.status as bigint), h.created_at, h.expires_at, h.ended_at, "
    "h.posted_amount, h.transaction_id, case when h.transaction_id < 0 then"
    " (select n.imported_id from transactions n where n.id = h.transaction_id) end"};
constexpr std::string_view hold_results = "ititititiiiiiit";
// The condition of a list of transactions. The range of occurred_at ($7, $8) follows from the days,
// the cursor, or holds for all; it is there so that the index by day can be used.
constexpr piece transactions_where{
    " from transactions t where t.user_id = $1 and ($2 is null or t.account_id = $2)"
    " and ($3 is null or t.category_id = $3) and ($4 is null or t.type = $4)"
    " and t.effective_day >= $5 and t.effective_day <= $6"
    " and t.occurred_at >= $7 and t.occurred_at <= $8"
    " and t.occurred_at / 86400000000 >= $7 / 86400000000"
    " and t.occurred_at / 86400000000 <= $8 / 86400000000"
    " and ($9 is null or vdp_folded(t.description) like $9 escape '\\')"
    " and ($10 = 1 or t.deleted_at is null)"
    " and ($11 = 1 or t.type not in (4, 5))"
    " and ($12 = 0 or (select count(*) from transaction_tags g where g.transaction_id = t.id"
    " and g.name in ($13, $14, $15, $16, $17, $18, $19, $20, $21, $22)) = $12)"
    " and ($23 is null or coalesce(t.updated_at, t.created_at) >= $23"
    " or (t.updated_at is null and t.created_at is null and t.id >= $24))"};
constexpr piece transactions_parameters{
    "user_id bigint, account_id bigint, category_id bigint, type bigint, first bigint, "
    "last bigint, since bigint, until bigint, pattern text, deleted bigint, system bigint, "
    "tags bigint, tag1 text, tag2 text, tag3 text, tag4 text, tag5 text, tag6 text, tag7 text, "
    "tag8 text, tag9 text, tag10 text, changed bigint, made bigint"};

} // namespace

namespace sql {

// -- reads --------------------------------------------------------------------------------------

constexpr statement user_by_id{"user_by_id",
                               sql_text<"select ", user_columns, " from users u where u.id = $1">,
                               "id bigint", user_results};

// Most are active; before statistics say so, "= 1" makes PostgreSQL expect few, and read all.
// Whether there are rules is asked in passing: most users have none, and pay no question for them.
constexpr statement user_of_book{
    "user_of_book",
    sql_text<"select ", user_columns,
             ", case when exists (select 1 from automations a where a.user_id = u.id) then 1"
             " else 0 end from users u where u.id = $1">,
    "id bigint", "ittttiiiii"};

constexpr statement users_after{
    "users_after",
    sql_text<"select ", user_columns,
             " from users u where u.id > $1 and u.active <> 0 order by u.id limit $2">,
    "id bigint, count bigint",
    user_results,
    statement_kind::single,
    counting::none,
    reading::indexed};

constexpr statement user_by_email{
    "user_by_email", sql_text<"select ", user_columns, " from users u where u.email = $1">,
    "email text", user_results};

constexpr statement user_set_admin{
    "user_set_admin", "update users set admin = $2, updated_at = $3 where email = $1 returning id",
    "email text, admin bigint, updated_at bigint", "i"};

constexpr statement accounts_of_user{
    "accounts_of_user",
    sql_text<"select ", account_columns,
             " from accounts a where a.user_id = $1 order by a.created_at, a.id">,
    "user_id bigint", account_results};

constexpr statement key_hashes_of_user{
    "key_hashes_of_user",
    "select i.key_hash from idempotency i where i.user_id = $1 and i.expires_at > $2 limit $3",
    "user_id bigint, now bigint, count bigint", "i"};

constexpr statement account_list{
    "account_list",
    sql_text<"select ", account_columns, ", b.balance, b.version", held_back, "$4)), 0) as bigint)",
             " from accounts a join balances b on b.account_id = a.id"
             " where a.user_id = $1 and a.role = $2 and (a.active = 1 or $3 = 1)"
             " order by a.created_at, a.id">,
    "user_id bigint, role text, inactive bigint, now bigint", account_view_results};

constexpr statement account_one{
    "account_one",
    sql_text<"select ", account_columns, ", b.balance, b.version", held_back, "$3)), 0) as bigint)",
             " from accounts a join balances b on b.account_id = a.id"
             " where a.id = $1 and a.user_id = $2">,
    "id bigint, user_id bigint, now bigint", account_view_results};

constexpr statement hold_one{
    "hold_one",
    sql_text<"select ", hold_columns, " from holds h where h.id = $1 and h.user_id = $2">,
    "id bigint, user_id bigint", hold_results};

// An open one whose time is over counts as expired, also before its row says so.
constexpr statement holds_page{
    "holds_page",
    sql_text<"select ", hold_columns,
             " from holds h where h.user_id = $1 and h.account_id = $2 and ($3 is null or"
             " case when h.status = 1 and h.expires_at <= $4 then 4 else h.status end = $3)"
             " and (h.created_at, h.id) < ($5, $6)"
             " order by h.created_at desc, h.id desc limit $7">,
    "user_id bigint, account_id bigint, status bigint, now bigint, cursor_at bigint, "
    "cursor_id bigint, count bigint",
    hold_results};

constexpr piece entries_page_where{
    " left join transactions t on t.id = e.transaction_id"
    " where e.account_id = $1 and e.version > $2 and e.version <= $3"
    " and e.effective_day >= $4 and e.effective_day <= $5 order by e.version "};
constexpr piece entry_description{", coalesce(t.description, '')"};
constexpr std::string_view entries_page_parameters =
    "account_id bigint, above bigint, up_to bigint, first bigint, last bigint, count bigint";

constexpr statement entries_ascending{
    "entries_ascending",
    sql_text<"select ", entry_columns, entry_description, " from ledger_entries e", commit_of_entry,
             entries_page_where, "asc limit $6">,
    entries_page_parameters, entry_view_results};

constexpr statement entries_descending{
    "entries_descending",
    sql_text<"select ", entry_columns, entry_description, " from ledger_entries e", commit_of_entry,
             entries_page_where, "desc limit $6">,
    entries_page_parameters, entry_view_results};

// Those of its first commit by that commit, those of later ones by an index of such only.
constexpr statement entries_of_transaction{
    "entries_of_transaction",
    sql_text<"select ", entry_columns, entry_description,
             " from (select * from ledger_entries a"
             " where a.transaction_id in ($1, $2) and a.posting & 2 <> 0"
             " union all select f.* from transactions o join ledger_entries f"
             " on f.commit_id = o.commit_id and f.transaction_id = o.id and f.posting & 2 = 0"
             " where o.id in ($1, $2)) e",
             commit_of_entry,
             " left join transactions t on t.id = e.transaction_id"
             " order by e.commit_id, e.position">,
    "transaction_id bigint, partner_id bigint", entry_view_results};

// booked_at never falls with the version, so halving the range of versions finds the entry.
constexpr statement entry_last_booked{
    "entry_last_booked",
    "with recursive span (low, high) as ("
    " select cast(0 as bigint), b.version from balances b where b.account_id = $1"
    " union all"
    " select case when c.booked_at <= $2 then e.version else s.low end,"
    " case when c.booked_at <= $2 then s.high else e.version - 1 end"
    " from span s join ledger_entries e"
    " on e.account_id = $1 and e.version = (s.low + s.high + 1) / 2"
    " join ledger_commits c on c.shard = e.commit_id >> 48"
    " and c.seq = e.commit_id & 281474976710655 where s.low < s.high)"
    " select e.version, e.balance_after from span s join ledger_entries e"
    " on e.account_id = $1 and e.version = s.low where s.low = s.high",
    "account_id bigint, at bigint", "ii"};

constexpr statement transactions_by_id{
    "transactions_by_id",
    sql_text<"select ", transaction_columns,
             " from {rows} join transactions t on t.id = r.id and t.user_id = r.user_id">,
    "id bigint, user_id bigint", transaction_results, statement_kind::batch};

// One statement sees one snapshot: an owner that was deposed would else read the one leg before and
// the other after an edit of its successor. The sign keeps SQLite from looking through the user's.
constexpr statement transactions_with_partners{
    "transactions_with_partners",
    sql_text<"select ", transaction_columns,
             " from {rows} join transactions n on n.id = r.id and n.user_id = r.user_id"
             " join transactions t on (t.id = n.id or t.id = n.partner_id)"
             " and +t.user_id = r.user_id">,
    "id bigint, user_id bigint", transaction_results, statement_kind::batch};

constexpr statement transactions_page{
    "transactions_page",
    sql_text<"select ", transaction_columns, transactions_where,
             " and (t.occurred_at, t.id) < ($25, $26)"
             " order by t.occurred_at / 86400000000 desc, t.occurred_at desc, t.id desc"
             " limit $27 offset $28">,
    sql_text<transactions_parameters,
             ", cursor_at bigint, cursor_id bigint, count bigint, skip bigint">,
    transaction_results};

constexpr statement transactions_count{"transactions_count",
                                       sql_text<"select count(*)", transactions_where>,
                                       sql_text<transactions_parameters>, "i"};

constexpr statement monthly_sums{
    "monthly_sums",
    "select t.category_id, min(a.imported_id), count(*),"
    " cast(sum(case when t.type = 1 then t.amount else 0 end) as bigint),"
    " cast(sum(case when t.type = 2 then t.amount else 0 end) as bigint),"
    " coalesce(min(a.name), ''), cast(sum(case when t.type = 1 then 1 else 0 end) as bigint),"
    " cast(sum(case when t.type = 2 then 1 else 0 end) as bigint)"
    " from transactions t left join accounts a on a.id = t.category_id"
    " where t.user_id = $1 and t.deleted_at is null and t.type not in (4, 5)"
    " and t.effective_day >= $2 and t.effective_day <= $3"
    " and t.occurred_at / 86400000000 >= $4 / 86400000000"
    " and t.occurred_at / 86400000000 <= $5 / 86400000000"
    " group by t.category_id order by t.category_id",
    "user_id bigint, first bigint, last bigint, since bigint, until bigint", "itiiitii"};

constexpr statement spent_in{
    "spent_in",
    "select cast(coalesce(sum(t.amount), 0) as bigint) from transactions t"
    " where t.user_id = $1 and t.category_id = $2 and t.deleted_at is null and t.type = 2"
    " and t.effective_day >= $3 and t.effective_day <= $4"
    " and t.occurred_at / 86400000000 >= $5 / 86400000000"
    " and t.occurred_at / 86400000000 <= $6 / 86400000000",
    "user_id bigint, category_id bigint, first bigint, last bigint, since bigint, until bigint",
    "i"};

constexpr statement balance_of{"balance_of",
                               "select b.balance from balances b join accounts a"
                               " on a.id = b.account_id where b.account_id = $1 and a.user_id = $2",
                               "account_id bigint, user_id bigint", "i"};

constexpr statement tags_of_user{
    "tags_of_user",
    "select g.name, count(*) from transaction_tags g join transactions t on t.id = g.transaction_id"
    " where g.user_id = $1 and t.deleted_at is null group by g.name order by g.name",
    "user_id bigint", "ti"};

constexpr statement answer_of_scope{
    "answer_of_scope",
    sql_text<"select ", answer_columns,
             " from idempotency i where i.user_id = $1 and i.scope_key = $2 and i.endpoint = $3"
             " and i.expires_at > $4">,
    "user_id bigint, scope_key text, endpoint text, now bigint", answer_results};

constexpr statement answers_of_key{
    "answers_of_key",
    sql_text<"select ", answer_columns,
             " from idempotency i where i.user_id = $1 and i.scope_key = $2 and i.expires_at > $3"
             " order by i.endpoint">,
    "user_id bigint, scope_key text, now bigint", answer_results};

// -- audit --------------------------------------------------------------------------------------

constexpr statement audit_commits{
    "audit_commits",
    sql_text<"select ", commit_columns,
             " from ledger_commits c where c.shard = $1 and c.seq > $2 order by c.seq limit $3">,
    "shard bigint, seq bigint, count bigint", commit_results};

constexpr statement audit_head{
    "audit_head",
    sql_text<"select ", commit_columns,
             " from ledger_commits c where c.shard = $1 order by c.seq desc limit 1">,
    "shard bigint", commit_results};

constexpr statement audit_entries_of_commits{
    "audit_entries_of_commits",
    sql_text<"select ", entry_columns, " from ledger_entries e", commit_of_entry,
             " where e.commit_id >= $1 and e.commit_id <= $2 order by e.commit_id, e.position">,
    "first bigint, last bigint", entry_results};

constexpr statement audit_accounts{
    "audit_accounts",
    sql_text<"select ", account_columns,
             ", coalesce(b.balance, 0), coalesce(b.version, 0)"
             " from accounts a left join balances b on b.account_id = a.id"
             " where a.id > $1 order by a.id limit $2">,
    "id bigint, count bigint", account_balance_results};

constexpr statement audit_entries{
    "audit_entries",
    sql_text<"select ", entry_columns, " from ledger_entries e", commit_of_entry,
             " where (e.account_id, e.version) > ($1, $2)"
             " order by e.account_id, e.version limit $3">,
    "account_id bigint, version bigint, count bigint", entry_results};

constexpr statement audit_transactions{
    "audit_transactions",
    sql_text<"select ", transaction_columns,
             " from transactions t where t.id > $1 order by t.id limit $2">,
    "id bigint, count bigint", transaction_results};

constexpr statement audit_without_transaction{
    "audit_without_transaction",
    "select distinct e.transaction_id, cast(null as text) from ledger_entries e where not exists"
    " (select 1 from transactions t where t.id = e.transaction_id)"
    " order by e.transaction_id limit $1",
    "count bigint", "it"};

constexpr statement audit_counts{
    "audit_counts",
    "select (select count(*) from users), (select count(*) from accounts),"
    " (select count(*) from ledger_commits), (select count(*) from ledger_entries),"
    " (select count(*) from transactions), (select count(*) from holds),"
    " (select count(*) from idempotency), (select count(*) from goals)"
    " + (select count(*) from envelopes) + (select count(*) from earmark_movements)"
    " + (select count(*) from automations) + (select count(*) from notifications)"
    " + (select count(*) from insight_preferences) + (select count(*) from insight_feedback)"
    " + (select count(*) from shared_expenses) + (select count(*) from expense_shares)"
    " + (select count(*) from share_events) + (select count(*) from feed_items)"
    " + (select count(*) from schedules) + (select count(*) from automation_runs)"
    " + (select count(*) from alert_states) + (select count(*) from round_ups)",
    "", "iiiiiiii"};

constexpr statement audit_users{
    "audit_users",
    sql_text<"select ", user_columns, " from users u where u.id > $1 order by u.id limit $2">,
    "id bigint, count bigint", user_results};

constexpr statement audit_holds{
    "audit_holds",
    sql_text<"select ", hold_columns, " from holds h where h.id > $1 order by h.id limit $2">,
    "id bigint, count bigint", hold_results};

constexpr statement audit_answers{
    "audit_answers",
    sql_text<"select ", answer_columns,
             " from idempotency i where (i.user_id, i.scope_key, i.endpoint) > ($1, $2, $3)"
             " order by i.user_id, i.scope_key, i.endpoint limit $4">,
    "user_id bigint, scope_key text, endpoint text, count bigint", answer_results};

// Found by their entries: no index leads from a commit to its transactions.
constexpr statement audit_transactions_of_commits{
    "audit_transactions_of_commits",
    sql_text<"select ", transaction_columns,
             " from transactions t where t.id in (select e.transaction_id from ledger_entries e"
             " where e.commit_id >= $1 and e.commit_id <= $2 and e.posting & 2 = 0)"
             " order by t.id">,
    "first bigint, last bigint", transaction_results};

// -- meta ---------------------------------------------------------------------------------------

constexpr statement meta_value{"meta_value", "select m.value from meta m where m.name = $1",
                               "name text", "t"};

} // namespace sql

} // namespace storage
