#include "storage/statements.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace storage {

namespace {

template <std::size_t Size> struct piece {
  char chars[Size]{};
  consteval piece(const char (&literal)[Size]) { std::copy_n(literal, Size, chars); }
  static constexpr std::size_t length = Size - 1;
};

template <piece... Pieces> struct joined {
  static constexpr auto chars = [] {
    std::array<char, (Pieces.length + ... + 0)> all{};
    auto* to = all.data();
    ((to = std::copy_n(Pieces.chars, Pieces.length, to)), ...);
    return all;
  }();
};

/// One text out of literals and the lists of columns below.
template <piece... Pieces>
constexpr std::string_view sql_text{joined<Pieces...>::chars.data(),
                                    joined<Pieces...>::chars.size()};

// Lists that stand in several texts. row_codec reads columns in this order.
constexpr piece user_columns{"u.id, u.name, u.email, u.password_hash, u.active, u.admin, "
                             "u.created_at, u.updated_at"};
constexpr std::string_view user_results = "ttttiiii";
constexpr piece account_columns{"a.id, a.user_id, a.role, a.kind, a.type, a.name, a.color, a.icon, "
                                "a.currency, a.floor, a.active, a.created_at, a.updated_at"};
constexpr std::string_view account_results = "tttttttttiiii";
constexpr std::string_view account_balance_results = "tttttttttiiiiii";
constexpr piece commit_columns{
    "c.shard, c.seq, c.epoch, c.node, c.prev_hash, c.hash, c.entries, c.booked_at"};
constexpr std::string_view commit_results = "iiitbbii";
constexpr std::string_view commit_parameters =
    "shard bigint, seq bigint, epoch bigint, node text, prev_hash bytea, hash bytea, "
    "entries bigint, booked_at bigint";
constexpr piece entry_columns{
    "e.account_id, e.version, e.amount, e.balance_after, e.transaction_id, e.posting, e.reversal, "
    "e.effective_day, e.shard, e.seq, e.position, e.booked_at"};
constexpr std::string_view entry_results = "tiiitiiiiiii";
constexpr std::string_view entry_view_results = "tiiitiiiiiiit";
constexpr piece transaction_columns{
    "t.id, t.user_id, t.account_id, t.category_id, t.type, t.direction, t.amount, t.description, "
    "t.tags, t.occurred_at, t.effective_day, t.partner_id, t.shared_expense_id, t.created_at, "
    "t.updated_at, t.deleted_at"};
constexpr std::string_view transaction_results = "tttttiittiittiii";
constexpr piece answer_columns{
    "i.user_id, i.endpoint, i.scope_key, i.fingerprint, i.status, i.body, i.created_at, "
    "i.expires_at"};
constexpr std::string_view answer_results = "tttbitii";

// The condition of a list of transactions. The range of occurred_at ($7, $8) follows from the days,
// the cursor, or holds for all; it is there so that the index by user can be used.
constexpr piece transactions_where{
    " from transactions t where t.user_id = $1 and ($2 is null or t.account_id = $2)"
    " and ($3 is null or t.category_id = $3) and ($4 is null or t.type = $4)"
    " and t.effective_day >= $5 and t.effective_day <= $6"
    " and t.occurred_at >= $7 and t.occurred_at <= $8"
    " and ($9 is null or t.search like $9 escape '\\')"
    " and ($10 = 1 or t.deleted_at is null)"
    " and ($11 = 1 or t.type not in ('opening', 'adjustment'))"
    " and ($12 = 0 or (select count(*) from transaction_tags g where g.transaction_id = t.id"
    " and g.name in ($13, $14, $15, $16, $17, $18, $19, $20, $21, $22)) = $12)"};
constexpr piece transactions_parameters{
    "user_id text, account_id text, category_id text, type text, first bigint, last bigint, "
    "since bigint, until bigint, pattern text, deleted bigint, system bigint, tags bigint, "
    "tag1 text, tag2 text, tag3 text, tag4 text, tag5 text, tag6 text, tag7 text, tag8 text, "
    "tag9 text, tag10 text"};

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
    "insert into users (id, name, email, password_hash, active, admin, created_at, updated_at)"
    " select r.id, r.name, r.email, r.password_hash, r.active, r.admin, r.created_at, r.updated_at"
    " from {rows}",
    "id text, name text, email text, password_hash text, active bigint, admin bigint, "
    "created_at bigint, updated_at bigint",
    "", statement_kind::batch};

constexpr statement user_update{
    "user_update",
    "update users set name = coalesce(r.name, users.name), email = coalesce(r.email, users.email),"
    " password_hash = coalesce(r.password_hash, users.password_hash), updated_at = r.updated_at"
    " from {rows} where users.id = r.id",
    "id text, name text, email text, password_hash text, updated_at bigint",
    "",
    statement_kind::batch,
    counting::conflict};

constexpr statement account_insert{
    "account_insert",
    "insert into accounts (id, user_id, role, kind, type, name, color, icon, currency, floor,"
    " active, created_at, updated_at)"
    " select r.id, r.user_id, r.role, r.kind, r.type, r.name, r.color, r.icon, r.currency, r.floor,"
    " r.active, r.created_at, r.updated_at from {rows}",
    "id text, user_id text, role text, kind text, type text, name text, color text, icon text, "
    "currency text, floor bigint, active bigint, created_at bigint, updated_at bigint",
    "", statement_kind::batch};

constexpr statement account_update{
    "account_update",
    "update accounts set kind = r.kind, type = r.type, name = r.name, color = r.color,"
    " icon = r.icon, floor = r.floor, active = r.active, updated_at = r.updated_at from {rows}"
    " where accounts.id = r.id",
    "id text, kind text, type text, name text, color text, icon text, floor bigint, "
    "active bigint, updated_at bigint",
    "",
    statement_kind::batch,
    counting::conflict};

constexpr statement balance_insert{
    "balance_insert",
    "insert into balances (account_id, balance, version) select r.account_id, 0, 0 from {rows}",
    "account_id text", "", statement_kind::batch};

constexpr statement balance_update{
    "balance_update",
    "update balances set balance = r.balance, version = r.version from {rows}"
    " where balances.account_id = r.account_id and balances.version = r.previous",
    "account_id text, balance bigint, version bigint, previous bigint",
    "",
    statement_kind::batch,
    counting::conflict};

constexpr statement transaction_insert{
    "transaction_insert",
    "insert into transactions (id, user_id, account_id, category_id, type, direction, amount,"
    " description, search, tags, occurred_at, effective_day, partner_id, shared_expense_id,"
    " created_at, updated_at, deleted_at)"
    " select r.id, r.user_id, r.account_id, r.category_id, r.type, r.direction, r.amount,"
    " r.description, r.search, r.tags, r.occurred_at, r.effective_day, r.partner_id,"
    " r.shared_expense_id, r.created_at, r.updated_at, r.deleted_at from {rows}",
    "id text, user_id text, account_id text, category_id text, type text, direction bigint, "
    "amount bigint, description text, search text, tags text, occurred_at bigint, "
    "effective_day bigint, partner_id text, shared_expense_id text, created_at bigint, "
    "updated_at bigint, deleted_at bigint",
    "", statement_kind::batch};

constexpr statement transaction_update{
    "transaction_update",
    "update transactions set account_id = r.account_id, category_id = r.category_id,"
    " type = r.type, direction = r.direction, amount = r.amount, description = r.description,"
    " search = r.search, tags = r.tags, occurred_at = r.occurred_at,"
    " effective_day = r.effective_day, partner_id = r.partner_id,"
    " shared_expense_id = r.shared_expense_id, updated_at = r.updated_at,"
    " deleted_at = r.deleted_at from {rows} where transactions.id = r.id",
    "id text, account_id text, category_id text, type text, direction bigint, amount bigint, "
    "description text, search text, tags text, occurred_at bigint, effective_day bigint, "
    "partner_id text, shared_expense_id text, updated_at bigint, deleted_at bigint",
    "",
    statement_kind::batch,
    counting::conflict};

constexpr statement tags_delete{
    "tags_delete",
    "delete from transaction_tags where transaction_id in (select r.transaction_id from {rows})",
    "transaction_id text", "", statement_kind::batch};

constexpr statement tag_insert{"tag_insert",
                               "insert into transaction_tags (user_id, name, transaction_id)"
                               " select r.user_id, r.name, r.transaction_id from {rows} where true"
                               " on conflict (transaction_id, name) do nothing",
                               "user_id text, name text, transaction_id text", "",
                               statement_kind::batch};

constexpr statement entry_insert{
    "entry_insert",
    "insert into ledger_entries (account_id, version, amount, balance_after, transaction_id,"
    " posting, reversal, effective_day, shard, seq, position, booked_at)"
    " select r.account_id, r.version, r.amount, r.balance_after, r.transaction_id, r.posting,"
    " r.reversal, r.effective_day, r.shard, r.seq, r.position, r.booked_at from {rows}",
    "account_id text, version bigint, amount bigint, balance_after bigint, transaction_id text, "
    "posting bigint, reversal bigint, effective_day bigint, shard bigint, seq bigint, "
    "position bigint, booked_at bigint",
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
    "user_id text, endpoint text, scope_key text, key_hash bigint, fingerprint bytea, "
    "status bigint, body text, created_at bigint, expires_at bigint",
    "",
    statement_kind::batch,
    counting::duplicate_key};

constexpr statement account_load{
    "account_load",
    sql_text<"select ", account_columns,
             ", b.balance, b.version from {rows} join accounts a on a.id = r.id"
             " join balances b on b.account_id = r.id">,
    "id text", account_balance_results, statement_kind::batch};

// -- reads --------------------------------------------------------------------------------------

constexpr statement user_by_id{"user_by_id",
                               sql_text<"select ", user_columns, " from users u where u.id = $1">,
                               "id text", user_results};

constexpr statement user_by_email{
    "user_by_email", sql_text<"select ", user_columns, " from users u where u.email = $1">,
    "email text", user_results};

constexpr statement user_set_admin{
    "user_set_admin", "update users set admin = $2, updated_at = $3 where email = $1 returning id",
    "email text, admin bigint, updated_at bigint", "t"};

constexpr statement accounts_of_user{
    "accounts_of_user",
    sql_text<"select ", account_columns,
             " from accounts a where a.user_id = $1 order by a.created_at, a.id">,
    "user_id text", account_results};

constexpr statement key_hashes_of_user{
    "key_hashes_of_user",
    "select i.key_hash from idempotency i where i.user_id = $1 and i.expires_at > $2 limit $3",
    "user_id text, now bigint, count bigint", "i"};

constexpr statement account_list{
    "account_list",
    sql_text<"select ", account_columns,
             ", b.balance, b.version from accounts a join balances b on b.account_id = a.id"
             " where a.user_id = $1 and a.role = $2 and (a.active = 1 or $3 = 1)"
             " order by a.created_at, a.id">,
    "user_id text, role text, inactive bigint", account_balance_results};

constexpr statement account_one{
    "account_one",
    sql_text<"select ", account_columns,
             ", b.balance, b.version from accounts a join balances b on b.account_id = a.id"
             " where a.id = $1 and a.user_id = $2">,
    "id text, user_id text", account_balance_results};

constexpr piece entries_page_where{
    ", coalesce(t.description, '') from ledger_entries e"
    " left join transactions t on t.id = e.transaction_id"
    " where e.account_id = $1 and e.version > $2 and e.version <= $3"
    " and e.effective_day >= $4 and e.effective_day <= $5 order by e.version "};
constexpr std::string_view entries_page_parameters =
    "account_id text, above bigint, up_to bigint, first bigint, last bigint, count bigint";

constexpr statement entries_ascending{
    "entries_ascending", sql_text<"select ", entry_columns, entries_page_where, "asc limit $6">,
    entries_page_parameters, entry_view_results};

constexpr statement entries_descending{
    "entries_descending", sql_text<"select ", entry_columns, entries_page_where, "desc limit $6">,
    entries_page_parameters, entry_view_results};

constexpr statement entries_of_transaction{
    "entries_of_transaction",
    sql_text<"select ", entry_columns,
             ", coalesce(t.description, '') from ledger_entries e"
             " left join transactions t on t.id = e.transaction_id"
             " where e.transaction_id in ($1, $2) order by e.seq, e.position">,
    "transaction_id text, partner_id text", entry_view_results};

// booked_at never falls with the version, so halving the range of versions finds the entry.
constexpr statement entry_last_booked{
    "entry_last_booked",
    "with recursive span (low, high) as ("
    " select cast(0 as bigint), b.version from balances b where b.account_id = $1"
    " union all"
    " select case when e.booked_at <= $2 then e.version else s.low end,"
    " case when e.booked_at <= $2 then s.high else e.version - 1 end"
    " from span s join ledger_entries e"
    " on e.account_id = $1 and e.version = (s.low + s.high + 1) / 2 where s.low < s.high)"
    " select e.version, e.balance_after from span s join ledger_entries e"
    " on e.account_id = $1 and e.version = s.low where s.low = s.high",
    "account_id text, at bigint", "ii"};

constexpr statement balance_effective{
    "balance_effective",
    "select cast(coalesce(sum(e.amount), 0) as bigint), count(*) from ledger_entries e"
    " where e.account_id = $1 and e.effective_day <= $2",
    "account_id text, day bigint", "ii"};

constexpr statement transactions_by_id{
    "transactions_by_id",
    sql_text<"select ", transaction_columns,
             " from {rows} join transactions t on t.id = r.id and t.user_id = r.user_id">,
    "id text, user_id text", transaction_results, statement_kind::batch};

constexpr statement transactions_page{
    "transactions_page",
    sql_text<"select ", transaction_columns, transactions_where,
             " and (t.occurred_at, t.id) < ($23, $24)"
             " order by t.occurred_at desc, t.id desc limit $25 offset $26">,
    sql_text<transactions_parameters,
             ", cursor_at bigint, cursor_id text, count bigint, skip bigint">,
    transaction_results};

constexpr statement transactions_count{"transactions_count",
                                       sql_text<"select count(*)", transactions_where>,
                                       sql_text<transactions_parameters>, "i"};

constexpr statement monthly_sums{
    "monthly_sums",
    "select t.category_id, count(*),"
    " cast(sum(case when t.type = 'income' then t.amount else 0 end) as bigint),"
    " cast(sum(case when t.type = 'expense' then t.amount else 0 end) as bigint)"
    " from transactions t where t.user_id = $1 and t.deleted_at is null"
    " and t.type not in ('opening', 'adjustment')"
    " and t.effective_day >= $2 and t.effective_day <= $3"
    " and t.occurred_at >= $4 and t.occurred_at <= $5"
    " group by t.category_id order by t.category_id",
    "user_id text, first bigint, last bigint, since bigint, until bigint", "tiii"};

constexpr statement tags_of_user{
    "tags_of_user",
    "select g.name, count(*) from transaction_tags g join transactions t on t.id = g.transaction_id"
    " where g.user_id = $1 and t.deleted_at is null group by g.name order by g.name",
    "user_id text", "ti"};

constexpr statement answer_of_scope{
    "answer_of_scope",
    sql_text<"select ", answer_columns,
             " from idempotency i where i.user_id = $1 and i.scope_key = $2 and i.endpoint = $3"
             " and i.expires_at > $4">,
    "user_id text, scope_key text, endpoint text, now bigint", answer_results};

constexpr statement answers_of_key{
    "answers_of_key",
    sql_text<"select ", answer_columns,
             " from idempotency i where i.user_id = $1 and i.scope_key = $2 and i.expires_at > $3"
             " order by i.endpoint">,
    "user_id text, scope_key text, now bigint", answer_results};

// -- audit --------------------------------------------------------------------------------------

constexpr statement audit_commits{
    "audit_commits",
    sql_text<"select ", commit_columns,
             " from ledger_commits c where c.shard = $1 and c.seq > $2 order by c.seq limit $3">,
    "shard bigint, seq bigint, count bigint", commit_results};

constexpr statement audit_entries_of_commits{
    "audit_entries_of_commits",
    sql_text<"select ", entry_columns,
             " from ledger_entries e where e.shard = $1 and e.seq >= $2 and e.seq <= $3"
             " order by e.seq, e.position">,
    "shard bigint, first bigint, last bigint", entry_results};

constexpr statement audit_accounts{
    "audit_accounts",
    sql_text<"select ", account_columns,
             ", coalesce(b.balance, 0), coalesce(b.version, 0)"
             " from accounts a left join balances b on b.account_id = a.id"
             " where a.id > $1 order by a.id limit $2">,
    "id text, count bigint", account_balance_results};

constexpr statement audit_entries{
    "audit_entries",
    sql_text<"select ", entry_columns,
             " from ledger_entries e where (e.account_id, e.version) > ($1, $2)"
             " order by e.account_id, e.version limit $3">,
    "account_id text, version bigint, count bigint", entry_results};

constexpr statement audit_transactions{
    "audit_transactions",
    sql_text<"select ", transaction_columns,
             " from transactions t where t.id > $1 order by t.id limit $2">,
    "id text, count bigint", transaction_results};

constexpr statement audit_without_entries{
    "audit_without_entries",
    "select t.id from transactions t where t.deleted_at is null and not exists"
    " (select 1 from ledger_entries e where e.transaction_id = t.id) order by t.id limit $1",
    "count bigint", "t"};

constexpr statement audit_without_transaction{
    "audit_without_transaction",
    "select distinct e.transaction_id from ledger_entries e where not exists"
    " (select 1 from transactions t where t.id = e.transaction_id)"
    " order by e.transaction_id limit $1",
    "count bigint", "t"};

// -- meta ---------------------------------------------------------------------------------------

constexpr statement meta_value{"meta_value", "select m.value from meta m where m.name = $1",
                               "name text", "t"};

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
    &sql::user_by_id,
    &sql::user_by_email,
    &sql::user_set_admin,
    &sql::accounts_of_user,
    &sql::key_hashes_of_user,
    &sql::account_list,
    &sql::account_one,
    &sql::entries_ascending,
    &sql::entries_descending,
    &sql::entries_of_transaction,
    &sql::entry_last_booked,
    &sql::balance_effective,
    &sql::transactions_by_id,
    &sql::transactions_page,
    &sql::transactions_count,
    &sql::monthly_sums,
    &sql::tags_of_user,
    &sql::answer_of_scope,
    &sql::answers_of_key,
    &sql::audit_commits,
    &sql::audit_entries_of_commits,
    &sql::audit_accounts,
    &sql::audit_entries,
    &sql::audit_transactions,
    &sql::audit_without_entries,
    &sql::audit_without_transaction,
    &sql::meta_value,
};

} // namespace

std::span<const statement* const> all_statements() { return table; }

} // namespace storage
